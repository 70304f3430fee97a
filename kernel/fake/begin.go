package fake

import (
	"bennu/kernel/abi"
	"bennu/kernel/task"
)

// The calls of a task whose code is the test itself, which may not wait: Begin… makes a call that may, Took has its result.

// aside makes a call that does not wait, perhaps for a task that waits, which no task could: what that one waits with is kept.
func (t *Task) aside(call func() abi.Errno) abi.Errno {
	kept := t.k.Call.Msg
	e := call()
	if t.Waits() {
		t.k.Call.Msg = kept
	}
	return e
}

// SendNB is CallSendNB.
func (t *Task) SendNB(to abi.Endpoint, m *abi.Msg) abi.Errno {
	return t.aside(func() abi.Errno { return t.Gate().SendNB(to, m) })
}

// SendA is CallSendA.
func (t *Task) SendA(to abi.Endpoint, tag uint64, m *abi.Msg) abi.Errno {
	return t.aside(func() abi.Errno { return t.Gate().SendA(to, tag, m) })
}

// Notify is CallNotify.
func (t *Task) Notify(to abi.Endpoint) abi.Errno {
	return t.aside(func() abi.Errno { return t.Gate().Notify(to) })
}

// start makes a call and does not wait for its end. False: the task has ended.
func (t *Task) start(call func()) bool {
	if t.Dead() {
		return false
	}
	t.begin, t.begun = true, true
	call()
	t.begin = false
	return true
}

// BeginSend is CallSend. It has no result to take.
func (t *Task) BeginSend(to abi.Endpoint, m *abi.Msg) bool {
	ok := t.start(func() { t.Gate().Send(to, m) })
	t.begun = false
	return ok
}

// BeginReceive is CallReceive.
func (t *Task) BeginReceive(from abi.Endpoint, timeout uint64) bool {
	return t.start(func() {
		var m abi.Msg
		t.Gate().Receive(from, timeout, &m)
	})
}

// BeginSendRec is CallSendRec with a limit, abi.NoTimeout for none.
func (t *Task) BeginSendRec(to abi.Endpoint, timeout uint64, m *abi.Msg) bool {
	sent := *m
	return t.start(func() { t.Gate().SendRecTimeout(to, timeout, &sent) })
}

// Took is the result of what was begun; ok is false when nothing was, it is not over, or the result was taken. kind is a
// receive's; a sendrec's is not 0 when the request was received.
func (t *Task) Took(m *abi.Msg) (kind abi.ReceiveKind, e abi.Errno, ok bool) {
	if !t.begun || t.Waits() {
		return 0, abi.OK, false
	}
	t.begun = false
	if t.Errno() == abi.OK {
		*m = t.k.Call.Msg
	}
	return abi.ReceiveKind(t.value()), t.Errno(), true
}

// GiveUp ends the task's wait, as its limit would, and forgets its result.
func (t *Task) GiveUp() {
	if t.k.Wait&(task.Sending|task.Receiving) != 0 {
		t.m.x.WaitOver(t.k)
		t.gaveUp++
	}
	t.begun = false
}
