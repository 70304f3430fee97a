package engine

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault"
	"bennu/rs/fi/message"
	"bennu/rs/fi/outcome"
)

func does(f func(fault.Victim)) func(fault.Victim, *rand.Rand) (string, abi.Errno) {
	return func(v fault.Victim, _ *rand.Rand) (string, abi.Errno) { f(v); return "done", abi.OK }
}

// Each of the calls that can have a fault of a message: what the kernel is asked for instead, and what the victim learns.
func TestDrop(t *testing.T) {
	for _, c := range []struct {
		nr      abi.CallNr
		timeout bool
		made    string
		e       abi.Errno
		value   uint64
	}{
		{abi.CallSend, false, "", abi.OK, 0},
		{abi.CallSendNB, false, "", abi.OK, 0},
		{abi.CallSendA, false, "", abi.OK, 0},
		{abi.CallNotify, false, "", abi.OK, 0},
		{abi.CallSendRec, false, "receive from the peer, 77", abi.OK, 1},
		{abi.CallSendRec, true, "receive from the peer, 77", abi.ETIMEDOUT, 1},
		{abi.CallReplyReceive, false, "receive from any, for ever", abi.OK, 1},
	} {
		w := newCaller(t)
		w.e = New(w, aPlan(1, 1), []fault.Type{strike{when: fault.AtCall, wants: func(abi.CallNr, *abi.Msg) bool { return true },
			do: does(func(v fault.Victim) { v.Drop() })}}, &target{})
		w.e.Start(w.ep, 0)
		w.e.b.faults[0].wait = 0
		w.page, w.timeout = abi.Msg{Type: request}, c.timeout
		w.e.Stopped(w.stopCall(c.nr))
		got := ""
		if w.how == abi.TraceGo {
			got = "receive from the peer, 77"
			if g := w.cur.GPR; g[regAX] != uint64(abi.CallReceive) {
				got = "another call"
			} else if g[regDI] == uint64(abi.Any) && g[regSI] == abi.NoTimeout {
				got = "receive from any, for ever"
			}
		}
		if got != c.made {
			t.Errorf("call %d: %q, want %q", c.nr, got, c.made)
		}
		w = newCaller(t)
		w.e = New(w, aPlan(1, 1), []fault.Type{strike{when: fault.AtCall, wants: func(abi.CallNr, *abi.Msg) bool { return true },
			do: does(func(v fault.Victim) { v.Drop() })}}, &target{})
		w.e.Start(w.ep, 0)
		w.e.b.faults[0].wait = 0
		w.page, w.timeout = abi.Msg{Type: request}, c.timeout
		e, value := w.call(c.nr, abi.Msg{Type: answer})
		if e != c.e || value != c.value || len(w.log) != min(1, len(c.made)) {
			t.Errorf("call %d returns %s, %d; %v was made", c.nr, e.Name(), value, w.log)
		}
	}
}

func (c *caller) stopCall(nr abi.CallNr) *abi.TraceStop {
	s := abi.TraceStop{Endpoint: c.ep, Why: abi.StopCall}
	s.Regs.RIP = after
	s.Regs.GPR[regAX], s.Regs.GPR[regDI], s.Regs.GPR[regSI] = uint64(nr), uint64(peer), 77
	return &s
}

// In a whole plan: one answer each block is lost, and no request or heartbeat.
func TestDropInBlocks(t *testing.T) {
	w := newCaller(t)
	w.run(1, 20, strike{when: fault.AtCall, do: does(func(v fault.Victim) { v.Drop() })})
	for _, f := range w.faults() {
		if !f.Activated || f.Words != "done" {
			t.Errorf("%+v", f)
		}
	}
	if lost := w.count(abi.CallReceive, 0); lost != 20 || w.wrong != 0 {
		t.Errorf("%d answers were lost, %d requests were wrong", lost, w.wrong)
	}
	if n := w.count(abi.CallSendRec, abi.RSHeartbeat); n < 20*16 {
		t.Errorf("%d heartbeats were sent in 20 blocks of 16 operations", n)
	}
}

// An answer is sent twice, and what is received meanwhile is not lost; a sendrec is made twice, with the same message.
func TestAgain(t *testing.T) {
	w := newCaller(t)
	w.run(1, 20, strike{when: fault.AtCall, do: does(func(v fault.Victim) { v.Again() })})
	if n := w.count(abi.CallSendNB, answer); n != 20 || w.wrong != 0 {
		t.Errorf("%d answers were sent twice, %d requests were lost", n, w.wrong)
	}
	w = newCaller(t)
	w.e = New(w, aPlan(1, 1), []fault.Type{strike{when: fault.AtCall, do: does(func(v fault.Victim) { v.Again() })}}, &target{})
	w.e.Start(w.ep, 0)
	w.e.b.faults[0].wait = 0
	w.page = abi.Msg{Type: request}
	if e, _ := w.call(abi.CallSendRec, abi.Msg{Type: answer}); e != abi.OK || w.count(abi.CallSendRec, request) != 2 || w.page.Type != answer {
		t.Errorf("%s: %v", e.Name(), w.log)
	}
}

