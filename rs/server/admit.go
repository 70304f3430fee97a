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

// admit makes the table: the services whose program is there and whose account this machine can keep. Their accounts are made here,
// before any of them runs, in the order of the file: if there is too little memory for all reserves, the order alone decides which
// are refused, and the reserve of a service that was not started yet is kept for it.
func (s *Server) admit(file *conf.File) (refused []refusal) {
	room := conf.Room{Bytes: s.unpromised(), Of: "this machine has them beside kernel, boot archive and rs", More: "a machine with more memory"}
	for i := range file.Services {
		c := &file.Services[i]
		if _, ok := s.archive.File(ProgramPath + c.Program); !ok {
			refused = append(refused, wrong(conf.Fault{
				File: ConfName, Line: c.Line, Col: c.Col, Label: c.Label,
				Text: "program: no " + ProgramPath + c.Program + " in the boot archive, expected an executable",
			}))
			continue
		}
		fault, ok := file.Admit(&room, c)
		if !ok {
			refused = append(refused, refusal{fault, abi.ENOMEM, abi.WhyAccount})
			continue
		}
		t := service{name: c.Label, conf: *c, endpoint: abi.None, image: noImage}
		t.label, _ = abi.MakeLabel(c.Label)
		e := abi.OK
		if t.account, e = s.open(&t); e != abi.OK {
			refused = append(refused, refusal{file.ReserveFault(c, "cannot be promised, the kernel says: "+e.Text()), e, abi.WhyAccount})
			continue
		}
		s.table = append(s.table, t)
	}
	return refused
}

// open makes a service's account, which outlives all its lives. Errors: ENOSPC, ENOMEM (its reserve is more than the memory
// that is left).
func (s *Server) open(t *service) (abi.AccountID, abi.Errno) {
	c := &t.conf
	spec := abi.AccountSpec{
		Label:         t.label,
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
