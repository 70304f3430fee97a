//go:build tamago

package main

import (
	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
)

var rightTests = []test{
	{"TestTrapMask", trapMask},
	{"TestSendMask", sendMask},
	{"TestSendMaskSymmetry", sendSymmetry},
	{"TestCallMaskOff", callMaskOff},
	{"TestCallMaskEach", callMaskEach},
	{"TestReplyReceiveRights", replyReceiveRights},
	{"TestUnknownCalls", unknownCalls},
	{"TestDeathsAreRoots", deathsAreRoots},
	{"TestArchPrctl", archPrctl},
}

var primitives = []abi.CallNr{abi.CallSend, abi.CallReceive, abi.CallSendRec, abi.CallNotify, abi.CallSendNB, abi.CallSendA}

// trapMask: each primitive alone is denied, each alone is allowed.
func trapMask(t *T) {
	peer := t.puppet()
	for _, only := range primitives {
		p := all()
		p.TrapMask = abi.TrapBit(only)
		x := t.puppetWith(p)
		for _, nr := range primitives {
			to, limit := uint64(peer.ep), uint64(0)
			if nr == abi.CallSendRec {
				limit = 1
			}
			x.start(nr, to, limit)
			if nr != only {
				e, _ := x.result()
				t.want(callName(nr), e, abi.ETRAPDENIED)
				continue
			}
			if nr == abi.CallSend {
				equal(t, "send waits", x.ended(), false)
				if e, _ := peer.poll(x.ep); e != abi.OK {
					t.errorf("receive of what was sent: %s", e.Name())
				}
			}
			sys.Sleep(2)
			e, _ := x.result()
			want := map[abi.CallNr]abi.Errno{abi.CallReceive: abi.EAGAIN, abi.CallSendRec: abi.ETIMEDOUT, abi.CallSendNB: abi.ENOTREADY}[nr]
			t.want(callName(nr)+" allowed", e, want)
		}
		t.kill(x.ep)
	}
}

// replyReceiveRights: the call has no bit of its own, and needs both others.
func replyReceiveRights(t *T) {
	peer, other := t.puppet(), t.puppet()
	for _, mask := range []uint32{0, abi.TrapBit(abi.CallSendNB), abi.TrapBit(abi.CallReceive), abi.AllTraps &^ abi.TrapBit(abi.CallReceive), abi.AllTraps &^ abi.TrapBit(abi.CallSendNB),
		abi.TrapBit(abi.CallSendNB) | abi.TrapBit(abi.CallReceive)} {
		p := all()
		p.TrapMask = mask
		x := t.puppetWith(p)
		peer.receive(x.ep)
		x.setMsg(0x300)
		if x.start(abi.CallReplyReceive, uint64(peer.ep)); mask&replyReceive != replyReceive {
			e, _ := x.result()
			t.want("replyreceive", e, abi.ETRAPDENIED)
			equal(t, "sent", peer.ended(), false)
			t.kill(x.ep)
			e, _ = peer.result()
			t.want("receive from the dead", e, abi.EDEADSRCDST)
			continue
		}
		peer.got(abi.KindSendNB, x.ep, 0x300)
		other.setMsg(0x400)
		e, _ := other.call(abi.CallSendNB, uint64(x.ep))
		t.want("sendnb to who has answered", e, abi.OK)
		x.got(abi.KindSendNB, other.ep, 0x400)
		x.setMsg(0x300)
		e, _ = x.call(abi.CallReplyReceive, uint64(peer.ep))
		t.want("replyreceive to who does not wait", e, abi.ENOTREADY)
		t.kill(x.ep)
	}
}

const replyReceive = 1<<abi.CallSendNB | 1<<abi.CallReceive

func callName(nr abi.CallNr) string {
	return [...]string{"?", "send", "receive", "sendrec", "notify", "sendnb", "senda", "replyreceive"}[nr]
}

