//go:build tamago

package main

import (
	"bytes"
	"strconv"

	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
)

// The tester is the root task itself. In these cases it dies, in each way that it can, in the middle of much with others; its next life finds in
// kept memory what it was doing, looks at what is left, and goes on with the next case.

// will is what a life of the tester leaves to the next one. It is bytes: nothing in it points anywhere.
type will struct {
	Magic  uint64
	Way    uint64 // of departures: how the life ends
	Number uint64 // of the case
	Failed uint64 // cases
	Total  uint64
	Before abi.Counts
	Tasks  [8]abi.Endpoint
	Accts  [8]abi.AccountID
	Window abi.WindowID
	Seq    uint64
	Image  uint32
	Bad    uint32 // the case has failed before the end
	Life   uint32
	Grant  uint32
}

const willMagic = 0x6c6c6977_6c6c6977

// Places of a will's Tasks.
const (
	queued = iota // in a sendrec that was not received
	heard         // in one that was received and not answered
	friend        // has let the root task a window and a grant, and notified it
	killer        // ends the root task in some departures
	died          // its record was taken and not consumed
	nTasks
)

// departures is how the root task's life ends.
var departures = []struct {
	name  string
	do    func(t *T, w *will)
	cause abi.Cause
}{
	{"TestRebornExit", func(*T, *will) { sys.Exit(3, abi.ExitNormal) }, abi.CauseExit},
	{"TestRebornPanicExit", func(*T, *will) { sys.Exit(3, abi.ExitPanic) }, abi.CausePanic},
	{"TestRebornGoPanic", func(*T, *will) { panic("of a test") }, abi.CausePanic},
	{"TestRebornException", func(*T, *will) { storeAt(0x1000) }, abi.CauseException},
	{"TestRebornStoreToKept", func(*T, *will) { storeAt(abi.KeptBase) }, abi.CauseException},
	{"TestRebornBadBuffer", func(*T, *will) { sys.KeepStage(0, nowhere()) }, abi.CauseBadCall},
	{"TestRebornMemory", func(*T, *will) { allMemory() }, abi.CauseMemory},
	{"TestRebornKilled", func(t *T, w *will) {
		(&puppet{t: t, ep: w.Tasks[killer]}).start(abi.CallTaskKill, uint64(me()))
	}, abi.CauseKilled},
	{"TestRebornKilledWhileItWaits", func(t *T, w *will) {
		p := &puppet{t: t, ep: w.Tasks[killer]}
		t.must("priority", later(w.Accts[killer]))
		p.start(abi.CallTaskKill, uint64(me()))
		sys.Receive(abi.Self, 1e9, new(abi.Msg))
	}, abi.CauseKilled},
	{"TestRebornHangs", func(*T, *will) { sys.Receive(abi.Hardware, abi.NoTimeout, new(abi.Msg)) }, abi.CauseHang}, // nothing comes from there, and a request waits
	{"TestRebornAfterTicks", func(t *T, w *will) {
		(&puppet{t: t, ep: w.Tasks[killer]}).start(abi.CallTrace, uint64(abi.TraceEnd), uint64(me()), 100_000)
		for {
			sys.GetInfo(abi.InfoLatency, 0, nil)
		}
	}, abi.CauseKilled},
	{"TestRebornInTheMiddleOfACall", func(t *T, w *will) {
		p := &puppet{t: t, ep: w.Tasks[killer]}
		t.must("stage", sys.KeepStage(0, []byte("half")))
		p.start(abi.CallTaskKill, uint64(me()))
	}, abi.CauseKilled},
}

// What allMemory touches, from the end on.
const (
	page   = abi.PageSize
	ramEnd = abi.RAMBase + abi.RAMSize
)

// later puts an account behind the root task.
func later(a abi.AccountID) abi.Errno {
	p := all()
	p.Priority = behind
	_, e := sys.AccountSet(a, &p.AccountSpec)
	return e
}

