//go:build qemu

package qemutest

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"bennu/tools/internal/qemu"
)

// qtest reads and writes the machine's ports and memory from outside, as its processor would.
// Source: QEMU, "qtest/qtest.c", the protocol.
type qtest struct {
	t *testing.T
	c net.Conn
	r *bufio.Reader
}

// tester boots a machine with edu, a device that does DMA by order, and a qtest connection.
func tester(t *testing.T, c qemu.Config) (*machine, *qtest) {
	t.Helper()
	dir, err := os.MkdirTemp("", "bennu")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "q")
	c.Args = append(c.Args, "-device", "edu,addr=5,dma_mask=0xffffffffffffffff", "-qtest", "unix:"+socket+",server=on,wait=off", "-qtest-log", "none")
	c.Env = append(c.Env, "QEMU_ARGS=")
	m := boot(t, c)
	m.shell()
	m.ready()
	conn, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(limit))
	return m, &qtest{t, conn, bufio.NewReader(conn)}
}

// ask sends one command and returns the value that comes back, if one does.
func (q *qtest) ask(format string, a ...any) uint64 {
	q.t.Helper()
	fmt.Fprintf(q.c, format+"\n", a...)
	line, err := q.r.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "OK") {
		q.t.Fatalf("qtest "+format+": %q, %v", append(a, line, err)...)
	}
	v, _ := strconv.ParseUint(strings.TrimPrefix(strings.TrimSpace(strings.TrimPrefix(line, "OK")), "0x"), 16, 64)
	return v
}

const eduAt = 5 << 3

func (q *qtest) config(offset uint32) uint64 {
	q.ask("outl 0xcf8 %#x", 1<<31|eduAt<<8|offset)
	return q.ask("inl 0xcfc")
}

// dma has edu write what is in its buffer to addr, and waits until it has done so.
func (q *qtest) dma(bar, addr uint64) {
	q.t.Helper()
	q.ask("outl 0xcf8 %#x", uint32(1<<31|eduAt<<8|4))
	q.ask("outw 0xcfc %#x", 6) // memory, bus master
	q.ask("writeq %#x %#x", bar+0x80, 0x40000)
	q.ask("writeq %#x %#x", bar+0x88, addr)
	q.ask("writeq %#x %#x", bar+0x90, 8)
	q.ask("writeq %#x %#x", bar+0x98, 1|2)
	for range 100_000 {
		if q.ask("readq %#x", bar+0x98)&1 == 0 {
			return
		}
	}
	q.t.Fatal("edu does not finish")
}

// Registers of the unit. Source: Intel Virtualization Technology for Directed I/O, "Global Status Register".
const (
	unitStatus  = 0xfed9001c
	translation = 1 << 31
	queue       = 1 << 26
	remapping   = 1 << 25
)

// From the first task on a device reaches nothing that was not mapped for it, and what it tries is told; a machine without an IOMMU shows that the same device does reach it. The
// target is a word of firmware's area that nobody uses.
func TestNoDMA(t *testing.T) {
	const target = 0x9f000
	for _, c := range []struct {
		name, iommu, words string
		line               string
	}{
		{"39 bits", "", "", "iommu: 1 unit, translation on, 39 bits, tables written back, interrupts remapped"},
		{"48 bits", "aw-bits=48", "iommu=48", "iommu: 1 unit, translation on, 48 bits, tables written back, interrupts remapped"},
		{"none", "off", "", "iommu: none: acpi: DMAR: no such table"},
		{"not used", "", "iommu=off", "iommu: none: iommu=off"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, q := tester(t, qemu.Config{CmdLine: c.words, Env: []string{"IOMMU=" + c.iommu}})
			log := m.KernelLog()
			if !strings.Contains(log, c.line) || strings.Index(log, c.line) > strings.Index(log, "rs: ") {
				t.Fatalf("no %q before the first task:\n%s", c.line, log)
			}
			confined := strings.Contains(c.line, "translation on")
			if confined {
				if s := q.ask("readl %#x", unitStatus); s&(translation|queue|remapping) != translation|queue|remapping {
					t.Errorf("the unit's status is %#x", s)
				}
			}
			if command := q.config(4); command&4 != 0 {
				t.Errorf("edu is a bus master when tasks run: %#x", command)
			}
			bar := q.config(0x10) &^ 15
			q.ask("writeq %#x %#x", target, uint64(0x1122334455667788))
			q.dma(bar, target)
			arrived := q.ask("readq %#x", target) != 0x1122334455667788
			if arrived == confined {
				t.Errorf("DMA to %#x arrived: %v", target, arrived)
			}
			if !confined {
				return
			}
			fault := regexp.MustCompile(`kernel: dma refused function=00:05\.0 label=kernel access=write address=0x9f000 faults=1 why="no domain"$`)
			if _, err := m.WaitKernelLine(m.ctx, fault); err != nil {
				t.Fatal(err)
			}
			for range 20 { // a flood: told once more, and then no more
				q.dma(bar, target)
			}
			mute := regexp.MustCompile(`kernel: dma refused function=00:05\.0 .* faults=16 why="no domain" action=mute$`)
			if _, err := m.WaitKernelLine(m.ctx, mute); err != nil {
				t.Fatal(err)
			}
			m.do("pci") // it goes on
			m.line(regexp.MustCompile(`^ +DMA refused: 16, the last for kernel, a write to 0x9f000: no domain; no more are counted until the function is reserved again$`))
			m.shell()
			if n := strings.Count(m.KernelLog(), "dma refused"); n != 2 {
				t.Errorf("%d lines about faults:\n%s", n, m.KernelLog())
			}
		})
	}
}
