//go:build !tamago

package iommu_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/iommu"
	"bennu/kernel/mem"
)

func hex(f uint64) string { return fmt.Sprintf("%#x", f) }

const nothing = "nothing"

// each runs a test on each kind of unit.
func each(t *testing.T, f func(t *testing.T, r *rig)) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) { f(t, newRig(t, k.c, k.width, k.units)) })
	}
}

// What was not mapped reaches nothing; what was, reaches what it was mapped to, with the rights that it has, and nothing again afterwards. Before each
// change the units have been asked, and remember the answer.
func TestMap(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		const dev, other = 0x0028, 0x0300
		r.expect(dev, 0x1000, true, nothing)
		d, o := r.open(dev), r.open(other)
		addr, ok := d.Place(false)
		if !ok {
			t.Fatal("no place")
		}
		r.expect(dev, addr, false, nothing)
		f := r.frames(3)
		if !d.Map(addr, f[:2], iommu.Read|iommu.Write) || !d.Map(addr+0x2000, f[2:], iommu.Read) {
			t.Fatal("no memory")
		}
		d.Tell(addr, 3)
		r.expect(dev, addr+0x123, true, hex(f[0]+0x123))
		r.expect(dev, addr+0x1000, false, hex(f[1]))
		r.expect(dev, addr+0x2ff8, false, hex(f[2]+0xff8))
		r.expect(dev, addr+0x2ff8, true, nothing)
		r.expect(dev, addr+0x3000, false, nothing)
		r.expect(other, addr, false, nothing)
		r.expect(dev, f[0], true, nothing) // a physical address is nobody's
		r.expect(dev, addr|1<<46, true, nothing)

		d.Unmap(addr, 1)
		r.reached(d.Forget(addr, 1))
		r.expect(dev, addr, true, nothing)
		r.expect(dev, addr+0x1000, true, hex(f[1]))
		r.end(d)
		r.expect(dev, addr+0x1000, true, nothing)
		r.end(o)
		if n := r.holder.Used(); n != 0 {
			t.Errorf("%d frames stay on the account", n)
		}
		if r.Free() != iommu.MaxDomains {
			t.Errorf("%d domains are free", r.Free())
		}
	})
}

// page is what a source reaches at an address.
type page struct {
	frame  uint64
	rights uint64
}

// world is what ought to be reached.
type world struct {
	*rig
	rnd   *rand.Rand
	pages map[*iommu.Domain]map[uint64]page
	of    map[uint16]*iommu.Domain
	asked []uint64
}

// check asks the units for addresses that they were asked for before.
func (w *world) check() {
	w.t.Helper()
	for range 24 {
		s, a := uint16(w.rnd.IntN(6)), w.asked[w.rnd.IntN(len(w.asked))]
		write := w.rnd.IntN(2) == 0
		want := nothing
		if d := w.of[s]; d != nil {
			if p, ok := w.pages[d][a]; ok && (!write || p.rights&iommu.Write != 0) {
				want = hex(p.frame)
			}
		}
		w.expect(s, a, write, want)
	}
}

func (w *world) step(frames []uint64) {
	var ds []*iommu.Domain
	for s := range uint16(6) {
		if d := w.of[s]; d != nil {
			ds = append(ds, d)
		}
	}
	s := uint16(w.rnd.IntN(6))
	switch n := w.rnd.IntN(10); {
	case w.of[s] == nil && n < 3:
		d := w.open(s)
		w.of[s], w.pages[d] = d, map[uint64]page{}
		if _, ok := d.Place(false); !ok {
			w.t.Fatal("no place")
		}
	case len(ds) == 0:
	case n < 7:
		d := ds[w.rnd.IntN(len(ds))]
		at, rights := w.asked[w.rnd.IntN(len(w.asked))], uint64(1+2*w.rnd.IntN(2))
		if _, ok := w.pages[d][at]; ok {
			return
		}
		f := frames[w.rnd.IntN(len(frames))]
		if !d.Map(at, []uint64{f | 1<<63 | 7}, rights) {
			w.t.Fatal("no memory")
		}
		d.Tell(at, 1)
		w.pages[d][at] = page{f, rights}
	case n < 9:
		d := ds[w.rnd.IntN(len(ds))]
		at, m := w.asked[w.rnd.IntN(len(w.asked))], uint64(1+w.rnd.IntN(7))
		m = min(m, 512-at>>12&511)
		d.Unmap(at, m)
		w.reached(d.Forget(at, m))
		for i := range m {
			delete(w.pages[d], at+i<<12)
		}
	case w.of[s] != nil:
		w.end(w.of[s])
		w.of[s] = nil
	}
}

// Whatever is mapped, unmapped, opened and ended in whatever order, units reach at each moment what they ought to, whatever they remember.
func TestRandom(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		w := &world{rig: r, rnd: rand.New(rand.NewPCG(3, 9)), pages: map[*iommu.Domain]map[uint64]page{}, of: map[uint16]*iommu.Domain{}}
		base := uint64(1) << 38
		if widthOf(r) == 48 {
			base = 1 << 47
		}
		for i := range uint64(6) {
			w.asked = append(w.asked, base+i<<12, base+2<<20+i<<12, base+iommu.PlaceSize+i*3<<12, 0x8000_0000+i<<12)
		}
		frames := r.frames(16)
		for range 1500 {
			w.step(frames)
			w.check()
		}
		for _, d := range w.of {
			if d != nil {
				w.end(d)
			}
		}
		if n := r.holder.Used(); n != 0 {
			t.Errorf("%d frames stay on the account", n)
		}
	})
}

