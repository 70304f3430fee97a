package ipc

import (
	"slices"
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/task"
)

// A server works for whom it received from last, and for itself when it waits or got an answer or an interrupt.
func TestWhoPays(t *testing.T) {
	const server, a, b = 0, 1, 2
	r := newRig(t, 3)
	r.task(server).Server = true
	pays := func(what string, want int) {
		t.Helper()
		if got := r.payers[server]; got != want {
			t.Errorf("%s: task %d pays, want %d", what, got, want)
		}
	}
	r.receive(server, abi.Any, abi.NoTimeout)
	pays("waiting", server)
	r.send(a, server, 0x900)
	pays("delivered to a server that waits", a)
	r.send(b, server, 0x900) // queued
	r.msg(a, 0x900, 0)
	r.SendA(r.task(a), r.from(server), 1)
	pays("others have asked meanwhile", a)
	r.receive(server, abi.Any, abi.NoTimeout)
	pays("a kept message", a)
	r.receive(server, abi.Any, abi.NoTimeout)
	pays("a queued message", b)
	r.receive(a, abi.Any, abi.NoTimeout)
	r.sendrec(server, a, 0x900, abi.NoTimeout)
	pays("asking another on a client's account", b)
	r.answer(a, server, 0x900)
	pays("the answer", b)
	r.Notify(r.task(a), r.from(server))
	r.receive(server, abi.Any, abi.NoTimeout)
	pays("a notification that waited", a)
	r.receive(server, abi.Any, abi.NoTimeout)
	r.Notify(r.task(b), r.from(server))
	pays("a notification", b)
	r.receive(server, abi.Any, abi.NoTimeout)
	r.Interrupt(r.task(server), 1, 0)
	pays("an interrupt", server)
	r.receive(server, abi.Any, abi.NoTimeout)
	r.send(a, server, abi.MsgReply)
	pays("an answer that nobody asked for", a)
}

// An answer is free for its sender if the server asked, by whatever primitive, and once: what calls itself an answer and is none
// is a request.
func TestWhoPaysForAnswers(t *testing.T) {
	const server, a, b = 0, 1, 2
	for name, ask := range map[string]func(r *rig){
		"send":        func(r *rig) { r.receive(a, abi.Any, abi.NoTimeout); r.send(server, a, 0x900) },
		"queued send": func(r *rig) { r.send(server, a, 0x900); r.receive(a, abi.Any, abi.NoTimeout) },
		"sendnb": func(r *rig) {
			r.receive(a, abi.Any, abi.NoTimeout)
			r.msg(server, 0x900, 0)
			r.SendNB(r.task(server), r.from(a))
		},
		"senda": func(r *rig) {
			r.receive(a, abi.Any, abi.NoTimeout)
			r.msg(server, 0x900, 0)
			r.SendA(r.task(server), r.from(a), 1)
		},
		"kept senda":   func(r *rig) { r.msg(server, 0x900, 0); r.SendA(r.task(server), r.from(a), 1); r.receive(a, abi.Any, 0) },
		"late sendrec": func(r *rig) { r.sendrec(server, a, 0x900, 5); r.receive(a, abi.Any, 0); r.WaitOver(r.task(server)) },
		"refused":      func(r *rig) { r.msg(server, 0x900, 0); r.SendNB(r.task(server), r.from(a)) },
		"notify":       func(r *rig) { r.Notify(r.task(server), r.from(a)) },
		"reply":        func(r *rig) { r.receive(a, abi.Any, abi.NoTimeout); r.send(server, a, abi.MsgReply) },
		"sendrec, done": func(r *rig) {
			r.sendrec(server, a, 0x900, abi.NoTimeout)
			r.receive(a, abi.Any, 0)
			r.answer(a, server, abi.MsgReply)
		},
		"who died": func(r *rig) {
			r.msg(server, 0x900, 0)
			r.SendA(r.task(server), r.from(a), 1)
			r.die(r.task(a))
			r.addAt(a)
			r.receive(server, abi.Any, 0) // the death
		},
	} {
		free := !slices.Contains([]string{"refused", "notify", "reply", "sendrec, done", "who died"}, name)
		r := newRig(t, 3)
		r.task(server).Server = true
		ask(r)
		payer := map[bool]int{true: server, false: a}[free]
		r.receive(server, abi.Any, abi.NoTimeout)
		r.send(b, server, 0x900)
		r.receive(server, abi.Any, abi.NoTimeout)
		r.send(a, server, abi.MsgReply)
		if got := r.payers[server]; got != payer {
			t.Errorf("%s: the first answer: task %d pays, want %d", name, got, payer)
		}
		r.receive(server, abi.Any, abi.NoTimeout)
		r.send(a, server, abi.MsgReply)
		if got := r.payers[server]; got != a {
			t.Errorf("%s: the second answer: task %d pays, want %d", name, got, a)
		}
	}
}

