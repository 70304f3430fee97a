package msi

import (
	"math/rand"
	"testing"

	"bennu/kernel/abi"
)

// Each shape of the capability gets the message where it has it, sends nothing before it may, and nothing while it is quelled.
func TestMSI(t *testing.T) {
	for control, c := range map[uint32]struct {
		data, mask uint32
		lost       bool
	}{
		0:                  {capAt + 8, 0, true},
		msiWide:            {capAt + 12, 0, true},
		msiMasks:           {capAt + 8, capAt + 12, false},
		msiWide | msiMasks: {capAt + 12, capAt + 16, false},
		msiWide | 5<<1:     {capAt + 12, 0, true}, // it could have 32
	} {
		d := newMSI(control | msiOn | 3<<4) // as firmware left it: on, with 8
		s, e := MSI(d, name, capAt, port, 0x41)
		if e != abi.OK || !s.Message() {
			t.Fatalf("control %#x: %s", control, e.Name())
		}
		if a, v := d.Read(name, capAt+4, 4), d.Read(name, c.data, 4); a != port || v != 0x41 {
			t.Errorf("control %#x: %#x to %#x", control, v, a)
		}
		if d.control()&(msiOn|msiMultiple) != 0 || d.Read(name, regCommand, 2)&commandNoINTx == 0 {
			t.Errorf("control %#x: on before it may be, or its pin is", control)
		}
		silent := func() bool { return d.control()&msiOn == 0 || c.mask != 0 && d.config[c.mask]&1 != 0 }
		for range 2 {
			if lost := s.Allow(d, d); lost != c.lost || silent() || d.control()&(msiOn|msiMultiple) != msiOn {
				t.Errorf("control %#x: allowed: lost %v, silent %v, control %#x", control, lost, silent(), d.control())
			}
			if s.Quell(d, d); !silent() || c.mask != 0 && d.control()&msiOn == 0 {
				t.Errorf("control %#x: quelled: control %#x", control, d.control())
			}
		}
		if s.Allow(d, d); s.Asserts(d) {
			t.Error("a message asserts no line")
		}
		if s.Drop(d, d, true); d.control()&msiOn != 0 || s != (Source{}) {
			t.Errorf("control %#x: on after it was dropped", control)
		}
	}
}

func TestMSIRefused(t *testing.T) {
	d := newMSI(0)
	if _, e := MSI(d, name, capAt, 1<<32|port, 0x41); e != abi.EINVAL {
		t.Errorf("an address that does not fit: %s", e.Name())
	}
	if _, e := MSI(d, name, capAt, port, 1<<16); e != abi.EINVAL {
		t.Errorf("data that do not fit: %s", e.Name())
	}
	for _, at := range []uint32{0, 0x3c, 0x52} {
		if _, e := MSI(d, name, at, port, 0x41); e != abi.EINVAL {
			t.Errorf("a capability at %#x: %s", at, e.Name())
		}
	}
	d = newMSI(msiWide | msiMasks)
	copy(d.config[0xf0:], d.config[capAt:capAt+0x10])
	if _, e := MSI(d, name, 0xf0, port, 0x41); e != abi.EINVAL {
		t.Errorf("a capability that does not end: %s", e.Name())
	}
	d.put(capAt+4, 4, 0, 0)
	if _, e := MSI(d, name, capAt, port, 0x41); e != abi.EIO {
		t.Errorf("one that keeps no address: %s", e.Name())
	}
	if d.gone = true; true {
		if _, e := MSI(d, name, capAt, port, 0x41); e != abi.ENODEV {
			t.Errorf("one that is gone: %s", e.Name())
		}
	}
}

