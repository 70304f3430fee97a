//go:build amd64 && !tamago

package kernel

import (
	"reflect"
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/sched"
	"bennu/kernel/task"
)

// handing is a rig in which a, running, is about to make a call that can hand the processor over to b.
type handing struct {
	*rig
	a, b *task.Task
	c    *arch.Context
}

// handed lets a ask b, or answer it, and tells whether the processor was handed over; spoil runs just before. It is an error if
// anything has changed when it was not.
func handed(t *testing.T, nr abi.CallNr, spoil func(h *handing)) (yes bool) {
	t.Helper()
	r := newRig(t)
	r.broken = true // spoilt states are none that the kernel makes
	h := &handing{rig: r, a: r.make(limited(2, 1e9, 1e9)), b: r.make(limited(2, 1e9, 1e9))}
	r.away()
	for _, x := range []*task.Task{h.b, h.a} {
		r.call(x, abi.CallTimes, uint64(abi.Self)) // each has run
	}
	r.call(h.b, abi.CallReceive, uint64(abi.Any), abi.NoTimeout)
	r.syscall(h.a, nr, uint64(h.b.Endpoint), abi.NoTimeout)
	do := r.m.next[h.a.Slot]
	tried := false
	r.does(h.a, func(c *arch.Context) uint64 {
		v := do(c)
		h.c = c
		r.m.tsc += 50
		r.longest = 1 << 40
		if spoil != nil {
			spoil(h)
		}
		before := h.state()
		tried, yes = true, handOver(r.Kernel, c, r.m.tsc-50, r.m.tsc) != nil
		if !yes && !reflect.DeepEqual(before, h.state()) {
			t.Errorf("refused, and something has changed:\n%+v\n%+v", before, h.state())
		}
		panic(v)
	})
	defer func() {
		if v := recover(); v != any(uint64(arch.VectorSyscall)) || !tried {
			t.Fatalf("the call was not tried: %v", v)
		}
	}()
	r.until("call", func() bool { return tried })
	return yes
}

// state is a copy of all that the handover may write to.
func (h *handing) state() any {
	k := h.Kernel
	return []any{k.tasks.Seq, k.bill, k.entered, k.longest, k.why, k.latency, *h.sched, *h.a, *h.b, *h.root, *h.a.Ctx, *h.b.Ctx, h.a.Call.Msg, h.b.Call.Msg}
}