// A request to a server from a task that may not have it done now waits, and others' requests do not: of
// every kind, until it may.
func TestHeldBack(t *testing.T) {
	const server, poor, rich = 0, 1, 2
	for n := range 6 {
		kind, traced := n%3, n >= 3
		r := newRig(t, 3)
		r.task(server).Server = true
		leave := func(n int) {
			switch kind {
			case 0:
				r.send(n, server, 0x900)
			case 1:
				r.msg(n, 0x900, 0)
				r.SendA(r.task(n), r.from(server), 1)
			case 2:
				r.Notify(r.task(n), r.from(server))
			}
		}
		leave(poor)
		leave(rich)
		r.holds[poor] = true
		r.receive(server, abi.Any, abi.NoTimeout)
		if from := r.task(server).Call.Msg.Source; from != r.from(rich) {
			t.Errorf("kind %d: received from %d, want the one that is not held back, %d", kind, from, r.from(rich))
		}
		r.receive(server, abi.Any, abi.NoTimeout)
		r.want(server, "receiving")
		if traced {
			r.task(server).Wait |= task.LongWay
		}
		r.Retry(r.task(server))
		r.want(server, "receiving")
		delete(r.holds, poor)
		r.Retry(r.task(server))
		if r.state(server) != "OK" || r.task(server).Call.Msg.Source != r.from(poor) {
			t.Errorf("kind %d: %s from %d after the hold, want OK from %d", kind, r.state(server), r.task(server).Call.Msg.Source, r.from(poor))
		}
	}
	r := newRig(t, 2) // who waits for one gets what that has
	r.task(server).Server, r.holds[poor] = true, true
	r.send(poor, server, 0x900)
	r.receive(server, r.from(poor), abi.NoTimeout)
	r.want(server, "OK")
}

// Whether a sender is held back is asked once in a receive, however many messages it left: a server's receive is short.
func TestHeldBackIsAskedOnce(t *testing.T) {
	const server, tasks = 0, 60
	r := newRig(t, tasks)
	r.task(server).Server = true
	for n := 1; n < tasks; n++ {
		r.holds[n] = true
		for range abi.MaxAsync {
			r.msg(n, 0x900, 0)
			r.SendA(r.task(n), r.from(server), 1)
		}
	}
	r.asked = 0
	r.receive(server, abi.Any, abi.NoTimeout)
	if r.want(server, "receiving"); r.asked != tasks-1 {
		t.Errorf("asked %d times about %d senders", r.asked, tasks-1)
	}
}

// It waits, too, when the server waits already: debts do not grow by what an overdrawn task can do without waiting
// itself. Only an answer by sendnb that was asked for, and would be lost, is delivered.
func TestHeldBackFromAWaitingServer(t *testing.T) {
	const server, poor, rich = 0, 1, 2
	for name, leave := range map[string]func(r *rig){
		"send":      func(r *rig) { r.send(poor, server, 0x900) },
		"sendrec":   func(r *rig) { r.sendrec(poor, server, 0x900, abi.NoTimeout) },
		"senda":     func(r *rig) { r.msg(poor, 0x900, 0); r.SendA(r.task(poor), r.from(server), 1) },
		"notify":    func(r *rig) { r.Notify(r.task(poor), r.from(server)) },
		"sendnb":    func(r *rig) { r.msg(poor, 0x900, 0); r.SendNB(r.task(poor), r.from(server)) },
		"answer":    func(r *rig) { r.msg(poor, abi.MsgReply, 0); r.SendNB(r.task(poor), r.from(server)) },
		"no answer": func(r *rig) { r.msg(poor, abi.MsgReply, 0); r.SendNB(r.task(poor), r.from(server)) },
	} {
		r := newRig(t, 3)
		r.task(server).Server, r.holds[poor] = true, true
		if name == "answer" {
			r.receive(poor, abi.Any, abi.NoTimeout)
			r.send(server, poor, 0x900)
		}
		r.receive(server, abi.Any, abi.NoTimeout)
		leave(r)
		if name == "answer" {
			r.want(server, "OK")
			continue
		}
		if r.state(server) != "receiving" {
			t.Errorf("%s: the server got what was held back: %s", name, r.state(server))
			continue
		}
		byNB := name == "sendnb" || name == "no answer"
		if byNB {
			r.want(poor, "ENOTREADY")
		}
		r.send(rich, server, 0x901)
		r.got(server, abi.KindSend, r.from(rich), 0x901)
		delete(r.holds, poor)
		r.receive(server, abi.Any, 0)
		if got := r.state(server); (got == "OK") == byNB {
			t.Errorf("%s: %s after the hold", name, got)
		}
	}
}

