package ioport

import (
	"bytes"
	"math/rand"
	"testing"

	"bennu/kernel/abi"
)

// usable are the commands that a driver of a keyboard or a mouse needs, from the manual: read and write the command
// byte, the auxiliary device off and on and its test, self test, keyboard test, the keyboard off and on, loop
// back, write to the auxiliary device.
var usable = map[uint8]bool{0x20: true, 0x60: true, 0xa7: true, 0xa8: true, 0xa9: true, 0xaa: true, 0xab: true, 0xad: true, 0xae: true,
	0xd2: true, 0xd3: true, 0xd4: true}

// TestPairs: each of the 256 commands, followed by each of the 256 data bytes, on both kinds of controllers.
// What is refused has not reached the controller; what passes reaches the keyboard, the mouse or the command byte; the
// machine notices nothing.
func TestPairs(t *testing.T) {
	for _, cancels := range []bool{false, true} {
		passed := 0
		for cmd := 0; cmd < 256; cmd++ {
			for data := 0; data < 256; data++ {
				c := newChip(cancels, 0)
				g := NewGuard(c, 0)
				c.pending = 0xd1 // firmware was about to switch A20
				e1, e2 := g.Out(0x64, uint8(cmd)), g.Out(0x60, uint8(data))
				want1, want2 := abi.OK, abi.OK
				if !usable[uint8(cmd)] {
					want1 = abi.EPERM
				}
				if cmd == 0x60 && (data&0x04 == 0 || data&0x80 != 0) {
					want2 = abi.EPERM
				}
				if e1 != want1 || e2 != want2 || c.harm != "" {
					t.Fatalf("cancels=%v %02x %02x: %s, %s, want %s, %s; harm %q", cancels, cmd, data, e1.Name(), e2.Name(), want1.Name(), want2.Name(), c.harm)
				}
				passed++
				d := []byte{uint8(data)}
				switch {
				case cmd == 0x60 && want2 == abi.OK && c.config != uint8(data):
					t.Fatalf("command byte %02x was not written", data)
				case cmd == 0x60 && want2 != abi.OK && c.config != configQuiet:
					t.Fatalf("command byte %02x was written: %02x", data, c.config)
				case cmd == 0xd4 && !bytes.Equal(c.aux, d):
					t.Fatalf("the mouse has %x, want %x", c.aux, d)
				case (cmd < 0xd2 || cmd > 0xd4) && cmd != 0x60 && !bytes.Equal(c.keyboard, d):
					t.Fatalf("%02x %02x: the keyboard has %x, want %x", cmd, data, c.keyboard, d)
				}
			}
		}
		if passed != 65536 {
			t.Errorf("%d pairs", passed)
		}
	}
}

// TestSequences: any bytes in any order, with deaths at any point, on controllers of any kind and speed, found by
// boot in any state.
func TestSequences(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	ok, refused, later := 0, 0, 0
	for range 3000 {
		c := newChip(r.Intn(2) == 0, r.Intn(4)*r.Intn(60))
		c.pending = [...]uint8{0, 0x60, 0x61, 0xd1, 0xd4}[r.Intn(5)]
		g := NewGuard(c, 0)
		for range 100 {
			var e abi.Errno
			switch r.Intn(8) {
			case 0:
				g.Release(abi.PortRange{First: 0x60, Last: 0x60})
				continue
			case 1:
				g.In(0x64)
				continue
			case 2, 3:
				e = g.Out(0x64, [...]uint8{0x60, 0xd1, 0xd4, 0x20, 0xad, 0xfe, 0xdd}[r.Intn(7)])
			case 4:
				e = g.Out(0x64, uint8(r.Intn(256)))
			default:
				e = g.Out(0x60, uint8(r.Intn(256)))
			}
			switch e {
			case abi.OK:
				ok++
			case abi.EPERM:
				refused++
			case abi.EAGAIN:
				later++
			default:
				t.Fatal(e.Name())
			}
			if c.lost != 0 || c.harm != "" {
				t.Fatalf("%d bytes were replaced before they were taken; harm %q", c.lost, c.harm)
			}
		}
	}
	if ok < 10000 || refused < 10000 || later < 1000 {
		t.Errorf("%d passed, %d refused, %d told to wait: not the mixture that was meant", ok, refused, later)
	}
}

