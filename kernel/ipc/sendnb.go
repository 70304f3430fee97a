package ipc

import (
	"bennu/kernel/abi"
	"bennu/kernel/task"
)

// SendNB is CallSendNB.
func (x *IPC) SendNB(t *task.Task, ep abi.Endpoint) {
	to, e := x.target(t, ep, abi.CallSendNB)
	if e == abi.OK {
		e = x.sendNB(t, to)
	}
	t.Result(e, 0)
}

// sendNB delivers t's message if to waits for it. An answer that was asked for would be lost by this primitive if it had to
// wait.
func (x *IPC) sendNB(t, to *task.Task) abi.Errno {
	if t.Call.Msg.Seq != 0 {
		e := x.answer(t, to, abi.KindSendNB)
		if e == abi.OK {
			asks(t, to)
		}
		return e
	}
	if !wants(to, t.Endpoint) || !answers(to, t, t.Call.Msg.Type) && x.held(to, t) {
		return abi.ENOTREADY
	}
	x.deliver(t, to, abi.KindSendNB)
	asks(t, to)
	return abi.OK
}

// ReplyReceive is CallReplyReceive.
func (x *IPC) ReplyReceive(t *task.Task, ep abi.Endpoint) {
	to, e := x.target(t, ep, abi.CallSendNB)
	if e == abi.OK && t.Priv.TrapMask&abi.TrapBit(abi.CallReceive) == 0 {
		e = abi.ETRAPDENIED
	}
	if e == abi.OK {
		e = x.sendNB(t, to)
	}
	if e != abi.OK {
		t.Result(e, 0)
		return
	}
	x.Receive(t, abi.Any, abi.NoTimeout)
}
