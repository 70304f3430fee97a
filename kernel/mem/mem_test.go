package mem

import (
	"testing"

	"bennu/kernel/abi"
)

// simulated is memory that lives until the test's end: a Physical does not keep it.
func simulated(t *testing.T, pages int) (Physical, Addr) {
	b := make([]byte, pages*abi.PageSize)
	t.Cleanup(func() { b[0] = 0 })
	return Simulated(b)
}

func TestPool(t *testing.T) {
	phys, size := simulated(t, 17)
	p := NewPool(phys)
	p.Add(1, 5*abi.PageSize+100) // frame 0 is cut off by the odd start, the last by the odd end
	p.Add(5*abi.PageSize, size)
	p.Add(size, size+1) // nothing
	want := uint64(size)/abi.PageSize - 1
	if p.Free() != want || p.Size() != want {
		t.Fatalf("free %d size %d, want %d", p.Free(), p.Size(), want)
	}
	seen := map[Addr]bool{}
	for {
		a := p.Get(nil)
		if a == 0 {
			break
		}
		if seen[a] || a%abi.PageSize != 0 || a >= size {
			t.Fatalf("frame %#x: twice, odd or outside", a)
		}
		seen[a] = true
		for i, w := range phys.Words(a) {
			if w != 0 {
				t.Fatalf("frame %#x word %d is %#x, want 0", a, i, w)
			}
		}
		for i := range phys.Words(a) {
			phys.Words(a)[i] = ^uint64(0)
		}
	}
	if uint64(len(seen)) != want || p.Free() != 0 {
		t.Fatalf("got %d frames, %d left, want %d and 0", len(seen), p.Free(), want)
	}
	for a := range seen {
		p.Put(nil, a)
	}
	if p.Free() != want {
		t.Fatalf("free %d after all came back, want %d", p.Free(), want)
	}
	if a := p.Get(nil); phys.Words(a)[7] != 0 {
		t.Error("a reused frame is not zero")
	}
}

func TestMoreRangesThanThereIsRoomFor(t *testing.T) {
	phys, _ := simulated(t, 2*maxRanges+12)
	p := NewPool(phys)
	for i := Addr(1); i <= maxRanges+5; i++ {
		p.Add(2*i*abi.PageSize, (2*i+1)*abi.PageSize)
	}
	n := 0
	for p.Get(nil) != 0 {
		n++
	}
	if n != maxRanges+5 || p.Free() != 0 {
		t.Errorf("got %d frames, %d left; want %d and 0", n, p.Free(), maxRanges+5)
	}
}

// A reserve is its holder's whatever others take, dead or alive; a ceiling is the most.
func TestPromises(t *testing.T) {
	phys, size := simulated(t, 21)
	p := NewPool(phys)
	p.Add(1, size)
	all := p.Free()
	var a, b Holder
	if p.Get(&a) != 0 {
		t.Fatal("a frame for a holder to whom nothing was promised")
	}
	if !p.Promise(&a, 5, 8) || !p.Promise(&b, 3, all) || p.Owed() != 8 {
		t.Fatalf("promises: %d owed", p.Owed())
	}
	if p.Promise(&a, 9, 8) || p.Promise(&a, all-2, all) {
		t.Error("a reserve above the ceiling, or above what there is")
	}
	var had []Addr
	for {
		f := p.Get(&b)
		if f == 0 {
			break
		}
		had = append(had, f)
	}
	if b.Used() != all-5 || p.Free() != 5 || p.Owed() != 5 {
		t.Fatalf("the hog has %d of %d, %d are free and %d owed", b.Used(), all, p.Free(), p.Owed())
	}
	if p.Get(nil) != 0 {
		t.Error("the kernel took what is owed")
	}
	for life := range 3 {
		var l List
		for a.Used() < 5 {
			f := p.Get(&a)
			switch {
			case f == 0:
				t.Fatalf("life %d: no frame of its own reserve after %d", life, a.Used())
			case l.Full():
				l.Grow(phys, f)
			default:
				l.Add(phys, f)
			}
		}
		if p.Get(&a) != 0 {
			t.Errorf("life %d: a frame above the reserve, when nothing is free", life)
		}
		p.PutList(&a, &l)
		if a.Used() != 0 || p.Owed() != 5 {
			t.Fatalf("life %d: %d used, %d owed after its end", life, a.Used(), p.Owed())
		}
	}
	for _, f := range had {
		p.Put(&b, f)
	}
	for range 8 {
		if p.Get(&a) == 0 {
			t.Fatal("below its ceiling, with memory free")
		}
	}
	if p.Get(&a) != 0 || a.Peak() != 8 {
		t.Errorf("above the ceiling; peak %d", a.Peak())
	}
}

// Every frame that is free is found once, whether it was ever taken or not; one that is found already is named.
func TestAddFree(t *testing.T) {
	phys, size := simulated(t, 21)
	p := NewPool(phys)
	p.Add(1, size)
	all := p.Free()
	for taken := range all + 1 {
		var had []Addr
		for range taken {
			had = append(had, p.Get(nil))
		}
		for _, a := range had {
			p.Put(nil, a)
		}
		set := new(Set)
		if f := p.AddFree(set); f.Broken() || set.Len() != all {
			t.Fatalf("%d taken and given back: %d found of %d, %s: %#x, %#x", taken, set.Len(), all, f.What, f.A, f.B)
		}
		for n := 1; n <= len(had); n++ {
			twice := had[len(had)-n] // the chain's n-th, as the last comes first
			set = new(Set)
			set.Add(twice)
			if f := p.AddFree(set); f.A != uint64(twice) || f.B != uint64(n) {
				t.Fatalf("frame %#x, %d in the chain, twice: %s: %#x, %#x", twice, n, f.What, f.A, f.B)
			}
		}
	}
}

// Can answers what taking comes to, whatever is free, owed to the holder and owed to others: it takes so many, and not one more.
func TestCan(t *testing.T) {
	const size = 7
	yes, no := 0, 0
	for free := range uint64(size) {
		for others := range free + 1 {
			for reserve := range free + 2 {
				for ceiling := range uint64(size + 2) {
					for n := range uint64(size + 1) {
						phys, end := simulated(t, size+1)
						p := NewPool(phys)
						p.Add(1, end)
						var hog, other, h Holder
						p.Promise(&hog, 0, size)
						for p.Free() > free+1 {
							p.Get(&hog)
						}
						if !p.Promise(&other, others, others) || !p.Promise(&h, reserve, ceiling) {
							continue // no such promise is made
						}
						if reserve > 0 { // one is taken already
							p.Get(&h)
						}
						can, took := p.Can(&h, n), uint64(0)
						for took < n && p.Get(&h) != 0 {
							took++
						}
						if can != (took == n) {
							t.Fatalf("%d free, %d owed to others, reserve %d, ceiling %d: can take %d is %v, it took %d", free, others, reserve, ceiling, n, can, took)
						}
						if can {
							yes++
						} else {
							no++
						}
						for range others { // nobody took what another is owed
							if p.Get(&other) == 0 {
								t.Fatalf("%d free, %d owed to others, reserve %d, ceiling %d: %d were taken, and others' are gone", free, others, reserve, ceiling, took)
							}
						}
					}
				}
			}
		}
	}
	if yes < 1000 || no < 1000 {
		t.Errorf("%d times yes, %d times no: not the mixture that was meant", yes, no)
	}
}
