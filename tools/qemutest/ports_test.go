//go:build qemu

package qemutest

import (
	"regexp"
	"testing"

	"bennu/tools/internal/qemu"
)

// TestPorts: the ports that this machine's ACPI tables name are nobody's, whatever system.conf says; others that no list has are
// given to who is said to be unguarded, and log and status show it.
func TestPorts(t *testing.T) {
	for _, machine := range []string{"q35", "pc"} {
		t.Run(machine, func(t *testing.T) {
			files := bootFiles(t)
			files["bin/acpi"], files["bin/wild"] = files["bin/faulty"], files["bin/faulty"]
			files["system.conf"] = append(files["system.conf"], "service acpi { unguarded 604:4; ipc rs; };\nservice wild { unguarded 7000:10; io 2e8:8; system BASIC; ipc rs; };\n"...)
			m := boot(t, qemu.Config{Machine: machine, Archive: archiveOf(t, files)})
			m.shell()
			log := m.ready()
			for _, want := range []string{
				`kernel: ports refused label=acpi ports=600-67f why="ACPI power management"`,
				`kernel: ports unguarded label=wild ep=\d+ ports=7000-700f`,
				`rs: label=wild inc=0 event=ready`,
				`rs: label=acpi .*EPERM`,
			} {
				if !regexp.MustCompile(want).MatchString(log) {
					t.Errorf("the log has no %s:\n%s", want, log)
				}
			}
			m.do("service status")
			m.line(regexp.MustCompile(`^acpi +\S+ EPERM unguarded `))
			m.line(regexp.MustCompile(`^wild +running unguarded `))
			m.shell()
			m.off()
		})
	}
}
