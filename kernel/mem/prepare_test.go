package mem

import (
	"math/rand/v2"
	"testing"

	"bennu/kernel/abi"
)

// A pool that prepares frames gives and counts as one that does not, whatever is asked for; a frame is had once, and zero where it is to be.
func TestPreparedPool(t *testing.T) {
	const frames = 200
	type side struct {
		*Pool
		h    [2]Holder
		had  [3][]Addr
		keep []Addr // spares
	}
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		sides := [2]*side{{}, {}}
		for _, s := range sides {
			phys, size := simulated(t, frames)
			s.Pool = NewPool(phys)
			s.Add(1, size)
			for a := Addr(abi.PageSize); a < size; a += abi.PageSize {
				phys.Words(a)[r.IntN(512)] = 1 // memory that was never touched is not zero
			}
			s.Reclaim = func() bool {
				if len(s.keep) == 0 {
					return false
				}
				s.DropSpare(s.keep[0])
				s.keep = s.keep[1:]
				return true
			}
			s.Promise(&s.h[0], 20, 90)
			s.Promise(&s.h[1], 0, 150)
		}
		plain, ahead := sides[0], sides[1]
		for range 4000 {
			for r.IntN(3) == 0 {
				switch r.IntN(3) {
				case 0:
					ahead.Clean()
				case 1:
					if a := ahead.Spare(); a != 0 {
						ahead.Words(a)[5] = uint64(a)
						ahead.keep = append(ahead.keep, a)
					}
				case 2:
					if len(ahead.keep) > 0 {
						ahead.DropSpare(ahead.keep[0])
						ahead.keep = ahead.keep[1:]
					}
				}
			}
			who, what := r.IntN(3), r.IntN(4)
			dirty, put, spare := what == 0, r.IntN(2) == 0, what == 1
			var had [2]bool
			for i, s := range sides {
				var h *Holder
				if who < 2 {
					h = &s.h[who]
				}
				switch n := len(s.had[who]); {
				case put && n > 0:
					s.Put(h, s.had[who][n-1])
					s.had[who] = s.had[who][:n-1]
				case put:
				default:
					had[i] = s.get(t, h, dirty || spare, who, spare && len(s.keep) > 0, &s.had[who], &s.keep)
				}
			}
			if had[0] != had[1] || plain.Free() != ahead.Free() || plain.Owed() != ahead.Owed() || plain.h[0].Used() != ahead.h[0].Used() || plain.h[1].Used() != ahead.h[1].Used() {
				t.Fatalf("seed %d: had %v; free %d, %d; owed %d, %d", seed, had, plain.Free(), ahead.Free(), plain.Owed(), ahead.Owed())
			}
			var all Set
			if f := ahead.AddFree(&all); f.Broken() {
				t.Fatalf("%s: %#x, %#x", f.What, f.A, f.B)
			}
			for _, l := range [][]Addr{ahead.keep, ahead.had[0], ahead.had[1], ahead.had[2]} {
				for _, a := range l {
					if !all.Add(a) {
						t.Fatalf("seed %d: frame %#x is twice somebody's", seed, a)
					}
				}
			}
			if all.Len() != frames-1 {
				t.Fatalf("seed %d: %d frames of %d", seed, all.Len(), frames-1)
			}
		}
	}
}

// get takes a frame for h: a spare, one that may hold anything, or a zero one, and writes to it.
func (p *Pool) get(t *testing.T, h *Holder, dirty bool, who int, spare bool, had, keep *[]Addr) bool {
	t.Helper()
	a := Addr(0)
	switch {
	case spare:
		b := (*keep)[0]
		*keep = (*keep)[1:]
		if ok := who == 1 && p.UseSpares(h, 1) || who != 1 && p.UseSpare(h, b); !ok {
			p.DropSpare(b)
			return false
		}
		if a = b; p.Words(a)[5] != uint64(a) {
			t.Fatalf("spare %#x was written to", a)
		}
	case dirty:
		a = p.GetDirty(h)
	default:
		if a = p.Get(h); a != 0 && *p.Words(a) != (Words{}) {
			t.Fatalf("frame %#x is not zero", a)
		}
	}
	if a != 0 {
		p.Words(a)[9+who] = ^uint64(0)
		*had = append(*had, a)
	}
	return a != 0
}

// Words is the frame at a.
func (p *Pool) Words(a Addr) *Words { return p.phys.Words(a) }

// A cleared frame that somebody has written to is found.
func TestCleanIsChecked(t *testing.T) {
	phys, size := simulated(t, 10)
	p := NewPool(phys)
	p.Add(1, size)
	p.Clean()
	var s Set
	if f := p.AddFree(&s); f.Broken() {
		t.Fatal(f.What)
	}
	phys.Words(p.clean[0])[511] = 1
	s.Clear()
	if f := p.AddFree(&s); !f.Broken() || f.A != uint64(p.clean[0]) {
		t.Errorf("%q: %#x", f.What, f.A)
	}
}

// Several spares at once are as many one after the other.
func TestUseSpares(t *testing.T) {
	for reserve := range uint64(12) {
		for ceiling := reserve; ceiling < 14; ceiling++ {
			for n := range uint64(10) {
				var free, owed [2]uint64
				var holders [2]Holder
				var ok [2]bool
				for i := range holders {
					phys, size := simulated(t, 20)
					p := NewPool(phys)
					p.Add(1, size)
					var other Holder
					p.Promise(&other, 6, 6)
					p.Promise(&holders[i], reserve, ceiling)
					for range 4 {
						p.Get(&holders[i])
					}
					had, before := []Addr{}, p.free
					for range n {
						had = append(had, p.Spare())
					}
					if ok[i] = p.Can(&holders[i], n); !ok[i] && i == 0 && p.UseSpares(&holders[i], n) || ok[i] && i == 0 && !p.UseSpares(&holders[i], n) {
						t.Fatal("Can and UseSpares differ")
					}
					for _, a := range had {
						if ok[i] && i == 1 && !p.UseSpare(&holders[i], a) {
							t.Fatal("not one after the other")
						}
					}
					if free[i], owed[i] = p.Free(), p.Owed(); !ok[i] && free[i] != before || ok[i] && p.Spares() != 0 {
						t.Fatalf("%d free, before %d, %d spares", free[i], before, p.Spares())
					}
				}
				if holders[0] != holders[1] || free[0] != free[1] || owed[0] != owed[1] || ok[0] != ok[1] {
					t.Fatalf("reserve %d, ceiling %d, %d spares: %+v, %v, %v", reserve, ceiling, n, holders, free, owed)
				}
			}
		}
	}
}