// written writes a byte in so many tries.
func written(t *testing.T, g *Guard, port uint16, v uint8, tries int) {
	t.Helper()
	for range tries {
		if g.Out(port, v) == abi.OK {
			return
		}
	}
	t.Fatalf("%02x to port %02x: not taken in %d tries", v, port, tries)
}

// TestSlow: a controller that takes longer for a byte than a kernel call may wait is settled in several.
func TestSlow(t *testing.T) {
	for _, slow := range []int{0, 90, 110, 1000} {
		c := newChip(false, slow)
		c.pending = 0xd1
		g := NewGuard(c, 0)
		written(t, g, 0x64, 0x20, 3*slow/90+3)
		c.flush()
		if c.harm != "" || c.lost != 0 || c.writes != 3 || c.config != configQuiet {
			t.Errorf("%d polls for a byte: harm %q, %d lost, %d writes, command byte %02x", slow, c.harm, c.lost, c.writes, c.config)
		}
	}
}

// TestDeath: an owner that dies after each command leaves the next one a controller that waits for nothing.
func TestDeath(t *testing.T) {
	for cmd := range usable {
		for _, r := range []abi.PortRange{{First: 0x60, Last: 0x60}, {First: 0x64, Last: 0x64}, {First: 0, Last: 0xffff}} {
			for _, cancels := range []bool{false, true} {
				c := newChip(cancels, 3)
				g := NewGuard(c, 0)
				written(t, g, 0x64, cmd, 10)
				g.Release(r)
				c.keyboard, c.aux = nil, nil
				written(t, g, 0x60, 0xfe, 10)
				c.flush()
				if !bytes.Equal(c.keyboard, []byte{0xfe}) || len(c.aux) != 0 || c.harm != "" || c.config&0x84 != 0x04 {
					t.Errorf("after %02x and a death: keyboard %x, mouse %x, command byte %02x, harm %q", cmd, c.keyboard, c.aux, c.config, c.harm)
				}
			}
		}
	}
}

// TestKept: the death of the owner of other ports changes nothing in a sequence, and neither does one between sequences
// change what the next owner finds.
func TestKept(t *testing.T) {
	c := newChip(false, 0)
	g := NewGuard(c, 0)
	g.Out(0x64, 0x60)
	g.Release(abi.PortRange{First: 0x61, Last: 0x63})
	g.Release(abi.PortRange{First: 0x70, Last: 0x71})
	if e := g.Out(0x60, 0x65); e != abi.OK || c.config != 0x65 {
		t.Errorf("%s, command byte %02x, want 65", e.Name(), c.config)
	}
	g.Release(abi.PortRange{First: 0x60, Last: 0x64})
	if g.Out(0x64, 0x20); c.config != 0x65 {
		t.Errorf("command byte %02x, the death was between sequences", c.config)
	}
}

// TestStuck: a controller that never takes a byte, or is not there, costs a bounded number of reads, no writes, and is
// told.
func TestStuck(t *testing.T) {
	for _, absent := range []bool{false, true} {
		c := newChip(false, 1<<30)
		var p Ports = c
		if absent {
			p = nothing{c}
		} else {
			c.Out8(0x60, 0)
		}
		c.reads, c.writes = 0, 0
		g := NewGuard(p, 0)
		if e := g.Out(0x64, 0x20); e != abi.EAGAIN {
			t.Errorf("%s, want EAGAIN", e.Name())
		}
		if c.writes != 0 || c.reads > 301 { // a PC takes a microsecond for a read: no interrupt waits longer than for that
			t.Errorf("%d writes, %d reads", c.writes, c.reads)
		}
	}
}

// nothing is ports that no device decodes.
type nothing struct{ c *chip }

func (n nothing) In8(uint16) uint8   { n.c.reads++; return 0xff }
func (n nothing) Out8(uint16, uint8) { n.c.writes++ }

