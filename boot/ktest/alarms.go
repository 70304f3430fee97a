//go:build tamago

package main

import (
	"bennu/kernel/abi"
)

var alarmTests = []test{
	{"TestAlarm", alarm},
	{"TestAlarmCancelled", alarmCancelled},
	{"TestAlarmsInOrder", alarmsInOrder},
	{"TestAlarmsOfAll", alarmsOfAll},
	{"TestAlarmDiesWithTask", alarmDead},
}

func (p *puppet) alarm(ns uint64) uint64 {
	e, left := p.call(abi.CallSetAlarm, ns)
	p.t.want("SetAlarm", e, abi.OK)
	return left
}

// alarm: it comes once, from Clock, not too early, while waiting and when pending, and says when it came.
func alarm(t *T) {
	p := t.puppet()
	free := counts().Alarms
	for _, waiting := range []bool{true, false} {
		began := now()
		p.alarm(tick)
		equal(t, "alarms", counts().Alarms, free-1)
		if waiting {
			p.receive(abi.Any)
		}
		sys.Sleep(2 * tick)
		if !waiting {
			p.receive(abi.Clock)
		}
		m := p.got(abi.KindNotify, abi.Clock, abi.MsgNotify)
		if m.Arg[0] != 0 || m.Arg[1] < began+tick || m.Arg[1] > now() {
			t.errorf("came at %d, set at %d for %d", m.Arg[1], began, tick)
		}
		equal(t, "alarms", counts().Alarms, free)
		e, _ := p.poll(abi.Any)
		t.want("again", e, abi.EAGAIN)
	}
	p.alarm(1<<64 - 1)
	p.alarm(1 << 63)
	p.alarm(1) // at once
	sys.Sleep(1_000_000)
	e, _ := p.poll(abi.Any)
	t.want("at once", e, abi.OK)
}

// alarmCancelled: it does not come, not even when it was pending; the one that replaces it does.
func alarmCancelled(t *T) {
	p := t.puppet()
	equal(t, "left of none", p.alarm(0), 0)
	p.alarm(100 * tick)
	if left := p.alarm(50 * tick); left > 100*tick || left == 0 {
		t.errorf("%d ns left of %d", left, 100*tick)
	}
	if left := p.alarm(0); left > 50*tick || left == 0 {
		t.errorf("%d ns left of %d", left, 50*tick)
	}
	equal(t, "left of a cancelled one", p.alarm(0), 0)
	p.alarm(1)
	sys.Sleep(1_000_000)
	equal(t, "left of one that has come", p.alarm(0), 0)
	e, _ := p.poll(abi.Any)
	t.want("after it was taken back", e, abi.EAGAIN)
	p.alarm(1)
	sys.Sleep(1_000_000)
	p.alarm(tick)
	e, _ = p.poll(abi.Any)
	t.want("replaced", e, abi.EAGAIN)
	sys.Sleep(2 * tick)
	e, _ = p.poll(abi.Any)
	t.want("the replacement", e, abi.OK)
}

func alarmsInOrder(t *T) {
	p := t.puppets(6)
	for _, i := range []int{3, 0, 5, 1, 4, 2} {
		p[i].alarm(tick + uint64(i)*tick/4)
	}
	sys.Sleep(4 * tick)
	last := uint64(0)
	for i, x := range p {
		x.receive(abi.Clock)
		at := x.got(abi.KindNotify, abi.Clock, abi.MsgNotify).Arg[1]
		if at < last {
			t.errorf("alarm %d came at %d, the one before it at %d", i, at, last)
		}
		last = at
	}
}

// alarmsOfAll: every slot has an alarm and a limit of a receive at the same time.
func alarmsOfAll(t *T) {
	p := t.puppets(int(counts().Tasks))
	for i, x := range p {
		x.alarm(tick + uint64(i*7919%64)*10_000)
		x.blocks(abi.CallReceive, uint64(abi.Self), 10*tick+uint64(i*104729%64)*10_000)
	}
	equal(t, "alarms", counts().Alarms, 1)
	sys.Sleep(2 * tick)
	equal(t, "alarms", counts().Alarms, abi.MaxTasks)
	for n := 0; n < 100 && !p[len(p)-1].ended(); n++ {
		sys.Sleep(tick)
	}
	sys.Sleep(tick)
	for _, x := range p {
		e, _ := x.result()
		t.want("limit", e, abi.EAGAIN)
		e, kind := x.poll(abi.Clock)
		t.want("alarm", e, abi.OK)
		equal(t, "kind", kind, abi.KindNotify)
	}
}

func alarmDead(t *T) {
	free := counts().Alarms
	p := t.puppet()
	p.alarm(tick)
	t.kill(p.ep)
	equal(t, "alarms", counts().Alarms, free)
	next := t.heir(p.ep, all())
	sys.Sleep(2 * tick)
	e, _ := next.poll(abi.Any)
	t.want("alarm of the dead", e, abi.EAGAIN)
}
