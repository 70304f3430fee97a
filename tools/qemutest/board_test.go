//go:build qemu

package qemutest

import (
	"strings"
	"testing"

	"bennu/tools/internal/qemu"
	"bennu/tools/internal/suite"
)

// The parts of board/pc on the silicon that they drive, and each way in which they end a machine: none of those but the
// triple fault itself needs the last resort.
func TestBoard(t *testing.T) {
	for _, c := range []struct {
		machine, end string
		status       int
	}{
		{"q35", "off", qemu.StatusOff}, {"q35", "exit", statusRing0}, {"q35", "reset", qemu.StatusReset}, {"q35", "cf9", qemu.StatusReset},
		{"q35", "8042", qemu.StatusReset}, {"q35", "triple", qemu.StatusReset}, {"pc", "off", qemu.StatusOff}, {"pc", "8042", qemu.StatusReset},
	} {
		t.Run(c.machine+"/"+c.end, func(t *testing.T) {
			m := boot(t, qemu.Config{Kernel: suite.Built(t, "boardtest.elf"), Archive: suite.Built(t, "ktest.tar"), Machine: c.machine,
				CmdLine: "end=" + c.end, Icount: "0", Env: []string{"QEMU_ARGS=-device edu"}})
			if !m.results() {
				return
			}
			m.ends(c.status)
			if log := m.Log(); !strings.Contains(log, "# end "+c.end) || strings.Contains(log, "# triple fault") {
				t.Errorf("asked to end by %s:\n%s", c.end, log)
			}
		})
	}
}