// Whatever is not as the handover takes it to be has it do nothing at all.
func TestHandOverRefuses(t *testing.T) {
	ask, reply := abi.CallSendRec, abi.CallReplyReceive
	both := []abi.CallNr{ask, reply}
	without := func(nr abi.CallNr) func(h *handing) {
		return func(h *handing) { h.a.Priv.TrapMask = abi.AllTraps &^ abi.TrapBit(nr) }
	}
	share := func(x *task.Task, h *handing, budget uint64) {
		h.sched.Set(x.Account, sched.Share{Level: 3, Budget: budget, Period: 1 << 30, Turn: 1 << 20, Serve: 1 << 20}, h.since)
	}
	for _, c := range []struct {
		name  string
		calls []abi.CallNr
		spoil func(h *handing)
	}{
		{"somebody is to be picked", both, func(h *handing) { h.settled = 0 }},
		{"a charge is due", both, func(h *handing) { h.due = h.m.tsc }},
		{"a charge was due", both, func(h *handing) { h.due = h.m.tsc - 1 }},
		{"the longest stay", both, func(h *handing) { h.longest, h.Kernel.entered = 0, h.m.tsc-60 }},
		{"nobody's turn", both, func(h *handing) { h.slot = -1 }},
		{"its first stay", both, func(h *handing) { h.a.FirstRunNS = 0 }},
		{"the slot's next task", both, func(h *handing) { h.c.Frame.DI = uint64(abi.MakeEndpoint(h.b.Slot, h.b.Generation+1)) }},
		{"anybody", both, func(h *handing) { h.c.Frame.DI = uint64(abi.Any) }},
		{"the dead", both, func(h *handing) { h.b.Live = false }},
		{"who does not wait", both, func(h *handing) { h.b.Wait = 0 }},
		{"who sends", both, func(h *handing) { h.b.Wait |= task.Sending }},
		{"who may not run", both, func(h *handing) { h.b.Wait |= task.NoPriv }},
		{"who waits for another", both, func(h *handing) { h.b.RecvFrom = h.root.Endpoint }},
		{"who waits for an interrupt", both, func(h *handing) { h.b.RecvFrom = abi.Hardware }},
		{"who waits with a limit", both, func(h *handing) { h.b.Limited = true }},
		{"a server", both, func(h *handing) { h.b.Server = true }},
		{"the root task", both, func(h *handing) { h.b.Root = true }},
		{"who waits for an answer", []abi.CallNr{ask}, func(h *handing) { h.b.Seq, h.b.RecvFrom = 9, h.a.Endpoint }},
		{"who waits for an answer, though it is quoted", []abi.CallNr{ask}, answered},
		{"no answer to who waits for one", []abi.CallNr{reply}, func(h *handing) { h.b.Seq, h.b.RecvFrom = 9, h.a.Endpoint }},
		{"an answer to another request", []abi.CallNr{reply}, func(h *handing) { answered(h); h.a.Call.Msg.Seq-- }},
		{"an answer to another's request", []abi.CallNr{reply}, func(h *handing) { answered(h); h.b.RecvFrom = h.root.Endpoint }},
		{"an answer to who waits for none", []abi.CallNr{reply}, func(h *handing) { h.a.Call.Msg.Seq = 9 }},
		{"it is the root task", []abi.CallNr{reply}, func(h *handing) { h.a.Root = true }},
		{"whom it may not send to", both, func(h *handing) { h.a.SendTo = ^(uint64(1) << h.b.Slot) }},
		{"the kernel's type", both, func(h *handing) { h.a.Call.Msg.Type = abi.MsgNotify }},
		{"no right to sendrec", []abi.CallNr{ask}, without(abi.CallSendRec)},
		{"no right to sendnb", []abi.CallNr{reply}, without(abi.CallSendNB)},
		{"no right to receive", []abi.CallNr{reply}, without(abi.CallReceive)},
		{"a limit", []abi.CallNr{ask}, func(h *handing) { h.c.Frame.SI = 1e9 }},
		{"an interrupt waits", []abi.CallNr{reply}, func(h *handing) { h.a.IRQBits = 1 << 63 }},
		{"the system's event waits", []abi.CallNr{reply}, func(h *handing) { h.a.SysBits = 1 << 63 }},
		{"a notification waits", []abi.CallNr{reply}, func(h *handing) { h.a.Notified = 1 << 63 }},
		{"an alarm waits", []abi.CallNr{reply}, func(h *handing) { h.a.Alarm = true }},
		{"a message waits", []abi.CallNr{reply}, func(h *handing) { h.a.AsyncFirst = new(task.Async) }},
		{"a sender waits", []abi.CallNr{reply}, func(h *handing) { h.a.Senders = 0 }},
		{"its own budget ends with this", both, func(h *handing) { share(h.a, h, h.m.tsc-h.since) }},
		{"its own bucket is to be filled", both, func(h *handing) { share(h.a, h, 1<<29); h.since -= 1 << 24; h.m.tsc += 1 << 24 }},
		{"its own budget is used up", both, func(h *handing) {
			share(h.a, h, 1<<20)
			h.sched.Charge(h.a.Account, 1<<20, h.since, sched.Whole)
			h.settled = h.generation()
		}},
		{"nobody was ready since it was charged", both, func(h *handing) { share(h.a, h, 1<<29); h.sched.Idle(); h.settled = h.generation() }},
		{"its time is free", both, func(h *handing) { share(h.a, h, 1<<29); h.how = sched.Free }},
		{"the other's budget is used up", both, func(h *handing) {
			share(h.b, h, 1<<20)
			h.sched.Charge(h.b.Account, 1<<20, h.since, sched.Whole)
			h.settled = h.generation()
		}},
		{"somebody better is ready", both, func(h *handing) { h.ready(h.root, 0) }},
		{"an equal is ready", both, func(h *handing) { h.ready(h.root, 3) }},
		{"the other works for somebody, up to a limit", both, func(h *handing) {
			share(h.b, h, 1<<29)
			h.sched.SetPayer(h.b.Slot, h.root.Account)
			h.settled = h.generation()
		}},
		{"it works for somebody, up to a limit", []abi.CallNr{ask}, func(h *handing) {
			share(h.a, h, 1<<29)
			h.sched.SetPayer(h.a.Slot, h.root.Account)
			h.payer, h.settled = h.root.Account, h.generation()
		}},
		{"the timer is to be set", both, func(h *handing) {
			share(h.b, h, 1<<20)
			h.ready(h.root, 6)
			h.armed = ^uint64(0)
		}},
	} {
		for _, nr := range c.calls {
			if handed(t, nr, c.spoil) {
				t.Errorf("call %d, %s: handed over", nr, c.name)
			}
		}
	}
}

