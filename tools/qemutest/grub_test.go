//go:build qemu

package qemutest

import (
	"regexp"
	"strings"
	"testing"

	"bennu/tools/internal/grub"
	"bennu/tools/internal/qemu"
	"bennu/tools/internal/suite"
)

// cdOf makes a CD.
func cdOf(t *testing.T, c grub.CD) string {
	t.Helper()
	file, err := c.Make(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// TestGRUB: another loader than QEMU's, by Multiboot2, brings the kernel to the shell's prompt, with the words that its command
// line has.
func TestGRUB(t *testing.T) {
	cd := cdOf(t, grub.CD{Kernel: suite.Built(t, "kernel.elf"), CmdLine: "seed=77 mitigate=off", Modules: []string{suite.Built(t, "boot.tar")}})
	m := boot(t, qemu.Config{CD: cd})
	m.shell()
	log := m.ready()
	for _, want := range []string{"; seed=77\n", "mitigate=off"} {
		if !strings.Contains(log, want) {
			t.Errorf("no %q in the log:\n%s", want, log)
		}
	}
	if place.MatchString(log) {
		t.Errorf("moved, though nothing is in its way:\n%s", log)
	}
	m.off()
}

// place is what the boot says of a kernel that is not where it is linked.
var place = regexp.MustCompile(`kernel \d+ MiB at \[(0x[0-9a-f]+), 0x[0-9a-f]+\)\n`)
