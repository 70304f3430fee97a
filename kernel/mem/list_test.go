package mem

import (
	"math/rand/v2"
	"testing"
)

// Owners take frames in lists of any length and give them back in any order: no frame is in two places,
// none is lost, and what is taken with Get is zero.
func TestLists(t *testing.T) {
	const frames = 3000
	phys, size := simulated(t, frames+1)
	p := NewPool(phys)
	p.Add(1, size)
	want := p.Free()
	r := rand.New(rand.NewPCG(1, 2))
	owner := map[Addr]int{}
	take := func(who int, clean bool) Addr {
		a := p.GetDirty(nil)
		if clean {
			p.Put(nil, a)
			a = p.Get(nil)
			for i, w := range phys.Words(a) {
				if w != 0 {
					t.Fatalf("frame %#x word %d is %#x, want 0", a, i, w)
				}
			}
		}
		if o, taken := owner[a]; a == 0 || taken {
			t.Fatalf("owner %d gets frame %#x, which %d has", who, a, o)
		}
		owner[a] = who
		phys.Words(a)[r.IntN(512)] = ^uint64(0)
		return a
	}
	var lists [5]List
	for round := range 200 {
		who := r.IntN(len(lists))
		l := &lists[who]
		p.PutList(nil, l)
		for a, o := range owner {
			if o == who {
				delete(owner, a)
			}
		}
		length := []int{0, 1, PerList - 1, PerList, PerList + 1, r.IntN(600)}[r.IntN(6)]
		for range length {
			if l.Full() {
				l.Grow(phys, take(who, false))
			}
			l.Add(phys, take(who, r.IntN(2) == 0))
		}
		if got := p.Free() + uint64(len(owner)); got != want {
			t.Fatalf("round %d: %d frames free or owned, want %d", round, got, want)
		}
	}
	for i := range lists {
		p.PutList(nil, &lists[i])
	}
	clear(owner)
	for range want {
		take(0, false)
	}
	if a := p.GetDirty(nil); a != 0 || p.Free() != 0 {
		t.Errorf("more came out than went in: frame %#x, %d free", a, p.Free())
	}
}
