package fake

import (
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/usys"
)

// victim makes a task as the root task does.
func victim(t *testing.T, m *Machine, label string) *Task {
	t.Helper()
	root := m.Root()
	if len(m.Images) == 0 {
		m.Images = append(m.Images, &Image{Sealed: true, maker: root.Endpoint})
	}
	l, _ := abi.MakeLabel(label)
	ep, e := root.Gate().TaskCreate(&abi.TaskSpec{Image: 1, Label: l, Account: abi.AccountRoot})
	if e != abi.OK {
		t.Fatalf("create: %s", e.Name())
	}
	return m.Find(ep)
}

func deaths(g usys.Gate, index uint64) (labels []string) {
	for {
		var r abi.DeathRecord
		if _, e := g.GetInfo(abi.InfoDeath, index, abi.Bytes(&r)); e != abi.OK {
			return labels
		}
		labels = append(labels, r.Label.String())
	}
}

// The root task's next life has its endpoint, and what others have with it; its own end is the first that it is told, then what the life before
// keptBank is the size of a bank of the root task's.
const keptBank = (RootKept - 1) / 2 * abi.PageSize

// had taken and not consumed. Slots are free when their records are consumed.
func TestRootReborn(t *testing.T) {
	m := New(0)
	root := m.AddRoot()
	a, b, c := victim(t, m, "a"), victim(t, m, "b"), victim(t, m, "c")
	free := m.table.Free()
	for _, x := range []*Task{a, b} {
		m.Die(x, abi.DeathRecord{Cause: abi.CauseExit})
	}
	g := root.Gate()
	g.SetAlarm(100)
	if got := deaths(g, 1); len(got) != 2 || m.table.Free() != free {
		t.Fatalf("taken %q, %d slots free, want %d", got, m.table.Free(), free)
	}
	g.KeepFlip(0)
	g.KeepAppend([]byte("what was"), false)
	root.Run(func() { g.Receive(abi.Any, abi.NoTimeout, new(abi.Msg)) })
	root.Resume()
	root.Resume() // SystemDeath was told, and it waits
	next := m.RootDies(abi.DeathRecord{Cause: abi.CauseException, Vector: 6})
	if !root.Dead() || next.Dead() || next.Endpoint != root.Endpoint || m.Find(root.Endpoint) != next || next.Waits() || !root.Over() {
		t.Fatal("whose slot it is")
	}
	if _, set := next.AlarmAt(); set {
		t.Error("an alarm of the life before")
	}
	if c.k.SendTo != 0 || g.KeepConsume() != abi.EDEADSRCDST {
		t.Error("the life before can do something")
	}
	g = next.Gate()
	if s := g.Start(); s.KeptSize != 256<<10 || s.Incarnation != 1 || s.Init != abi.InitRestart || s.Root != next.Endpoint || s.Endpoint != next.Endpoint {
		t.Errorf("its start page: %+v", s)
	}
	if b := g.Kept(); len(b) != 256<<10 || string(b[abi.PageSize+keptBank:][:8]) != "what was" {
		t.Error("what was kept")
	}
	var msg abi.Msg
	if kind, e := g.Receive(abi.Any, 0, &msg); e != abi.OK || kind != abi.KindNotify || msg.Source != abi.System || msg.Arg[0]&abi.SystemDeath == 0 {
		t.Errorf("it is told %s, %+v", e.Name(), msg)
	}
	m.Die(c, abi.DeathRecord{Cause: abi.CauseExit})
	var r abi.DeathRecord
	g.GetInfo(abi.InfoDeath, 1, abi.Bytes(&r))
	if r.Endpoint != next.Endpoint || r.Cause != abi.CauseException || r.Vector != 6 || r.Waiting != 3 {
		t.Errorf("the first record: %+v", r)
	}
	if got := deaths(g, 1); len(got) != 3 || got[0] != "a" || got[1] != "b" || got[2] != "c" || m.table.Free() != free {
		t.Errorf("then %q, %d slots free", got, m.table.Free())
	}
	g.KeepAppend([]byte("x"), true)
	if m.table.Free() != free+3 || m.ended != nil {
		t.Errorf("consumed: %d slots free", m.table.Free())
	}
	if f := m.table.Check(); f.Broken() {
		t.Error(f.What)
	}
	g = m.RootDies(abi.DeathRecord{Cause: abi.CauseKilled}).Gate()
	if got := deaths(g, 0); len(got) != 1 || got[0] != "rs" {
		t.Errorf("after what was consumed: %q", got)
	}
	x := victim(t, m, "x")
	m.Die(x, abi.DeathRecord{})
	if deaths(g, 0); m.table.Free() != free+3 {
		t.Errorf("taken with index 0: %d slots free", m.table.Free())
	}
}

// Who ended the root task is what its kept memory counts: not who killed it.
func TestRootUnsettled(t *testing.T) {
	m := New(0)
	m.AddRoot()
	header := func() (h abi.KeptHeader) {
		copy(abi.Bytes(&h), m.Kept(abi.AccountRoot))
		return h
	}
	for _, c := range []abi.Cause{abi.CausePanic, abi.CauseKilled, abi.CauseException} {
		m.RootDies(abi.DeathRecord{Cause: c})
	}
	if h := header(); h.Lives != 4 || h.Unsettled != 2 {
		t.Errorf("%d lives, %d unsettled", h.Lives, h.Unsettled)
	}
	m.Root().Gate().KeepSettled()
	if m.RootDies(abi.DeathRecord{Cause: abi.CausePanic}); header().Unsettled != 0 {
		t.Errorf("settled: %+v", header())
	}
}

