package space

import (
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/layout"
)

const readWrite = abi.WindowRead | abi.WindowWrite

// made makes a window in as many steps as it takes. The error is the last step's.
func (c *scene) made(a *actor, size, flags uint64) (v abi.WindowView, steps int, e abi.Errno) {
	for more := true; more && e == abi.OK; steps++ {
		v, more, e = c.windows.Create(a.ep, a.s, a.account(), c.holder(a), size, flags, steps == 0)
	}
	return v, steps, e
}

// fullScene is a scene in which all slots have tasks.
func fullScene(t *testing.T, pages int) *scene {
	c := newScene(t, 0, pages)
	for i := range c.actors {
		c.birth(&c.actors[i])
		if c.actors[i].ep == 0 {
			t.Fatal("no memory for the tasks")
		}
	}
	return c
}

func (c *scene) must(what string, got, want abi.Errno) {
	c.t.Helper()
	if got != want {
		c.t.Errorf("%s: %s, want %s", what, got.Name(), want.Name())
	}
}

// One frame fails: the first that a window or a view of it takes, or the next one, or any: then nothing is there, and nothing is lost.
func TestWindowWithoutAFrame(t *testing.T) {
	const pages = 530 // two tables, two list frames
	c := fullScene(t, 1500)
	a, b := &c.actors[0], &c.actors[1]
	h := c.holder(a)
	used := h.Used()
	for missing := uint64(1); ; missing++ {
		var e abi.Errno
		more, steps := true, 0
		for ; more && e == abi.OK; steps++ {
			if steps == 1 {
				c.pool.Promise(h, 0, used+missing) // after the first look at whether it fits
			}
			_, more, e = c.windows.Create(a.ep, a.s, a.account(), h, pages*abi.PageSize, 0, steps == 0)
		}
		c.pool.Promise(h, 0, 1500)
		if e == abi.OK {
			if n := h.Used() - used; n != missing || n != pages+2+2+2 {
				t.Errorf("made of %d frames, with %d", n, missing)
			}
			break
		}
		if e != abi.ENOMEM || h.Used() != used {
			t.Fatalf("%d frames: %s, %d are used", missing, e.Name(), h.Used()-used)
		}
		c.check0()
	}
	id := c.windows.rowsOf(a.account())[0].id
	c.must("allow", c.windows.Allow(a.ep, id, b.ep, readWrite), abi.OK)
	h, used = c.holder(b), c.holder(b).Used()
	for missing := uint64(0); ; missing++ {
		c.pool.Promise(h, 0, used+missing)
		_, e := c.windows.Map(b.ep, b.s, a.ep, id)
		if e == abi.OK {
			if missing != 2 {
				t.Errorf("mapped with %d frames", missing)
			}
			break
		}
		if e != abi.ENOMEM || h.Used() != used {
			t.Fatalf("%d frames: %s, %d are used", missing, e.Name(), h.Used()-used)
		}
	}
	c.must("free", c.windows.Free(a.ep, a.account(), id), abi.OK)
	if _, _, e := c.made(a, 2000*abi.PageSize, 0); e != abi.ENOMEM {
		t.Errorf("a window larger than the account's memory: %s", e.Name())
	}
}

// check0 looks at the windows alone.
func (c *scene) check0() {
	c.t.Helper()
	if f := c.windows.Check(c, &c.set); f.Broken() {
		c.t.Fatalf("%s: %#x, %#x", f.What, f.A, f.B)
	}
}

