//go:build !tamago

package vtd

import (
	"strings"
	"testing"

	model "bennu/board/model/vtd"
	"bennu/board/pc/mmio"
	"bennu/board/pc/mmio/fake"
)

// memory is the pages of a test, by address.
type memory map[uint64]*[512]uint64

func (m memory) page(a uint64) *[512]uint64 {
	if m[a>>12] == nil {
		m[a>>12] = new([512]uint64)
	}
	return m[a>>12]
}
func (m memory) Word(a uint64) uint64       { return m.page(a)[a/8%512] }
func (m memory) SetWord(a uint64, v uint64) { m.page(a)[a/8%512] = v }
func (m memory) Size() uint64               { return 1 << 20 }

// spy is a unit that keeps the order of what is stored.
type spy struct {
	*model.Unit
	log []uint32 // offset of each store; of commands the value
}

func (s *spy) Store(off, v uint32) {
	if off == regCommand {
		s.log = append(s.log, v)
	} else {
		s.log = append(s.log, off)
	}
	s.Unit.Store(off, v)
}

const (
	qemuCap  = 0x00d2008c22260286
	qemuECap = 0xf00f4a
)

func probe(t *testing.T, d mmio.Device) *Unit {
	t.Helper()
	u, err := Probe(0xfed90000, mmio.Fake(d))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// The root table and empty caches come before translation, the table of interrupts before remapping; at each command the states that are on stay on. What firmware has left on
// goes off first.
func TestOrder(t *testing.T) {
	mem := memory{}
	s := &spy{Unit: model.New(model.Config{Cap: qemuCap | 3<<5, ECap: qemuECap}, mem)}
	units := &Units{All: []*Unit{probe(t, s)}, Flush: s.Flush}
	for _, command := range []uint32{queued, queued | setRoot, queued | translation} {
		s.Unit.Store(regCommand, command)
	}
	s.Unit.Store(regProtected, protectedOn)
	status := make([]uint32, 1024)
	words := mem.page(0x3000)
	if err := units.Stop(); err != nil {
		t.Fatal(err)
	}
	if v := s.Load(regStatus); v&states != 0 {
		t.Fatalf("status %#x after Stop", v)
	}
	s.log = nil
	s.Stall = true // no order is ever done
	if err := units.Start(0x1000, Status{0x2000, status}, []Page{{0x3000, words}}); err == nil || !strings.Contains(err.Error(), "does not translate") {
		t.Fatalf("a unit that does no order: %v", err)
	}
	want := []uint32{regQueueTail, regQueue, regQueue + 4, queued, regRoot, regRoot + 4, queued | setRoot, regQueueTail, regQueueTail, regQueueTail}
	if len(s.log) != len(want) {
		t.Fatalf("stores %#x, want %#x", s.log, want)
	}
	for i := range want {
		if s.log[i] != want[i] {
			t.Fatalf("stores %#x, want %#x", s.log, want)
		}
	}
	if s.Load(regStatus)&translation != 0 {
		t.Error("it translates with caches that may hold anything")
	}
	if len(s.Wrong) != 0 {
		t.Errorf("%q", s.Wrong)
	}
}

// What is no unit, or one that cannot be used, is refused in words.
func TestProbe(t *testing.T) {
	for _, c := range []struct {
		name               string
		version, cap, ecap uint32
		want               string
	}{
		{"nothing", 0xffffffff, 0, 0, "nothing answers"},
		{"zeros", 0, 0, 0, "nothing answers"},
		{"no queue", 0x10, 6 << 8, 0, "no queued invalidation"},
		{"other widths", 0x10, 8 << 8, 2, "page tables of neither 39 nor 48 bits"},
		{"good", 0x10, 4 << 8, 2, ""},
	} {
		r := fake.NewRegisters()
		r.Cells[regVersion], r.Cells[regCap], r.Cells[regECap] = c.version, c.cap, c.ecap
		_, err := Probe(0xfed90000, mmio.Fake(r))
		if (err == nil) != (c.want == "") || err != nil && err.Error() != "vtd: unit at 0xfed90000: "+c.want {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// Registers that never say that a command is done: each way to begin ends, in words.
func TestDeaf(t *testing.T) {
	r := fake.NewRegisters()
	r.Cells[regVersion], r.Cells[regCap], r.Cells[regECap] = 0x10, 4<<8, 2
	units := &Units{All: []*Unit{probe(t, r)}}
	r.Cells[regStatus] = translation
	if err := units.Stop(); err == nil || err.Error() != "vtd: unit at 0xfed90000 does not turn off" {
		t.Errorf("Stop: %v", err)
	}
	r.Cells[regStatus] = 0
	if err := units.Start(0x1000, Status{0x2000, make([]uint32, 1024)}, []Page{{0x3000, new([512]uint64)}}); err == nil ||
		err.Error() != "vtd: unit at 0xfed90000 does not begin its queue" {
		t.Errorf("Start: %v", err)
	}
	units.started = true
	units.All[0].queue = new([512]uint64)
	units.All[0].status = new(uint32)
	for range 2 * queueLength {
		units.ForgetDomain(1)
	}
	if mark := units.Mark(); units.Reached(mark) || units.Broken() != "vtd: a unit's queue does not move" {
		t.Errorf("a queue that does not move: %q", units.Broken())
	}
	r.Cells[regFaultStatus] = 1 << 4
	if b := units.Broken(); b != "vtd: unit at 0xfed90000 ended its queue, status 0x10" {
		t.Errorf("a queue that has ended: %q", b)
	}
}

// A unit whose fault registers say anything at all is read a bounded number of times.
func TestFaultsOfALiar(t *testing.T) {
	r := fake.NewRegisters()
	r.Cells[regVersion], r.Cells[regCap], r.Cells[regECap] = 0x10, 4<<8|0x22<<24, 2
	units := &Units{All: []*Unit{probe(t, r)}}
	for _, v := range []uint32{0, 1, 2, 3, 0xff03, 0xffff_ffff} {
		for _, top := range []uint32{0, 1 << 31, 0xffff_ffff} {
			r.Cells[regFaultStatus], r.Cells[0x22c] = v, top
			r.Log = nil
			_, _, _, _, ok := units.Fault()
			if want := v != 0 && v != 0xffff_ffff && top>>31 != 0; ok != want || len(r.Log) > 8 {
				t.Errorf("status %#x, record %#x: %v after %d accesses", v, top, ok, len(r.Log))
			}
		}
	}
}

// The pages that are forgotten hold all that were asked for.
func TestPages(t *testing.T) {
	mem := memory{}
	s := &spy{Unit: model.New(model.Config{Cap: qemuCap, ECap: qemuECap, Stall: true}, mem)}
	u := probe(t, s)
	u.queue, u.status = mem.page(0x3000), new(uint32)
	for _, c := range []struct{ addr, n, first, pages uint64 }{
		{0x4000000000, 1, 0x4000000000, 1}, {0x4000001000, 2, 0x4000000000, 4}, {0x4000000000, 4096, 0x4000000000, 4096},
		{0x4000003000, 2, 0x4000000000, 8}, {0x40001ff000, 2, 0x4000000000, 1024},
	} {
		u.tail = 0
		u.pages(1, c.addr, c.n)
		if high := u.queue[1]; high&^4095 != c.first || 1<<(high&63) != c.pages {
			t.Errorf("%d pages from %#x: %#x", c.n, c.addr, high)
		}
	}
}

// Of units that differ, what all can do counts.
func TestUnits(t *testing.T) {
	of := func(caps ...uint64) *Units {
		s := &Units{}
		for i := 0; i < len(caps); i += 2 {
			s.All = append(s.All, &Unit{cap: caps[i], ecap: caps[i+1]})
		}
		return s
	}
	const w39, w48 = 2<<8 | 38<<16, 6<<8 | 47<<16
	for _, c := range []struct {
		s                                *Units
		widths, domains                  uint32
		caching, coherent, snoop, remaps bool
	}{
		{of(qemuCap, qemuECap), 2, 1 << 16, true, false, false, true},
		{of(w48|2, 1|1<<7|1<<3, w39|6, 1|1<<7|1<<3), 2, 256, false, true, true, true},
		{of(w48|7, 1|1<<3, w48|1<<7, 1<<7), 6, 16, true, false, false, false},
		{of(6<<8|38<<16, 0), 2, 16, false, false, false, false},
	} {
		if s := c.s; s.Widths() != c.widths || s.Domains() != c.domains || s.Caching() != c.caching || s.Coherent() != c.coherent || s.Snoop() != c.snoop || s.Remaps() != c.remaps {
			t.Errorf("%#x: %d %d %v %v %v %v", s.All[0].cap, s.Widths(), s.Domains(), s.Caching(), s.Coherent(), s.Snoop(), s.Remaps())
		}
	}
}