func TestMSIX(t *testing.T) {
	d := newMSIX(65)
	d.memory[bar2+0x800+16*64+entryControl] = 0 // somebody has left it open
	s, e := MSIX(d, d, name, table(65), 0, port, 0x41, true)
	if e != abi.OK || d.memory[bar2+0x800] != port || d.memory[bar2+0x808] != 0x41 {
		t.Fatalf("%s, %#x to %#x", e.Name(), d.memory[bar2+0x808], d.memory[bar2+0x800])
	}
	if d.memory[bar2+0x800+16*64+entryControl]&entryMasked == 0 {
		t.Error("an entry that nobody has is open")
	}
	if d.raise(); d.sent != 0 {
		t.Error("sent before it may")
	}
	if s.Allow(d, d) || d.sent != 1 {
		t.Errorf("allowed: lost, or sent %d", d.sent)
	}
	loads := d.loads
	if s.Quell(d, d); d.loads < loads+2 {
		t.Error("nobody has waited for the mask to be there")
	}
	if d.raise(); d.sent != 1 {
		t.Error("sent while it is quelled")
	}
	if s.Allow(d, d) || d.sent != 2 {
		t.Errorf("allowed again: lost, or sent %d", d.sent)
	}
	last, e := MSIX(d, d, name, table(65), 64, port, 0x42, false)
	if e != abi.OK || d.memory[bar2+0x800+16*64+8] != 0x42 || d.memory[bar2+0x800+entryControl]&entryMasked != 0 {
		t.Errorf("a second one: %s, or the first is masked by it", e.Name())
	}
	if _, e := MSIX(d, d, name, table(65), 65, port, 0x43, false); e != abi.EDOM {
		t.Errorf("past the last: %s", e.Name())
	}
	if last.Drop(d, d, false); d.control()&msixOn == 0 {
		t.Error("the first goes with the second")
	}
	if s.Drop(d, d, true); d.control()&msixOn != 0 {
		t.Error("on for nobody")
	}
}

// What does not keep a message is not believed, and off again.
func TestMSIXRefused(t *testing.T) {
	d := newMSIX(4)
	d.forgets = bar2 + 0x800 + entryData
	if _, e := MSIX(d, d, name, table(4), 0, port, 0x41, true); e != abi.EIO || d.control()&msixOn != 0 {
		t.Errorf("%s, want EIO; on: %v", e.Name(), d.control()&msixOn != 0)
	}
	if _, e := MSIX(d, d, name, table(4), 1, port, 0x41, false); e != abi.OK {
		t.Errorf("the next entry: %s", e.Name())
	}
	d.gone = true
	if _, e := MSIX(d, d, name, table(4), 0, port, 0x41, true); e != abi.ENODEV {
		t.Errorf("one that is gone: %s", e.Name())
	}
}

func TestINTx(t *testing.T) {
	d := newINTx()
	s, canAsk, e := INTx(d, name)
	if e != abi.OK || !canAsk || s.Message() || d.Read(name, regCommand, 2)&commandNoINTx == 0 {
		t.Fatalf("%s, can be asked: %v", e.Name(), canAsk)
	}
	if s.Allow(d, d) || d.Read(name, regCommand, 2)&commandNoINTx != 0 || s.Asserts(d) {
		t.Error("it was not allowed, or asserts its line")
	}
	d.asserts = true
	if s.Quell(d, d); !s.Asserts(d) || d.Read(name, regCommand, 2)&commandNoINTx == 0 {
		t.Error("it does not assert its line, or is not quelled")
	}
	if d.gone = true; s.Asserts(d) {
		t.Error("one that is gone asserts its line")
	}
	d = newINTx()
	d.put(regCommand, 2, 0, 0x147)
	if _, canAsk, e := INTx(d, name); e != abi.OK || canAsk {
		t.Errorf("without the bit: %s, can be asked: %v", e.Name(), canAsk)
	}
	d.gone = true
	if _, _, e := INTx(d, name); e != abi.ENODEV {
		t.Errorf("gone: %s", e.Name())
	}
}

// Whatever a function answers: nothing outside its registers and its memory is touched.
func TestLiars(t *testing.T) {
	rnd := rand.New(rand.NewSource(1))
	ok := 0
	for i := range 20_000 {
		d := newMSIX(65)
		if i%2 == 0 {
			d = newMSI(rnd.Uint32() & (msiWide | msiMasks))
		}
		d.rnd = rnd
		var s Source
		var e abi.Errno
		if i%2 == 0 {
			s, e = MSI(d, name, capAt, port, 0x41)
		} else {
			s, e = MSIX(d, d, name, table(65), rnd.Uint64()%70, port, 0x41, true)
		}
		if e == abi.OK {
			ok++
		}
		s.Allow(d, d)
		s.Asserts(d)
		s.Quell(d, d)
		s.Drop(d, d, true)
	}
	if ok < 1000 {
		t.Errorf("%d were believed: nothing was tested", ok)
	}
}
