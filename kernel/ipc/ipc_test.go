package ipc

import (
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/task"
)

// The checks of each primitive, in MINIX's order.
func TestChecks(t *testing.T) {
	primitives := map[abi.CallNr]func(*rig, abi.Endpoint){
		abi.CallSend:    func(r *rig, to abi.Endpoint) { r.Send(r.task(0), to) },
		abi.CallSendRec: func(r *rig, to abi.Endpoint) { r.SendRec(r.task(0), to, forever) },
		abi.CallNotify:  func(r *rig, to abi.Endpoint) { r.Notify(r.task(0), to) },
		abi.CallSendNB:  func(r *rig, to abi.Endpoint) { r.SendNB(r.task(0), to) },
		abi.CallSendA:   func(r *rig, to abi.Endpoint) { r.SendA(r.task(0), to, 0) },
	}
	for nr, do := range primitives {
		for _, c := range []struct {
			name  string
			setup func(r *rig) abi.Endpoint
			want  string
		}{
			{"any", func(r *rig) abi.Endpoint { return abi.Any }, "EINVAL"},
			{"none", func(r *rig) abi.Endpoint { return abi.None }, "EDEADSRCDST"},
			{"self", func(r *rig) abi.Endpoint { return r.from(0) }, "ECALLDENIED"},
			{"stale", func(r *rig) abi.Endpoint {
				old := r.from(1)
				r.die(r.task(1))
				r.add()
				return old
			}, "EDEADSRCDST"},
			{"stale before masks", func(r *rig) abi.Endpoint {
				old := r.from(1)
				r.die(r.task(1))
				r.task(0).SendTo, r.task(0).Priv.TrapMask = 0, 0
				return old
			}, "EDEADSRCDST"},
			{"send mask before trap mask", func(r *rig) abi.Endpoint {
				r.task(0).SendTo, r.task(0).Priv.TrapMask = 0, 0
				return r.from(1)
			}, "ECALLDENIED"},
			{"trap mask before type", func(r *rig) abi.Endpoint {
				r.task(0).Priv.TrapMask = abi.AllTraps &^ abi.TrapBit(nr)
				r.task(0).Call.Msg.Type = abi.MsgNotify
				return r.from(1)
			}, "ETRAPDENIED"},
		} {
			r := newRig(t, 2)
			do(r, c.setup(r))
			if s := r.state(0); s != c.want {
				t.Errorf("call %d, %s: %s, want %s", nr, c.name, s, c.want)
			}
		}
	}
}

// Pending things come in the order of MINIX.md 3.6: notifications (Hardware, Clock, System, tasks by slot),
// senda by age, senders by age.
func TestReceiveOrder(t *testing.T) {
	r := newRig(t, 6)
	r.send(5, 0, 0x15)
	r.send(4, 0, 0x14)
	for _, n := range []int{3, 2} {
		r.msg(n, abi.MsgType(0x20+n), 0)
		r.SendA(r.task(n), r.from(0), 0)
		r.Notify(r.task(n), r.from(0))
	}
	r.SystemEvent(r.task(0), abi.SystemAsync)
	r.Alarm(r.task(0), 1)
	r.Interrupt(r.task(0), 7, 1)
	for _, c := range []struct {
		kind abi.ReceiveKind
		from abi.Endpoint
		typ  abi.MsgType
	}{
		{abi.KindNotify, abi.Hardware, abi.MsgNotify}, {abi.KindNotify, abi.Clock, abi.MsgNotify}, {abi.KindNotify, abi.System, abi.MsgNotify},
		{abi.KindNotify, r.from(2), abi.MsgNotify}, {abi.KindNotify, r.from(3), abi.MsgNotify},
		{abi.KindSendA, r.from(3), 0x23}, {abi.KindSendA, r.from(2), 0x22}, {abi.KindSend, r.from(5), 0x15}, {abi.KindSend, r.from(4), 0x14},
	} {
		r.receive(0, abi.Any, forever)
		r.got(0, c.kind, c.from, c.typ)
	}
	r.receive(0, abi.Any, 0)
	r.want(0, "EAGAIN")
}

