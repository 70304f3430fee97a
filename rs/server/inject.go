package server

import (
	"bennu/kernel/abi"
	"bennu/rs/policy"
)

// Code that is written where a service stands.
// Source: Intel SDM Vol. 2B, "UD—Undefined Instruction"; Vol. 2A, "JMP—Jump".
var (
	undefined  = [2]byte{0x0f, 0x0b} // UD2
	jumpToSelf = [2]byte{0xeb, 0xfe} // JMP rel8 -2
)

// inject breaks a service as s.in asks: Arg[2] the kind, Arg[3] its parameter. The code is
// changed in a copy of the victim's own; the image that it restarts from stays as it is.
//
// Errors: EINVAL (no such kind), ESRCH (it does not live), those of the kernel's trace call.
func (s *Server) inject(id policy.ID) abi.Errno {
	kind, param := abi.FaultKind(s.in.Arg[2]), s.in.Arg[3]
	if kind < abi.FaultException || kind > abi.FaultSelf {
		return abi.EINVAL
	}
	if !s.policy.Alive(id) {
		return abi.ESRCH
	}
	ep := s.table[id].endpoint
	e := abi.OK
	switch kind {
	case abi.FaultException:
		e = s.plant(ep, undefined)
	case abi.FaultHang:
		e = s.plant(ep, jumpToSelf)
	case abi.FaultSelf:
		s.out = abi.Msg{Type: abi.DriverFault}
		s.out.Arg[0] = param
		s.post(ep, &s.out)
	}
	if e == abi.OK {
		s.step(policy.Event{Kind: policy.Fault, ID: id, Fault: kind})
	}
	return e
}

// plant writes two bytes of code at a task's next instruction.
func (s *Server) plant(ep abi.Endpoint, code [2]byte) abi.Errno {
	if e := s.k.Regs(ep, &s.regs); e != abi.OK {
		return e
	}
	for i, b := range code {
		if e := s.k.Poke(ep, s.regs.RIP+uint64(i), b); e != abi.OK {
			return e
		}
	}
	return abi.OK
}
