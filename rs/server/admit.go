package server

import (
	"bennu/kernel/abi"
	"bennu/rs/conf"
)

// refusal is an entry of system.conf that is not to be a service, and the answer to requests for it.
type refusal struct {
	conf.Fault
	e   abi.Errno
	why abi.Why
}

// wrong is a refusal for a fault of the entry.
func wrong(f conf.Fault) refusal { return refusal{f, abi.EINVAL, abi.WhyRefused} }

// candidate is an entry without a fault, whose program is there.
type candidate struct {
	conf    *conf.Service
	account abi.AccountID // 0: not made
	refused abi.Errno     // OK: it is a service
	kernel  bool          // it was the kernel that refused it its account
}

// room is the memory that the reserves of all services may have together.
func (s *Server) room() conf.Room {
	return conf.Room{Bytes: s.roomBytes, Of: "this machine has them beside kernel, boot archive and rs", More: "a machine with more memory"}
}

// admit makes the accounts of the services that this machine can keep. That is before any of them runs, in the order of the file: if there is too
// little memory for all reserves, the order alone decides which are refused, and the reserve of a service that was not started yet is kept for it.
// An account that is there, since an earlier life of the server has made it, stays.
func (s *Server) admit() (refused []refusal) {
	s.roomBytes = s.unpromised()
	for i := range s.candidates {
		if c := &s.candidates[i]; c.account != 0 {
			s.roomBytes += c.conf.Reserve &^ (abi.PageSize - 1)
		}
	}
	room := s.room()
	for i := range s.candidates {
		c := &s.candidates[i]
		fault, ok := s.file.Admit(&room, c.conf)
		switch {
		case c.account != 0:
			continue
		case !ok:
			c.refused = abi.ENOMEM
			refused = append(refused, refusal{fault, abi.ENOMEM, abi.WhyAccount})
			continue
		}
		e := abi.OK
		if c.account, e = s.open(c.conf); e != abi.OK {
			c.account, c.refused, c.kernel = 0, e, true
			refused = append(refused, s.kernelRefuses(c))
		}
	}
	return refused
}

func (s *Server) kernelRefuses(c *candidate) refusal {
	return refusal{s.file.ReserveFault(c.conf, "cannot be promised, the kernel says: "+c.refused.Text()), c.refused, abi.WhyAccount}
}

// admitted is the refusals that admit has come to, from what it has left in the candidates and in roomBytes.
func (s *Server) admitted() (refused []refusal) {
	room := s.room()
	for i := range s.candidates {
		c := &s.candidates[i]
		fault, _ := s.file.Admit(&room, c.conf)
		switch {
		case c.refused == abi.OK:
		case c.kernel:
			refused = append(refused, s.kernelRefuses(c))
		default:
			refused = append(refused, refusal{fault, abi.ENOMEM, abi.WhyAccount})
		}
	}
	return refused
}

// settle makes the table what admit has decided. Most often all candidates are services, and it is as New has made it.
func (s *Server) settle(refused []refusal) {
	if len(refused) > 0 {
		s.assemble(append(s.faulty[:len(s.faulty):len(s.faulty)], refused...))
	}
	at := 0
	for i := range s.candidates {
		if c := &s.candidates[i]; c.refused == abi.OK {
			s.table[at].account = c.account
			at++
		}
	}
}

// open makes a service's account, which outlives all its lives. Errors: ENOSPC, ENOMEM (its reserve is more than the memory
// that is left).
func (s *Server) open(c *conf.Service) (abi.AccountID, abi.Errno) {
	label, _ := abi.MakeLabel(c.Label)
	spec := abi.AccountSpec{
		Label:         label,
		Priority:      c.Priority,
		BudgetNS:      uint64(c.Budget),
		PeriodNS:      uint64(c.BudgetPeriod),
		QuantumNS:     uint64(c.Quantum),
		ReserveFrames: uint32(c.Reserve / abi.PageSize),
		CeilingFrames: uint32(c.Memory / abi.PageSize),
		KeptFrames:    uint32(c.Kept / abi.PageSize),
	}
	if c.Server {
		spec.Flags |= abi.AccountServer
	}
	if c.Calls&abi.CallBit(abi.CallImageCreate) != 0 {
		spec.Images = imagesOfOthers
	}
	return s.k.AccountSet(0, &spec)
}

// imagesOfOthers is how many images a service may have if it may make any.
const imagesOfOthers = 4
