package paging

import (
	"testing"

	"bennu/kernel/abi"
)

// A space in which OpenIO ran out of memory half way is as it was: its closed bitmap, its TSS, its frames.
func TestOpenIOFailureChangesNothing(t *testing.T) {
	p, template := newPool(t, 100)
	s, _ := New(p, template, 100)
	entry, used, free := p.Physical().Words(s.Root)[IOIndex], s.Used, p.Free()
	ports := []abi.PortRange{{First: 0x80, Last: 0x80}}
	for s.Quota = used; !s.OpenIO(ports); s.Quota++ {
		if e := p.Physical().Words(s.Root)[IOIndex]; e != entry || s.Used != used || p.Free() != free {
			t.Fatalf("quota %d: entry %#x, want %#x; used %d, want %d; free %d, want %d", s.Quota, e, entry, s.Used, used, p.Free(), free)
		}
		if s.Lookup(TSSLinear) == nil {
			t.Fatalf("quota %d: no TSS", s.Quota)
		}
	}
	if s.Used != used+5 {
		t.Errorf("OpenIO took %d frames, want 3 tables and 2 pages", s.Used-used)
	}
}
