//go:build tamago

package usys

import "bennu/kernel/abi"

// Send sends m to a task and returns when it was received.
//
// Errors: EDEADSRCDST, ECALLDENIED, ETRAPDENIED, ELOCKED, EINVAL (the type is the
// kernel's own).
//
//go:nosplit
func Send(to abi.Endpoint, m *abi.Msg) abi.Errno {
	area().Msg = *m
	e, _ := raw1(uint64(abi.CallSend), uint64(to))
	return abi.Errno(e)
}

// SendNB is Send, but ENOTREADY when the task is not waiting to receive.
//
//go:nosplit
func SendNB(to abi.Endpoint, m *abi.Msg) abi.Errno {
	area().Msg = *m
	e, _ := raw1(uint64(abi.CallSendNB), uint64(to))
	return abi.Errno(e)
}

// SendA leaves m with the kernel, which delivers it when the task receives. If that
// cannot be done any more, an abi.AsyncResult with tag tells (AsyncResult).
//
// Errors: as Send, and EAGAIN (MaxAsync messages of the caller wait already).
//
//go:nosplit
func SendA(to abi.Endpoint, tag uint64, m *abi.Msg) abi.Errno {
	area().Msg = *m
	e, _ := raw2(uint64(abi.CallSendA), uint64(to), tag)
	return abi.Errno(e)
}

// Receive waits for a message from one endpoint or abi.Any, at most timeout
// nanoseconds (0: only what waits already, abi.NoTimeout: for ever).
//
// Errors: EAGAIN (time is over), EDEADSRCDST (from is dead, or died), ETRAPDENIED.
//
//go:nosplit
func Receive(from abi.Endpoint, timeout uint64, m *abi.Msg) (abi.ReceiveKind, abi.Errno) {
	e, kind := raw2(uint64(abi.CallReceive), uint64(from), timeout)
	if abi.Errno(e) == abi.OK {
		*m = area().Msg
	}
	return abi.ReceiveKind(kind), abi.Errno(e)
}

// SendRec sends m and waits for the answer from the same task, which replaces m.
// Errors: as Send.
//
//go:nosplit
func SendRec(to abi.Endpoint, m *abi.Msg) abi.Errno {
	_, e := SendRecTimeout(to, abi.NoTimeout, m)
	return e
}

// SendRecTimeout is SendRec that gives up after timeout nanoseconds with ETIMEDOUT. sent tells
// whether the request had been received by then: its answer may still come as a message.
//
//go:nosplit
func SendRecTimeout(to abi.Endpoint, timeout uint64, m *abi.Msg) (sent bool, errno abi.Errno) {
	area().Msg = *m
	e, v := raw2(uint64(abi.CallSendRec), uint64(to), timeout)
	if abi.Errno(e) == abi.OK {
		*m = area().Msg
	}
	return v != 0, abi.Errno(e)
}

// Notify makes a notification from the caller pending at a task.
// Errors: EDEADSRCDST, ECALLDENIED, ETRAPDENIED.
//
//go:nosplit
func Notify(to abi.Endpoint) abi.Errno {
	e, _ := raw1(uint64(abi.CallNotify), uint64(to))
	return abi.Errno(e)
}

// Sleep waits ns nanoseconds and receives nothing: a receive from the caller itself.
//
//go:nosplit
func Sleep(ns uint64) {
	raw2(uint64(abi.CallReceive), uint64(abi.Self), ns)
}