// A receive that waits is ended by what it waits for and by nothing else.
func TestWaiting(t *testing.T) {
	for _, c := range []struct {
		name string
		from func(r *rig) abi.Endpoint
		do   func(r *rig)
		ends bool
	}{
		{"any, notify", func(r *rig) abi.Endpoint { return abi.Any }, func(r *rig) { r.Notify(r.task(1), r.from(0)) }, true},
		{"task, its notify", func(r *rig) abi.Endpoint { return r.from(1) }, func(r *rig) { r.Notify(r.task(1), r.from(0)) }, true},
		{"task, another's notify", func(r *rig) abi.Endpoint { return r.from(2) }, func(r *rig) { r.Notify(r.task(1), r.from(0)) }, false},
		{"task, an interrupt", func(r *rig) abi.Endpoint { return r.from(1) }, func(r *rig) { r.Interrupt(r.task(0), 1, 1) }, false},
		{"hardware, an interrupt", func(r *rig) abi.Endpoint { return abi.Hardware }, func(r *rig) { r.Interrupt(r.task(0), 1, 1) }, true},
		{"hardware, an alarm", func(r *rig) abi.Endpoint { return abi.Hardware }, func(r *rig) { r.Alarm(r.task(0), 1) }, false},
		{"clock, an alarm", func(r *rig) abi.Endpoint { return abi.Clock }, func(r *rig) { r.Alarm(r.task(0), 1) }, true},
		{"system, an event", func(r *rig) abi.Endpoint { return abi.System }, func(r *rig) { r.SystemEvent(r.task(0), 1) }, true},
		{"system, a send", func(r *rig) abi.Endpoint { return abi.System }, func(r *rig) { r.send(1, 0, 1) }, false},
		{"task, another's send", func(r *rig) abi.Endpoint { return r.from(2) }, func(r *rig) { r.send(1, 0, 1) }, false},
	} {
		r := newRig(t, 3)
		r.receive(0, c.from(r), forever)
		c.do(r)
		if ended := r.state(0) != "receiving"; ended != c.ends {
			t.Errorf("%s: ended %v", c.name, ended)
		}
	}
}

// The bits of interrupts that come before they are received add up, and the time is the first one's.
func TestInterruptBits(t *testing.T) {
	r := newRig(t, 1)
	r.Interrupt(r.task(0), 3, 100)
	r.Interrupt(r.task(0), 63, 200)
	r.Interrupt(r.task(0), 3, 300)
	r.receive(0, abi.Any, 0)
	r.got(0, abi.KindNotify, abi.Hardware, abi.MsgNotify)
	if a := r.task(0).Call.Msg.Arg; a[0] != 1<<3|1<<63 || a[1] != 100 {
		t.Errorf("bits %#x at %d", a[0], a[1])
	}
}

// A limit that comes does what it says at each stage of a sendrec, and one that came too late does nothing.
func TestWaitOver(t *testing.T) {
	r := newRig(t, 2)
	r.sendrec(0, 1, 1, 50)
	if r.limits[0] != 50 {
		t.Errorf("limit %d, want 50", r.limits[0])
	}
	r.WaitOver(r.task(0))
	r.want(0, "ETIMEDOUT")
	if r.task(0).Ctx.Frame.DX != 0 || r.task(1).Senders != task.None {
		t.Error("unsent request: value or queue")
	}
	r.sendrec(0, 1, 1, 50)
	r.receive(1, abi.Any, forever)
	r.WaitOver(r.task(0))
	r.want(0, "ETIMEDOUT")
	if r.task(0).Ctx.Frame.DX != 1 {
		t.Error("a request that was received is reported as unsent")
	}
	r.receive(0, abi.Any, 50)
	r.WaitOver(r.task(0))
	r.want(0, "EAGAIN")
	r.WaitOver(r.task(0))
	r.want(0, "EAGAIN")
	if len(r.limits) != 0 {
		t.Errorf("limits left: %v", r.limits)
	}
}
