//go:build qemu

package qemutest

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"bennu/kernel/layout"
	"bennu/tools/internal/qemu"
	"bennu/tools/internal/suite"
)

// What a loader hands over, made by hand, without a loader: the kernel's first page gets a few instructions that copy the kernel where
// it is to lie, set EAX and EBX, and jump to one of its entries.

const (
	handoverAt = 0x800_0000 // where QEMU puts what is handed over
	stubAt     = 0xc00      // of the kernel's first page: behind the headers
	inPageAt   = 0xc80      // for an information within the kernel

	pvhMagic = 0x336ec578
	mb2Magic = 0x36d76289
)

// words are numbers of the size that their types have.
func words(v ...any) (b []byte) {
	for _, x := range v {
		switch x := x.(type) {
		case int:
			b = binary.LittleEndian.AppendUint32(b, uint32(x))
		case uint64:
			b = binary.LittleEndian.AppendUint64(b, x)
		case []byte:
			b = append(b, x...)
		}
	}
	return b
}

// entries are a memory map's, of starts, sizes and types.
func entries(v ...uint64) (b []byte) {
	for ; len(v) > 0; v = v[3:] {
		b = append(b, words(v[0], v[1], v[2])...)
	}
	return b
}

// usualMap is a machine of 128 MiB with a MiB more for what is handed over.
var usualMap = entries(0, 0x9_f000, 1, 1<<20, 128<<20, 1)

// startInfo is PVH's, with its map and list of modules (starts and sizes) behind it.
func startInfo(memory []byte, modules ...uint64) []byte {
	const size = 56
	var list []byte
	for i := 0; i < len(modules); i += 2 {
		list = append(list, words(modules[i], modules[i+1], uint64(0), uint64(0))...)
	}
	head := words(pvhMagic, 1, 0, len(modules)/2, uint64(handoverAt+size+len(memory)), uint64(0), uint64(0), uint64(handoverAt+size), len(memory)/24, 0)
	return append(append(head, memory...), list...)
}

// patched is b with another number in it.
func patched(b []byte, at int, v uint64) []byte {
	binary.LittleEndian.PutUint64(b[at:], v)
	return b
}

// information is Multiboot2's, of tags.
func information(tags ...[]byte) []byte {
	b := make([]byte, 8)
	for _, t := range append(tags, tag(0)) {
		b = append(append(b, t...), make([]byte, -len(t)&7)...)
	}
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	return b
}

func tag(kind int, v ...any) []byte {
	b := words(v...)
	return append(words(kind, 8+len(b)), b...)
}

func mb2Map(memory []byte) []byte { return tag(6, 24, 0, memory) }

func mb2Module(start, end int) []byte { return tag(3, start, end, []byte("a\x00")) }

// handed is a kernel as it is entered by a loader's hand.
type handed struct {
	name     string
	mb2      bool
	eax, ebx int // 0: the protocol's magic, handoverAt: where info is
	moved    int
	info     []byte
	inPage   []byte // in the kernel's first page
	machine  string
	memory   string
	args     []string
	want     string // what it says, and refuses
}

