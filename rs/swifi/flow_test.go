package main

import (
	"strings"
	"testing"
	"time"

	"bennu/drivers/protocol/load"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
	"bennu/rs/fi/outcome"
	"bennu/rs/fi/record"
)

const onePlan = "victim=sum types=text faults=3 blocks=2 seed=5 ops=4 limit=20ms"

// A plan from its beginning to its end: the first frame, a block whose fault is activated and kills, a new life, the end, with status 0.
func TestPlan(t *testing.T) {
	b := newBench(t, "sum", onePlan).start()
	h := b.frames()[0].(*record.Hello)
	if h.Plan != b.j.plan.String() || len(h.Types) != 1 || h.Types[0] != "text" || h.ImageCRC != crc || h.TSCHz != hz || h.TextBase != abi.ImageBase ||
		h.TextSize != 401 || h.Sites[0] != 201 {
		t.Errorf("hello: %+v", h)
	}
	run := b.next(work, load.Run)
	if run.Arg[0] != 4 || run.Arg[1] != uint64(20*time.Millisecond) || run.Arg[2] != 5 {
		t.Errorf("run: %v", run.Arg)
	}
	at := b.planted()
	if len(at) != 3 {
		t.Fatalf("%d breakpoints, want 3", len(at))
	}
	b.reach(at[1])
	if b.victim.Stopped() || len(b.went) != 1 || b.went[0] != abi.TraceGo || b.victim.Regs.RIP != at[1] || b.victim.Areas[0].Bytes[at[1]-abi.ImageBase] == 0xcc {
		t.Errorf("went on by %v at %#x, stopped %v", b.went, b.victim.Regs.RIP, b.victim.Stopped())
	}
	b.dies("sum", life2)
	b.news()
	b.answer(work, run, abi.OK, right(4)...)
	try := b.next(work, load.Run)
	b.answer(work, try, abi.OK, right(4)...)
	b.answer(work, b.next(work, load.Others), abi.OK, 0, 0)
	if k := b.kinds(); k != "HBfffEB" {
		t.Fatalf("frames %s", k)
	}
	l := b.frames()
	end := l[5].(*record.End)
	if end.Outcome != outcome.Recovered || end.Deaths != 1 || end.Reason != abi.ReasonException || end.Vector != 14 || !end.Works || end.Ops != 4 {
		t.Errorf("end: %+v", end)
	}
	n := 0
	for _, f := range l[2:5] {
		f := f.(*record.Fault)
		if f.Activated {
			n++
			if f.Addr != at[1] || f.Stops != 1 {
				t.Errorf("%+v was activated", f)
			}
		}
	}
	if begin := l[6].(*record.Begin); n != 1 || begin.Ep != life2 || begin.Block != 1 || begin.Life != 1 {
		t.Errorf("%d activated, then %+v", n, begin)
	}
	run = b.next(work, load.Run)
	if b.m.Off != nil {
		t.Fatal("the machine was ended in the middle")
	}
	b.answer(work, run, abi.OK, right(4)...) // nothing was activated: nobody is asked
	b.ended("")
	if k := b.kinds(); k != "HBfffEBfffEX" || len(b.planted()) != 0 {
		t.Errorf("frames %s, left at %#x", k, b.planted())
	}
}

// It waits until the victim and the workload are there.
func TestWaits(t *testing.T) {
	for _, late := range []string{"sum", "load"} {
		b := newBench(t, "sum", onePlan)
		ep := b.Labels[late]
		delete(b.Labels, late)
		b.At(3*time.Second, func() { b.Labels[late] = ep })
		b.start()
		if b.Now() < uint64(3*time.Second) || b.m.Off != nil {
			t.Errorf("%s: it goes on at %d ns without; %+v", late, b.Now(), b.m.Off)
		}
		b.next(work, load.Run)
	}
}

