//go:build qemu

package qemutest

import (
	"bufio"
	"net"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"bennu/tools/internal/qemu"
)

// message writes data to an address as a device does.
func (q *qtest) message(address uint64, data uint32) {
	q.t.Helper()
	q.ask("writel %#x %#x", address, data)
}

// Delivery modes of a message, in its data. INIT is left out: it resets a processor without interrupt remapping, as it should.
//
// Source: Intel SDM Vol. 3A, "Message Data Register Format".
var modes = map[string]uint32{"lowest priority": 1 << 8, "SMI": 2 << 8, "reserved": 3 << 8, "NMI": 4 << 8, "SIPI": 6 << 8, "ExtINT": 7 << 8}

// Whatever a device writes where interrupts are made: each vector, each way to deliver it. It is counted, named and survived, and the machine works.
func TestStrays(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "qtest")
	m := boot(t, qemu.Config{Args: []string{"-qtest", "unix:" + socket + ",server=on,wait=off", "-qtest-log", "none"}})
	m.shell()
	m.ready()
	conn, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(limit))
	q := &qtest{t, conn, bufio.NewReader(conn)}
	const port = 0xfee00000
	for v := range uint32(256) {
		if v>>2 == 0x98>>2 {
			continue
		}
		q.message(port, v)
		q.message(port, v|1<<15) // level, asserted: a message has no other end
	}
	for name, mode := range modes {
		t.Log(name)
		q.message(port, mode|0x98)
	}
	q.message(port|0xff<<12, 0x9a) // to all
	q.message(port|0x42<<12, 0x99) // to nobody
	q.message(port, 0x9b)
	for _, want := range []string{`stray vector=0x45 n=1$`, `stray vector=0xff n=1$`, `stray vector=0xfe n=1$`, `stray vector=0xe7 n=1$`, `stray vector=0x11, an exception's: withheld`,
		`stray vector=0x15, an exception's: withheld`, `stray vector=0x98 n=1$`, `stray vector=0x9a n=1$`, `stray vector=0x9b n=1$`, `stray NMI, of which the board knows nothing, n=1$`} {
		m.logs(want)
	}
	if regexp.MustCompile(`stray vector=0x99 n=`).MatchString(m.KernelLog()) {
		t.Error("a message to another processor came")
	}
	m.do("service list")
	m.shell()
	m.off()
}

// logs waits until the kernel's log has a line.
func (m *machine) logs(want string) {
	m.t.Helper()
	if regexp.MustCompile(`(?m)kernel: ` + want).MatchString(m.KernelLog()) {
		return
	}
	if _, err := m.WaitKernelLine(m.ctx, regexp.MustCompile(`kernel: `+want)); err != nil {
		m.t.Fatal(err)
	}
}
