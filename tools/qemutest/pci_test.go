//go:build qemu

package qemutest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bennu/kernel/abi"
	"bennu/rs/service"
	"bennu/tools/internal/control"
	"bennu/tools/internal/qemu"
)

var (
	pciHead  = regexp.MustCompile(`(?m)^\s+Bus\s+(\d+), device\s+(\d+), function (\d+):`)
	pciID    = regexp.MustCompile(`PCI device ([0-9a-f]{4}):([0-9a-f]{4})`)
	pciSub   = regexp.MustCompile(`PCI subsystem ([0-9a-f]{4}):([0-9a-f]{4})`)
	pciIRQ   = regexp.MustCompile(`IRQ (\d+), pin ([A-D])`)
	pciBAR   = regexp.MustCompile(`BAR([0-5]): (I/O at|32 bit memory at|64 bit memory at|32 bit prefetchable memory at|64 bit prefetchable memory at) 0x([0-9a-f]+) \[0x([0-9a-f]+)\]`)
	pciBuses = regexp.MustCompile(`secondary bus (\d+)\.\s+subordinate bus (\d+)`)
)

// monitorFunctions is what "info pci" of QEMU's monitor says, a line a function.
func monitorFunctions(t *testing.T, text string) (rows []string) {
	t.Helper()
	at := pciHead.FindAllStringSubmatchIndex(text, -1)
	for i, m := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		number := func(n int) uint32 { v, _ := strconv.ParseUint(text[m[2*n]:m[2*n+1]], 10, 8); return uint32(v) }
		part := text[m[0]:end]
		id := pciID.FindStringSubmatch(part)
		if id == nil {
			t.Fatalf("no ids in %q", part)
		}
		row := abi.MakeFunction(number(1), number(2), number(3)).String() + " " + id[1] + ":" + id[2]
		if s := pciSub.FindStringSubmatch(part); s != nil {
			row += " sub " + s[1] + ":" + s[2]
		}
		if s := pciIRQ.FindStringSubmatch(part); s != nil {
			row += " INT" + s[2] + " " + s[1]
		}
		if s := pciBuses.FindStringSubmatch(part); s != nil {
			row += " buses " + s[1] + "-" + s[2]
		}
		for _, b := range pciBAR.FindAllStringSubmatch(part, -1) {
			base, _ := strconv.ParseUint(b[3], 16, 64)
			last, _ := strconv.ParseUint(b[4], 16, 64)
			row += fmt.Sprintf(" %s:%s %#x+%#x", b[1], strings.TrimSuffix(b[2], " at"), base, last-base+1)
		}
		rows = append(rows, row)
	}
	return rows
}

// machineFunctions is what the machine says, in the same words.
func machineFunctions(p *control.PCI) (rows []string) {
	for i := range p.Functions {
		f := &p.Functions[i]
		row := fmt.Sprintf("%s %04x:%04x", f.Function, f.Vendor, f.Device)
		if f.SubVendor != 0 {
			row += fmt.Sprintf(" sub %04x:%04x", f.SubVendor, f.SubDevice)
		}
		if f.Pin != 0 {
			row += fmt.Sprintf(" INT%c %d", 'A'+rune(f.Pin)-1, f.Line)
		}
		if f.Bridge {
			row += fmt.Sprintf(" buses %d-%d", f.Secondary, f.Subordinate)
		}
		for n, b := range f.BARs {
			kind := "I/O"
			if b.Kind == "memory" {
				kind = "32 bit "
				if b.Wide {
					kind = "64 bit "
				}
				if b.Prefetchable {
					kind += "prefetchable "
				}
				kind += "memory"
			}
			if b.Kind != "none" {
				row += fmt.Sprintf(" %d:%s %#x+%#x", n, kind, b.Base, b.Size)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// TestPCI holds what "pci" shows against QEMU's own word: places, ids, BARs with their kinds and sizes, interrupt lines, bus numbers.
func TestPCI(t *testing.T) {
	drive := []string{"-drive", "driver=null-co,size=64M,if=none,id=n", "-drive", "driver=null-co,size=64M,if=none,id=v"}
	for _, c := range []struct {
		machine string
		args    []string
		least   int
	}{
		{"q35", []string{"-device", "pcie-root-port,id=near,chassis=1,addr=6", "-device", "nvme,drive=n,serial=1,bus=near", "-device", "pcie-root-port,id=empty,chassis=2,addr=7",
			"-device", "pcie-root-port,id=top,chassis=3,addr=8", "-device", "pcie-pci-bridge,id=old,bus=top", "-device", "e1000e,addr=9", "-device", "virtio-blk-pci,drive=v,bus=old,addr=3", "-device", "edu,addr=5"}, 11},
		{"pc", []string{"-device", "pci-bridge,id=one,chassis_nr=1,addr=6", "-device", "nvme,drive=n,serial=1,addr=7", "-device", "pci-bridge,id=two,bus=one,chassis_nr=2,addr=4",
			"-device", "virtio-blk-pci,drive=v,bus=two,addr=2", "-device", "e1000,bus=one,addr=5", "-device", "edu,addr=5"}, 9},
	} {
		t.Run(c.machine, func(t *testing.T) {
			m := boot(t, qemu.Config{Machine: c.machine, QMP: true, Control: true, Args: append(slices.Clone(drive), c.args...)})
			m.shell()
			q := m.monitor()
			text := m.hmp(q, "info pci")
			p, err := m.client().PCI(m.ctx)
			if err != nil {
				t.Fatal(err)
			}
			got, want := machineFunctions(&p), monitorFunctions(t, text)
			slices.Sort(got)
			slices.Sort(want)
			if len(want) < c.least || !slices.Equal(got, want) {
				t.Errorf("the machine says\n%s\nQEMU says\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
				t.Log(text)
			}
			r := p.Result()
			tree := service.FunctionTree(&r)
			heads := regexp.MustCompile(`(?m)^ *[0-9a-f]{2}:.*$`).FindAllString(tree, -1)
			m.do("pci")
			m.off()                                                          // typed ahead: it waits for what was asked before
			if !strings.Contains(m.Log(), tree) || len(heads) != len(want) { // the shell shows what tools/ctl does, each function once
				t.Errorf("not at the shell:\n%s\n%s", tree, m.Log())
			}
		})
	}
}
