package server

import (
	"bennu/kernel/abi"
	"bennu/rs/policy"
)

// measure has the kernel count the worst delays anew: only the root task may reset its record. The record until now
// is in the answer, so that nothing is lost between a reading and the reset.
//
// Errors: EPERM (no operator), those of the kernel's reset.
func (s *Server) measure(from policy.ID) {
	if !s.allowOperator(from) {
		return
	}
	var l abi.Latency
	if e := s.resetLatency(&l); e != abi.OK {
		s.fail(e, abi.WhyNone)
		return
	}
	s.reply(l.MaxKernelNS, l.MaxKernelCall|uint64(l.MaxReadyTask)<<32, l.MaxReadyNS, l.Entries)
}
