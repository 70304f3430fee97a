package bootimage

import (
	"debug/elf"
	"runtime"
	"strings"
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/image"
	"bennu/kernel/mem"
	"bennu/tools/internal/tinyelf"
)

func TestTaskFault(t *testing.T) {
	for _, c := range []struct {
		want   string
		change func(h *elf.Header64, p []elf.Prog64)
	}{
		{"", nil},
		{"not an ELF file", func(h *elf.Header64, p []elf.Prog64) { h.Ident[0] = 'E' }},
		{"built for EM_AARCH64", func(h *elf.Header64, p []elf.Prog64) { h.Machine = uint16(elf.EM_AARCH64) }},
		{"ET_DYN: expected ET_EXEC", func(h *elf.Header64, p []elf.Prog64) { h.Type = uint16(elf.ET_DYN) }},
		{"has a PT_INTERP segment", func(h *elf.Header64, p []elf.Prog64) { p[1].Type = uint32(elf.PT_INTERP) }},
		{"segment at 0x400000 lies outside 0x40200000-0x80000000", func(h *elf.Header64, p []elf.Prog64) { p[0].Vaddr = 0x400000 }},
		{"lies outside", func(h *elf.Header64, p []elf.Prog64) { p[1].Memsz = abi.ImageEnd - abi.ImageBase }},
		{"is cut off", func(h *elf.Header64, p []elf.Prog64) { p[0].Filesz, p[0].Memsz = 0x1011, 0x1011 }},
		{"is at file offset 0x1008", func(h *elf.Header64, p []elf.Prog64) { p[1].Off, p[1].Filesz = 0x1008, 8 }},
		{"is writable and executable", func(h *elf.Header64, p []elf.Prog64) { p[0].Flags |= uint32(elf.PF_W) }},
		{"is read-only with zeros", func(h *elf.Header64, p []elf.Prog64) { p[0].Memsz++ }},
		{"shares a page with the one at 0x40200000", func(h *elf.Header64, p []elf.Prog64) { p[1].Vaddr = abi.ImageBase + 0x1000 }},
		{"program headers are not 56 bytes", func(h *elf.Header64, p []elf.Prog64) { h.Phentsize = 57 }},
		{"program headers are not", func(h *elf.Header64, p []elf.Prog64) { h.Phoff, h.Phnum = 0xfd8, 1 }},
		{"entry 0x40202000 is not in an executable segment", func(h *elf.Header64, p []elf.Prog64) { h.Entry = abi.ImageBase + 0x2000 }},
	} {
		b := tinyelf.ChangedTask(c.change)
		if sealed := kernelTakes(t, b); sealed != (c.want == "") {
			t.Errorf("%q: the kernel takes it: %v", c.want, sealed)
		}
		got := TaskFault(b)
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("got  %q\nwant %q", got, c.want)
		}
	}
}

// kernelTakes asks the kernel itself: its rules and TaskFault's are the same.
func kernelTakes(t *testing.T, b []byte) bool {
	t.Helper()
	ram := make([]byte, 64*abi.PageSize)
	phys, size := mem.Simulated(ram)
	pool := mem.NewPool(phys)
	pool.Add(0, size)
	table := image.NewTable(pool)
	h := new(mem.Holder)
	pool.Promise(h, 0, pool.Size())
	id, e := table.Create(uint64(len(b)), abi.None, abi.AccountRoot, h)
	if e == abi.OK {
		e = table.Write(id, 0, b)
	}
	if e != abi.OK {
		t.Fatal(e.Err())
	}
	for more := true; more && e == abi.OK; {
		more, e = table.Seal(id)
	}
	runtime.KeepAlive(ram)
	return e == abi.OK
}

// What mkimage lets into an archive, the kernel takes.
func FuzzTaskFault(f *testing.F) {
	f.Add(tinyelf.ChangedTask(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < 40<<12 && TaskFault(b) == "" && !kernelTakes(t, b) {
			t.Error("the kernel refuses it")
		}
	})
}