// Of 16 operations, those of the first half have the faults of messages: each fault a call of its own. Heartbeats have none.
func TestWaits(t *testing.T) {
	for _, when := range []fault.When{fault.AtCall, fault.AtReturn} {
		w := newCaller(t)
		var at []int
		op := 0
		w.did = func(n int) { op = (n + 1) % 16 }
		wants := func(nr abi.CallNr, m *abi.Msg) bool {
			if when == fault.AtReturn && nr == abi.CallSendRec {
				t.Error("the answer to a heartbeat")
			}
			return when == fault.AtCall && message.Own(nr, m) || when == fault.AtReturn && message.Received(m)
		}
		w.run(4, 50, strike{when: when, wants: wants, do: does(func(fault.Victim) { at = append(at, op) })})
		if len(at) != 200 {
			t.Errorf("%d of 200 faults were done", len(at))
		}
		first := map[int]int{}
		for i, n := range at {
			if i%4 > 0 && n == at[i-1] {
				t.Errorf("two faults have call %d", n)
			}
			if i%4 == 0 {
				first[n]++
			}
			if n > 11 {
				t.Errorf("a fault waits for operation %d", n)
			}
		}
		if len(first) < 4 || first[0] > 35 {
			t.Errorf("the first of four faults at operations %v", first)
		}
	}
}

// A life that has died takes its faults of calls with it.
func TestCallsOfOneLife(t *testing.T) {
	w := newCaller(t)
	n := 0
	w.run(8, 10, strike{when: fault.AtCall, do: does(func(v fault.Victim) { n++; v.Kill() })})
	for _, e := range w.ends() {
		if e.Outcome != outcome.Recovered || e.Deaths != 1 {
			t.Errorf("%+v", e)
		}
	}
	if n != 10 {
		t.Errorf("%d faults in 10 blocks", n)
	}
}

// A life that is held goes on when its time is over, when it dies, and when the block ends.
func TestDelay(t *testing.T) {
	w := newCaller(t)
	w.run(1, 10, strike{when: fault.AtCall, do: does(func(v fault.Victim) { v.Delay(7 * time.Millisecond) })})
	if w.now < 70*time.Millisecond || w.wrong != 0 {
		t.Errorf("ten delays took %s", w.now)
	}

	held := func() *caller {
		w := newCaller(t)
		w.e = New(w, aPlan(1, 2), []fault.Type{strike{when: fault.AtCall, do: does(func(v fault.Victim) { v.Delay(time.Millisecond) })}}, &target{})
		w.e.Start(w.ep, 0)
		w.e.b.faults[0].wait = 0
		w.page = abi.Msg{Type: answer}
		w.went = false
		w.e.Stopped(w.stopCall(abi.CallSend))
		if w.went {
			t.Fatal("it goes on at once")
		}
		return w
	}
	w = held()
	w.die(abi.ReasonNoHeartbeat)
	if w.alarm < lifeLimit {
		t.Errorf("after the death of a life that was held the alarm is in %s", w.alarm)
	}
	w.e.Alarm() // of the delay: it had come before the death was told
	if w.over {
		t.Errorf("the alarm of a delay ends the plan: %s", w.words)
	}
	w = held()
	w.e.Worked(Tally{Right: 16})
	w.e.Checked(nil)
	if !w.went || w.e.block != 1 {
		t.Errorf("the block ended, and the life is still stopped")
	}
}

// What returns without its call having been seen, or has received nothing, is left alone.
func TestReturnsAlone(t *testing.T) {
	w := newCaller(t)
	w.e = New(w, aPlan(1, 1), []fault.Type{strike{when: fault.AtReturn, wants: func(abi.CallNr, *abi.Msg) bool { return true },
		do: does(func(fault.Victim) { t.Error("done") })}}, &target{})
	w.e.Start(w.ep, 0)
	w.e.b.faults[0].wait = 0
	w.page = abi.Msg{Type: request}
	s := abi.TraceStop{Endpoint: w.ep, Why: abi.StopReturn}
	w.e.Stopped(&s)
	w.e.Stopped(w.stopCall(abi.CallReceive)) // another life's
	s.Endpoint++
	w.e.Stopped(&s)
	w.call(abi.CallSendA, abi.Msg{})
	w.timeout = true
	w.call(abi.CallReceive, abi.Msg{})
	w.timeout, w.page = false, abi.Msg{Type: abi.RSHeartbeat}
	w.call(abi.CallSendRec, abi.Msg{Type: answer})
	if w.e.b.faults[0].Activated {
		t.Error("activated")
	}
}

// A fault that cannot be done says so, and is no error of the injector's.
func TestNotDone(t *testing.T) {
	w := newCaller(t)
	w.run(1, 1, strike{when: fault.AtOnce, do: func(fault.Victim, *rand.Rand) (string, abi.Errno) { return "no interrupt line", abi.ESRCH }})
	f := w.faults()[0]
	if f.Activated || f.Words != "not done: no interrupt line (ESRCH)" || w.ends()[0].Outcome != outcome.NotActivated {
		t.Errorf("%+v, %s", f, w.ends()[0].Outcome)
	}
	w = newCaller(t)
	w.run(1, 1, strike{when: fault.AtCall, do: func(fault.Victim, *rand.Rand) (string, abi.Errno) { return "", abi.EFAULT }})
	if f := w.faults()[0]; f.Activated || !strings.HasPrefix(f.Words, "not done: EFAULT") {
		t.Errorf("%+v", f)
	}
}
