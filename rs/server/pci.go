package server

import (
	"bennu/kernel/abi"
	"bennu/rs/policy"
)

// pciRows copies the kernel's rows of PCI to the asker, as far as its grant goes: only the root task may read them all.
//
// Errors: EPERM (no operator), EINVAL (neither InfoPCI nor InfoBuses nor InfoDMA), those of the kernel's.
func (s *Server) pciRows(from policy.ID) {
	if !s.allowOperator(from) {
		return
	}
	switch kind := abi.InfoKind(s.in.Arg[2]); kind {
	case abi.InfoPCI:
		kernelRows(s, kind, s.found[:])
	case abi.InfoBuses:
		kernelRows(s, kind, s.buses[:])
	case abi.InfoDMA:
		kernelRows(s, kind, s.denied[:])
	default:
		s.fail(abi.EINVAL, abi.WhyArgument)
	}
}

// kernelRows answers the request in s.in with a table of the kernel's, a batch of rows at a time. The table may grow meanwhile, and never shrinks; none has more than MaxFunctions.
func kernelRows[T any](s *Server, kind abi.InfoKind, batch []T) {
	m := &s.in
	size := uint64(len(rowBytes(batch[:1])))
	room, count := m.Arg[1]/size, uint64(0)
	for more := true; more && count < abi.MaxFunctions; {
		n := 0
		for more && n < len(batch) {
			switch _, e := s.k.GetInfo(kind, count+uint64(n), rowBytes(batch[n:n+1])); e {
			case abi.OK:
				n++
			case abi.EDOM:
				more = false
			default:
				s.fail(e, abi.WhyNone)
				return
			}
		}
		if some := min(uint64(n), room-min(room, count)); some > 0 {
			if e := s.k.CopyTo(m.Source, abi.GrantID(m.Arg[0]), count*size, rowBytes(batch[:some])); e != abi.OK {
				s.fail(e, abi.WhyGrant)
				return
			}
		}
		count += uint64(n)
	}
	s.reply(count)
}
