package server

import (
	"bennu/kernel/abi"
	"bennu/rs/policy"
)

// measure has the kernel count the worst delays anew: its record is the root task's alone to reset. The record until
// now is in the answer, so that nothing is lost between a reading and the reset.
func (s *Server) measure(from policy.ID) {
	switch {
	case from == policy.Nobody:
		s.fail(abi.EPERM, abi.WhyStranger)
		return
	case !s.operator(from):
		s.fail(abi.EPERM, abi.WhyNotOperator)
		return
	}
	var l abi.Latency
	if e := s.k.ResetLatency(&l); e != abi.OK {
		s.fail(e, abi.WhyNone)
		return
	}
	s.out = abi.Msg{Type: abi.MsgReply}
	s.out.Arg = [7]uint64{1: l.MaxKernelNS, 2: l.MaxKernelCall | uint64(l.MaxReadyTask)<<32, 3: l.MaxReadyNS, 4: l.Entries, 6: s.in.Arg[6]}
	s.give(s.in.Source, from, s.req.place, &s.out)
}
