package ipc

import (
	"bennu/kernel/abi"
	"bennu/kernel/task"
)

// Servers work on their clients' accounts. A request from an account that may not have it done now waits.

// serve makes from pay for the work of to, a server, on the message that it received; not on the answer to a request
// of to's own. An answer that to did not ask for is a request like any other: only its type makes it an answer.
func (x *IPC) serve(to, from *task.Task) {
	if !to.Server {
		return
	}
	if to.InSendRec() || answers(to, from, to.Call.Msg.Type) {
		to.Asked &^= 1 << from.Slot
		return
	}
	x.m.Pays(to, from)
}

// asks notes that t sent to a message: if t is a server, one answer to it is free.
func asks(t, to *task.Task) {
	if t.Server && t.Call.Msg.Type != abi.MsgReply {
		t.Asked |= 1 << to.Slot
	}
}

// answers tells whether a message of from's to a server is one that it has asked for.
func answers(to, from *task.Task, m abi.MsgType) bool {
	return m == abi.MsgReply && to.Asked>>from.Slot&1 != 0
}

// held tells whether the messages of from to t are not to be received now. A server that waits for one task
// gets that task's.
func (x *IPC) held(t, from *task.Task) bool {
	return t.Server && t.RecvFrom == abi.Any && x.m.Held(t, from)
}

// Retry gives t a message that it may have by now, or tells it to ask, since it may have asked before in vain.
func (x *IPC) Retry(t *task.Task) {
	if t.Wait&^task.LongWay == task.Receiving && !t.InSendRec() && (x.pending(t) || x.async(t) || x.queued(t)) {
		return
	}
	left(t)
}

// serveNotify is serve for a notification, which has been delivered.
func (x *IPC) serveNotify(to, from *task.Task) {
	if to.Server {
		x.m.Pays(to, from)
	}
}