// kernel is the built kernel with the instructions in front.
func (h *handed) kernel(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(suite.Built(t, "kernel.elf"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := elf.Open(suite.Built(t, "kernel.elf"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	entry, eax, ebx := symbol(t, f, "cpuinit"), h.eax, h.ebx
	if h.mb2 {
		entry = symbol(t, f, "mb2init")
		if eax == 0 {
			eax = mb2Magic
		}
	}
	if ebx == 0 {
		ebx = handoverAt
	}
	put := func(op byte, v int) []byte { return append([]byte{op}, words(v)...) }
	var code []byte
	if h.moved != 0 {
		code = append(code, put(0xbe, layout.KernelBase)...)                      // MOV ESI
		code = append(code, put(0xbf, layout.KernelBase+h.moved)...)              // MOV EDI
		code = append(code, put(0xb9, int(lastByte(f)-layout.KernelBase)/4+1)...) // MOV ECX
		code = append(code, 0xfc, 0xf3, 0xa5)                                     // CLD; REP MOVSD
	}
	code = append(code, put(0xb8, eax)...)                // MOV EAX
	code = append(code, put(0xbb, ebx)...)                // MOV EBX
	code = append(code, put(0xb9, int(entry)+h.moved)...) // MOV ECX
	code = append(code, 0xff, 0xe1)                       // JMP ECX
	put8 := func(at int, p []byte) {
		if strings.Trim(string(b[at:at+len(p)]), "\x00") != "" {
			t.Fatalf("the kernel has something at %#x", at)
		}
		copy(b[at:], p)
	}
	put8(stubAt, code)
	put8(inPageAt, h.inPage)
	last := -1 // the PVH note is the last one
	for i, p := range f.Progs {
		if p.Type == elf.PT_NOTE {
			last = i
		}
	}
	binary.LittleEndian.PutUint64(b[f.Progs[last].Off+16:], layout.KernelBase+stubAt)
	file := filepath.Join(t.TempDir(), "kernel.elf")
	if err := os.WriteFile(file, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// lastByte is where what the kernel's file has of its memory ends.
func lastByte(f *elf.File) (end uint64) {
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD {
			end = max(end, p.Vaddr+p.Filesz)
		}
	}
	return end
}

func symbol(t *testing.T, f *elf.File, name string) uint64 {
	t.Helper()
	all, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.Name == name {
			return s.Value
		}
	}
	t.Fatalf("no symbol %s", name)
	return 0
}

// boot starts it.
func (h *handed) boot(t *testing.T) *machine {
	t.Helper()
	return boot(t, qemu.Config{Kernel: h.kernel(t), Machine: h.machine, Memory: h.memory, Args: append(h.args, loaded(t, h.info, uint64(max(h.ebx, handoverAt)))...)})
}

// loaded are QEMU's arguments that put bytes at a physical address.
func loaded(t *testing.T, b []byte, at uint64) []string {
	t.Helper()
	if len(b) == 0 {
		return nil
	}
	file := filepath.Join(t.TempDir(), "bytes")
	if err := os.WriteFile(file, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return []string{"-device", fmt.Sprintf("loader,file=%s,addr=%#x,force-raw=on", file, at)}
}

const kernelPlace = `The kernel: 000001000000, size: 000001700000`

var refusals = []handed{
	{name: "no-magic", eax: 1, ebx: 0x100, want: `^bennu: not booted by PVH or Multiboot2`},
	{name: "multiboot1", mb2: true, eax: 0x2badb002, want: `^bennu: not booted by PVH or Multiboot2`},
	{name: "pvh-no-map", info: startInfo(nil), want: `^bennu: no room in memory for the kernel: its place is not all RAM`},
	{name: "pvh-map-nowhere", info: patched(startInfo(nil), 40, 0), want: `its place is not all RAM[^\n]*\n` + kernelPlace + `[^\n]*\nType 1`},
	{name: "pvh-hole", info: startInfo(entries(0, 16<<20, 1, 16<<20, 8<<20, 2, 24<<20, 104<<20, 1)), want: `its place is not all RAM[^\n]*\n` + kernelPlace +
		`[^\n]*\n    000000000000, size: 000001000000, type: 0001[^\n]*\n    000001000000, size: 000000800000, type: 0002[^\n]*\n    000001800000, size: 000006800000, type: 0001[^\n]*\nType 1 is RAM`},
	{name: "pvh-short", info: startInfo(entries(0, layout.KernelEnd-1, 1)), want: `its place is not all RAM`},
	{name: "pvh-high", info: startInfo(entries(4<<30+layout.KernelBase, 64<<20, 1, layout.KernelBase+1, 64<<20, 1)), want: `its place is not all RAM`},
	{name: "pvh-pieces", info: startInfo(entries(24<<20, 104<<20, 1, 0, 24<<20, 1)), want: `refused: 0 modules: expected one, the boot archive`},
	{name: "pvh-two", info: startInfo(usualMap, 64<<20, 0x1000, 65<<20, 0x1000), want: `refused: 2 modules: expected one`},
	{name: "pvh-crooked-module", info: startInfo(usualMap, 64<<20+1, 0x1000), want: `refused: the boot archive is \[0x4000001, 0x4001001\): expected a page's first address`},
	{name: "pvh-module-over", info: startInfo(usualMap, 64<<20, 0x1000, layout.KernelBase-1, 2), want: `what is at +000000ffffff, size: 000000000002 is put over it[^\n]*\n` + kernelPlace},
	{name: "pvh-module-endless", info: startInfo(usualMap, 0x1000, 1<<40), want: `what is at +000000001000, size: 0000ffffefff is put over it`},
	{name: "pvh-text-over", info: patched(startInfo(usualMap), 24, layout.KernelBase+0x1000), want: `what is at +000001001000, size: 000000000001 is put over it`},
	{name: "pvh-list-over", info: patched(startInfo(usualMap, 64<<20, 0x1000), 16, layout.KernelEnd-32), want: `what is at +0000026fffe0, size: 000000000020 is put over it`},
	{name: "mb2-none", mb2: true, info: information(mb2Map(usualMap)), want: `refused: 0 modules: expected one, the boot archive .*GRUB: module2`},
	{name: "mb2-no-map", mb2: true, info: information(tag(1, 0)), want: `^bennu: multiboot2: no sound memory map`},
	{name: "mb2-no-tags", mb2: true, info: words(7, 0, mb2Map(usualMap)), want: `^bennu: multiboot2: no sound memory map`},
	{name: "mb2-wraps", mb2: true, info: words(-8, 0, mb2Map(usualMap)), want: `^bennu: multiboot2: no sound memory map`},
	{name: "mb2-small-entries", mb2: true, info: information(tag(6, 16, 0, usualMap)), want: `^bennu: multiboot2: no sound memory map`},
	{name: "mb2-large-entries", mb2: true, info: information(tag(6, 4096, 0, usualMap)), want: `^bennu: multiboot2: no sound memory map`},
	{name: "mb2-hole", mb2: true, info: information(tag(1, []byte("a\x00")), mb2Map(entries(0, 24<<20, 1, 32<<20, 64<<20, 1))),
		want: `its place is not all RAM[^\n]*\n` + kernelPlace + `[^\n]*\n    000000000000, size: 000001800000, type: 0001[^\n]*\n    000002000000, size: 000004000000, type: 0001[^\n]*\nType 1 is RAM`},
	{name: "mb2-module-over", mb2: true, info: information(mb2Map(usualMap), mb2Module(64<<20, 65<<20), mb2Module(layout.KernelEnd-1, layout.KernelEnd)),
		want: `what is at +0000026fffff, size: 000000000001 is put over it[^\n]*\n` + kernelPlace},
	{name: "mb2-module-beside", mb2: true, info: information(mb2Map(usualMap), mb2Module(layout.KernelEnd, layout.KernelEnd+1), mb2Module(layout.KernelBase-1, layout.KernelBase)),
		want: `refused: 2 modules`},
	{name: "mb2-over-itself", mb2: true, ebx: layout.KernelBase + inPageAt, inPage: information(mb2Map(usualMap)), want: `what is at +000001000c80, size: 000000000050 is put over it`},
	{name: "mb2-crooked", mb2: true, moved: 64<<20 + 0x1000, info: information(mb2Map(usualMap)), want: `^bennu: loaded at no multiple of 2 MiB`},
	{name: "mb2-moved-hole", mb2: true, moved: 64 << 20, info: information(mb2Map(entries(0, 82<<20, 1))), want: `its place is not all RAM[^\n]*\nThe kernel: 000005000000`},
}

// TestHandoverRefused: the first instructions and the kernel say what is wrong with what they get, and with the place where
// they are.
func TestHandoverRefused(t *testing.T) {
	for _, h := range refusals {
		t.Run(h.name, func(t *testing.T) {
			m := h.boot(t)
			m.ends(qemu.StatusRefused)
			log := strings.ReplaceAll(m.Log(), "\r", "")
			if !regexp.MustCompile(`(?m)` + h.want).MatchString(log) {
				t.Errorf("want %s in\n%s", h.want, log)
			}
		})
	}
}

// TestHandover: the archive may lie anywhere, above 4 GiB, right behind the kernel, where the frames are that are given out first; so may
// the kernel, and what is handed over.
func TestHandover(t *testing.T) {
	archive, err := os.ReadFile(suite.Built(t, "boot.tar"))
	if err != nil {
		t.Fatal(err)
	}
	size := uint64(len(archive))
	const high, mib = 5 << 30, 1 << 20
	end := func(start uint64) int { return int(start + size) }
	for _, c := range []struct {
		handed
		at uint64 // the archive
	}{
		{handed{name: "pvh-above-4GiB", memory: "5G", info: startInfo(entries(0, 0x9_f000, 1, mib, 1<<30, 1, 4<<30, 3<<30, 1), high, size), want: `memory: 4096 MiB, [^\n]* kernel 23 MiB$`}, high},
		{handed{name: "pvh-beyond", info: startInfo(entries(0, 0x9_f000, 1, mib, 255*mib, 1, 1<<41, 1<<30, 1), 64*mib, size),
			want: `memory: 255 MiB, [^\n]*\n[^\n]*memory: 1024 MiB more are beyond the processor's addresses$`}, 64 * mib},
		{handed{name: "mb2-behind", mb2: true, info: information(mb2Map(usualMap), mb2Module(layout.KernelEnd, end(layout.KernelEnd))), want: `memory: 128 MiB, [^\n]* kernel 23 MiB$`}, layout.KernelEnd},
		{handed{name: "mb2-below", mb2: true, moved: 64 * mib, info: information(mb2Map(usualMap), mb2Module(mib, end(mib))),
			want: `kernel 23 MiB at \[0x5000000, 0x6700000\)$`}, mib},
		{handed{name: "mb2-high", mb2: true, machine: "pc", memory: "3G", moved: 0xa000_0000, info: information(mb2Map(entries(mib, 3<<30-2*mib, 1)), mb2Module(64*mib, end(64*mib))),
			want: `kernel 23 MiB at \[0xa1000000, 0xa2700000\)$`}, 64 * mib},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.args = loaded(t, archive, c.at)
			m := c.boot(t)
			m.shell()
			if log := m.ready(); !regexp.MustCompile(`(?m)` + c.want).MatchString(log) {
				t.Errorf("want %s in\n%s", c.want, log)
			}
			m.off()
		})
	}
}