func sendMask(t *T) {
	peer := t.puppet()
	p := all()
	p.deaf = true
	x := t.puppetWith(p)
	for _, nr := range []abi.CallNr{abi.CallSend, abi.CallSendRec, abi.CallNotify, abi.CallSendNB, abi.CallSendA, abi.CallReplyReceive} {
		for _, to := range []abi.Endpoint{peer.ep, me(), x.ep} {
			e, _ := x.call(nr, uint64(to), 0)
			t.want(callName(nr), e, abi.ECALLDENIED)
		}
	}
	var q abi.Privilege
	t.must("query", sys.PrivQuery(x.ep, &q))
	equal(t, "whom it may send to", q.NSendTo, 0)
	t.want("root to it", sys.Notify(x.ep), abi.ECALLDENIED)
}

// sendSymmetry: who may be asked may answer, but if all it can do is receive; and a slot's next task
// inherits nothing.
func sendSymmetry(t *T) {
	p := all()
	p.deaf = true
	a := t.puppetWith(p)
	p.TrapMask = abi.TrapBit(abi.CallReceive)
	deaf := t.puppetWith(p)
	p = all()
	gone := t.puppet()
	t.kill(gone.ep)
	p.SendTo[0], p.SendTo[1], p.SendTo[2], p.SendTo[3], p.NSendTo = gone.ep, a.ep, deaf.ep, abi.Any, 4
	b := t.puppetWith(p)
	to := func(x *puppet) (list [2]abi.Endpoint) {
		var q abi.Privilege
		t.must("query", sys.PrivQuery(x.ep, &q))
		if q.NSendTo > 2 {
			t.errorf("%d may send to %d tasks", x.ep, q.NSendTo)
		}
		copy(list[:], q.SendTo[:q.NSendTo])
		return list
	}
	if list := to(b); list != [2]abi.Endpoint{a.ep, deaf.ep} && list != [2]abi.Endpoint{deaf.ep, a.ep} {
		t.errorf("the asker may send to %d, want %d and %d: the dead are passed over", list, a.ep, deaf.ep)
	}
	equal(t, "the answerer's", to(a), [2]abi.Endpoint{b.ep})
	equal(t, "the receiver's", to(deaf), [2]abi.Endpoint{})
	e, _ := a.call(abi.CallNotify, uint64(b.ep))
	t.want("answer", e, abi.OK)
	t.kill(b.ep)
	equal(t, "after the asker's death", to(a), [2]abi.Endpoint{})
	p.deaf, p.NSendTo = true, 0
	c := t.heir(b.ep, p)
	e, _ = a.call(abi.CallNotify, uint64(c.ep))
	t.want("notify the slot's next task", e, abi.ECALLDENIED)
}

// callMaskOff: a task with no call at all gets ECALLDENIED from each.
func callMaskOff(t *T) {
	prog := code.New()
	for nr := abi.CallBase + 1; nr <= abi.CallMax; nr++ {
		prog.Call(nr).Result(code.Data + 16*uint64(nr-abi.CallBase))
	}
	p := all()
	p.CallMask = 0
	ep := t.start(prog.Stop(), p)
	for nr := abi.CallBase + 1; nr <= abi.CallMax; nr++ {
		t.want(itoa(uint64(nr)), abi.Errno(t.peek(ep, code.Data+16*uint64(nr-abi.CallBase))), abi.ECALLDENIED)
	}
}

// callMaskEach: with one call's bit, that one is not denied and every other is.
func callMaskEach(t *T) {
	for only := abi.CallBase + 1; only <= abi.CallMax; only++ {
		prog := code.New()
		for nr := abi.CallBase + 1; nr <= abi.CallMax; nr++ {
			prog.Call(nr, 0, 0, 0, 0, 0).Result(code.Data + 16*uint64(nr-abi.CallBase))
		}
		p := all()
		p.CallMask = abi.CallBit(only)
		ep := t.start(prog.Stop(), p)
		for nr := abi.CallBase + 1; nr <= abi.CallMax; nr++ {
			e := abi.Errno(t.peek(ep, code.Data+16*uint64(nr-abi.CallBase)))
			if (e == abi.ECALLDENIED) == (nr == only) {
				t.errorf("bit of %d: call %d gives %s", only, nr, e.Name())
			}
		}
		t.kill(ep)
	}
}

