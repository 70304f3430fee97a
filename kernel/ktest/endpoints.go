//go:build tamago

package main

import (
	"bennu/kernel/abi"
	"bennu/kernel/ktest/code"
	"bennu/kernel/usys"
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
	{abi.CallSendNB, 0, [5]uint64{}}, {abi.CallSendA, 0, [5]uint64{}},
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
			next = t.puppet()
			equal(t, "slot", next.ep.Slot(), old.ep.Slot())
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

// generations: each life of a slot has another endpoint, one generation on.
func generations(t *T) {
	id := t.image(code.New().Exit(0).ELF())
	p, last := all(), abi.Endpoint(0)
	for i := range 50 {
		ep := t.create(id, "life")
		if i > 0 && (ep.Slot() != last.Slot() || ep.Generation() != last.Generation()+1) {
			t.errorf("endpoint %#x after %#x", ep, last)
		}
		last = ep
		t.must("set", usys.PrivSet(ep, &p))
		t.must("allow", usys.PrivAllow(ep))
		t.death(ep, abi.CauseExit)
	}
	t.must("ImageFree", usys.ImageFree(id))
}

// specialTargets: no call takes what is not a task for one.
func specialTargets(t *T) {
	p := t.puppet()
	for _, ep := range specials {
		for _, c := range onEndpoints {
			want := abi.EDEADSRCDST
			switch {
			case ep == abi.Any && c.nr <= abi.CallSendA && c.nr != abi.CallReceive:
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
