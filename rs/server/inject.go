package server

import (
	"time"

	"bennu/kernel/abi"
	"bennu/rs/policy"
)

// faultLimit is how long a service may take to answer an order to misbehave. It is well below the time that
// askers wait for RS.
const faultLimit = 2 * time.Second

// order is a DriverFault that its service has not answered.
type order struct {
	on     bool
	way    uint64
	number uint64
	due    time.Duration
	asker  policy.Asker // the zero value: it was answered
}

// Code that is written at a service's next instruction. Source: Intel SDM Vol. 2B, "UD—Undefined
// Instruction"; Vol. 2A, "JMP—Jump".
var (
	undefined  = [2]byte{0x0f, 0x0b} // UD2
	jumpToSelf = [2]byte{0xeb, 0xfe} // JMP rel8 -2
)

// inject breaks a service as s.in asks: Arg[2] the kind, Arg[3] its parameter. The code is
// changed in a copy of the victim's own; the image that it restarts from stays as it is.
//
// Errors: EINVAL (no such kind), ESRCH (it does not live), those of the kernel's trace call; of FaultSelf those
// that faulted and expire answer.
func (s *Server) inject(id policy.ID) {
	kind := abi.FaultKind(s.in.Arg[2])
	if kind < abi.FaultException || kind > abi.FaultSelf {
		s.fail(abi.EINVAL, abi.WhyArgument)
		return
	}
	if !s.policy.Alive(id) {
		s.fail(abi.ESRCH, s.policy.Doing(id))
		return
	}
	ep := s.table[id].endpoint
	e := abi.OK
	switch kind {
	case abi.FaultException:
		e = s.plant(ep, undefined)
	case abi.FaultHang:
		e = s.plant(ep, jumpToSelf)
	case abi.FaultSelf:
		s.command(id, s.in.Arg[3])
		return
	}
	if e != abi.OK {
		s.fail(e, abi.WhyTrace)
		return
	}
	s.reply()
	s.step(policy.Event{Kind: policy.Fault, ID: id, Fault: kind})
}

// plant writes two bytes of code at a task's next instruction.
func (s *Server) plant(ep abi.Endpoint, code [2]byte) abi.Errno {
	if e := s.k.TraceRegs(ep, &s.regs); e != abi.OK {
		return e
	}
	for i, b := range code {
		if e := s.poke(ep, s.regs.RIP+uint64(i), b); e != abi.OK {
			return e
		}
	}
	return abi.OK
}

// command tells a service to misbehave by itself. The asker is answered when the service has answered the
// order; an asker that commands itself, at once.
func (s *Server) command(id policy.ID, way uint64) {
	t := &s.table[id]
	if t.fault.on {
		s.fail(abi.EBUSY, abi.WhyFaultBusy)
		return
	}
	if !s.mayWait() {
		return
	}
	s.orders++
	s.faults++
	s.turn.globals = true
	s.changed(t, partFault)
	t.fault = order{on: true, way: way, number: s.orders, due: s.now + faultLimit, asker: s.asker()}
	if s.req.from == id {
		t.fault.asker = policy.Asker{}
		s.reply()
	}
	s.tell(id, &t.mail.fault)
}

// faulted takes a service's answer to an order to misbehave.
func (s *Server) faulted(id policy.ID) {
	o := &s.table[id].fault
	if !o.on || o.number != s.in.Arg[1] {
		return
	}
	switch e := abi.Errno(s.in.Arg[0]); e {
	case abi.OK:
		s.ordered(id, abi.OK, abi.WhyNone, 0)
		s.step(policy.Event{Kind: policy.Fault, ID: id, Fault: abi.FaultSelf})
	case abi.ENOSYS:
		s.ordered(id, e, abi.WhyNoFaults, 0)
	default:
		s.ordered(id, e, abi.WhyFault, 0)
	}
}

// expire ends the orders that were not answered in time.
func (s *Server) expire() {
	if s.faults == 0 {
		return
	}
	for i := range s.table[:s.good] {
		if o := &s.table[i].fault; o.on && o.due <= s.now {
			s.ordered(policy.ID(i), abi.ETIMEDOUT, abi.WhyFaultTimeout, uint64(faultLimit))
		}
	}
}

// nextFault is when expire has something to do; ok is false when it has not.
func (s *Server) nextFault() (at time.Duration, ok bool) {
	if s.faults == 0 {
		return 0, false
	}
	for i := range s.table[:s.good] {
		if o := &s.table[i].fault; o.on && (!ok || o.due < at) {
			at, ok = o.due, true
		}
	}
	return at, ok
}

// ordered ends a service's order and tells the asker. An order that the service has not taken is withdrawn.
func (s *Server) ordered(id policy.ID, e abi.Errno, why abi.Why, detail uint64) {
	t := &s.table[id]
	if !t.fault.on {
		return
	}
	asker := t.fault.asker
	t.fault = order{}
	s.faults--
	s.changed(t, partFault)
	if t.mail.fault {
		t.mail.fault = false
		s.changed(t, partMail)
		s.took(&t.mail)
	}
	if asker != (policy.Asker{}) {
		s.late(asker, e, why, detail, 0)
	}
}
