package mem

import (
	"math/rand/v2"
	"testing"

	"bennu/kernel/abi"
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

// What Split leaves are the frames that came first, what it gives are all others, however many list frames there are.
func TestSplit(t *testing.T) {
	phys, size := Simulated(make([]byte, 1700*abi.PageSize))
	for _, n := range []uint64{1, 2, 3, 7, 20, 511} {
		for _, all := range []uint64{n, n + 1, 2*n - 1, 2 * n, 2*n + 1, 3 * n, 511, 512, 513, 600, 1022, 1023, 1200} {
			if all < n {
				continue
			}
			next := Addr(abi.PageSize)
			take := func() Addr {
				next += abi.PageSize
				return next
			}
			var l List
			var put []Addr
			for range all {
				if l.Full() {
					l.Grow(phys, take())
				}
				put = append(put, take())
				l.Add(phys, put[len(put)-1])
			}
			before := l.Len()
			rest := l.Split(phys, n, take())
			if l.Len() != n+1 || l.Len()+rest.Len() != before+1 {
				t.Fatalf("%d of %d: %d and %d, before %d", n, all, l.Len(), rest.Len(), before)
			}
			var kept, given Set
			if f := l.AddTo(phys, &kept, uint64(size)); f.Broken() {
				t.Fatalf("%d of %d: %s", n, all, f.What)
			}
			if f := rest.AddTo(phys, &given, uint64(size)); f.Broken() {
				t.Fatalf("%d of %d: %s %#x %#x", n, all, f.What, f.A, f.B)
			}
			if kept.Len() != l.Len() || given.Len() != rest.Len() {
				t.Fatalf("%d of %d: lists of %d and %d, counted %d and %d", n, all, kept.Len(), given.Len(), l.Len(), rest.Len())
			}
			for i, a := range put {
				if first := uint64(i) < n; kept.Has(a) != first || given.Has(a) == first {
					t.Fatalf("%d of %d: frame %d is on the wrong list", n, all, i)
				}
			}
		}
	}
}
