package fbd

import (
	"bytes"
	"testing"

	"bennu/drivers/protocol/block"
	"bennu/kernel/abi"
)

func add(t *testing.T, d *Device, r Rule) int {
	t.Helper()
	n, e := d.Add(r)
	if e != abi.OK {
		t.Fatal(e.Name())
	}
	return n
}

// A rule is about sectors, and about reads or writes; it skips, counts, and is gone.
func TestWhen(t *testing.T) {
	d := New(1)
	n := add(t, d, Rule{First: 10, End: 20, Ops: Writes, Skip: 1, Count: 2, Action: Fail, Status: abi.EIO})
	for _, c := range []struct {
		op      abi.MsgType
		at, num uint64
		want    abi.Errno
	}{
		{block.Read, 10, 5, abi.OK}, {block.Write, 0, 10, abi.OK}, {block.Write, 20, 4, abi.OK}, // not about them
		{block.Write, 19, 1, abi.OK},                                 // skipped
		{block.Write, 9, 2, abi.EIO}, {block.Write, 0, 100, abi.EIO}, // counted
		{block.Write, 10, 1, abi.OK}, // gone
	} {
		if v := d.Decide(c.op, c.at, c.num); v.Errno != c.want {
			t.Errorf("%x at %d: %s", c.op, c.at, v.Errno.Name())
		}
	}
	if _, _, e := d.Get(n); e != abi.ESRCH {
		t.Error("a rule that is over is still there")
	}
}

// What each action does.
func TestActions(t *testing.T) {
	one := func(r Rule) (*Device, Verdict) {
		d := New(7)
		add(t, d, r)
		op := block.Read
		if r.Ops == Writes {
			op = block.Write
		}
		return d, d.Decide(op, 8, 8)
	}
	if _, v := one(Rule{First: 10, Ops: Reads, Action: Fail, Status: abi.EIO}); v.Bytes != 1024 || v.Report != 1024 || v.Errno != abi.EIO || v.Sector != 8 {
		t.Errorf("fail: %+v", v)
	}
	if _, v := one(Rule{First: 0, Ops: Reads, Action: Fail}); v.Bytes != 0 || v.Report != 0 || v.Errno != abi.OK {
		t.Errorf("nothing, and OK: %+v", v)
	}
	if _, v := one(Rule{First: 0, Ops: Writes, Action: LostTorn}); v.Bytes != 0 || v.Report != 4096 || v.Errno != abi.OK {
		t.Errorf("lost: %+v", v)
	}
	if _, v := one(Rule{First: 0, Ops: Writes, Action: LostTorn, Lead: 700}); v.Bytes != 700 || v.Report != 4096 {
		t.Errorf("torn: %+v", v)
	}
	seen := map[uint64]bool{}
	d := New(3)
	add(t, d, Rule{Ops: Writes | Reads, Action: Misdir, Place: [2]uint64{100, 132}, Align: 8})
	for range 200 {
		v := d.Decide(block.Write, 8, 8)
		if seen[v.Sector] = true; v.Sector < 100 || v.Sector+8 > 132 || (v.Sector-100)%8 != 0 || v.Bytes != 4096 {
			t.Fatalf("misdirected: %+v", v)
		}
	}
	if len(seen) != 4 {
		t.Errorf("misdirected to %v", seen)
	}
}

// Damage is of the rule's sectors alone; a persistent one is the same each time, a random one another.
func TestDamage(t *testing.T) {
	for damage := uint8(Zeroes); damage <= Random; damage++ {
		d := New(5)
		add(t, d, Rule{First: 9, End: 11, Ops: Reads, Action: Corrupt, Damage: damage})
		read := func() []byte {
			b := bytes.Repeat([]byte{0xaa}, 4*512)
			v := d.Decide(block.Read, 8, 4)
			d.Damage(&v, b)
			return b
		}
		a, b := read(), read()
		for i, c := range a {
			inside := i >= 512 && i < 3*512
			if !inside && c != 0xaa {
				t.Fatalf("%d: byte %d", damage, i)
			}
		}
		if bytes.Count(a, []byte{0xaa}) > 1024+40 || bytes.Equal(a, b) != (damage != Random) || damage == Zeroes && !bytes.Equal(a[512:1536], make([]byte, 1024)) {
			t.Errorf("%d: % x", damage, a[512:540])
		}
		if bytes.Equal(a[512:1024], a[1024:1536]) != (damage == Zeroes) {
			t.Errorf("%d: two sectors are the same", damage)
		}
	}
}

func TestRules(t *testing.T) {
	d := New(1)
	for what, r := range map[string]Rule{
		"no action": {Ops: Reads}, "no requests": {Action: Fail}, "an end before the first": {First: 5, End: 5, Ops: Reads, Action: Fail}, "an unknown damage": {Ops: Reads, Action: Corrupt, Damage: 3},
		"another error": {Ops: Reads, Action: Fail, Status: abi.EPERM}, "a torn read": {Ops: Reads, Action: LostTorn}, "no place": {Ops: Reads, Action: Misdir, Align: 1}, "no alignment": {Ops: Reads, Action: Misdir, Place: [2]uint64{0, 9}},
	} {
		if _, e := d.Add(r); e != abi.EINVAL {
			t.Errorf("%s: %s", what, e.Name())
		}
	}
	for i := range MaxRules {
		if n := add(t, d, Rule{Ops: Reads, Action: Fail}); n != i+1 {
			t.Error(n)
		}
	}
	if _, e := d.Add(Rule{Ops: Reads, Action: Fail}); e != abi.ENOSPC {
		t.Error(e.Name())
	}
	d.Decide(block.Read, 1, 1)
	if _, hits, e := d.Get(1); hits != 1 || e != abi.OK {
		t.Error(hits, e.Name())
	}
	if d.Delete(3) != abi.OK || d.Delete(3) != abi.ESRCH || d.Delete(0) != abi.ESRCH || add(t, d, Rule{Ops: Reads, Action: Fail}) != 3 {
		t.Error("deleted, and not free")
	}
}