// Who does not come, or is not to be traced, ends the machine, with words and a status, and no frame before them.
func TestCannotBegin(t *testing.T) {
	for words, set := range map[string]func(b *bench){
		"the victim or its workload is not there: ETIMEDOUT": func(b *bench) { delete(b.Labels, "sum") },
		"its workload is not there":                          func(b *bench) { delete(b.Labels, "load") },
		"the victim is gone":                                 func(b *bench) { b.m.Kill(b.victim) },
		"attach: EBUSY":                                      func(b *bench) { b.Life(abi.MakeEndpoint(12, 1)).Gate().TraceAttach(account, 0) },
		"more than one executable segment": func(b *bench) {
			b.victim.Areas[1].Rights |= abi.AreaExecute
		},
		"the executable segment is empty": func(b *bench) { b.victim.Areas[0].Rights = abi.AreaRead },
		"the victim's executable: ESRCH":  func(b *bench) { b.m.Rows = none },
	} {
		b := newBench(t, "sum", onePlan)
		set(b)
		b.start()
		b.ended(words)
		if k := b.kinds(); k != "X" {
			t.Errorf("%s: frames %s", words, k)
		}
		b.nothing(work)
	}
}

func none(abi.InfoKind, uint64) ([]byte, abi.Errno) { return nil, abi.ESRCH }

// The workload that is dead, refuses, or cannot do what it should ends the plan: who reads the records hears of it after the blocks that are done.
func TestWorkloadFails(t *testing.T) {
	for words, do := range map[string]func(b *bench, run abi.Msg){
		"the workload: EBUSY": func(b *bench, run abi.Msg) { b.answer(work, run, abi.EBUSY) },
		"the workload: EDEADSRCDST": func(b *bench, run abi.Msg) {
			b.Deliver(abi.Msg{Source: work, Type: abi.MsgReply, Arg: [7]uint64{0: uint64(abi.EDEADSRCDST), 6: run.Arg[6]}}, abi.KindSendA)
		},
		"the workload: the workload could not go on: ENOMEM": func(b *bench, run abi.Msg) {
			b.answer(work, run, abi.OK, 0, 0, 0, 0, uint64(load.MakeEnding(load.Unable, abi.ENOMEM, 0)))
		},
	} {
		b := newBench(t, "sum", onePlan).start()
		b.answer(work, b.next(work, load.Run), abi.OK, right(4)...)
		b.answer(work, b.next(work, load.Others), abi.OK, 0, 0)
		do(b, b.next(work, load.Run))
		b.ended(words)
		if bye := b.frames()[len(b.frames())-1].(*record.Bye); bye.Blocks != 1 {
			t.Errorf("%s: bye after %d blocks, want 1", words, bye.Blocks)
		}
	}
	b := newBench(t, "sum", onePlan).start()
	b.reach(b.planted()[0])
	b.answer(work, b.next(work, load.Run), abi.OK, right(4)...)
	b.answer(work, b.next(work, load.Others), abi.EBUSY)
	b.ended("the workload: EBUSY")
}

// A workload that lives no more takes no request.
func TestWorkloadDead(t *testing.T) {
	b := newBench(t, "sum", onePlan)
	b.Dead[work] = true
	b.start()
	b.ended("the workload")
}

// What the others did not do is told by name.
func TestOthersFail(t *testing.T) {
	b := newBench(t, "sum", onePlan+" others=rtc,kbd").start()
	b.reach(b.planted()[0])
	b.answer(work, b.next(work, load.Run), abi.OK, right(4)...)
	b.answer(work, b.next(work, load.Others), abi.OK, 0, uint64(load.FailedRS|load.FailedStore|load.FailedFresh|load.FailedStale|load.FailedCounts)|1<<1|1<<3)
	for _, f := range b.frames() {
		if end, ok := f.(*record.End); ok {
			got := strings.Join(end.Collaterals, ", ")
			want := "kbd: operation failed, others= 3: operation failed, rs: operation failed, ds: operation failed, fresh memory: operation failed, " +
				"stale rights: operation failed, counts: operation failed"
			if end.Outcome != outcome.Collateral || got != want {
				t.Errorf("%s: %q, want %q", end.Outcome, got, want)
			}
			return
		}
	}
	t.Error("the block has no end")
}

