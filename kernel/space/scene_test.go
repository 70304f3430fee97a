package space

import (
	"math/rand/v2"
	"slices"
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
)

// scene is tasks that share windows, and what the model says of both.
type scene struct {
	*world
	r       *rand.Rand
	windows *Windows
	holders [4]mem.Holder // of accounts 1 to 4; each has two tasks
	actors  [8]actor      // by slot
	model   []*shared
	flushed []*Space
	next    uint32 // generation
	ids     []abi.WindowID
	set     mem.Set
}

// actor is a slot and the task in it.
type actor struct {
	slot   int
	ep     abi.Endpoint // 0: none
	dying  bool
	s      *Space
	making *shared
}

// shared is what the model knows of a window.
type shared struct {
	id      abi.WindowID
	owner   abi.Endpoint
	account abi.AccountID
	keep    bool
	left    bool
	pages   uint64
	bytes   map[uint64]byte
	at      uint64 // where the owner sees it
	lets    []shareholder
}

type shareholder struct {
	to     abi.Endpoint
	rights abi.WindowRights
	at     uint64 // 0: it does not see it
}

func newScene(t *testing.T, seed uint64, pages int) *scene {
	c := &scene{world: newWorld(t, pages), r: rand.New(rand.NewPCG(seed, 66))}
	c.windows = NewWindows(c.pool)
	c.windows.Unmapped = func(s *Space) { c.flushed = append(c.flushed, s) }
	for i := range c.holders {
		c.pool.Promise(&c.holders[i], 0, uint64(pages))
	}
	for i := range c.actors {
		c.actors[i].slot = 7 * i
	}
	return c
}

func (a *actor) account() abi.AccountID { return abi.AccountID(1 + a.slot/7%4) }

func (c *scene) holder(a *actor) *mem.Holder { return &c.holders[a.account()-1] }

// birth puts a task into the slot.
func (c *scene) birth(a *actor) {
	s, ok := New(c.pool, c.template, c.holder(a), c.images, c.image)
	if !ok {
		s.Tables.Free()
		return
	}
	c.next++
	*a = actor{slot: a.slot, ep: abi.MakeEndpoint(a.slot, c.next), s: &s}
}

// There implements Tasks.
func (c *scene) There(ep abi.Endpoint) bool {
	for i := range c.actors {
		if c.actors[i].ep == ep {
			return true
		}
	}
	return false
}

func (m *shared) let(ep abi.Endpoint) *shareholder {
	for i := range m.lets {
		if m.lets[i].to == ep {
			return &m.lets[i]
		}
	}
	return nil
}

// find is the window that the model has under an id, wholly made.
func (c *scene) find(id abi.WindowID) *shared {
	for _, m := range c.model {
		if m.id == id {
			return m
		}
	}
	return nil
}

// seen is how many windows a task sees.
func (c *scene) seen(ep abi.Endpoint) (n int) {
	for _, m := range c.model {
		if m.owner == ep && !m.left {
			n++
		}
		if l := m.let(ep); l != nil && l.at != 0 {
			n++
		}
	}
	return n
}

// want compares an error with the one that the model expects. Memory may always be out: then nothing is changed.
func (c *scene) want(what string, got, want abi.Errno) bool {
	c.t.Helper()
	if got == abi.ENOMEM && want == abi.OK {
		return false
	}
	if got != want {
		c.t.Fatalf("%s: %s, want %s", what, got.Name(), want.Name())
	}
	return got == abi.OK
}

// create makes a step, or begins.
func (c *scene) create(a *actor, first bool) {
	if a.making == nil {
		first = true
	}
	if first {
		m := &shared{owner: a.ep, account: a.account(), keep: c.r.IntN(2) == 0, bytes: map[uint64]byte{}, pages: 1 + c.r.Uint64N(30)}
		if c.r.IntN(4) == 0 {
			m.pages = 500 + c.r.Uint64N(30)
		}
		a.making = m
	}
	m := a.making
	size, flags := m.pages*abi.PageSize-c.r.Uint64N(abi.PageSize), uint64(0)
	if m.keep {
		flags = abi.WindowKeep
	}
	want := abi.OK
	rows := 0
	for _, o := range c.model {
		if o.account == a.account() {
			rows++
		}
	}
	for i := range c.actors {
		if o := &c.actors[i]; o != a && o.ep != 0 && o.account() == a.account() && o.making != nil {
			rows++
		}
	}
	if rows >= abi.MaxWindows || c.seen(a.ep) >= abi.MaxTaskWindows {
		want = abi.ENOSPC
	}
	h := c.holder(a)
	v, more, e := c.windows.Create(a.ep, a.s, a.account(), h, size, flags, first)
	if !first && e != abi.OK && e != abi.ENOMEM && e != abi.ENOSPC {
		c.t.Fatalf("a step of Create: %s", e.Name())
	}
	if first && !c.want("create", e, want) || e != abi.OK {
		a.making = nil
		return
	}
	if more {
		return
	}
	a.making = nil
	m.id, m.at = v.ID, v.Address
	if slices.Contains(c.ids, v.ID) || v.Size != m.pages*abi.PageSize || v.Rights != abi.WindowRead|abi.WindowWrite || v.Address < abi.WindowBase || v.Address+v.Size > abi.WindowEnd {
		c.t.Fatalf("view %+v", v)
	}
	c.ids = append(c.ids, v.ID)
	c.model = append(c.model, m)
}