// A life that ends inside a call ends there: nothing of the call is done after it, and its code does not go on.
func TestRootDiesInACall(t *testing.T) {
	m := New(0)
	root := m.AddRoot()
	steps, after := 0, false
	m.StageStep = func(*Task) {
		if steps++; steps == 2 {
			m.RootDies(abi.DeathRecord{Cause: abi.CauseKilled})
		}
	}
	root.Run(func() {
		g := root.Gate()
		g.KeepStage(0, make([]byte, 8))
		g.KeepFlip(8)
		b := make([]byte, 4*abi.PageSize)
		for i := range b {
			b[i] = 1
		}
		g.KeepStage(0, b)
		after = true
	})
	root.Resume()
	h, k := m.kept[abi.AccountRoot].area.Header, m.Kept(abi.AccountRoot)
	other := k[h.Bank[^h.Current&1].Start:]
	if after || steps != 2 || !root.Over() || other[2*abi.PageSize-1] != 1 || other[2*abi.PageSize] != 0 || h.Bank[h.Current].Number != 1 || h.Bank[^h.Current&1].Number != 0 {
		t.Errorf("after %v, %d steps, %+v", after, steps, h)
	}
}

// A service's kept memory is its account's, and each of its lives sees it.
func TestKeptOfAnAccount(t *testing.T) {
	m := New(0)
	m.Memory = 1 << 20
	root := m.AddRoot()
	victim(t, m, "first") // makes an image
	id, e := root.Gate().AccountSet(0, &abi.AccountSpec{ReserveFrames: 10, KeptFrames: 4})
	if e != abi.OK {
		t.Fatal(e.Name())
	}
	for _, n := range []uint32{2, 11, abi.MaxKept/abi.PageSize + 1} {
		if _, e := root.Gate().AccountSet(0, &abi.AccountSpec{ReserveFrames: 10, KeptFrames: n}); e != abi.EINVAL {
			t.Errorf("%d pages: %s", n, e.Name())
		}
	}
	life := func() *Task {
		ep, e := root.Gate().TaskCreate(&abi.TaskSpec{Image: 1, Account: id})
		if e != abi.OK {
			t.Fatal(e.Name())
		}
		x := m.Find(ep)
		x.k.Priv.CallMask = ^uint64(0)
		return x
	}
	x := life()
	if e := x.Gate().KeepAppend([]byte("mine"), false); e != abi.ENOSPC {
		t.Errorf("before a flip: %s", e.Name())
	}
	x.Gate().KeepFlip(0)
	if e := x.Gate().KeepAppend([]byte("mine"), true); e != abi.EPERM {
		t.Errorf("consume of another's, by append: %s", e.Name())
	}
	if e := x.Gate().KeepAppend([]byte("mine"), false); e != abi.OK || x.Gate().Start().KeptSize != 4*abi.PageSize {
		t.Errorf("%s, %d bytes", e.Name(), x.Gate().Start().KeptSize)
	}
	if e := x.Gate().KeepConsume(); e != abi.EPERM {
		t.Errorf("consume of another's: %s", e.Name())
	}
	m.Die(x, abi.DeathRecord{Cause: abi.CausePanic})
	x = life()
	if b := x.Gate().Kept(); string(b[2*abi.PageSize:][:4]) != "mine" {
		t.Error("what was kept")
	}
	if h := m.kept[id].area.Header; h.Lives != 2 || h.Unsettled != 1 {
		t.Errorf("%+v", h)
	}
	if e := m.Find(victim(t, m, "without").Endpoint).Gate().KeepAppend(nil, false); e == abi.OK {
		t.Error("what has no kept memory keeps something")
	}
}

// InfoLives tells of all who live, as far as they have come.
func TestLives(t *testing.T) {
	m := New(0)
	root := m.AddRoot()
	x := victim(t, m, "x")
	g := root.Gate()
	row := func(ep abi.Endpoint) *abi.Life {
		b := make([]byte, abi.MaxTasks*len(abi.Bytes(new(abi.Life))))
		n, e := g.GetInfo(abi.InfoLives, 0, b)
		if e != abi.OK {
			t.Fatal(e.Name())
		}
		for b = b[:n]; len(b) > 0; {
			l := new(abi.Life)
			b = b[copy(abi.Bytes(l), b):]
			if l.Endpoint == ep {
				return l
			}
		}
		return nil
	}
	if l := row(x.Endpoint); l == nil || l.Flags != 0 {
		t.Errorf("made: %+v", l)
	}
	g.PrivSet(x.Endpoint, &abi.Privilege{})
	if l := row(x.Endpoint); l.Flags != abi.LifeSet {
		t.Errorf("set: %+v", l)
	}
	m.Pass(77)
	g.PrivAllow(x.Endpoint)
	if l := row(x.Endpoint); l.Flags != abi.LifeSet|abi.LifeAllowed || l.StartedNS != 77 {
		t.Errorf("allowed: %+v", l)
	}
	if m.Die(x, abi.DeathRecord{}); row(x.Endpoint) != nil {
		t.Error("dead")
	}
}