// A workload's answer does not overtake a death that has happened before it, though nobody has told of that yet.
func TestAnswerAfterDeath(t *testing.T) {
	b := newBench(t, "sum", onePlan).start()
	b.reach(b.planted()[0])
	run := b.next(work, load.Run)
	b.dies("sum", life2)
	b.answer(work, run, abi.OK, right(4)...)
	if m := b.next(work, load.Run); m.Arg[0] != 4 {
		t.Errorf("a Run of %d operations, want 4 that show whether the next life works", m.Arg[0])
	}
	b.Deliver(abi.Msg{Source: fake.Root, Type: abi.RSNews, Arg: [7]uint64{3}}, abi.KindSendA) // old news, that changes nothing
	b.nothing(work)
}

// An alarm that events have overtaken, which nobody has told of yet, is none.
func TestAlarmOvertaken(t *testing.T) {
	for _, dies := range []bool{true, false} {
		b := newBench(t, "sum", onePlan).start()
		b.reach(b.planted()[0])
		b.answer(work, b.next(work, load.Run), abi.OK, uint64(load.MakeTally(3, 0, 0, 1))) // it may be found out yet
		b.nothing(work)
		b.Advance(30 * time.Millisecond)
		if dies {
			b.dies("sum", life2)
		}
		b.Advance(30 * time.Millisecond)
		want := load.Others
		if dies {
			want = load.Run
		}
		b.next(work, want)
		b.nothing(work)
	}
}

// An alarm that comes too early is set again.
func TestAlarmEarly(t *testing.T) {
	b := newBench(t, "sum", onePlan).start()
	b.reach(b.planted()[0])
	b.answer(work, b.next(work, load.Run), abi.OK, uint64(load.MakeTally(3, 0, 0, 1)))
	b.Deliver(abi.Msg{Source: abi.Clock}, abi.KindNotify)
	b.nothing(work)
	b.Advance(49 * time.Millisecond)
	b.nothing(work)
	b.Advance(2 * time.Millisecond)
	b.next(work, load.Others)
}

// A workload that never answers ends the plan, after a time.
func TestWorkloadSilent(t *testing.T) {
	b := newBench(t, "sum", onePlan).start()
	b.Advance(time.Minute)
	b.ended("the workload does not end")
}

// Events that are gone before they were read end the plan: a death among them would be missed.
func TestEventsLost(t *testing.T) {
	b := newBench(t, "sum", onePlan).start()
	b.next(work, load.Run)
	b.event("kbd", abi.Event{Kind: abi.EventReady})
	b.lost = 3
	b.news()
	b.ended("events of the reincarnation server were lost")
}

// Events from before the plan are none of it; those of others are told with their labels; more than are read at once are all read.
func TestEvents(t *testing.T) {
	b := newBench(t, "sum", onePlan)
	for range 100 {
		b.event("sum", abi.Event{Kind: abi.EventDeath, Reason: abi.ReasonException, Endpoint: life1})
		b.event("kbd", abi.Event{Kind: abi.EventDeath, Reason: abi.ReasonException})
	}
	b.start()
	run := b.next(work, load.Run)
	b.reach(b.planted()[0])
	for range 70 {
		b.event("sum", abi.Event{Kind: abi.EventDeath, Reason: abi.ReasonException, Endpoint: life1})
	}
	b.event("rtc", abi.Event{Kind: abi.EventDeath, Reason: abi.ReasonPanic})
	b.news()
	b.event("sum", abi.Event{Kind: abi.EventReady, Endpoint: life1})
	b.news()
	b.answer(work, run, abi.OK, right(4)...)
	b.answer(work, b.next(work, load.Run), abi.OK, right(4)...)
	b.answer(work, b.next(work, load.Others), abi.OK, 0, 0)
	for _, f := range b.frames() {
		if end, ok := f.(*record.End); ok {
			if end.Deaths != 70 || len(end.Collaterals) != 1 || !strings.HasPrefix(end.Collaterals[0], "rtc: ") {
				t.Errorf("%+v", end)
			}
			return
		}
	}
	t.Error("the block has no end")
}