// What one account, window or task has too many of, the others still have room for.
func TestWindowLimits(t *testing.T) {
	c := fullScene(t, 3000)
	var views [4][]abi.WindowView
	for i := range 4 {
		a := &c.actors[i]
		for range abi.MaxWindows {
			v, _, e := c.made(a, abi.PageSize, 0)
			c.must("create", e, abi.OK)
			views[i] = append(views[i], v)
		}
		for _, x := range []*actor{a, &c.actors[i+4]} { // of the same account
			_, _, e := c.made(x, 1, 0)
			c.must("one more on the account", e, abi.ENOSPC)
		}
	}
	x := &c.actors[4] // sees all: its own account's, too
	n := 0
	for i := range 4 {
		a := &c.actors[i]
		for _, v := range views[i] {
			c.must("allow", c.windows.Allow(a.ep, v.ID, x.ep, abi.WindowRead), abi.OK)
			_, e := c.windows.Map(x.ep, x.s, a.ep, v.ID)
			c.must("map", e, abi.OK)
			n++
		}
	}
	if n != abi.MaxTaskWindows {
		t.Fatalf("%d windows, want %d", n, abi.MaxTaskWindows)
	}
	c.must("unmap", c.windows.Unmap(x.ep, views[3][3].ID), abi.OK)
	c.must("free", c.windows.Free(c.actors[0].ep, 1, views[0][0].ID), abi.OK)
	_, _, e := c.made(x, 1, 0)
	c.must("a window of its own", e, abi.OK)
	_, e = c.windows.Map(x.ep, x.s, c.actors[3].ep, views[3][3].ID)
	c.must("the last place", e, abi.OK)
	c.must("free", c.windows.Free(c.actors[1].ep, 2, views[1][0].ID), abi.OK)
	y, _, e := c.made(&c.actors[1], 1, 0)
	c.must("create", e, abi.OK)
	c.must("allow", c.windows.Allow(c.actors[1].ep, y.ID, x.ep, readWrite), abi.OK)
	v, e := c.windows.Map(x.ep, x.s, c.actors[1].ep, y.ID)
	c.must("map", e, abi.OK)
	c.must("unmap", c.windows.Unmap(x.ep, y.ID), abi.OK)
	if again, e := c.windows.Map(x.ep, x.s, c.actors[1].ep, y.ID); e != abi.OK || again != v {
		t.Errorf("%+v, then %+v", v, again)
	}
	c.check0()

	// A window has places for so many holders; those that ended leave theirs.
	a, id := &c.actors[2], views[2][0].ID
	for slot := range abi.MaxWindowHolders {
		c.must("allow", c.windows.Allow(a.ep, id, abi.MakeEndpoint(slot+40, 1), readWrite), abi.OK)
		if slot == abi.MaxWindowHolders-2 {
			break // x is the first
		}
	}
	c.must("allow one too many", c.windows.Allow(a.ep, id, abi.MakeEndpoint(60, 1), readWrite), abi.ENOSPC)
	c.must("allow of another window", c.windows.Allow(a.ep, views[2][1].ID, abi.MakeEndpoint(60, 1), readWrite), abi.OK)
	for !c.windows.Forget(abi.MakeEndpoint(40, 1), 9) {
	}
	c.must("allow in its place", c.windows.Allow(a.ep, id, abi.MakeEndpoint(60, 1), readWrite), abi.OK)
}

// The largest window, and one byte more; every last byte is there, and the one after it is not.
func TestLargestWindow(t *testing.T) {
	c := fullScene(t, 5000)
	a := &c.actors[0]
	for _, size := range []uint64{0, abi.MaxWindowSize + 1, 1 << 63, ^uint64(0)} {
		_, _, e := c.made(a, size, 0)
		c.must("size", e, abi.EINVAL)
	}
	_, _, e := c.made(a, 1, 2)
	c.must("flags", e, abi.EINVAL)
	v, steps, e := c.made(a, abi.MaxWindowSize, 0)
	c.must("the largest", e, abi.OK)
	if steps != abi.MaxWindowSize/abi.PageSize/fillStep {
		t.Errorf("%d steps", steps)
	}
	for va := v.Address; va < v.Address+v.Size; va += abi.PageSize {
		if _, _, e := a.s.Page(va+abi.PageSize-1, true); e != abi.OK {
			t.Fatalf("%#x: %s", va, e.Name())
		}
	}
	for _, va := range []uint64{v.Address - 1, v.Address + v.Size, v.Address + placeSize, placesEnd, abi.WindowEnd - 1, abi.WindowEnd, abi.WindowBase} {
		if _, _, e := a.s.Page(va, false); e != abi.EFAULT {
			t.Errorf("%#x: %s, want EFAULT", va, e.Name())
		}
	}
	if layout.Slot(windowsAt) != layout.WindowSlot || layout.Slot(placesEnd-1) != layout.WindowSlot || windowsAt>>30 != (placesEnd-1)>>30 {
		t.Error("the windows are not in one GiB of their slot")
	}
	if !a.s.Windowed() || c.actors[1].s.Windowed() {
		t.Error("whoever has a window has none, or the reverse")
	}
	c.must("free", c.windows.Free(a.ep, a.account(), v.ID), abi.OK)
	if !a.s.Windowed() {
		t.Error("a space with tables for windows could be handed over")
	}
	_, e = a.s.Seal(new(Making), true)
	c.must("snapshot", e, abi.EBUSY)
}