func unknownCalls(t *T) {
	for _, nr := range []uint64{0, 8, 9, 31, uint64(abi.CallMax) + 1, 63, 64, 100, 159, 1 << 8, 1 << 16, 1<<32 + 1, 1 << 32, 1 << 63, 1<<64 - 1, 1<<64 - 32} {
		r := t.death(t.start(code.New().Call(abi.CallNr(nr)).Exit(0), all()), abi.CauseBadCall)
		equal(t, "number", r.Status, nr)
	}
}

func deathsAreRoots(t *T) {
	p := t.puppet()
	e, _ := p.call(abi.CallGetInfo, uint64(abi.InfoDeath))
	t.want("InfoDeath", e, abi.EPERM)
	for _, c := range []struct {
		kind, index uint64
		want        abi.Errno
	}{
		{0, 0, abi.EINVAL}, {uint64(abi.InfoCheck), 0, abi.EPERM}, {uint64(abi.InfoDMA) + 1, 0, abi.EINVAL}, {uint64(abi.InfoDMA), 0, abi.EPERM}, {uint64(abi.InfoBuses), 0, abi.EPERM}, {uint64(abi.InfoPCI), 0, abi.ESRCH}, {uint64(abi.InfoLives), 0, abi.EPERM}, {1 << 63, 0, abi.EINVAL}, {uint64(abi.InfoTask), abi.MaxTasks, abi.EDOM},
		{uint64(abi.InfoTask), abi.MaxTasks - 1, abi.ESRCH}, {uint64(abi.InfoTask), 1<<64 - 1, abi.EDOM}, {uint64(abi.InfoImage), abi.MaxImages, abi.EDOM},
		{uint64(abi.InfoImage), 0, abi.ESRCH}, {uint64(abi.InfoImage), 1<<64 - 1, abi.EDOM}, {uint64(abi.InfoAsync), 0, abi.EAGAIN},
		{uint64(abi.InfoLog), 1<<64 - 1, abi.EDOM}, {uint64(abi.InfoLog), 1<<56 - 1, abi.OK}, {uint64(abi.InfoMachine), 1 << 63, abi.OK},
	} {
		e, _ := p.call(abi.CallGetInfo, c.kind, c.index)
		t.want("GetInfo "+itoa(c.kind)+" "+itoa(c.index), e, c.want)
	}
}

// archPrctl: any address may be asked for; one that the CPU cannot hold must not become the kernel's
// exception.
func archPrctl(t *T) {
	prog := code.New().Call(abi.CallArchPrctl, abi.ArchSetFS, code.Data).Result(code.Data)
	prog.Bytes(0xf3, 0x48, 0x0f, 0xae, 0xc0) // RDFSBASE AX
	ep := t.start(prog.Store(code.Data+16, code.AX).Stop(), all())
	equal(t, "fs base", t.peek(ep, code.Data+16), code.Data)
	for _, bad := range []uint64{1 << 63, 0x8000_0000_0000, 0xffff_7fff_ffff_ffff, 1<<64 - 1, 0xffff_8000_0000_0000} {
		ep := t.start(code.New().Call(abi.CallArchPrctl, abi.ArchSetFS, bad).Exit(0), all())
		var r abi.DeathRecord
		if !takeDeath(&r) || r.Endpoint != ep || r.Cause != abi.CauseExit && r.Cause != abi.CauseBadCall {
			t.errorf("%#x: %s", bad, describe(&r))
		}
	}
	t.death(t.start(code.New().Call(abi.CallArchPrctl, 0x1001, 0).Exit(0), all()), abi.CauseBadCall)
}
