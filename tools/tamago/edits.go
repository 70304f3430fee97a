package main

import (
	"fmt"
	"strings"
)

// An edit replaces text in one file of the installed GOROOT/src. Every text in
// old must occur exactly once: anything else means that this Go is not the one
// the edit was written for.
type edit struct {
	file string
	why  string
	old  string
	new  string
}

// A drop leaves one file of GOROOT/src out of the shadow tree.
type drop struct {
	file string
	why  string
}

// edits is the whole list of changes within files, in order of the file's name.
var edits = []edit{
	{"runtime/cgroup_stubs.go", "no cgroups to read",
		"//go:build !linux\n", "//go:build linux\n"},
	{"runtime/create_file_nounix.go", "no files to dump a heap to",
		"//go:build !unix\n", "//go:build linux\n"},
	{"runtime/lock_futex.go", "an idle scheduler asks the board to wait, then looks again",
		"func beforeIdle(int64, int64) (*g, bool) {\n\treturn nil, false\n}",
		"func beforeIdle(now, pollUntil int64) (*g, bool) {\n\tbareIdle(pollUntil)\n\treturn nil, true\n}"},
	{"runtime/malloc.go", "heaps end at 4 GiB, as the official distribution's do",
		heapAddrBitsLine, "\theapAddrBits = 32\n"},
	{"runtime/malloc.go", "arenas of 4 MiB: small heaps in small windows",
		logHeapArenaBytesLine, "\tlogHeapArenaBytes = 2 + 20\n"},
	{"runtime/malloc.go", "no addresses in the upper half",
		"\tarenaBaseOffset = 0xffff800000000000*goarch.IsAmd64 + 0x0a00000000000000*goos.IsAix\n",
		"\tarenaBaseOffset = 0\n"},
	{"runtime/malloc.go", "a large object may need collected memory: see bareMakeRoom",
		"func mallocgcLarge(size uintptr, typ *_type, needzero bool) (unsafe.Pointer, uintptr) {\n",
		"func mallocgcLarge(size uintptr, typ *_type, needzero bool) (unsafe.Pointer, uintptr) {\n\tbareMakeRoom(size)\n"},
	{"runtime/malloc.go", "the memory limit counts these chunks whole, and most of one is never touched",
		"const persistentChunkSize = 256 << 10\n", "const persistentChunkSize = 128 << 10\n"},
	{"runtime/mgc.go", "see bareCollect",
		"\tmode := gcBackgroundMode\n", "\tbareCollect()\n\tmode := gcBackgroundMode\n"},
	{"runtime/mgc.go", "freed pages are not given back, so no scavenger",
		"\tc := make(chan int, 2)\n\tgo bgsweep(c)\n\tgo bgscavenge(c)\n\t<-c\n\t<-c\n",
		"\tc := make(chan int, 1)\n\tgo bgsweep(c)\n\t<-c\n"},
	{"runtime/mpagealloc_32bit.go", "the page allocator of heaps that end at 4 GiB: small tables",
		"//go:build 386 || arm || mips || mipsle || wasm || (gccgo && (ppc || s390))\n", "//go:build linux\n"},
	{"runtime/mprof.go", "the linker turns memory profiles off only after the first sample was taken",
		"var MemProfileRate int = 512 * 1024\n", "var MemProfileRate int = 0\n"},
	{"runtime/mspanset.go", "each size of objects has four of these sets, and few spans in them",
		"\tspanSetBlockEntries = 512 ", "\tspanSetBlockEntries = 64 "},
	{"runtime/mspanset.go", "see spanSetBlockEntries",
		"\tspanSetInitSpineCap = 256 ", "\tspanSetInitSpineCap = 16 "},
	{"runtime/netpoll_fake.go", "no files to poll; epoll_create would fail at the first timer",
		"//go:build js && wasm\n", "//go:build linux\n"},
	{"runtime/mheap.go", "four of these are mapped after the first collections, and small heaps fill little of one",
		"const gcBitsChunkBytes = uintptr(64 << 10)\n", "const gcBitsChunkBytes = uintptr(16 << 10)\n"},
	{"runtime/mheap.go", "near the memory limit the lowest free pages first, since they were touched before: see bareFar",
		"\tif !needPhysPageAlign && pp != nil && npages < pageCachePages/4 {\n",
		"\tif bareFar() && !needPhysPageAlign && pp != nil && npages < pageCachePages/4 {\n"},
	{"runtime/proc.go", "no second thread to run sysmon on",
		"const haveSysmon = GOARCH != \"wasm\"\n", "const haveSysmon = false\n"},
	{"runtime/proc.go", "a goroutine locked to the only thread would need another for the rest",
		"func dolockOSThread() {\n", "func dolockOSThread() {\n\treturn\n"},
	{"runtime/proc.go", "see dolockOSThread",
		"func dounlockOSThread() {\n", "func dounlockOSThread() {\n\treturn\n"},
	{"runtime/proc.go", "see dolockOSThread",
		"func startTemplateThread() {\n", "func startTemplateThread() {\n\treturn\n"},
	{"runtime/proc.go", "an idle program waits for interrupts: not a deadlock",
		"func checkdead() {\n", "func checkdead() {\n\treturn\n"},
	{"runtime/proc.go", "the board's second hook, once the heap works",
		"\tworldStarted()\n\n\tif buildVersion == \"\" {\n",
		"\tworldStarted()\n\thwinit1()\n\n\tif buildVersion == \"\" {\n"},
	{"runtime/mgc.go", "see bareGrew",
		"\t\treturn gcController.heapLive.Load() >= trigger\n", "\t\treturn gcController.heapLive.Load() >= trigger || bareGrew()\n"},
	{"runtime/mgcpacer.go", "small programs in small windows: the first collection at 1 MiB of heap, not at 4",
		"(1-goexperiment.HeapMinimum512KiBInt)*(4<<20)\n", "(1-goexperiment.HeapMinimum512KiBInt)*(1<<20)\n"},
	{"runtime/mgcpacer.go", "small programs under small memory limits",
		"\tmemoryLimitMinHeapGoalHeadroom = 1 << 20\n", "\tmemoryLimitMinHeapGoalHeadroom = 64 << 10\n"},
	{"runtime/mgcpacer.go", "what is mapped beyond the limit stays so, however much is collected",
		"\t\toverage = mappedReady - memoryLimit\n", ""},
	{"runtime/mgcpacer.go", "a program that comes near its memory limit is not to collect all the time: see bareLeastGoal",
		"\t\treturn c.heapMarked\n", "\t\treturn bareLeastGoal(c.heapMarked)\n"},
	{"runtime/mgcpacer.go", "see bareLeastGoal",
		"\tif goal < c.heapMarked {\n\t\tgoal = c.heapMarked\n\t}\n", "\tgoal = max(goal, bareLeastGoal(c.heapMarked))\n"},
	{"runtime/mgcscavenge.go", "nothing takes pages back: what was touched counts against the memory limit for ever",
		"\tfor released < nbytes {\n\t\tci, pageIdx := p.scav.index.find(force)\n",
		"\tfor bareReleases && released < nbytes {\n\t\tci, pageIdx := p.scav.index.find(force)\n"},
	{"runtime/proc.go", "sysmon is what would wake it",
		"\tgo forcegchelper()\n", ""},
	{"runtime/proc.go", "the number of processors does not change: no goroutine to watch it",
		"\tdefaultGOMAXPROCSUpdateEnable() // don't STW before runtime initialized.\n", ""},
	{"runtime/rt0_linux_amd64.s", "the entry point is the board's cpuinit",
		"\tJMP\t_rt0_amd64(SB)\n", "\tJMP\truntime∕goos·CPUInit(SB)\n"},
	{"runtime/secret_nosecret.go", "secret.go erases signal stacks",
		"//go:build !(amd64 || arm64) || !linux\n", "//go:build linux\n"},
	{"runtime/set_vma_name_stub.go", "no memory maps to name",
		"//go:build !linux\n", "//go:build linux\n"},
	{"runtime/stack.go", "main.main of most programs needs more than 2 KiB; copying its stack at every start is dear",
		"\tstackMin = 2048\n", "\tstackMin = 8192\n"},
	{"runtime/symtab.go", "saves checking the linker's tables, page by page, at every start",
		"func moduledataverify1(datap *moduledata) {\n", "func moduledataverify1(datap *moduledata) {\n\treturn\n"},
	{"runtime/symtab.go", "pointer masks of global variables are for the collector: many programs end before it runs",
		"\t\t\tmd.gcdatamask = progToPointerMask((*byte)(unsafe.Pointer(md.gcdata)), scanDataSize)\n",
		""},
	{"runtime/symtab.go", "see gcdatamask",
		"\t\t\tmd.gcbssmask = progToPointerMask((*byte)(unsafe.Pointer(md.gcbss)), scanBSSSize)\n",
		""},
	{"runtime/timestub.go", "time.now made of walltime and nanotime",
		"//go:build !faketime && !windows && !(linux && amd64) && !plan9\n", "//go:build linux\n"},
}