// rebirths runs the cases from way on; it ends in a death, and resume goes on.
func rebirths(way, number, failed, total int) {
	if way == len(departures) {
		finish(total, failed)
	}
	t := &T{name: departures[way].name}
	w := &will{Magic: willMagic, Way: uint64(way), Number: uint64(number + 1), Failed: uint64(failed), Total: uint64(total), Before: counts(), Life: sys.Start().Incarnation}
	t.guard(func(t *T) { t.entangle(w) })
	if t.failed {
		w.Bad = 1
	}
	copy(w.Accts[:], t.accounts)
	t.must("will", sys.KeepStage(0, abi.Bytes(w)))
	t.must("will", sys.KeepFlip(uint64(len(abi.Bytes(w)))))
	sys.SetAlarm(1 << 40)
	departures[way].do(t, w)
	say("not ok " + strconv.Itoa(number+1) + " " + t.name + ": the root task lives")
	sys.Shutdown(abi.PowerOff, 1)
}

// entangle makes puppets that are in the middle of something with the root task.
func (t *T) entangle(w *will) {
	var p [nTasks]*puppet
	for i := range p {
		rights := all()
		if i == killer {
			rights.MayTrace(abi.AccountRoot)
		}
		p[i] = t.puppetWith(rights)
		w.Tasks[i] = p[i].ep
	}
	var m abi.Msg
	p[heard].setMsg(0x901, 42)
	p[heard].blocks(abi.CallSendRec, uint64(me()), abi.NoTimeout)
	_, e := sys.Receive(p[heard].ep, 0, &m)
	t.must("receive", e)
	w.Seq = m.Seq
	p[queued].setMsg(0x902, 43)
	p[queued].blocks(abi.CallSendRec, uint64(me()), abi.NoTimeout)
	p[friend].write(abi.RAMBase, []byte("of a friend"))
	e, _ = p[friend].call(abi.CallWindow, uint64(abi.WindowCreate), abi.PageSize, 0)
	t.must("window", e)
	w.Window = abi.WindowID(t.peek(p[friend].ep, abi.CallPage+0x100))
	e, _ = p[friend].call(abi.CallWindow, uint64(abi.WindowAllow), uint64(w.Window), uint64(me()), 1)
	t.must("allow", e)
	p[friend].grant(3, abi.GrantValid|abi.GrantRead, 0, me(), abi.RAMBase, 11)
	e, _ = p[friend].call(abi.CallNotify, uint64(me()))
	t.must("notify", e)
	v, e := sys.WindowMap(w.Window, p[friend].ep)
	t.must("map", e)
	equal(t, "window", v.ID, w.Window)
	id, ok := sys.Grant(p[friend].ep, abi.Bytes(w), abi.GrantRead)
	equal(t, "granted", ok, true)
	w.Grant = uint32(id)
	t.must("kill", sys.TaskKill(p[died].ep))
	var r abi.DeathRecord
	t.must("take", getInfo(abi.InfoDeath, 1, &r))
	w.Image = t.image(code.New().Stop().ELF())
}

// resume is the life after.
func resume() {
	var h abi.KeptHeader
	b := sys.Kept()
	copy(abi.Bytes(&h), b)
	var w will
	copy(abi.Bytes(&w), b[h.Bank[h.Current&1].Start:])
	if w.Magic != willMagic || w.Way >= uint64(len(departures)) {
		say("# the root task finds no will")
		sys.Shutdown(abi.PowerOff, 1)
	}
	t := &T{name: departures[w.Way].name, failed: w.Bad != 0, accounts: append([]abi.AccountID(nil), w.Accts[:nTasks]...)}
	for _, ep := range w.Tasks[:nTasks-1] {
		t.tasks = append(t.tasks, ep)
	}
	t.guard(func(t *T) { t.inherit(&w, &h) })
	t.walk("after the rebirth")
	t.clean()
	t.walk("in the end")
	if after := counts(); after != w.Before {
		t.errorf("counts before %+v", w.Before)
		t.errorf("counts after  %+v", after)
	}
	result := "ok "
	if t.failed {
		result = "not ok "
		w.Failed++
	}
	say(result + strconv.FormatUint(w.Number, 10) + " " + t.name)
	rebirths(int(w.Way)+1, int(w.Number), int(w.Failed), int(w.Total))
}

