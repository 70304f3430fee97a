package ipc

import (
	"testing"

	"bennu/kernel/abi"
)

const forever = abi.NoTimeout

// Cycles of tasks that would wait for each other for ever get ELOCKED, whoever closes them.
func TestLocked(t *testing.T) {
	for _, c := range []struct {
		name  string
		do    func(r *rig)
		n     int
		state string
	}{
		{"send to a sender", func(r *rig) { r.send(0, 1, 1); r.send(1, 0, 1) }, 1, "ELOCKED"},
		{"sendrec to a sender", func(r *rig) { r.send(0, 1, 1); r.sendrec(1, 0, 1, forever) }, 1, "ELOCKED"},
		{"send to one in sendrec, unreceived", func(r *rig) { r.sendrec(0, 1, 1, forever); r.send(1, 0, 1) }, 1, "ELOCKED"},
		{"receive from a receiver", func(r *rig) { r.receive(0, r.from(1), forever); r.receive(1, r.from(0), forever) }, 1, "ELOCKED"},
		{"three", func(r *rig) { r.send(0, 1, 1); r.send(1, 2, 1); r.send(2, 0, 1) }, 2, "ELOCKED"},
		{"three, mixed", func(r *rig) { r.receive(0, r.from(1), forever); r.sendrec(1, 2, 1, forever); r.send(2, 0, 1) }, 2, "ELOCKED"},
		{"receive from itself", func(r *rig) { r.receive(0, abi.Self, forever) }, 0, "ELOCKED"},
		{"answer to one that waits for it", func(r *rig) {
			r.receive(1, abi.Any, forever)
			r.sendrec(0, 1, 1, forever)
			r.answer(1, 0, 1)
		}, 1, "OK"},
		{"message to one that waits for an answer", func(r *rig) {
			r.receive(1, abi.Any, forever)
			r.sendrec(0, 1, 1, forever)
			r.send(1, 0, 1)
		}, 1, "ELOCKED"},
		{"message to one that waits for an answer for a time", func(r *rig) {
			r.receive(1, abi.Any, forever)
			r.sendrec(0, 1, 1, 50)
			r.send(1, 0, 1)
		}, 1, "sending"},
		{"send to one that receives from any", func(r *rig) { r.receive(0, abi.Any, forever); r.send(1, 0, 1) }, 1, "OK"},
		{"receive from one that sends to it", func(r *rig) { r.send(0, 1, 1); r.receive(1, r.from(0), forever) }, 1, "OK"},
	} {
		r := newRig(t, 4)
		c.do(r)
		if s := r.state(c.n); s != c.state {
			t.Errorf("%s: %s, want %s", c.name, s, c.state)
		}
	}
}

// A wait with a limit closes no cycle, and looking for one ends: with a task that sleeps, and with two that
// wait for each other for a time.
func TestLimitedWaitsAreNoCycle(t *testing.T) {
	r := newRig(t, 4)
	r.receive(0, abi.Self, 50)
	r.send(1, 0, 1)
	r.want(1, "sending")
	r.WaitOver(r.task(0))
	r.want(0, "EAGAIN")
	r.receive(0, abi.Any, 0)
	r.got(0, abi.KindSend, r.from(1), 1)

	r.receive(0, r.from(1), 50)
	r.receive(1, r.from(0), 50)
	r.want(0, "receiving")
	r.want(1, "receiving")
	r.send(2, 0, 7)
	r.want(2, "sending")
	r.receive(3, r.from(2), forever)
	r.want(3, "receiving")
	r.WaitOver(r.task(0))
	r.receive(0, abi.Any, 0)
	r.got(0, abi.KindSend, r.from(2), 7)
	r.want(1, "receiving")

	r.send(0, 2, 1) // 2 has its send behind it: a wait that lost its limit counts again
	r.receive(2, r.from(3), forever)
	r.want(2, "ELOCKED")
}
