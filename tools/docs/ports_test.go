package docs

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/ioport"
)

// ports are what kernel/ioport lets through.
func ports(p *page, s *source) {
	lists := map[ioport.Class][]string{}
	var guarded []any
	r, more := abi.PortRange{Last: 0xffff}, true
	for more {
		var b ioport.Block
		b, r, more = ioport.Next(r)
		lists[b.Class] = append(lists[b.Class], strings.Replace(b.String(), "-", "–", 1)+" "+b.Name)
		for n := int(b.First); n <= int(b.Last) && b.Class == ioport.Guarded; n++ {
			guarded = append(guarded, n)
		}
	}
	for _, c := range []ioport.Class{ioport.Open, ioport.Guarded, ioport.Never} {
		p.says("| %s | %s |", c, strings.Join(lists[c], "; "))
	}
	p.says("device also holds lines of the whole machine: %x and %x (keyboard controller), %x and %x (CMOS clock).", guarded...)
	data, status := guarded[0], guarded[1]

	var pass, withData []int
	for b := range 256 {
		if ioport.CommandFault(uint8(b)) != "" {
			continue
		}
		pass = append(pass, b)
		if wantsData(p.t, uint8(b)) {
			withData = append(withData, b)
		}
	}
	p.says("To %x pass %s; no other command does.", status, ranges(pass))
	p.says("After %s the next byte must go to %x, and after %x it must have bit %d set (the firmware's flag for \"not a cold start\") and bit %d clear.",
		strings.ReplaceAll(strings.Trim(fmt.Sprintf("%x", withData), "[]"), " ", ", "), data, s.number("kernel/ioport.writeConfig"),
		bitOf(s.number("kernel/ioport.configSystem")), bitOf(s.number("kernel/ioport.configReserved")))
	p.says("Other bytes to %x are the keyboard's", data)
	p.says("A write while bit %d of the status is set is EAGAIN.", bitOf(s.number("kernel/ioport.statusBusy")))
	p.says("the command byte is then %x (devices and interrupts off)", s.number("kernel/ioport.configQuiet"))
	index, clock := guarded[2], guarded[3]
	p.says("A write of %x chooses a register and does not reach the chip: bit %d, which masks NMIs, must be 0.", index, bitOf(s.number("kernel/ioport.maskNMI")))
	p.says("A read or write of %x is both accesses in one, for the registers 0–%02x, %x and the FADT's century;", clock, s.number("kernel/ioport.statusD"), s.number("kernel/ioport.century"))
	p.says("begins at %02x in each life", s.number("kernel/ioport.statusD"))
}

// wantsData tells whether the kernel lets no command pass after b.
func wantsData(t *testing.T, b uint8) bool {
	g := ioport.NewGuard(idle{}, 0)
	if e := g.Out(0x64, b); e != abi.OK {
		t.Fatalf("command %x: %s", b, e.Name())
	}
	return g.Out(0x64, 0x20) != abi.OK
}

// idle is a controller that is never busy.
type idle struct{}

func (idle) In8(uint16) uint8   { return 0 }
func (idle) Out8(uint16, uint8) {}

// ranges writes ascending numbers in hexadecimal, three or more in a row as first–last.
func ranges(list []int) string {
	var words []string
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n] == list[0]+n {
			n++
		}
		if n < 3 {
			n = 1
			words = append(words, strconv.FormatInt(int64(list[0]), 16))
		} else {
			words = append(words, fmt.Sprintf("%x–%x", list[0], list[n-1]))
		}
		list = list[n:]
	}
	return strings.Join(words, ", ")
}
