package machine

import (
	"bennu/kernel/abi"
	"bennu/kernel/task"
)

// The calls of a task. Those that wait do so by Task.wait: a coroutine gives way, the test itself may not
// wait (Begin… is for it). A task that is stopped has every call fail.

// call readies a call: the message goes into the call area, as usys does it.
func (t *Task) call(m *abi.Msg) bool {
	if t.Dead() {
		return false
	}
	if m != nil {
		t.k.Call.Msg = *m
	}
	return true
}

// Errno is what the last call returned.
func (t *Task) Errno() abi.Errno { return abi.Errno(t.k.Ctx.Frame.AX) }

// value is the second result of the last call.
func (t *Task) value() uint64 { return t.k.Ctx.Frame.DX }

// Send is CallSend.
func (t *Task) Send(to abi.Endpoint, m *abi.Msg) abi.Errno {
	if !t.BeginSend(to, m) || !t.wait() {
		return abi.EDEADSRCDST
	}
	return t.Errno()
}

// BeginSend is Send without its wait.
func (t *Task) BeginSend(to abi.Endpoint, m *abi.Msg) bool {
	if !t.call(m) {
		return false
	}
	t.m.x.Send(t.k, to)
	return true
}

// SendNB is CallSendNB.
func (t *Task) SendNB(to abi.Endpoint, m *abi.Msg) abi.Errno {
	return t.aside(m, func() { t.m.x.SendNB(t.k, to) })
}

// SendA is CallSendA.
func (t *Task) SendA(to abi.Endpoint, tag uint64, m *abi.Msg) abi.Errno {
	return t.aside(m, func() { t.m.x.SendA(t.k, to, tag) })
}

// Notify is CallNotify.
func (t *Task) Notify(to abi.Endpoint) abi.Errno {
	return t.aside(nil, func() { t.m.x.Notify(t.k, to) })
}

// aside makes a call that does not wait. A test may make one for a task that waits, which no task
// could: what that one waits with is kept.
func (t *Task) aside(m *abi.Msg, call func()) abi.Errno {
	kept := t.k.Call.Msg
	if !t.call(m) {
		return abi.EDEADSRCDST
	}
	call()
	if t.Waits() {
		t.k.Call.Msg = kept
	}
	return t.Errno()
}

// Receive is CallReceive.
func (t *Task) Receive(from abi.Endpoint, timeout uint64, m *abi.Msg) (abi.ReceiveKind, abi.Errno) {
	if !t.BeginReceive(from, timeout) || !t.wait() {
		return 0, abi.EDEADSRCDST
	}
	kind, e, _ := t.Took(m)
	return kind, e
}

// BeginReceive is Receive without its wait: Took has its result.
func (t *Task) BeginReceive(from abi.Endpoint, timeout uint64) bool {
	if !t.call(nil) {
		return false
	}
	t.m.x.Receive(t.k, from, timeout)
	t.begun = true
	return true
}

// Took is the result of what BeginReceive or BeginSendRec began; ok is false when nothing was begun,
// it is not over, or the result was taken.
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

// SendRec is CallSendRec with a limit, abi.NoTimeout for none.
func (t *Task) SendRec(to abi.Endpoint, timeout uint64, m *abi.Msg) (sent bool, e abi.Errno) {
	if !t.BeginSendRec(to, timeout, m) || !t.wait() {
		return false, abi.EDEADSRCDST
	}
	return t.TookAnswer(m)
}

// TookAnswer is Took of what BeginSendRec began.
func (t *Task) TookAnswer(m *abi.Msg) (sent bool, e abi.Errno) {
	if t.Dead() {
		return false, abi.EDEADSRCDST
	}
	value := t.value()
	_, e, _ = t.Took(m)
	return value != 0, e
}

// BeginSendRec is SendRec without its wait.
func (t *Task) BeginSendRec(to abi.Endpoint, timeout uint64, m *abi.Msg) bool {
	if !t.call(m) {
		return false
	}
	t.m.x.SendRec(t.k, to, timeout)
	t.begun = true
	return true
}

// Begun tells whether the result of a Begin… has not been taken yet.
func (t *Task) Begun() bool { return t.begun }

// GiveUp ends the task's wait, as its limit would, and forgets its result.
func (t *Task) GiveUp() {
	if t.k.Wait&(task.Sending|task.Receiving) != 0 {
		t.m.x.WaitOver(t.k)
	}
	t.begun = false
}

// SetAlarm is CallSetAlarm.
func (t *Task) SetAlarm(ns uint64) (left uint64, e abi.Errno) {
	if t.Dead() {
		return 0, abi.EDEADSRCDST
	}
	if t.alarm != never {
		left = t.alarm - min(t.alarm, t.m.now)
	}
	t.alarm = never
	if ns != 0 {
		t.alarm = t.m.now + ns
	}
	return left, abi.OK
}

// AsyncResult is CallGetInfo with InfoAsync.
func (t *Task) AsyncResult(r *abi.AsyncResult) abi.Errno {
	if t.Dead() {
		return abi.EDEADSRCDST
	}
	return t.m.x.TakeResult(t.k, r)
}
