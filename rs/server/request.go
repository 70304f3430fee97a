package server

import (
	"bennu/kernel/abi"
	"bennu/rs/ds"
	"bennu/rs/policy"
)

// message handles what a task sent. Every request gets a definite answer; what is no
// request is answered only when its sender waits for one.
func (s *Server) message(kind abi.ReceiveKind) {
	m := &s.in
	from := s.find(m.Source)
	switch m.Type {
	case abi.RSUp, abi.RSDown, abi.RSRefresh, abi.RSRestart, abi.RSFault:
		s.life(from)
	case abi.RSShutdown:
		s.shutdown(from)
	case abi.RSLookup:
		s.lookup()
	case abi.RSStatus:
		s.statusRows()
	case abi.RSEvents:
		s.eventRows()
	case abi.RSWatch:
		s.watch(from)
	case abi.RSReady:
		e := abi.EPERM
		if from != policy.Nobody {
			e = abi.OK
		}
		if kind == abi.KindSendRec || e != abi.OK {
			s.reply(e, 0, 0, 0)
		}
		if e == abi.OK {
			s.step(policy.Event{Kind: policy.Ready, ID: from, Errno: abi.Errno(m.Arg[0])})
		}
	case abi.RSHeartbeat:
		if kind == abi.KindSendRec {
			s.reply(abi.OK, 0, 0, 0)
		}
		if from != policy.Nobody {
			s.step(policy.Event{Kind: policy.Heartbeat, ID: from})
		}
	case abi.DSPublish, abi.DSRetrieve, abi.DSDelete:
		s.data(from)
	case abi.MsgReply, abi.RSNews, abi.RSStop, abi.DriverFault: // no requests: an answer could go round
		if kind == abi.KindSendRec {
			s.reply(abi.ENOSYS, 0, 0, 0)
		}
	default:
		s.reply(abi.ENOSYS, 0, 0, 0)
	}
}

// reply answers the message in s.in.
func (s *Server) reply(e abi.Errno, a1, a2, a3 uint64) {
	s.out = abi.Msg{Type: abi.MsgReply}
	s.out.Arg = [7]uint64{uint64(e), a1, a2, a3, 0, 0, s.in.Arg[6]}
	s.post(s.in.Source, &s.out)
}

func (s *Server) answer(e abi.Errno) { s.reply(e, 0, 0, 0) }

// operator tells whether a service may ask for anything.
func (s *Server) operator(id policy.ID) bool {
	return id != policy.Nobody && s.table[id].conf.Operator()
}

// label is the target that s.in names; -1 when there is none.
func (s *Server) label() (target int, valid bool) {
	l := abi.UnpackLabel(s.in.Arg[0], s.in.Arg[1])
	if same, ok := abi.MakeLabel(l.String()); !ok || same != l {
		return -1, false
	}
	return s.byLabel(l), true
}

// life handles the requests that begin and end lives. Order of checks: the asker's right,
// then the label, then the target (MINIX.md 1.4 to 1.7).
func (s *Server) life(from policy.ID) {
	m := &s.in
	target, valid := s.label()
	allowed := s.operator(from)
	if m.Type == abi.RSRefresh || m.Type == abi.RSRestart {
		allowed = allowed || from != policy.Nobody && target >= 0 && target < s.good && s.table[from].controls>>target&1 != 0
	}
	switch {
	case !allowed:
		s.answer(abi.EPERM)
		return
	case !valid:
		s.answer(abi.EINVAL)
		return
	case target < 0:
		s.answer(abi.ESRCH)
		return
	case s.table[target].refused:
		s.answer(abi.EINVAL)
		return
	case m.Type == abi.RSFault:
		s.answer(s.inject(policy.ID(target)))
		return
	}
	e := policy.Event{ID: policy.ID(target), Asker: policy.Asker{From: from, Endpoint: m.Source, Tag: m.Arg[6]}}
	switch m.Type {
	case abi.RSUp:
		e.Kind = policy.Up
	case abi.RSDown:
		e.Kind = policy.Down
	case abi.RSRefresh:
		e.Kind = policy.Refresh
	case abi.RSRestart:
		e.Kind = policy.Restart
	}
	s.step(e)
}

// shutdown takes Arg[0], the status, and Arg[1], how the machine is to end.
func (s *Server) shutdown(from policy.ID) {
	how := abi.ShutdownHow(s.in.Arg[1])
	if how == 0 {
		how = abi.PowerOff
	}
	switch {
	case !s.operator(from):
		s.answer(abi.EPERM)
		return
	case how != abi.PowerOff && how != abi.Reset:
		s.answer(abi.EINVAL)
		return
	case !s.policy.Stopping():
		s.how, s.status = how, s.in.Arg[0]
	}
	s.step(policy.Event{Kind: policy.Shutdown, Asker: policy.Asker{From: from, Endpoint: s.in.Source, Tag: s.in.Arg[6]}})
}

// lookup: anybody. ESRCH: no such service, or it is down; EAGAIN: it is on its way.
func (s *Server) lookup() {
	target, valid := s.label()
	rs, _ := abi.MakeLabel("rs")
	switch {
	case !valid:
		s.answer(abi.EINVAL)
	case abi.UnpackLabel(s.in.Arg[0], s.in.Arg[1]) == rs:
		s.reply(abi.OK, uint64(s.k.Root()), 0, 0)
	case target < 0 || s.table[target].refused:
		s.answer(abi.ESRCH)
	default:
		id := policy.ID(target)
		if e := s.policy.Lookup(id); e != abi.OK {
			s.answer(e)
			return
		}
		s.reply(abi.OK, uint64(s.table[target].endpoint), uint64(s.policy.Incarnation(id)), 0)
	}
}

// data is the data store: keys of the asker's own label.
func (s *Server) data(from policy.ID) {
	m := &s.in
	if from == policy.Nobody {
		s.answer(abi.EPERM)
		return
	}
	key := ds.Key{m.Arg[0], m.Arg[1]}
	switch m.Type {
	case abi.DSPublish:
		s.answer(s.store.Publish(int(from), key, ds.Value{m.Arg[2], m.Arg[3], m.Arg[4], m.Arg[5]}))
	case abi.DSRetrieve:
		v, e := s.store.Retrieve(int(from), key)
		s.out = abi.Msg{Type: abi.MsgReply}
		s.out.Arg = [7]uint64{uint64(e), v[0], v[1], v[2], v[3], 0, m.Arg[6]}
		s.post(m.Source, &s.out)
	case abi.DSDelete:
		s.answer(s.store.Delete(int(from), key))
	}
}
