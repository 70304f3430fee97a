package work

import (
	"testing"
	"time"

	"bennu/drivers/protocol/ds"
	"bennu/drivers/protocol/load"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

// others does an Others.
func (b *bench) others() (tally load.Tally, failed load.Failed) {
	b.t.Helper()
	m, ok := b.Request(asker, load.Others, limit)
	if !ok || abi.Errno(m.Arg[0]) != abi.OK {
		b.t.Fatalf("answer %+v, %v", m, ok)
	}
	return load.Tally(m.Arg[1]), load.Failed(m.Arg[2])
}

// root is a reincarnation server that knows its services.
func (b *bench) root(change func(m *abi.Msg, a *fake.Answer)) {
	b.Peers[fake.Root] = func(m abi.Msg) fake.Answer {
		a := b.RS(m)
		switch m.Type {
		case abi.RSStatus:
			row := abi.ServiceStatus{Label: b.Info.Label, Endpoint: fake.Driver}
			copy(b.DriverGrant(fake.Root, m.Arg[0], abi.GrantWrite), abi.Bytes(&row))
			a.Msg.Arg[0], a.Msg.Arg[1] = 0, 1
		}
		if change != nil {
			change(&m, &a)
		}
		return a
	}
	b.Peers[fake.DS] = func(m abi.Msg) fake.Answer {
		a := b.DS(m)
		if change != nil {
			change(&m, &a)
		}
		return a
	}
}

func answering(_ *bench, _ int, x uint64) fake.Answer { return right(x) }

// Whatever fails among the others is named, and what does not is not.
func TestOthers(t *testing.T) {
	for name, c := range map[string]struct {
		change func(m *abi.Msg, a *fake.Answer)
		other  fake.Answer
		want   load.Failed
	}{
		"all is well": {nil, fake.Answer{}, 0},
		"another endpoint": {func(m *abi.Msg, a *fake.Answer) {
			if l, _ := abi.MakeLabel("load"); abi.UnpackLabel(m.Arg[0], m.Arg[1]) == l {
				answer(m, a, abi.RSLookup, 1, 77)
			}
		}, fake.Answer{}, load.FailedRS},
		"no status":               {func(m *abi.Msg, a *fake.Answer) { answer(m, a, abi.RSStatus, 0, uint64(abi.EIO)) }, fake.Answer{}, load.FailedRS},
		"an empty status":         {func(m *abi.Msg, a *fake.Answer) { answer(m, a, abi.RSStatus, 1, 0) }, fake.Answer{}, load.FailedRS},
		"another value":           {func(m *abi.Msg, a *fake.Answer) { answer(m, a, ds.Recall, 2, 77) }, fake.Answer{}, load.FailedStore},
		"a value that stays":      {func(m *abi.Msg, a *fake.Answer) { answer(m, a, ds.Forget, 0, 0) }, fake.Answer{}, 0},
		"the other one is silent": {nil, fake.Answer{Silent: true}, 1},
		"the other one is wrong":  {nil, fake.Answer{Msg: abi.Msg{Arg: [7]uint64{1: 9999}}}, 1},
	} {
		b := newBench(t, answering)
		if c.other != (fake.Answer{}) {
			b.Peers[fake.Client] = func(abi.Msg) fake.Answer { return c.other }
		}
		b.root(c.change)
		if _, failed := b.others(); failed != c.want {
			t.Errorf("%s: failed %#x, want %#x", name, failed, c.want)
		}
	}
}

func answer(m *abi.Msg, a *fake.Answer, t abi.MsgType, n int, v uint64) {
	if m.Type == t {
		a.Msg.Arg[n] = v
	}
}

// A service that died since the last look is looked up again.
func TestOtherLife(t *testing.T) {
	b := newBench(t, answering)
	b.root(nil)
	if tally, failed := b.others(); failed != 0 || tally != load.MakeTally(6, 0, 0, 0) {
		t.Fatalf("tally %#x, failed %#x", tally, failed)
	}
	next := abi.MakeEndpoint(fake.Client.Slot(), 2)
	b.Peers[next] = b.Peers[fake.Client]
	b.Dead[fake.Client], b.Labels["other"] = true, next
	if _, failed := b.others(); failed != 0 {
		t.Errorf("failed %#x", failed)
	}
	b.Dead[next] = true
	delete(b.Labels, "other")
	if _, failed := b.others(); failed != 1 {
		t.Errorf("with no next life: failed %#x, want 1", failed)
	}
}

// The endpoint of a dead life that is good for something is told, and so are hooks that a death has left.
func TestPromises(t *testing.T) {
	b := newBench(t, answering)
	b.root(nil)
	b.others()
	b.w.dead = grave{ep: life2} // lives
	b.Peers[life2] = b.Peers[life1]
	b.Names[life2] = "victim"
	if _, failed := b.others(); failed != load.FailedStale {
		t.Errorf("the dead lives: failed %#x, want %#x", failed, load.FailedStale)
	}
	b.w.dead = grave{ep: life1}
	b.Dead[life1] = true
	if _, failed := b.others(); failed != 0 {
		t.Errorf("the dead is dead: failed %#x", failed)
	}
	b.w.before.Hooks++
	if _, failed := b.others(); failed != load.FailedCounts {
		t.Errorf("a hook is left: failed %#x, want %#x", failed, load.FailedCounts)
	}
	b.w.before.Hooks = 0
	if _, failed := b.others(); failed != 0 {
		t.Errorf("more is free: failed %#x", failed)
	}
	for _, c := range []abi.Counts{{Open: 1}, {Orphans: 1}} {
		if whole(&c, &abi.Counts{}) {
			t.Errorf("what nobody has is there: %+v", c)
		}
	}
}

// Nothing else is looked at while a Run goes on.
func TestOthersDuringARun(t *testing.T) {
	b := newBench(t, func(_ *bench, _ int, x uint64) fake.Answer {
		a := right(x)
		a.After = time.Millisecond
		return a
	})
	b.At(10*time.Millisecond, func() { b.Post(abi.Msg{Source: fake.Client, Type: load.Others}, abi.KindSendRec) })
	b.run(50)
	if m, ok := b.Take(fake.Client); !ok || abi.Errno(m.Arg[0]) != abi.EBUSY {
		t.Errorf("answer %+v, %v; want EBUSY", m, ok)
	}
}

// Memory that is not zero is told, wherever it is, and it is left so that the same memory would be told next time.
func TestSoil(t *testing.T) {
	b := make([]byte, 1000)
	if !soil(b) || soil(b) {
		t.Error("zeros are not clean, or what was soiled is")
	}
	for _, at := range []int{0, 500, 999} {
		b := make([]byte, 1000)
		if b[at] = 1; soil(b) {
			t.Errorf("a byte at %d was not seen", at)
		}
	}
}
