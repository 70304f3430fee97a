package server

import (
	"bennu/kernel/abi"
	"bennu/rs/policy"
)

// Anybody may ask for the table and the events. Nothing in them is a secret, and a client that follows its
// peers' restarts needs them.

// statusRows copies the table to the asker, and the server's own row behind it, as far as its grant goes. Arg[1] of the answer
// is how many rows there are in all.
func (s *Server) statusRows() {
	m := &s.in
	var machine abi.Machine
	s.k.GetInfo(abi.InfoMachine, 0, abi.Bytes(&machine)) // it always answers
	for i := range s.table {
		s.statusRow(i, &s.rows[i])
		if machine.Confined != 0 {
			s.rows[i].Unconfined = 0
		}
	}
	s.ownRow(&s.rows[len(s.table)])
	n := min(uint64(len(s.rows)), m.Arg[1]/statusSize)
	e := abi.OK
	if n > 0 {
		e = s.k.CopyTo(m.Source, abi.GrantID(m.Arg[0]), 0, rowBytes(s.rows[:n]))
	}
	if e != abi.OK {
		s.fail(e, abi.WhyGrant)
		return
	}
	s.reply(uint64(len(s.rows)))
}

func (s *Server) statusRow(i int, out *abi.ServiceStatus) {
	t := &s.table[i]
	*out = abi.ServiceStatus{Label: t.label, Endpoint: t.endpoint, WordsOf: t.words.of}
	out.WordsLen = uint32(copy(out.Words[:], t.words.text()))
	for _, r := range t.conf.Unguarded {
		out.Unguarded += uint32(r.Last) - uint32(r.First) + 1
	}
	out.PCI, out.Unconfined = uint16(len(t.conf.PCI)), uint16(t.conf.DMA)
	if t.refused != abi.OK {
		out.State, out.Errno, out.Why = abi.ServiceFailed, t.refused, t.why
		return
	}
	s.policy.Status(policy.ID(i), s.now, out)
	if t.image >= 0 {
		out.ImageBytes = s.images[t.image].size
	}
}

// eventRows copies events from number Arg[2] on to the asker, as many as are there and fit.
func (s *Server) eventRows() {
	m := &s.in
	room, done := m.Arg[1]/eventSize, uint64(0)
	next, lost := m.Arg[2], uint64(0)
	for {
		rows := s.batch[:min(room-done, uint64(len(s.batch)))]
		n, then, gone := s.events.copy(rows, next)
		next, lost = then, lost+gone
		if n == 0 {
			break
		}
		if e := s.k.CopyTo(m.Source, abi.GrantID(m.Arg[0]), done*eventSize, rowBytes(rows[:n])); e != abi.OK {
			s.fail(e, abi.WhyGrant)
			return
		}
		done += uint64(n)
	}
	s.reply(done, next, lost)
}

// watch is answered at once; news come when event Arg[0] exists. One watch a service: the
// newest.
func (s *Server) watch(from policy.ID) {
	if !s.allowService(from) {
		return
	}
	t := &s.table[from]
	t.watching, t.watch, t.patient = true, s.in.Arg[0], s.in.Arg[1] != 0
	s.watchers |= 1 << t.place
	s.changed(t, partWatch)
	s.reply()
}