// id draws one: of a window that is there, or was, or never will be.
func (c *scene) id() abi.WindowID {
	switch n := c.r.IntN(20); {
	case n == 0:
		return abi.WindowID(c.r.Uint64() >> c.r.IntN(64))
	case n < 3 && len(c.ids) > 0:
		return c.ids[c.r.IntN(len(c.ids))]
	case len(c.model) > 0:
		return c.model[c.r.IntN(len(c.model))].id
	}
	return 0
}

func (c *scene) gone(m *shared) {
	c.model = slices.DeleteFunc(c.model, func(o *shared) bool { return o == m })
}

// living draws a task.
func (c *scene) living() *actor {
	for range 100 {
		if a := &c.actors[c.r.IntN(len(c.actors))]; a.ep != 0 && !a.dying {
			return a
		}
	}
	return nil
}

func (c *scene) allow(a, to *actor, id abi.WindowID) {
	m := c.find(id)
	rights := abi.WindowRights(c.r.IntN(5))
	want := abi.OK
	switch {
	case m == nil || m.owner != a.ep || a == to || rights != 1 && rights != 3:
		want = abi.EINVAL
	case m.let(to.ep) != nil:
		want = abi.EEXIST
	case len(m.lets) == abi.MaxWindowHolders:
		want = abi.ENOSPC
	}
	if c.want("allow", c.windows.Allow(a.ep, id, to.ep, rights), want) {
		m.lets = append(m.lets, shareholder{to: to.ep, rights: rights})
	}
}

func (c *scene) mapped(a, owner *actor, id abi.WindowID) {
	m := c.find(id)
	want := abi.OK
	var l *shareholder
	if m != nil {
		l = m.let(a.ep)
	}
	switch {
	case m == nil || m.left || m.owner != owner.ep || l == nil:
		want = abi.EPERM
	case l.at != 0:
		want = abi.EEXIST
	case c.seen(a.ep) == abi.MaxTaskWindows:
		want = abi.ENOSPC
	}
	used := a.s.Used()
	v, e := c.windows.Map(a.ep, a.s, owner.ep, id)
	if e != abi.OK && a.s.Used() != used {
		c.t.Fatalf("Map fails with %s, and has taken %d frames", e.Name(), a.s.Used()-used)
	}
	if c.want("map", e, want) {
		l.at = v.Address
		if v.ID != id || v.Size != m.pages*abi.PageSize || v.Rights != l.rights {
			c.t.Fatalf("view %+v", v)
		}
	}
}

// lost wants that the space's processor was told.
func (c *scene) lost(at uint64, ep abi.Endpoint) {
	for i := range c.actors {
		if a := &c.actors[i]; a.ep == ep && at != 0 && !slices.Contains(c.flushed, a.s) {
			c.t.Fatalf("task %d has lost a window and may remember it", a.slot)
		}
	}
}

func (c *scene) unmap(a *actor, id abi.WindowID) {
	m := c.find(id)
	want := abi.EINVAL
	var l *shareholder
	if m != nil {
		if l = m.let(a.ep); l != nil && l.at != 0 {
			want = abi.OK
		}
	}
	if !c.want("unmap", c.windows.Unmap(a.ep, id), want) {
		return
	}
	c.lost(l.at, a.ep)
	l.at = 0
	if m.left {
		c.drop(m, a.ep)
	}
}

// drop takes what lets m to ep out of the model, and a window that nobody has any more.
func (c *scene) drop(m *shared, ep abi.Endpoint) {
	m.lets = slices.DeleteFunc(m.lets, func(l shareholder) bool { return l.to == ep })
	if m.left && len(m.lets) == 0 {
		c.gone(m)
	}
}

