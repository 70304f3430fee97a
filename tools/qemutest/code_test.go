//go:build qemu

package qemutest

import (
	"bytes"
	"debug/elf"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"bennu/tools/internal/suite"
)

// SMAP is never lifted: the kernel that was built has the bytes of STAC nowhere in its code, not even within other
// instructions. AC comes from flags too, so what loads those is listed, by function: the stub of Go's preemption by signals,
// which nothing sends, and the way out of the kernel.
func TestNothingLiftsSMAP(t *testing.T) {
	kernel := suite.Built(t, "kernel.elf")
	f, err := elf.Open(kernel)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	clac := 0
	for _, p := range f.Progs {
		if p.Type != elf.PT_LOAD || p.Flags&elf.PF_X == 0 {
			continue
		}
		b := make([]byte, p.Filesz)
		if _, err := p.ReadAt(b, 0); err != nil {
			t.Fatal(err)
		}
		if i := bytes.Index(b, []byte{0x0f, 0x01, 0xcb}); i >= 0 {
			t.Errorf("STAC at %#x", p.Vaddr+uint64(i))
		}
		clac += bytes.Count(b, []byte{0x0f, 0x01, 0xca})
	}
	if clac < 2 { // at every entry by an interrupt
		t.Errorf("CLAC is there %d times: that was not the kernel's code", clac)
	}
	out, err := exec.Command("go", "tool", "objdump", kernel).Output()
	if err != nil {
		t.Fatal(err)
	}
	loads := map[string]string{"POPF": "POPFQ POPFW", "IRET": "IRET IRETD IRETQ", "SYSRET": "SYSRET SYSRETQ"}
	got, function := map[string]bool{}, ""
	for l := range strings.Lines(string(out)) {
		fields := strings.Fields(l)
		if len(fields) > 1 && fields[0] == "TEXT" {
			function, _, _ = strings.Cut(strings.TrimSuffix(fields[1], "(SB)"), ".abi0")
		}
		for name, all := range loads {
			if len(fields) > 3 && slices.Contains(strings.Fields(all), fields[3]) {
				got[name+" in "+function] = true
			}
		}
	}
	want := []string{"IRET in bennu/kernel/arch.enter", "IRET in bennu/kernel/arch.special", "IRET in bennu/kernel/arch.syscallEntry", "POPF in runtime.asyncPreempt", "SYSRET in bennu/kernel/arch.enter", "SYSRET in bennu/kernel/arch.syscallEntry"}
	if found := slices.Sorted(maps.Keys(got)); !slices.Equal(found, want) {
		t.Errorf("what loads flags:\n%q, want\n%q", found, want)
	}
}