// widthOf is the width that the rig's tables have, by the place that they give.
func widthOf(r *rig) uint {
	d := r.open()
	defer r.end(d)
	if a, _ := d.Place(false); a == 1<<47 {
		return 48
	}
	return 39
}

// Places do not meet; each can be had again; there are no more than there are.
func TestPlaces(t *testing.T) {
	r := newRig(t, kinds[0].c, 39, 1)
	d := r.open()
	seen := map[uint64]bool{}
	for _, low := range []bool{true, false} {
		n := 0
		for ; ; n++ {
			a, ok := d.Place(low)
			if !ok {
				break
			}
			if seen[a] || a%iommu.PlaceSize != 0 || low != (a>>32 == 0) || a>>39 != 0 {
				t.Fatalf("place %#x, low %v", a, low)
			}
			seen[a] = true
		}
		if want := map[bool]int{true: 8, false: iommu.MaxPlaces}[low]; n != want {
			t.Errorf("low %v: %d places, want %d", low, n, want)
		}
	}
	for a := range seen {
		d.Free(a)
		if b, ok := d.Place(a>>32 == 0); b != a || !ok {
			t.Errorf("%#x was given back, and %#x is given", a, b)
		}
	}
}

// What cannot be done says why, and changes nothing.
func TestRefused(t *testing.T) {
	r := newRig(t, kinds[0].c, 39, 1)
	d := r.open(0x28)
	o := r.open()
	if e := r.Attach(o, 0x28); e != abi.EBUSY {
		t.Errorf("a source of another's: %v", e)
	}
	if e := r.Attach(o, 0x0128); e != abi.ENODEV {
		t.Errorf("a bus that is not known: %v", e)
	}
	for i := range uint16(iommu.MaxSources) {
		if e := r.Attach(o, 0x300+i); e != abi.OK {
			t.Fatal(e)
		}
	}
	if e := r.Attach(o, 0x310); e != abi.ENOSPC {
		t.Errorf("one source too many: %v", e)
	}
	if r.Owner(0x28) != d || r.Owner(0x300) != o || r.Owner(0x310) != nil || r.Owner(0x0128) != nil {
		t.Error("owners")
	}
	// Memory is out: on the account, and then in the middle of the tables.
	var poor mem.Holder
	if _, e := r.Open(&poor); e != abi.ENOMEM {
		t.Errorf("an account without memory: %v", e)
	}
	for ceiling := uint64(2); ceiling < 4; ceiling++ {
		r.pool.Promise(&poor, 0, ceiling)
		p, e := r.Open(&poor)
		if e != abi.OK {
			t.Fatal(e)
		}
		a, _ := p.Place(false)
		if p.Map(a, []uint64{0x5000}, iommu.Read) {
			t.Errorf("mapped with %d frames", ceiling)
		}
		r.end(p)
		if poor.Used() != 0 {
			t.Errorf("%d frames stay", poor.Used())
		}
	}
	free := r.Free()
	var all []*iommu.Domain
	for {
		d, e := r.Open(&r.holder)
		if e != abi.OK {
			if e != abi.ENOSPC {
				t.Error(e)
			}
			break
		}
		all = append(all, d)
	}
	if len(all) != free {
		t.Errorf("%d domains, %d were free", len(all), free)
	}
}

// A unit that has few numbers of domains is given no others.
func TestFewDomains(t *testing.T) {
	c := kinds[0].c
	c.Cap &^= 7
	r := newRig(t, c, 39, 1)
	seen := map[uint16]bool{0: true}
	for range 15 {
		d := r.open()
		if seen[d.ID()] || d.ID() > 15 {
			t.Errorf("domain %d", d.ID())
		}
		seen[d.ID()] = true
	}
	if _, e := r.Open(&r.holder); e != abi.ENOSPC {
		t.Errorf("the 16th: %v", e)
	}
}

// What is to be forgotten is forgotten when the unit says so, not before: a domain whose unit has not done its orders has not ended, and its tables are nobody else's.
func TestQuiet(t *testing.T) {
	r := newRig(t, kinds[0].c, 39, 1)
	d := r.open(0x28)
	f := r.frames(1)
	a, _ := d.Place(false)
	d.Map(a, f, 3)
	d.Tell(a, 1)
	r.expect(0x28, a, true, hex(f[0]))
	r.models[0].Stall = true
	used := r.holder.Used()
	d.Close()
	if d.Quiet() || r.holder.Used() != used {
		t.Fatal("it has ended before the unit had done anything")
	}
	r.expect(0x28, a, true, hex(f[0])) // that is why
	d.Close()
	r.models[0].Run()
	if !d.Quiet() {
		t.Fatal("it has not ended")
	}
	r.expect(0x28, a, true, nothing)
}

// The firmware's regions are reached where they are, until a driver gets the device.
func TestKeep(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		f := r.frames(2)
		r.expect(0x10, f[0], true, nothing)
		if !r.Keep(0x10, f[0], f[0]+0x1000) || !r.Keep(0x11, f[0], f[0]+0x1000) || !r.Keep(0x10, f[1], f[1]+0x1000) {
			t.Fatal("not kept")
		}
		r.expect(0x10, f[0], true, hex(f[0]))
		r.expect(0x11, f[1]+8, false, hex(f[1]+8))
		d := r.open(0x10)
		r.expect(0x10, f[0], true, nothing)
		r.expect(0x11, f[0], true, hex(f[0]))
		if r.Keep(0x10, f[0], f[0]+0x1000) || r.Keep(0x0110, f[0], f[0]+0x1000) {
			t.Error("kept for a source that has a domain, or no bus")
		}
		r.end(d)
		r.expect(0x10, f[0], true, nothing)
	})
}