// The end of a task that others let all their windows to takes steps, each of little work; nobody else's are touched.
func TestForgetInSteps(t *testing.T) {
	c := newScene(t, 0, 3000)
	x := abi.MakeEndpoint(63, 1)
	h := &c.holders[0]
	c.pool.Promise(h, 0, 3000)
	owners := 0
	for slot := range 60 {
		s, ok := New(c.pool, c.template, h, c.images, c.image)
		if !ok {
			t.Fatal("no memory")
		}
		ep := abi.MakeEndpoint(slot, 1)
		for range abi.MaxWindows {
			v, _, e := c.windows.Create(ep, &s, abi.AccountID(slot+2), h, 1, abi.WindowKeep, true)
			if e != abi.OK {
				t.Fatal(e.Name())
			}
			c.must("allow", c.windows.Allow(ep, v.ID, x, abi.WindowRead), abi.OK)
		}
		owners++
	}
	steps, left := 0, c.windows.nLets
	for done := false; !done; steps++ {
		done = c.windows.Forget(x, 64)
		if n := left - c.windows.nLets; n > forgetLets {
			t.Errorf("step %d has ended %d", steps, n)
		}
		left = c.windows.nLets
	}
	if least := owners * abi.MaxWindows / forgetLets; left != 0 || steps < least || c.windows.nRows != uint64(owners*abi.MaxWindows) {
		t.Errorf("%d steps, at least %d; %d are left of it, %d windows", steps, least, left, c.windows.nRows)
	}
	if !c.windows.Forget(x, 64) {
		t.Error("one who has nothing needs steps")
	}
}

// A window that is not wholly made is nobody's yet, whoever guesses its id; one that its owner has left is not the owner's, whoever that
// was.
func TestWindowNobodyOwns(t *testing.T) {
	c := fullScene(t, 1000)
	a, b := &c.actors[0], &c.actors[1]
	refused := func(what string, id abi.WindowID) {
		t.Helper()
		c.must(what+": allow", c.windows.Allow(a.ep, id, c.actors[2].ep, readWrite), abi.EINVAL)
		_, e := c.windows.Map(b.ep, b.s, a.ep, id)
		c.must(what+": map", e, abi.EPERM)
		c.must(what+": revoke", c.windows.Revoke(a.ep, id, b.ep), abi.EINVAL)
		c.must(what+": free", c.windows.Free(a.ep, 9, id), abi.EINVAL)
	}
	if _, more, e := c.windows.Create(a.ep, a.s, a.account(), c.holder(a), 100*abi.PageSize, 0, true); e != abi.OK || !more {
		t.Fatalf("more %v, %s", more, e.Name())
	}
	refused("not wholly made", c.windows.unfinished(a.ep, a.account()).id)
	v, _, e := c.made(a, 1, abi.WindowKeep)
	c.must("create", e, abi.OK)
	c.must("allow", c.windows.Allow(a.ep, v.ID, b.ep, abi.WindowRead), abi.OK)
	_, e = c.windows.Map(b.ep, b.s, a.ep, v.ID)
	c.must("map", e, abi.OK)
	for !c.windows.Forget(a.ep, a.account()) {
	}
	refused("left", v.ID)
	if b.s.WindowAt(v.Address) != v.ID || b.s.WindowAt(v.Address+abi.PageSize) != 0 || a.s.WindowAt(v.Address) != 0 {
		t.Error("it is seen where it is not, or the reverse")
	}
}