func (c *scene) revoke(a *actor, to abi.Endpoint, id abi.WindowID) {
	m := c.find(id)
	want := abi.OK
	switch {
	case m == nil || m.left || m.owner != a.ep:
		want = abi.EINVAL
	case m.let(to) == nil:
		want = abi.ESRCH
	}
	if c.want("revoke", c.windows.Revoke(a.ep, id, to), want) {
		c.lost(m.let(to).at, to)
		c.drop(m, to)
	}
}

func (c *scene) giveUp(a *actor, id abi.WindowID) {
	m := c.find(id)
	want := abi.EINVAL
	if m != nil && (m.owner == a.ep && !m.left || m.left && m.account == a.account()) {
		want = abi.OK
	}
	if c.want("free", c.windows.Free(a.ep, a.account(), id), want) {
		c.ends(m)
	}
}

// ends takes a window out of the model.
func (c *scene) ends(m *shared) {
	if !m.left {
		c.lost(m.at, m.owner)
	}
	for _, l := range m.lets {
		c.lost(l.at, l.to)
	}
	c.gone(m)
}

// die is one step of a task's end.
func (c *scene) die(a *actor) {
	a.dying = true
	if !c.windows.Forget(a.ep, a.account()) {
		c.settle(a)
		return
	}
	for _, m := range slices.Clone(c.model) {
		if m.owner == a.ep && !m.left {
			c.leave(m)
		}
	}
	for _, m := range slices.Clone(c.model) {
		if m.let(a.ep) != nil {
			c.drop(m, a.ep)
		}
	}
	a.s.Tables.Free()
	*a = actor{slot: a.slot}
}

func (c *scene) leave(m *shared) {
	if !m.keep {
		c.ends(m)
		return
	}
	m.left = true
	m.lets = slices.DeleteFunc(m.lets, func(l shareholder) bool { return l.at == 0 })
	if len(m.lets) == 0 {
		c.gone(m)
	}
}

// settle has the model know how far a dying task's end is.
func (c *scene) settle(a *actor) {
	if c.windows.unfinished(a.ep, a.account()) == nil {
		a.making = nil
	}
	for _, m := range slices.Clone(c.model) {
		w := c.windows.row(m.id)
		if m.owner == a.ep && !m.left && (w == nil || w.left) {
			c.leave(m)
		}
		if w = c.windows.row(m.id); m.let(a.ep) != nil && (w == nil || w.let(a.ep) == nil) {
			c.drop(m, a.ep)
		}
	}
}

// touch lets a task read or write at an address of a window, or beside one.
func (c *scene) touch(a *actor) {
	va := uint64(windowsAt) + c.r.Uint64N(abi.MaxTaskWindows)*placeSize
	switch c.r.IntN(6) {
	case 0:
		va += c.r.Uint64N(placeSize)
	case 1:
		va -= c.r.Uint64N(abi.PageSize)
	case 2:
		va += 510*abi.PageSize + c.r.Uint64N(30*abi.PageSize)
	default:
		va += c.r.Uint64N(32 * abi.PageSize)
	}
	write := c.r.IntN(2) == 0
	p, changed, e := a.s.Page(va, write)
	kind := a.s.Find(va).Kind
	for _, m := range c.model {
		at, rights := m.at, abi.WindowRead|abi.WindowWrite
		if m.owner != a.ep || m.left {
			l := m.let(a.ep)
			if l == nil || l.at == 0 {
				continue
			}
			at, rights = l.at, l.rights
		}
		if va-at >= m.pages*abi.PageSize {
			continue
		}
		if write && rights&abi.WindowWrite == 0 {
			if e != abi.EFAULT || kind != Window {
				c.t.Fatalf("a write to a window for reading: %s, kind %d", e.Name(), kind)
			}
			return
		}
		if e != abi.OK || changed || kind != Window {
			c.t.Fatalf("window at %#x, write %v: %s, changed %v, kind %d", va, write, e.Name(), changed, kind)
		}
		b := &c.pool.Physical().Bytes(p, abi.PageSize)[va%abi.PageSize]
		if *b != m.bytes[va-at] {
			c.t.Fatalf("%#x holds %#x, want %#x", va, *b, m.bytes[va-at])
		}
		if write {
			m.bytes[va-at] = byte(c.r.Uint32())
			*b = m.bytes[va-at]
		}
		if _, e := a.s.Private(va); e != abi.EFAULT {
			c.t.Fatal("a private copy of a window's page")
		}
		return
	}
	if e != abi.EFAULT || kind != None || a.s.Populate(va) != abi.EFAULT || a.s.Copy(va) != abi.EFAULT {
		c.t.Fatalf("nothing at %#x: %s, kind %d", va, e.Name(), kind)
	}
}