// A sender dies while the end of whom it left messages for is being told: other lists are what they were.
func TestDeathWithinADeath(t *testing.T) {
	const tasks = 40
	r := newRig(t, tasks)
	for n := 1; n < tasks; n++ {
		for range 3 {
			r.msg(n, 0x900, 0)
			r.SendA(r.task(n), r.from(0), 1)
		}
	}
	r.table.Bury(r.task(0))
	if r.Forget(r.task(0)) {
		t.Fatal("told in one step")
	}
	r.die(r.task(tasks - 1))  // has not been told yet
	for n := 1; n < 10; n++ { // their places are used again
		r.msg(n, 0x901, 0)
		var out abi.AsyncResult
		for r.TakeResult(r.task(n), &out) == abi.OK {
		}
		r.msg(n, 0x901, uint64(n))
		r.SendA(r.task(n), r.from(20), 1)
	}
	for !r.Forget(r.task(0)) {
	}
	r.table.Release(r.task(0))
	for n := 1; n < 10; n++ {
		r.receive(20, abi.Any, 0)
		if m := r.task(20).Call.Msg; m.Type == abi.MsgNotify { // its own messages have failed
			r.receive(20, abi.Any, 0)
		}
		r.got(20, abi.KindSendA, r.from(n), 0x901)
	}
	r.receive(20, abi.Any, 0)
	r.want(20, "EAGAIN")
}

// The death of a task that all others wait for is told in steps, each bounded, and all are told.
func TestForgetInSteps(t *testing.T) {
	const tasks = 60
	r := newRig(t, tasks)
	for n := 1; n < tasks; n++ {
		for range abi.MaxAsync {
			r.msg(n, 0x900, 0)
			r.SendA(r.task(n), r.from(0), 1)
		}
		if n%2 == 0 {
			r.send(n, 0, 0x900)
		} else {
			r.receive(n, r.from(0), abi.NoTimeout)
		}
	}
	kept := r.FreeAsync()
	r.table.Bury(r.task(0))
	steps := 1
	for ; !r.Forget(r.task(0)); steps++ {
		woken := 0
		for n := 1; n < tasks; n++ {
			if r.task(n).Wait == 0 {
				woken++
			}
		}
		if woken > steps*forgetEach {
			t.Fatalf("%d peers told in %d steps", woken, steps)
		}
	}
	if steps != (tasks-1+forgetEach-1)/forgetEach {
		t.Errorf("%d steps for %d peers", steps, tasks-1)
	}
	for n := 1; n < tasks; n++ {
		r.want(n, "EDEADSRCDST")
		var out abi.AsyncResult
		for i := range abi.MaxAsync {
			if e := r.TakeResult(r.task(n), &out); e != abi.OK || out.Errno != abi.EDEADSRCDST {
				t.Fatalf("task %d: result %d: %s, %s", n, i, e.Name(), out.Errno.Name())
			}
		}
	}
	if r.FreeAsync() != kept+(tasks-1)*abi.MaxAsync {
		t.Errorf("%d senda slots free, want all", r.FreeAsync())
	}
}

// A server that asked for what was held back, in vain, is told when it may have it.
func TestHeldBackIsTold(t *testing.T) {
	const server, poor = 0, 1
	r := newRig(t, 2)
	r.task(server).Server, r.holds[poor] = true, true
	r.send(poor, server, 0x900)
	r.task(server).Call.Pending = 0
	r.receive(server, abi.Any, 0)
	r.want(server, "EAGAIN")
	if r.task(server).Call.Pending != 0 {
		t.Error("told of what it cannot have")
	}
	r.holds[poor] = false
	r.Retry(r.task(server))
	if r.task(server).Call.Pending == 0 {
		t.Error("not told of what it may have now")
	}
	r.receive(server, abi.Any, 0)
	r.got(server, abi.KindSend, r.from(poor), 0x900)
}
