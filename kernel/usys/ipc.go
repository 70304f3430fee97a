package usys

import "bennu/kernel/abi"

// Send sends m to a task and returns when it was received.
//
// Errors: EDEADSRCDST, ECALLDENIED, ETRAPDENIED, ELOCKED, EINVAL (the type is the
// kernel's own).
//
//go:nosplit
func (g Gate) Send(to abi.Endpoint, m *abi.Msg) abi.Errno {
	g.area().Msg = *m
	e, _ := g.call1(abi.CallSend, uint64(to))
	return e
}

// SendNB is Send, but ENOTREADY when the task is not waiting to receive.
//
//go:nosplit
func (g Gate) SendNB(to abi.Endpoint, m *abi.Msg) abi.Errno {
	g.area().Msg = *m
	e, _ := g.call1(abi.CallSendNB, uint64(to))
	return e
}

// SendA leaves m with the kernel, which delivers it when the task receives. If that
// cannot be done any more, an abi.AsyncResult with tag tells (AsyncResult).
//
// Errors: as Send, and EAGAIN (MaxAsync messages of the caller wait already).
//
//go:nosplit
func (g Gate) SendA(to abi.Endpoint, tag uint64, m *abi.Msg) abi.Errno {
	g.area().Msg = *m
	e, _ := g.call2(abi.CallSendA, uint64(to), tag)
	return e
}

// ReplyReceive sends m, the answer to a task that waits for it, and waits for the next message from anybody, which replaces m.
// Errors: as SendNB; nothing was received then, and m is as it was.
//
//go:nosplit
func (g Gate) ReplyReceive(to abi.Endpoint, m *abi.Msg) (abi.ReceiveKind, abi.Errno) {
	g.area().Msg = *m
	e, kind := g.call1(abi.CallReplyReceive, uint64(to))
	if e == abi.OK {
		*m = g.area().Msg
	}
	return abi.ReceiveKind(kind), e
}

// Receive waits for a message from one endpoint or abi.Any, at most timeout
// nanoseconds (0: only what waits already, abi.NoTimeout: for ever).
//
// Errors: EAGAIN (time is over), EDEADSRCDST (from is dead, or died), ETRAPDENIED.
//
//go:nosplit
func (g Gate) Receive(from abi.Endpoint, timeout uint64, m *abi.Msg) (abi.ReceiveKind, abi.Errno) {
	e, kind := g.call2(abi.CallReceive, uint64(from), timeout)
	if e == abi.OK {
		*m = g.area().Msg
	}
	return abi.ReceiveKind(kind), e
}

// SendRec sends m and waits for the answer from the same task, which replaces m.
// Errors: as Send.
//
//go:nosplit
func (g Gate) SendRec(to abi.Endpoint, m *abi.Msg) abi.Errno {
	_, e := g.SendRecTimeout(to, abi.NoTimeout, m)
	return e
}

// SendRecTimeout is SendRec that gives up after timeout nanoseconds with ETIMEDOUT. sent tells
// whether the request had been received by then: its answer may still come as a message.
//
//go:nosplit
func (g Gate) SendRecTimeout(to abi.Endpoint, timeout uint64, m *abi.Msg) (sent bool, errno abi.Errno) {
	g.area().Msg = *m
	e, v := g.call2(abi.CallSendRec, uint64(to), timeout)
	if e == abi.OK {
		*m = g.area().Msg
	}
	return v != 0, e
}

// Notify makes a notification from the caller pending at a task.
// Errors: EDEADSRCDST, ECALLDENIED, ETRAPDENIED.
//
//go:nosplit
func (g Gate) Notify(to abi.Endpoint) abi.Errno {
	e, _ := g.call1(abi.CallNotify, uint64(to))
	return e
}

// Sleep waits ns nanoseconds and receives nothing: a receive from the caller itself.
//
//go:nosplit
func (g Gate) Sleep(ns uint64) {
	g.call2(abi.CallReceive, uint64(abi.Self), ns)
}