// check holds all tables against each other and against the model.
func (c *scene) check() {
	c.t.Helper()
	var own, lent mem.Set
	c.check0()
	var used [5]uint64
	rows, places, views := uint64(0), uint64(0), uint64(0)
	for row := range abi.WindowRows {
		own.Clear()
		a, f := c.windows.AddFrames(row, &own, 1<<20)
		if f.Broken() {
			c.t.Fatal(f.What)
		}
		used[min(a, 4)] += own.Len()
	}
	for i := range c.actors {
		a := &c.actors[i]
		if a.ep == 0 {
			continue
		}
		if a.making != nil {
			rows++
		}
		used[a.account()] += a.s.Used()
		own.Clear()
		lent.Clear()
		a.s.AddFrames(&own, 1<<20)
		c.images.AddFrames(c.image, &lent, 1<<20)
		k := paging.Checker{Phys: c.pool.Physical(), Template: c.template, Own: &own, Lent: &lent, Windows: c.windows.Shares(a.slot)}
		if f := k.Check(&a.s.Tables); f.Broken() {
			c.t.Fatalf("%s: %#x, %#x", f.What, f.A, f.B)
		}
		if n := c.seen(a.ep); !a.dying && int(c.windows.Seen(a.slot)) != n {
			c.t.Fatalf("slot %d sees %d, want %d", a.slot, c.windows.Seen(a.slot), n)
		}
		views += uint64(c.windows.Seen(a.slot))
	}
	for i := range c.holders {
		if u := c.holders[i].Used(); u != used[i+1] {
			c.t.Fatalf("account %d has %d frames, found %d", i+1, u, used[i+1])
		}
	}
	for _, m := range c.model {
		rows++
		places += uint64(len(m.lets))
	}
	if w, h, v := c.windows.Room(); w != abi.WindowRows-rows || h != abi.WindowRows*abi.MaxWindowHolders-places || v != abi.MaxTasks*abi.MaxTaskWindows-views {
		c.t.Fatalf("room for %d, %d, %d; %d windows let %d times, seen %d times", w, h, v, rows, places, views)
	}
}

// actor is the task of an endpoint, if it lives.
func (c *scene) actor(ep abi.Endpoint) *actor {
	for i := range c.actors {
		if a := &c.actors[i]; a.ep == ep && !a.dying {
			return a
		}
	}
	return nil
}

// concerned draws a window, its owner and a task that it is let to; with luck all are there.
func (c *scene) concerned() (id abi.WindowID, owner, holder *actor) {
	owner, holder, id = c.living(), c.living(), c.id()
	m := c.find(id)
	if m == nil || c.r.IntN(10) == 0 {
		return id, owner, holder
	}
	if a := c.actor(m.owner); a != nil {
		owner = a
	}
	if len(m.lets) > 0 {
		if a := c.actor(m.lets[c.r.IntN(len(m.lets))].to); a != nil {
			holder = a
		}
	}
	return id, owner, holder
}

// step does one thing.
func (c *scene) step() {
	i := c.r.IntN(len(c.actors))
	a := c.living()
	var id abi.WindowID
	var b, owner, holder *actor
	if a != nil {
		b = c.living()
		id, owner, holder = c.concerned()
	}
	switch n := c.r.IntN(100); {
	case c.actors[i].ep == 0:
		if n < 30 {
			c.birth(&c.actors[i])
		}
	case c.actors[i].dying:
		c.die(&c.actors[i])
	case a == nil:
	case n == 0:
		c.die(&c.actors[i])
	case n < 3: // an account may have no more, or much
		h := &c.holders[c.r.IntN(len(c.holders))]
		c.pool.Promise(h, 0, h.Used()+uint64(c.r.IntN(4))*uint64(c.r.IntN(400)))
	case n < 20:
		c.create(a, c.r.IntN(30) == 0)
	case n < 32:
		c.allow(owner, b, id)
	case n < 46:
		c.mapped(holder, owner, id)
	case n < 50:
		c.unmap(holder, id)
	case n < 53:
		c.revoke(owner, holder.ep, id)
	case n < 54:
		if c.r.IntN(2) == 0 {
			owner = a
		}
		c.giveUp(owner, id)
	default:
		c.touch(a)
	}
}
