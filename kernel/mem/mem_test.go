package mem

import (
	"testing"

	"bennu/kernel/abi"
)

func TestPool(t *testing.T) {
	buf := make([]byte, 17*abi.PageSize)
	phys, size := Simulated(buf)
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
		a := p.Get()
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
		p.Put(a)
	}
	if p.Free() != want {
		t.Fatalf("free %d after all came back, want %d", p.Free(), want)
	}
	if a := p.Get(); phys.Words(a)[7] != 0 {
		t.Error("a reused frame is not zero")
	}
}

func TestMoreRangesThanThereIsRoomFor(t *testing.T) {
	buf := make([]byte, (2*maxRanges+12)*abi.PageSize)
	phys, _ := Simulated(buf)
	p := NewPool(phys)
	for i := Addr(1); i <= maxRanges+5; i++ {
		p.Add(2*i*abi.PageSize, (2*i+1)*abi.PageSize)
	}
	n := 0
	for p.Get() != 0 {
		n++
	}
	if n != maxRanges+5 || p.Free() != 0 {
		t.Errorf("got %d frames, %d left; want %d and 0", n, p.Free(), maxRanges+5)
	}
}

// Frames that are kept are only for whom they are kept.
func TestKeep(t *testing.T) {
	phys, size := Simulated(make([]byte, 12*abi.PageSize))
	p := NewPool(phys)
	p.Add(1, size)
	p.Keep(3)
	for p.Free() > 3 {
		if p.Get() == 0 {
			t.Fatalf("no frame with %d free, 3 kept", p.Free())
		}
	}
	if a := p.Get(); a != 0 || p.Free() != 3 {
		t.Errorf("Get took frame %#x of those kept, %d left", a, p.Free())
	}
	for i := range 3 {
		if p.GetKept() == 0 {
			t.Errorf("GetKept has no frame %d", i)
		}
	}
	if p.GetKept() != 0 {
		t.Error("a frame of an empty pool")
	}
}