// A life that stops before the plan has begun, or that is nobody's doing, goes on as without a tracer.
func TestOwnException(t *testing.T) {
	b := newBench(t, "sum", onePlan).start()
	b.m.Stop(b.victim, abi.TraceStop{Why: abi.StopFault, Vector: 14})
	b.Run()
	b.m.Stop(b.victim, abi.TraceStop{Why: abi.StopBreak, Vector: 3})
	b.Run()
	if len(b.went) != 2 || b.went[0] != abi.TracePass || b.went[1] != abi.TracePass {
		t.Errorf("it went on by %v", b.went)
	}
}

// mending brings a plan to where a life with a fault is to be replaced.
func mending(t *testing.T) (b *bench, refresh abi.Msg) {
	t.Helper()
	b = newBench(t, "sum", onePlan).start()
	b.reach(b.planted()[0])
	b.answer(work, b.next(work, load.Run), abi.OK, right(4)...)
	b.answer(work, b.next(work, load.Others), abi.OK, 0, 0)
	m := b.next(fake.Root, abi.RSRefresh)
	if l := abi.UnpackLabel(m.Arg[0], m.Arg[1]); l.String() != "sum" {
		t.Fatalf("it asks for a life of %s", l)
	}
	return b, m
}

// What the reincarnation server answers to the request for another life, by each reason that it can have: a life that comes anyway is waited for, one
// that was given up is begun again, and all else ends the plan in words.
func TestRefresh(t *testing.T) {
	comes := map[abi.Why]bool{abi.WhyRestarting: true, abi.WhyStarting: true, abi.WhyStopping: true, abi.WhyDied: true, abi.WhyUp: true}
	for why := range abi.Whys {
		b, m := mending(t)
		b.answer(fake.Root, m, abi.EBUSY, 0, 0, 0, 0, uint64(why))
		again := why == abi.WhyFailed || why == abi.WhyDown
		if again {
			m := b.next(fake.Root, abi.RSRestart)
			b.answer(fake.Root, m, abi.EPERM, 0, 0, 0, 0, uint64(abi.WhyNotControl))
		}
		b.nothing(fake.Root)
		if b.m.Off != nil {
			t.Errorf("why %d: the machine was ended", why)
		}
		b.Advance(10 * time.Second)
		want := "the victim cannot be started again: EBUSY"
		switch {
		case again:
			want = "the victim cannot be started again: EPERM"
		case comes[why]:
			want = "the victim does not come back"
		}
		b.ended(want)
	}
	b, m := mending(t)
	b.answer(fake.Root, m, abi.OK)
	b.dies("sum", life2)
	b.news()
	b.next(work, load.Run)
	if k := b.kinds(); k != "HBfffEB" {
		t.Errorf("frames %s", k)
	}
}

// A victim that is given up and that nobody may begin again ends the plan at once.
func TestRefusedWithoutLife(t *testing.T) {
	b, m := mending(t)
	b.m.Kill(b.victim)
	b.event("sum", abi.Event{Kind: abi.EventDeath, Reason: abi.ReasonException, Endpoint: life1})
	b.event("sum", abi.Event{Kind: abi.EventGiveUp})
	b.news()
	m = b.next(fake.Root, abi.RSRefresh)
	b.answer(fake.Root, m, abi.ESRCH, 0, 0, 0, 0, uint64(abi.WhyFailed))
	b.answer(fake.Root, b.next(fake.Root, abi.RSRestart), abi.EPERM, 0, 0, 0, 0, uint64(abi.WhyNotControl))
	b.ended("the victim cannot be started again: EPERM")
}
