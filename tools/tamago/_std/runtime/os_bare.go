package runtime

import (
	"internal/abi"
	"internal/cpu"
	"internal/runtime/atomic"
	"runtime/goos"
	"unsafe"
)

// The operating system layer of a program that has no operating system: what
// os_linux.go and its companions ask of Linux is answered here by the hooks of
// runtime/goos, or by nothing at all.

// mOS is the per-thread state that lock_futex.go needs.
type mOS struct {
	waitsema uint32
}

// osinit runs on the boot stack, before there is a heap.
func osinit() {
	physPageSize = 4096
	numCPUStartup = 1
	goos.Hwinit0()
	initBare()
}

// hwinit1 runs at the end of schedinit, still on the boot stack: the heap works,
// goroutines do not yet.
func hwinit1() {
	goos.Hwinit1()
}

func getCPUCount() int32 { return numCPUStartup }

// readRandom is first called before there is a heap, to seed the runtime.
func readRandom(r []byte) int {
	goos.InitRNG()
	goos.GetRandomData(r)
	return len(r)
}

// bareEnvs is the empty environment; nil would mean "not known yet".
var bareEnvs [1]string

func sysargs(argc int32, argv **byte) {}
func goenvs()                         { envs = bareEnvs[:0] }
func secure()                         {}
func isSecureMode() bool              { return false }
func checkfds()                       {}

// Time. The hook's clock is the monotonic clock, and with bareUnix the wall clock.

// bareUnix is where a board keeps Unix time in ns at Nanotime's 0, if it knows that. A board sets it by linkname; the
// official distribution has no such variable, and its wall clock is Nanotime.
var bareUnix *uint64

//go:nosplit
func nanotime1() int64 {
	return goos.Nanotime()
}

//go:nosplit
func walltime() (sec int64, nsec int32) {
	t := goos.Nanotime()
	if bareUnix != nil {
		t += int64(*bareUnix)
	}
	return t / 1e9, int32(t % 1e9)
}

//go:nosplit
func usleep(usec uint32) {
	for end := goos.Nanotime() + int64(usec)*1000; goos.Nanotime() < end; {
		procyield(10)
	}
}

//go:nosplit
func usleep_no_g(usec uint32) { usleep(usec) }

//go:nosplit
func osyield() { procyield(10) }

//go:nosplit
func osyield_no_g() { osyield() }

// bareIdle waits for work through goos.Idle, on the scheduler's stack. A zero
// until means that no timer is pending.
func bareIdle(until int64) {
	if until == 0 {
		until = 1<<63 - 1
	}
	if goos.Idle != nil {
		goos.Idle(until)
	}
}

// Threads. Without goos.Task there is one, so that a wait without a time limit
// could never end.

//go:nosplit
func futexsleep(addr *uint32, val uint32, ns int64) {
	if goos.Task == nil && ns < 0 && atomic.Load(addr) == val {
		systemstack(func() {
			throw("the only thread waits for another one")
		})
	}
	procyield(30)
}

//go:nosplit
func futexwakeup(addr *uint32, cnt uint32) {}

// bareStackBytes is the size of the stack of a thread made by goos.Task.
const bareStackBytes = 64 << 10

// May run with m.p==nil, so write barriers are not allowed.
//
//go:nowritebarrier
func newosproc(mp *m) {
	if goos.Task == nil {
		throw("newosproc: no goos.Task: this program has one thread")
	}
	stack := sysAlloc(bareStackBytes, &memstats.stacks_sys, "thread stack")
	if stack == nil {
		throw("newosproc: no memory for a thread's stack")
	}
	goos.Task(add(stack, bareStackBytes), unsafe.Pointer(mp), unsafe.Pointer(mp.g0), unsafe.Pointer(abi.FuncPCABI0(mstart)))
}

//go:nosplit
func newosproc0(stacksize uintptr, fn unsafe.Pointer) {
	throw("newosproc0: no C threads here")
}

func mpreinit(mp *m) {
	mp.gsignal = malg(32 * 1024)
	mp.gsignal.m = mp
}

func minit() {
	gp := getg()
	gp.m.procid = 1
	if goos.ProcID != nil {
		gp.m.procid = goos.ProcID()
	}
}

//go:nosplit
func unminit() {}

//go:nosplit
//go:nowritebarrierrec
func mdestroy(mp *m) {}

func vgetrandomDestroy(mp *m) {}

//go:nosplit
func inVDSOPage(pc uintptr) bool { return false }

//go:nosplit
func exitThread(wait *atomic.Uint32) {}

// Output, randomness and exit: from any stack, so by way of the system stack.

//go:nosplit
func write1(fd uintptr, p unsafe.Pointer, n int32) int32 {
	if fd != 1 && fd != 2 {
		return -9 // EBADF
	}
	systemstack(func() {
		for i := int32(0); i < n; i++ {
			goos.Printk(*(*byte)(add(p, uintptr(i))))
		}
	})
	return n
}

//go:nosplit
func bareRandom(p unsafe.Pointer, n uintptr) {
	systemstack(func() {
		goos.GetRandomData(unsafe.Slice((*byte)(p), n))
	})
}

// vgetrandom is what crypto/rand tries before the getrandom system call.
//
//go:linkname vgetrandom
func vgetrandom(p []byte, flags uint32) (ret int, supported bool) {
	if len(p) > 0 {
		bareRandom(unsafe.Pointer(&p[0]), uintptr(len(p)))
	}
	return len(p), true
}

//go:nosplit
func exit(code int32) {
	systemstack(func() {
		if goos.Exit != nil {
			goos.Exit(code)
		}
	})
	bareFault()
}

// bareFault ends a program that has no goos.Exit, by an undefined instruction.
func bareFault()

//go:nosplit
func crash() { exit(2) }

func read(fd int32, p unsafe.Pointer, n int32) int32 { return -38 } // ENOSYS

func closefd(fd int32) int32 { return -1 }

//go:nosplit
func open(name *byte, mode, perm int32) int32 { return -1 }

// Information about the machine, as the official distribution exports it.

// MemRegion returns the start and end addresses of the memory assigned to the
// Go runtime.
func MemRegion() (start uint64, end uint64) {
	return uint64(goos.RamStart), uint64(goos.RamStart + goos.RamSize)
}

// TextRegion returns the start and end addresses of the instructions.
func TextRegion() (start uint64, end uint64) {
	return uint64(firstmoduledata.text), uint64(firstmoduledata.etext)
}

// DataRegion returns the start and end addresses of the global variables.
func DataRegion() (start uint64, end uint64) {
	return uint64(firstmoduledata.data), uint64(firstmoduledata.enoptrbss)
}

// CPU returns the processor's name, or an empty string.
func CPU() string { return cpu.Name() }

// bareReseed is how a program that goes on in another life draws its random numbers anew: a board finds it by linkname. The hash keys stay,
// since there are maps. Nothing is computed before a number is asked for: most lives ask for none.
var bareReseed = reseedRandom

func reseedRandom(seed *[4]uint64) {
	lock(&globalRand.lock)
	globalRand.seed = *(*[32]byte)(unsafe.Pointer(seed))
	globalRand.state.InitLater(*seed)
	unlock(&globalRand.lock)
	mp := getg().m
	mp.chacha8.InitLater([4]uint64{^seed[0], ^seed[1], ^seed[2], ^seed[3]}) // another stream than the one that all threads' are drawn from
	mp.cheaprand = seed[0]
}