// ready makes x ready at a level, as if it had been before the task was picked.
func (h *handing) ready(x *task.Task, level int) {
	h.sched.Set(x.Account, sched.Share{Level: level, Budget: 1 << 30, Period: 1 << 30, Turn: 1 << 20}, h.since)
	x.Wait = 0
	h.sched.Ready(x.Slot, h.since)
	h.settled = h.generation()
}

// answered: b waits for what a answers.
func answered(h *handing) {
	h.b.Seq, h.b.RecvFrom, h.a.Call.Msg.Seq = 1<<40+9, h.a.Endpoint, 1<<40+9
}

// It is handed over from where it can be: what refuses is the one thing that was spoilt.
func TestHandOver(t *testing.T) {
	spoils := map[string]func(h *handing){
		"plain":            nil,
		"waits for it":     func(h *handing) { h.b.RecvFrom = h.a.Endpoint },
		"answered":         answered,
		"a server asked":   func(h *handing) { answered(h); h.b.Server = true },
		"root asked":       func(h *handing) { answered(h); h.b.Root = true },
		"an old quote":     func(h *handing) { h.a.Call.Msg.Seq = 9 },
		"worse is ready":   func(h *handing) { h.ready(h.root, 6) },
		"it has equals":    func(h *handing) { h.level(h.b, 2); h.ready(h.root, 3) },
		"budgets are left": func(h *handing) { h.level(h.a, 3, 1<<29); h.level(h.b, 3, 1<<29); h.ready(h.root, 6); h.armed = 1 },
		"a server serves": func(h *handing) {
			h.sched.SetPayer(h.a.Slot, h.root.Account)
			h.payer, h.settled = h.root.Account, h.generation()
		},
		"a server served": func(h *handing) { h.sched.SetPayer(h.b.Slot, h.root.Account); h.settled = h.generation() },
	}
	for name, spoil := range spoils {
		for _, nr := range []abi.CallNr{abi.CallSendRec, abi.CallReplyReceive} {
			if only, one := map[string]abi.CallNr{"answered": abi.CallReplyReceive, "a server asked": abi.CallReplyReceive, "root asked": abi.CallReplyReceive, "an old quote": abi.CallSendRec}[name]; one && nr != only {
				continue
			}
			if !handed(t, nr, spoil) {
				t.Errorf("%s, call %d: refused", name, nr)
			}
		}
	}
}

// level puts x on another level, with a budget if one is given.
func (h *handing) level(x *task.Task, level int, budget ...uint64) {
	s := sched.Share{Level: level, Budget: 1 << 30, Period: 1 << 30, Turn: 1 << 20, Serve: 1 << 20}
	if budget != nil {
		s.Budget = budget[0]
	}
	h.sched.Set(x.Account, s, h.since)
	h.settled = h.generation()
}
