package ipc

import (
	"testing"

	"bennu/kernel/abi"
)

// quoting are the primitives that can answer.
var quoting = map[abi.CallNr]func(r *rig, n, to int){
	abi.CallSend:         func(r *rig, n, to int) { r.Send(r.task(n), r.from(to)) },
	abi.CallSendNB:       func(r *rig, n, to int) { r.SendNB(r.task(n), r.from(to)) },
	abi.CallSendA:        func(r *rig, n, to int) { r.SendA(r.task(n), r.from(to), 1) },
	abi.CallReplyReceive: func(r *rig, n, to int) { r.ReplyReceive(r.task(n), r.from(to)) },
}

// A sendrec is ended by a message of the task that was asked that quotes its number, once, by whatever primitive; by nothing else.
func TestQuote(t *testing.T) {
	for nr, by := range quoting {
		r := newRig(t, 4)
		r.table.Seq = 100
		quote := func(n, to int, seq uint64) {
			r.msg(n, abi.MsgReply, 7)
			r.task(n).Call.Msg.Seq = seq
			by(r, n, to)
		}
		r.receive(1, abi.Any, forever)
		r.sendrec(0, 1, 0x900, forever)
		number := r.task(1).Call.Msg.Seq
		if number == 0 || number != r.task(0).Seq {
			t.Errorf("call %d: received with number %d, it has %d", nr, number, r.task(0).Seq)
		}
		for _, stale := range []struct {
			n, to int
			seq   uint64
		}{{1, 0, number - 1}, {1, 0, number + 1}, {2, 0, number}, {1, 2, number}} {
			if quote(stale.n, stale.to, stale.seq); r.state(stale.n) != "ESTALE" {
				t.Errorf("call %d, %+v: %s, want ESTALE", nr, stale, r.state(stale.n))
			}
		}
		r.want(0, "receiving")
		r.receive(2, abi.Any, 0)
		r.want(2, "EAGAIN") // nothing was delivered
		quote(1, 0, number)
		r.want(0, "OK")
		if m := r.task(0).Call.Msg; m.Source != r.from(1) || m.Arg[0] != 7 || m.Seq != 0 {
			t.Errorf("call %d: answered by %+v", nr, m)
		}
		if nr == abi.CallReplyReceive {
			r.want(1, "receiving")
			r.send(3, 1, 1)
		}
		r.msg(0, 0x901, 0)
		r.sendrec(0, 1, 0x901, forever) // its next request, which waits, and is received then
		quote(1, 0, number)
		r.want(1, "ESTALE")
		r.want(0, "sending")
		r.receive(1, abi.Any, 0)
		quote(1, 0, number)
		r.want(1, "ESTALE")
		r.want(0, "receiving")
		r.answer(1, 0, abi.MsgReply)
		r.want(0, "OK")
	}
}

// What answers nothing waits while its receiver waits for an answer, and comes when that receives.
func TestPlainWhileAsking(t *testing.T) {
	for nr, want := range map[abi.CallNr]string{abi.CallSend: "ELOCKED", abi.CallSendNB: "ENOTREADY", abi.CallSendA: "OK", abi.CallReplyReceive: "ENOTREADY"} {
		r := newRig(t, 3)
		r.receive(1, abi.Any, forever)
		r.sendrec(0, 1, 0x900, forever)
		for _, n := range []int{1, 2} {
			r.msg(n, abi.MsgReply, 0)
			quoting[nr](r, n, 0)
			if n == 2 && nr == abi.CallSend {
				r.want(2, "sending")
			} else {
				r.want(n, want)
			}
		}
		r.want(0, "receiving")
	}
}

// After its limit the answer is stale; as a message it comes to who receives.
func TestLateAnswer(t *testing.T) {
	r := newRig(t, 2)
	r.receive(1, abi.Any, forever)
	r.sendrec(0, 1, 0x900, 50)
	number := r.task(0).Seq
	r.WaitOver(r.task(0))
	for _, again := range []bool{false, true} {
		r.msg(1, abi.MsgReply, 0)
		r.task(1).Call.Msg.Seq = number
		r.SendA(r.task(1), r.from(0), 1)
		if r.want(1, "ESTALE"); again {
			break
		}
		r.receive(0, r.from(1), forever) // waits, but for no answer
	}
	r.want(0, "receiving")
	r.send(1, 0, abi.MsgReply)
	r.got(0, abi.KindSend, r.from(1), abi.MsgReply)
}
