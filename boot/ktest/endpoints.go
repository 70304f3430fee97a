//go:build tamago

package main

import (
	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
)

var endpointTests = []test{
	{"TestStaleEndpoint", stale},
	{"TestGenerations", generations},
	{"TestSpecialEndpoints", specialTargets},
}

// onEndpoints is each call whose argument n is an endpoint.
var onEndpoints = []struct {
	nr   abi.CallNr
	n    int
	args [5]uint64
}{
	{abi.CallSend, 0, [5]uint64{}}, {abi.CallReceive, 0, [5]uint64{1: 0}}, {abi.CallSendRec, 0, [5]uint64{1: 1}}, {abi.CallNotify, 0, [5]uint64{}},
	{abi.CallSendNB, 0, [5]uint64{}}, {abi.CallSendA, 0, [5]uint64{}}, {abi.CallReplyReceive, 0, [5]uint64{}},
	{abi.CallPrivCtl, 1, [5]uint64{uint64(abi.PrivSet)}}, {abi.CallPrivCtl, 1, [5]uint64{uint64(abi.PrivAllow)}},
	{abi.CallPrivCtl, 1, [5]uint64{uint64(abi.PrivDisallow)}}, {abi.CallPrivCtl, 1, [5]uint64{uint64(abi.PrivQuery)}},
	{abi.CallTaskKill, 0, [5]uint64{}}, {abi.CallTimes, 0, [5]uint64{}},
	{abi.CallTrace, 1, [5]uint64{uint64(abi.TracePeek), 2: code.Data}}, {abi.CallTrace, 1, [5]uint64{uint64(abi.TracePoke), 2: code.Data}},
	{abi.CallTrace, 1, [5]uint64{uint64(abi.TraceRegs)}}, {abi.CallTrace, 1, [5]uint64{uint64(abi.TraceSetPC), 2: code.Text}},
	{abi.CallTrace, 1, [5]uint64{uint64(abi.TracePoke1), 2: code.Data}},
	{abi.CallCopyFrom, 0, [5]uint64{3: code.Data}}, {abi.CallCopyTo, 0, [5]uint64{3: code.Data}},
}

// stale: the endpoint of a dead task answers EDEADSRCDST everywhere, also when its slot lives again, and
// whoever lives there notices nothing.
func stale(t *T) {
	p := t.puppet()
	old := t.puppet()
	t.kill(old.ep)
	for _, reused := range []bool{false, true} {
		var next *puppet
		if reused {
			next = t.heir(old.ep, all())
		}
		for _, c := range onEndpoints {
			a := c.args
			a[c.n] = uint64(old.ep)
			e, _ := p.call(c.nr, a[:]...)
			t.want("call "+itoa(uint64(c.nr)), e, abi.EDEADSRCDST)
		}
		if reused {
			e, _ := next.poll(abi.Any)
			t.want("the slot's next task receives", e, abi.EAGAIN)
		}
	}
}

// generations: no two lives have one endpoint; slots are taken in turn, and each life of one is one generation on.
func generations(t *T) {
	id := t.image(code.New().Exit(0).ELF())
	p, last, free := all(), map[int]abi.Endpoint{}, int(counts().Tasks)
	for i := range 3 * free {
		ep := t.create(id, "life")
		old, again := last[ep.Slot()]
		if again != (i >= free) || again && ep.Generation() != old.Generation()+1 {
			t.errorf("life %d: endpoint %#x, its slot's last was %#x", i, ep, old)
		}
		last[ep.Slot()] = ep
		t.must("set", set(ep, p))
		t.must("allow", sys.PrivAllow(ep))
		t.death(ep, abi.CauseExit)
	}
	t.must("ImageFree", sys.ImageFree(id))
}

// specialTargets: no call takes what is not a task for one.
func specialTargets(t *T) {
	p := t.puppet()
	for _, ep := range specials {
		for _, c := range onEndpoints {
			want := abi.EDEADSRCDST
			switch {
			case ep == abi.Any && c.nr <= abi.CallReplyReceive && c.nr != abi.CallReceive:
				want = abi.EINVAL
			case c.nr == abi.CallReceive && (ep == abi.Any || ep == abi.Hardware || ep == abi.Clock || ep == abi.System || ep == abi.Self):
				want = abi.EAGAIN
			case c.nr == abi.CallTimes && ep == abi.Self:
				want = abi.OK
			}
			a := c.args
			a[c.n] = uint64(ep)
			e, _ := p.call(c.nr, a[:]...)
			t.want("call "+itoa(uint64(c.nr))+" on "+itoa(uint64(ep)), e, want)
		}
	}
	e, _ := p.call(abi.CallTimes, 0xffff<<32|uint64(me()))
	t.want("the upper half of an endpoint's register is nobody's", e, abi.OK)
}
