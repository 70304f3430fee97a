package server

import (
	"bennu/kernel/abi"
	"bennu/rs/policy"
)

// message handles a message from a task. Every request that has a place gets a definite answer; a message
// that is no request is answered only if its sender waits.
func (s *Server) message(kind abi.ReceiveKind) {
	m := &s.in
	from := s.sender()
	if m.Type == abi.RSEvents {
		s.secure() // who has read an event will not see another one under its number
	}
	if m.Type == abi.RSHeartbeat && from != policy.Nobody {
		if s.policy.Awaits(from) {
			s.step(policy.Event{Kind: policy.Heartbeat, ID: from})
		}
		s.fetch(from, kind)
		return
	}
	if s.statement(m.Type, from) && kind != abi.KindSendRec {
		s.state(from)
		return
	}
	if s.heard(from) {
		return
	}
	if s.accept(from, kind) {
		s.request(from)
	}
}

// statement tells whether a message is one that wants no answer.
func (s *Server) statement(t abi.MsgType, from policy.ID) bool {
	switch t {
	case abi.RSReady, abi.RSWords, abi.RSFaulted:
		return from != policy.Nobody
	case abi.RSHeartbeat, abi.MsgReply, abi.RSNews, abi.RSStop, abi.DriverFault: // an answer could go round
		return true
	}
	return false
}

// state takes a service's message about itself.
func (s *Server) state(from policy.ID) {
	switch m := &s.in; m.Type {
	case abi.RSReady:
		s.hear(from)
		s.step(policy.Event{Kind: policy.Ready, ID: from, Errno: abi.Errno(m.Arg[0])})
	case abi.RSWords:
		s.hear(from)
	case abi.RSFaulted:
		s.faulted(from)
	}
}

// confirm is state by sendrec. The answer comes before the effect, which may be the asker's end.
func (s *Server) confirm(from policy.ID) {
	m := &s.in
	if !s.allowService(from) {
		return
	}
	if m.Type == abi.RSFaulted {
		s.reply()
		s.faulted(from)
		return
	}
	e := s.hear(from)
	if m.Type == abi.RSWords && e != abi.OK {
		s.fail(e, abi.WhyGrant)
		return
	}
	s.reply()
	if m.Type == abi.RSReady {
		s.step(policy.Event{Kind: policy.Ready, ID: from, Errno: abi.Errno(m.Arg[0])})
	}
}

// request answers the message in s.in, or sees to it that it will be.
func (s *Server) request(from policy.ID) {
	switch s.in.Type {
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
	case abi.RSMeasure:
		s.measure(from)
	case abi.RSPCI:
		s.pciRows(from)
	case abi.RSReady, abi.RSWords, abi.RSFaulted:
		s.confirm(from)
	default:
		s.fail(abi.ENOSYS, abi.WhyRequest)
	}
}

// reply answers the request in s.in with success. args become Arg[1] to Arg[5].
func (s *Server) reply(args ...uint64) {
	s.out = abi.Msg{Type: abi.MsgReply}
	copy(s.out.Arg[1:6], args)
	s.out.Arg[6], s.out.Seq = s.in.Arg[6], s.in.Seq
	s.give(s.in.Source, s.req.from, s.req.place, &s.out)
}

// fail answers it with an error.
func (s *Server) fail(e abi.Errno, why abi.Why) { s.late(s.asker(), e, why, 0, 0) }

// operator tells whether a service may ask for anything.
func (s *Server) operator(id policy.ID) bool {
	return id != policy.Nobody && s.table[id].conf.Operator()
}

// allowService refuses the request in s.in, and is false, when its sender is no service.
func (s *Server) allowService(from policy.ID) bool {
	if from == policy.Nobody {
		s.fail(abi.EPERM, abi.WhyStranger)
		return false
	}
	return true
}

// allowOperator refuses the request in s.in, and is false, when its sender is no operator.
func (s *Server) allowOperator(from policy.ID) bool {
	if !s.allowService(from) {
		return false
	}
	if !s.operator(from) {
		s.fail(abi.EPERM, abi.WhyNotOperator)
		return false
	}
	return true
}

// label is the place in the table of the service that s.in names; -1: no such service. valid tells whether s.in has a label at
// all.
func (s *Server) label() (target int, valid bool) {
	l := abi.UnpackLabel(s.in.Arg[0], s.in.Arg[1])
	if !l.Valid() {
		return -1, false
	}
	return s.byLabel(l), true
}

// life handles the requests that begin and end lives. Order of checks: the asker's right,
// then the label, then the target (MINIX.md 1.4 to 1.7).
func (s *Server) life(from policy.ID) {
	m := &s.in
	target, valid := s.label()
	allowed, why := s.operator(from), abi.WhyNotOperator
	if m.Type == abi.RSRefresh || m.Type == abi.RSRestart {
		why = abi.WhyNotControl
		allowed = allowed || from != policy.Nobody && target >= 0 && target < s.good && s.table[from].controls>>target&1 != 0
	}
	switch {
	case !s.allowService(from):
	case !allowed:
		s.fail(abi.EPERM, why)
	case !valid:
		s.fail(abi.EINVAL, abi.WhyLabel)
	case m.Type == abi.RSFault && abi.UnpackLabel(m.Arg[0], m.Arg[1]) == ownLabel:
		s.misbehave()
	case target < 0:
		s.fail(abi.ESRCH, abi.WhyUnknown)
	case s.table[target].refused != abi.OK:
		s.fail(s.table[target].refused, s.table[target].why)
	case m.Type == abi.RSFault:
		s.inject(policy.ID(target))
	case s.mayWait():
		s.step(policy.Event{Kind: lifeEvent(m.Type), ID: policy.ID(target), Asker: s.asker()})
	}
}

func lifeEvent(t abi.MsgType) policy.Kind {
	switch t {
	case abi.RSUp:
		return policy.Up
	case abi.RSDown:
		return policy.Down
	case abi.RSRefresh:
		return policy.Refresh
	}
	return policy.Restart
}

// shutdown takes Arg[0], the status, and Arg[1], how the machine is to end.
func (s *Server) shutdown(from policy.ID) {
	how := abi.ShutdownHow(s.in.Arg[1])
	if how == 0 {
		how = abi.PowerOff
	}
	switch {
	case !s.allowOperator(from):
		return
	case how != abi.PowerOff && how != abi.Reset:
		s.fail(abi.EINVAL, abi.WhyArgument)
		return
	case !s.policy.Stopping():
		s.how, s.status = how, s.in.Arg[0]
		s.turn.globals = true
	}
	s.step(policy.Event{Kind: policy.Shutdown, Asker: s.asker()})
}

// lookup: anybody. ESRCH: no such service, or it is down; EAGAIN: it is on its way.
func (s *Server) lookup() {
	target, valid := s.label()
	switch {
	case !valid:
		s.fail(abi.EINVAL, abi.WhyLabel)
	case abi.UnpackLabel(s.in.Arg[0], s.in.Arg[1]) == ownLabel:
		s.reply(uint64(s.root()), uint64(s.k.Start().Incarnation))
	case target < 0:
		s.fail(abi.ESRCH, abi.WhyUnknown)
	case s.table[target].refused != abi.OK:
		s.fail(abi.ESRCH, s.table[target].why)
	default:
		id := policy.ID(target)
		if e, why := s.policy.Lookup(id); e != abi.OK {
			s.fail(e, why)
			return
		}
		s.reply(uint64(s.table[target].endpoint), uint64(s.policy.Incarnation(id)))
	}
}
