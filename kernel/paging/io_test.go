package paging

import (
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/layout"
	"bennu/kernel/mem"
)

// A space in which OpenIO ran out of memory half way is as it was: its closed bitmap, its TSS, its frames.
func TestOpenIOFailureChangesNothing(t *testing.T) {
	p, template := newPool(t, 100)
	h := holder(t, p, 100)
	s, _ := New(p, template, h)
	entry, used, free := p.Physical().Words(s.Root)[layout.TSSSlot], s.Used(), p.Free()
	ports := []abi.PortRange{{First: 0x80, Last: 0x80}}
	ceiling := used
	for p.Promise(h, 0, ceiling); !s.OpenIO(ports); p.Promise(h, 0, ceiling) {
		if e := p.Physical().Words(s.Root)[layout.TSSSlot]; e != entry || s.Used() != used || p.Free() != free {
			t.Fatalf("ceiling %d: entry %#x, want %#x; used %d, want %d; free %d, want %d", ceiling, e, entry, s.Used(), used, p.Free(), free)
		}
		if s.Lookup(TSSLinear) == nil {
			t.Fatalf("ceiling %d: no TSS", ceiling)
		}
		ceiling++
	}
	if s.Used() != used+5 {
		t.Errorf("OpenIO took %d frames, want 3 tables and 2 pages", s.Used()-used)
	}
}

// Memory of the machine runs out instead of the holder's own: the same.
func TestOpenIOWithoutMemory(t *testing.T) {
	p, template := newPool(t, 40)
	s, _ := New(p, template, holder(t, p, 100))
	used := s.Used()
	var had []mem.Addr
	for p.Free() > 4 {
		had = append(had, p.Get(nil))
	}
	ports := []abi.PortRange{{First: 0x6000, Last: 0xffff}}
	if s.OpenIO(ports) || s.Used() != used || p.Free() != 4 {
		t.Fatalf("opened with 4 frames, or took some: used %d of %d, %d free", s.Used(), used, p.Free())
	}
	p.Put(nil, had[0])
	if !s.OpenIO(ports) {
		t.Error("not opened with 5 frames")
	}
}
