package usys

import (
	"testing"

	"bennu/kernel/abi"
)

// Every row is given once, under an id of its own, with what was asked for; then there is none.
func TestGrantsFill(t *testing.T) {
	var g grants
	ids := map[abi.GrantID]bool{}
	for i := range len(g) {
		c := abi.CopyGrant{Flags: abi.GrantRead, To: abi.MakeEndpoint(i, 1), Start: uint64(i) << 12, Len: uint64(i)}
		id, ok := g.add(c)
		row := g[id&0x3f] // docs/ABI.md: index | Seq<<8
		c.Flags, c.Seq = abi.GrantRead|abi.GrantValid, uint32(id)>>8
		if !ok || ids[id] || row != c {
			t.Errorf("grant %d: id %#x, %v; the row has %+v, want %+v", i, id, ok, row, c)
		}
		ids[id] = true
	}
	before := g
	if id, ok := g.add(abi.CopyGrant{Flags: abi.GrantRead}); ok || g != before {
		t.Errorf("one too many has id %#x, %v", id, ok)
	}
	for id := range ids {
		g.remove(id)
		if g[id&0x3f].Flags != 0 {
			t.Errorf("%#x was removed and is there: %+v", id, g[id&0x3f])
		}
	}
}

// An id that is over, or was never there, ends nobody's grant.
func TestGrantsStale(t *testing.T) {
	var g grants
	old, _ := g.add(abi.CopyGrant{Flags: abi.GrantRead})
	other, _ := g.add(abi.CopyGrant{Flags: abi.GrantRead})
	g.remove(old)
	id, ok := g.add(abi.CopyGrant{Flags: abi.GrantWrite})
	if !ok || id == old || id&0x3f != old&0x3f {
		t.Fatalf("after %#x its row was given as %#x, %v", old, id, ok)
	}
	before := g
	for _, stale := range []abi.GrantID{old, id + 1<<8, id | 0x40, id | 0x80, id | 0xff, other + 1<<8, ^abi.GrantID(0)} {
		if g.remove(stale); g != before {
			t.Fatalf("%#x ended a grant that is another's", stale)
		}
	}
}

// An id comes back when all 2^24 of its row have been used, and not before.
func TestGrantsComeBack(t *testing.T) {
	var g grants
	first, ok := g.add(abi.CopyGrant{Flags: abi.GrantRead})
	id, n := first, 0
	for ; ok && (n == 0 || id != first) && n <= 1<<24; n++ {
		g.remove(id)
		id, ok = g.add(abi.CopyGrant{Flags: abi.GrantRead})
	}
	if !ok || n != 1<<24 {
		t.Errorf("%#x, %v after %d grants, want %#x after %d", id, ok, n, first, 1<<24)
	}
}