// inherit looks at what the life before has left.
func (t *T) inherit(w *will, h *abi.KeptHeader) {
	way := &departures[w.Way]
	s := sys.Start()
	equal(t, "incarnation", s.Incarnation, w.Life+1)
	equal(t, "init", s.Init, abi.InitRestart)
	equal(t, "root", s.Root, s.Endpoint)
	equal(t, "module", s.ModuleSize == uint64(len(sys.Module())) && s.ModuleSize > 0 && sys.Module()[0] != 0, true)
	equal(t, "lives", h.Lives, uint64(s.Incarnation)+1)
	var r abi.DeathRecord
	t.must("own record", getInfo(abi.InfoDeath, 1, &r))
	if r.Endpoint != me() || r.Cause != way.cause || r.Incarnation != w.Life {
		t.errorf("own record: %s", describe(&r))
	}
	t.must("record", getInfo(abi.InfoDeath, 1, &r))
	equal(t, "who has died before", r.Endpoint, w.Tasks[died])
	t.want("one more", getInfo(abi.InfoDeath, 1, &r), abi.EAGAIN)
	t.must("consume", sys.KeepConsume())
	var m abi.Msg
	kind, e := sys.Receive(abi.System, 0, &m)
	t.must("told", e)
	equal(t, "how", kind, abi.KindNotify)
	equal(t, "of what", m.Arg[0], abi.SystemDeath)
	left, e := sys.SetAlarm(0)
	t.must("alarm", e)
	equal(t, "alarm left", left, 0)
	f := &puppet{t: t, ep: w.Tasks[friend]}
	e, _ = f.call(abi.CallCopyFrom, uint64(me()), uint64(w.Grant), 0, abi.RAMBase, 8)
	t.want("a grant of the dead", e, abi.EPERM)
	b := make([]byte, 11)
	t.want("a grant to the dead", sys.CopyFrom(f.ep, 3, 0, b), abi.OK)
	equal(t, "what is granted", string(b), "of a friend")
	v, e := sys.WindowMap(w.Window, f.ep)
	t.must("map what was let", e)
	equal(t, "window's first byte", sys.Memory(&v)[0], 0)
	t.must("the image", sys.ImageFree(w.Image))
	t.must("settled", sys.KeepSettled())
	equal(t, "notified", second(sys.Receive(f.ep, 0, &m)), abi.OK)
	for _, x := range []struct {
		who      int
		typ, arg uint64
	}{{heard, 0x901, 42}, {queued, 0x902, 43}} {
		kind, e := sys.Receive(abi.Any, 0, &m)
		if e != abi.OK || kind != abi.KindSendRec || m.Source != w.Tasks[x.who] || uint64(m.Type) != x.typ || m.Arg[0] != x.arg || x.who == heard && m.Seq != w.Seq {
			t.fatalf("received %s, %d, %+v", e.Name(), kind, m)
		}
		p := &puppet{t: t, ep: m.Source, done: t.peek(m.Source, code.PuppetDone)}
		m = abi.Msg{Type: abi.MsgReply, Arg: [7]uint64{x.arg + 1}, Seq: m.Seq}
		t.must("answer", sys.SendNB(p.ep, &m))
		e, _ = p.result()
		t.must("sendrec", e)
		equal(t, "answer", p.msg().Arg[0], x.arg+1)
	}
	if !bytes.Equal(sys.Kept()[:8], abi.Bytes(&h.Magic)) {
		t.errorf("kept memory has no header")
	}
}

// finish ends the tests.
func finish(n, failed int) {
	say("# " + strconv.Itoa(n-failed) + " passed, " + strconv.Itoa(failed) + " failed")
	sys.Shutdown(abi.PowerOff, uint64(min(failed, 1)))
}
