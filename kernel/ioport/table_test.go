package ioport

import (
	"testing"

	"bennu/board/pc/apic"
	"bennu/kernel/abi"
)

// TestTable: blocks are in order and disjoint, and Find agrees with a walk of the table for every port.
func TestTable(t *testing.T) {
	next := 0
	for _, b := range pc {
		if int(b.First) < next || b.Last < b.First || b.Class == Unlisted || b.Name == "" {
			t.Errorf("%s %s %q: out of order, or without a class or a name", b, b.Class, b.Name)
		}
		next = int(b.Last) + 1
	}
	for port := 0; port <= 0xffff; port++ {
		want := Unlisted
		for _, b := range pc {
			if port >= int(b.First) && port <= int(b.Last) {
				want = b.Class
			}
		}
		b := Find(uint16(port))
		if b.Class != want || port < int(b.First) || port > int(b.Last) {
			t.Fatalf("port %x: %s %s, want %s", port, b, b.Class, want)
		}
	}
}

// TestReach lists by hand what reaches the whole machine on a PC and what is a device: the manuals' words, not the
// table's.
func TestReach(t *testing.T) {
	for _, c := range []struct {
		what  string
		ports []uint16
		want  Class
	}{
		{"8259", []uint16{0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1}, Never},
		{"8259 as PCHs alias it", []uint16{0x24, 0x25, 0x28, 0x29, 0x2c, 0x30, 0x34, 0x38, 0x3c, 0x3d, 0xa4, 0xa8, 0xac, 0xb0, 0xb4, 0xb8, 0xbc, 0xbd}, Never},
		{"IMCR", []uint16{0x22, 0x23}, Never},
		{"Super I/O configuration", []uint16{0x2e, 0x2f, 0x4e, 0x4f}, Never},
		{"8237", []uint16{0x00, 0x08, 0x0b, 0x0d, 0x0f, 0xc0, 0xd0, 0xd6, 0xde}, Never},
		{"DMA pages", []uint16{0x81, 0x82, 0x83, 0x87, 0x89, 0x8a, 0x8b, 0x8f}, Never},
		{"8254", []uint16{0x40, 0x41, 0x42, 0x43, 0x50, 0x53}, Never},
		{"NMI, A20, reset", []uint16{0x61, 0x63, 0x65, 0x67, 0x92, 0xee, 0xef, 0xcf9}, Never},
		{"SMI", []uint16{0xb2, 0xb3}, Never},
		{"embedded controllers", []uint16{0x62, 0x66, 0x68, 0x6c}, Never},
		{"PCI configuration", []uint16{0xcf8, 0xcf9, 0xcfa, 0xcfb, 0xcfc, 0xcfd, 0xcfe, 0xcff}, Never},
		{"emulators", []uint16{0x402, 0xe9, 0xf4, 0x501, 0x505, 0x510, 0x511, 0x514, 0x51b, 0x5658}, Never},
		{"coprocessor", []uint16{0xf0, 0xf1}, Never},
		{"extended CMOS", []uint16{0x72, 0x73, 0x74, 0x75, 0x76, 0x77}, Never},
		{"8042", []uint16{0x60, 0x64}, Guarded},
		{"CMOS", []uint16{0x70, 0x71}, Guarded},
		{"serial ports", []uint16{0x3f8, 0x3ff, 0x2f8, 0x2ff, 0x3e8, 0x3ef, 0x2e8, 0x2ef}, Open},
		{"printers", []uint16{0x378, 0x37a, 0x278, 0x3bc}, Open},
		{"disks", []uint16{0x1f0, 0x1f7, 0x3f6, 0x170, 0x177, 0x376, 0x3f2, 0x3f5, 0x3f7}, Open},
		{"VGA", []uint16{0x3b4, 0x3c0, 0x3d5, 0x3da}, Open},
		{"sound", []uint16{0x220, 0x22f, 0x388, 0x330}, Open},
		{"what only the board knows", []uint16{0x100, 0x3f0, 0x370, 0x600, 0x700, 0xc000, 0xb000, 0xffff}, Unlisted},
	} {
		for _, p := range c.ports {
			if b := Find(p); b.Class != c.want {
				t.Errorf("%s: port %x is %s (%s), want %s", c.what, p, b.Class, b.Name, c.want)
			}
		}
	}
	for port := uint16(0); port < 0x100; port++ {
		if c := Find(port).Class; c != Never && c != Guarded {
			t.Errorf("port %x of the system board is %s", port, c)
		}
	}
}

// TestNext: the pieces of any range are the range, without gaps, each of one class.
func TestNext(t *testing.T) {
	for _, r := range []abi.PortRange{{First: 0, Last: 0xffff}, {First: 0x60, Last: 0x64}, {First: 0x71, Last: 0x71}, {First: 0x3f0, Last: 0x400}, {First: 0xffff, Last: 0xffff}} {
		at, rest, more := int(r.First), r, true
		for more {
			var b Block
			b, rest, more = Next(rest)
			if int(b.First) != at || b.Last < b.First || Find(b.First).Class != b.Class || Find(b.Last).Class != b.Class {
				t.Fatalf("%x-%x: piece %s %s at %x", r.First, r.Last, b, b.Class, at)
			}
			at = int(b.Last) + 1
		}
		if at != int(r.Last)+1 {
			t.Errorf("%x-%x: pieces end at %x", r.First, r.Last, at)
		}
	}
}

func TestLines(t *testing.T) {
	if Lines != apic.MaxLines {
		t.Errorf("%d lines, the interrupt controllers' code has %d", Lines, apic.MaxLines)
	}
	edge, never := "", ""
	for line := uint32(0); line < 200; line++ {
		if LineFault(line) != "" {
			never += " " + string(rune('0'+line/100)) + string(rune('0'+line/10%10)) + string(rune('0'+line%10))
		}
		if EdgeLine(line) {
			edge += " " + string(rune('0'+line/10)) + string(rune('0'+line%10))
		}
	}
	if want := " 000 002 013 192 193 194 195 196 197 198 199"; never != want {
		t.Errorf("no device's:%s, want%s", never, want)
	}
	if want := " 00 01 02 03 04 06 07 08 12 13 14 15"; edge != want {
		t.Errorf("edge-triggered:%s, want%s", edge, want)
	}
}

// Every port has one block, found as by looking through the whole table; what is between two blocks is one, as large as can be.
func TestFind(t *testing.T) {
	for port := range 1 << 16 {
		want := Block{First: 0, Last: 0xffff}
		for _, b := range pc {
			switch {
			case int(b.First) <= port && port <= int(b.Last):
				want = b
			case int(b.Last) < port && want.Name == "":
				want.First = max(want.First, b.Last+1)
			case want.Name == "":
				want.Last = min(want.Last, b.First-1)
			}
		}
		got := Find(uint16(port))
		if want.Name == "" {
			want.Class, want.Name = Unlisted, got.Name
		}
		if got != want || got.Name == "" {
			t.Fatalf("port %x: %+v, want %+v", port, got, want)
		}
	}
}
