package ipc

import (
	"bennu/kernel/abi"
	"bennu/kernel/task"
)

// Servers work on the account of who asks them, and what comes from an account that may not have it done now waits.

// serve makes from pay for what to, a server, does with what it received; not for the answer to a request of to's
// own.
func (x *IPC) serve(to, from *task.Task) {
	if to.Server && !to.InSendRec && to.Call.Msg.Type != abi.MsgReply {
		x.m.Pays(to, from)
	}
}

// held tells whether what from left for t is not to be received now. A server that waits for one task gets what
// that has.
func (x *IPC) held(t, from *task.Task) bool {
	return t.Server && t.RecvFrom == abi.Any && x.m.Held(t, from)
}

// Retry gives t, which waits, what it may have by now.
func (x *IPC) Retry(t *task.Task) {
	if t.Wait == task.Receiving && !t.InSendRec {
		_ = x.pending(t) || x.async(t) || x.queued(t)
	}
}

// serveNotify is serve for a notification, which has been delivered.
func (x *IPC) serveNotify(to, from *task.Task) {
	if to.Server {
		x.m.Pays(to, from)
	}
}