// TestClock: every index with every value. NMIs are never masked, no byte of the firmware's is read or written, the
// shutdown byte among them, and the chip's own index rests where it does no harm.
func TestClock(t *testing.T) {
	owned := map[uint8]bool{0x32: true, 0x7f: true}
	for i := uint8(0); i <= 0x0d; i++ {
		owned[i] = true
	}
	for index := 0; index < 256; index++ {
		for v := 0; v < 256; v++ {
			c := newChip(false, 0)
			before := c.cmos
			g := NewGuard(c, 0x7f)
			e := g.Out(0x70, uint8(index))
			if want := index < 0x80; (e == abi.OK) != want || !want && e != abi.EPERM {
				t.Fatalf("index %02x: %s", index, e.Name())
			}
			if e != abi.OK {
				index := statusD // the index is still that of the beginning
				if got, e := g.In(0x71); e != abi.OK || got != before[index] {
					t.Fatalf("after a refused index: %02x, %s", got, e.Name())
				}
				continue
			}
			want := abi.EPERM
			if owned[uint8(index)] {
				want = abi.OK
			}
			got, re := g.In(0x71)
			if c.writes > 0 && c.index != statusD {
				t.Fatalf("register %02x: the index rests at %02x after a read", index, c.index)
			}
			if we := g.Out(0x71, uint8(v)); re != want || we != want {
				t.Fatalf("register %02x: read %s, write %s, want %s", index, re.Name(), we.Name(), want.Name())
			}
			if want == abi.OK {
				if got != before[index] {
					t.Fatalf("register %02x is %02x, want %02x", index, got, before[index])
				}
				before[index] = uint8(v)
			}
			if c.cmos != before || c.masked || c.harm != "" || c.writes > 0 && c.index != statusD {
				t.Fatalf("register %02x, value %02x: NMIs masked %v, index rests at %02x, memory changed %v", index, v, c.masked, c.index, c.cmos != before)
			}
			if back, _ := g.In(0x70); back != uint8(index) {
				t.Fatalf("the index reads %02x, was %02x", back, index)
			}
		}
	}
	if NewGuard(newChip(false, 0), 0x0f).clock.own(0x0f) || !NewGuard(newChip(false, 0), 0).clock.own(0) {
		t.Error("a wrong century register gives the shutdown byte, or none takes the seconds away")
	}
}

// TestIndexDies: the next owner does not begin in the middle of an access of the last one.
func TestIndexDies(t *testing.T) {
	c := newChip(false, 0)
	g := NewGuard(c, 0)
	g.Out(0x70, 0x0a)
	g.Release(abi.PortRange{First: 0x71, Last: 0x71})
	if v, _ := g.In(0x70); v != statusD {
		t.Errorf("index %02x", v)
	}
}

// TestWhy: whatever is refused has words, and what passes has none.
func TestWhy(t *testing.T) {
	for b := 0; b < 256; b++ {
		g := NewGuard(newChip(false, 0), 0)
		why := g.Why(0x64, uint8(b))
		if e := g.Out(0x64, uint8(b)); (why == "") != (e == abi.OK) {
			t.Errorf("%02x: %s, but the words are %q", b, e.Name(), why)
		}
	}
	g := NewGuard(newChip(false, 0), 0)
	g.Out(0x64, 0x60)
	if g.Why(0x64, 0x20) == "" || g.Why(0x60, 0x01) == "" || g.Why(0x60, 0x05) != "" || g.Why(0x70, 0x80) == "" || g.Why(0x70, 0) != "" {
		t.Error("words of a sequence")
	}
	if e := g.Out(0x64, 0xad); e != abi.EPERM {
		t.Errorf("a command while data is due: %s", e.Name())
	}
	if g.Out(0x70, 0x0f); g.Why(0x71, 0) == "" {
		t.Error("no words for the shutdown byte")
	}
	for _, port := range []uint16{0x61, 0x65, 0x3f8} {
		if _, e := g.In(port); e != abi.EINVAL || g.Out(port, 0) != abi.EINVAL {
			t.Errorf("port %x is not guarded", port)
		}
	}
}