// The two longest lines of malloc.go.
const (
	heapAddrBitsLine = "\theapAddrBits = (_64bit*(1-goarch.IsWasm)*(1-goos.IsIos*goarch.IsArm64))*48 + " +
		"(1-_64bit+goarch.IsWasm)*(32-(goarch.IsMips+goarch.IsMipsle)) + 40*goos.IsIos*goarch.IsArm64\n"
	logHeapArenaBytesLine = "\tlogHeapArenaBytes = (6+20)*(_64bit*(1-goos.IsWindows)*(1-goarch.IsWasm)*(1-goos.IsIos*goarch.IsArm64)) + " +
		"(2+20)*(_64bit*goos.IsWindows) + (2+20)*(1-_64bit) + (9+10)*goarch.IsWasm + (2+20)*goos.IsIos*goarch.IsArm64\n"
)

// drops is the list of files without which the shadow tree does not talk to
// Linux. _std holds what takes their place.
var drops = []drop{
	{"crypto/internal/fips140/drbg/entropy_fips140.go", "32 MiB of BSS; see _std"},
	{"internal/runtime/syscall/linux/asm_linux_amd64.s", "SYSCALL; see _std"},
	{"runtime/badlinkname_linux.go", "names the vDSO's functions"},
	{"runtime/cgo_mmap.go", "mmap"},
	{"runtime/cgo_sigaction.go", "signals"},
	{"runtime/cgroup_linux.go", "reads /sys; see cgroup_stubs.go"},
	{"runtime/create_file_unix.go", "no files; see create_file_nounix.go"},
	{"runtime/defs_linux_amd64.go", "structures of system calls"},
	{"runtime/fds_unix.go", "checks file descriptors with system calls"},
	{"runtime/mem_linux.go", "mmap; see _std"},
	{"runtime/mem_nonsbrk.go", "see _std"},
	{"runtime/mpagealloc_64bit.go", "see mpagealloc_32bit.go"},
	{"runtime/nbpipe_pipe2.go", "pipes"},
	{"runtime/netpoll_epoll.go", "epoll; see netpoll_fake.go"},
	{"runtime/os_linux.go", "see _std"},
	{"runtime/os_linux64.go", "futex, timers"},
	{"runtime/os_linux_generic.go", "signal numbers"},
	{"runtime/os_linux_noauxv.go", "auxiliary vector"},
	{"runtime/retry.go", "system calls to try again"},
	{"runtime/secret.go", "see secret_nosecret.go"},
	{"runtime/security_linux.go", "set-user-id programs"},
	{"runtime/security_unix.go", "set-user-id programs"},
	{"runtime/set_vma_name_linux.go", "prctl; see set_vma_name_stub.go"},
	{"runtime/signal_amd64.go", "signals"},
	{"runtime/signal_linux_amd64.go", "signals"},
	{"runtime/signal_unix.go", "signals; see _std"},
	{"runtime/sigtab_linux_generic.go", "signals"},
	{"runtime/stubs2.go", "declares system calls written in assembly"},
	{"runtime/stubs3.go", "declares system calls written in assembly"},
	{"runtime/stubs_linux.go", "declares system calls written in assembly"},
	{"runtime/sys_linux_amd64.s", "SYSCALL; see _std"},
	{"runtime/time_linux_amd64.s", "SYSCALL; see timestub.go"},
	{"runtime/timeasm.go", "see timestub.go"},
	{"runtime/vdso_elf64.go", "vDSO"},
	{"runtime/vdso_linux.go", "vDSO"},
	{"runtime/vdso_linux_amd64.go", "vDSO"},
	{"runtime/vgetrandom_linux.go", "vDSO; see _std"},
	{"syscall/asm_linux_amd64.s", "SYSCALL; see _std"},
}

// apply returns text with the edit made.
func (e edit) apply(text string) (string, error) {
	if n := strings.Count(text, e.old); n != 1 {
		return "", fmt.Errorf("%s: expected once, found %d times: %q", e.file, n, firstLine(e.old))
	}
	return strings.Replace(text, e.old, e.new, 1), nil
}

// firstLine returns the first line of s, cut to the width of an error message.
func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	if len(s) > 60 {
		s = s[:60] + "…"
	}
	return s
}
