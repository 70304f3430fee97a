package engine

import (
	"bennu/kernel/abi"
	"bennu/rs/fi/fault"
	"bennu/rs/fi/message"
)

// Places of registers in abi.Registers.GPR, and the length of SYSCALL, 0F 05.
const (
	regAX       = 0
	regDX       = 2
	regSI       = 6
	regDI       = 7
	syscallSize = 2
)

// call is the IPC call that the victim makes.
type call struct {
	ep     abi.Endpoint
	nr     abi.CallNr
	life   bool           // it belongs to the protocol of lives
	lost   bool           // a fault has made it one that only receives
	di, si uint64         // what it had then
	again  *abi.Registers // it is made once more with these, and with msg
	msg    abi.Msg
}

// called is a call of the victim's that is about to be made, or has returned.
func (e *Engine) called(s *abi.TraceStop) abi.TraceHow {
	v := victim{e: e, ep: s.Endpoint, stop: s, how: abi.TraceGo}
	if s.Why == abi.StopReturn {
		return e.returned(s, &v)
	}
	if e.b.toStop && e.phase == working {
		e.b.toStop, e.b.stopped = false, true
		e.w.Refresh()
	}
	nr := abi.CallNr(s.Regs.GPR[regAX])
	e.call = call{ep: s.Endpoint, nr: nr, life: message.Sends(nr) && message.OfLife(v.Msg().Type)}
	return e.struck(fault.AtCall, nr, &v)
}

// returned is a call that has returned. Only what was received by it, and not in the protocol of lives, can have a fault.
func (e *Engine) returned(s *abi.TraceStop, v *victim) abi.TraceHow {
	c := e.call
	e.call = call{}
	if c.ep != s.Endpoint || e.mendCall(s, &c) {
		return abi.TraceGo
	}
	if s.Regs.GPR[regAX] != uint64(abi.OK) || !message.Receives(c.nr) {
		return abi.TraceGo
	}
	if v.Msg().Type == abi.RSStop {
		return e.struck(fault.AtStop, c.nr, v)
	}
	if c.life {
		return abi.TraceGo
	}
	return e.struck(fault.AtReturn, c.nr, v)
}

// struck does the first fault that is due. Each counts the calls that it could have been done to. Only the life that the block began with has
// them, as it alone has those of code.
func (e *Engine) struck(when fault.When, nr abi.CallNr, v *victim) abi.TraceHow {
	if e.b.seen.Deaths > 0 {
		return abi.TraceGo
	}
	due := -1
	for i := range e.b.faults {
		a := &e.b.faults[i]
		k, ok := a.kind.(fault.Strike)
		if !ok || !a.made || a.Words != "" || k.When() != when || when != fault.AtStop && !k.Wants(nr, v.Msg()) {
			continue
		}
		switch {
		case when != fault.AtStop && a.wait > 0:
			a.wait--
		case due < 0:
			due = i
		}
	}
	if due >= 0 {
		e.strikeAs(due, v)
	}
	return v.how
}

// dropCall has a call send nothing, and tells how the victim goes on. One that waits for a message afterwards still does.
func (e *Engine) dropCall(s *abi.TraceStop) abi.TraceHow {
	g, how := &s.Regs.GPR, abi.TraceGo
	switch e.call.lost, e.call.di, e.call.si = true, g[regDI], g[regSI]; e.call.nr {
	case abi.CallSendRec: // its arguments are those of the receive
		g[regAX] = uint64(abi.CallReceive)
	case abi.CallReplyReceive:
		g[regAX], g[regDI], g[regSI] = uint64(abi.CallReceive), uint64(abi.Any), abi.NoTimeout
	default:
		g[regAX], g[regDX], how = uint64(abi.OK), 0, abi.TraceSkip
	}
	e.callRegs(s)
	return how
}

// repeatCall has the victim go back to its SYSCALL when that has returned, with what it has now. Of a server's answer and wait for the next
// request the answer is sent twice: what it received in between would be lost.
func (e *Engine) repeatCall(s *abi.TraceStop, m *abi.Msg) {
	r := s.Regs
	r.RIP -= syscallSize
	e.call.again, e.call.msg = &r, *m
	if e.call.nr == abi.CallReplyReceive {
		s.Regs.GPR[regAX] = uint64(abi.CallSendNB)
		e.callRegs(s)
	}
}

// mendCall does what a fault has left to be done when the call returns. true: the victim makes it once more.
func (e *Engine) mendCall(s *abi.TraceStop, c *call) bool {
	g := &s.Regs.GPR
	switch {
	case c.again != nil:
		err := e.w.Write(s.Endpoint, abi.CallPage, abi.Bytes(&c.msg))
		if err == abi.OK {
			err = e.w.SetRegs(s.Endpoint, c.again)
		}
		if err != abi.OK {
			e.wrong("repeat: " + err.Name())
		}
		return true
	case c.lost:
		g[regDI], g[regSI] = c.di, c.si
		if c.nr == abi.CallSendRec && g[regAX] == uint64(abi.EAGAIN) { // it does not learn that nothing was sent
			g[regAX], g[regDX] = uint64(abi.ETIMEDOUT), 1
		}
		e.callRegs(s)
	}
	return false
}

func (e *Engine) callRegs(s *abi.TraceStop) {
	if err := e.w.SetRegs(s.Endpoint, &s.Regs); err != abi.OK {
		e.wrong("change a call: " + err.Name())
	}
}
