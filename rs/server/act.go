package server

import (
	"math/bits"
	"time"

	"bennu/kernel/abi"
	"bennu/rs/policy"
)

// step gives the policy an event, carries its actions out, and steps the events that these lead to.
func (s *Server) step(e policy.Event) {
	s.note()
	s.event = e
	s.decide()
}

// decide is step for the event in s.event. Preconditions: note was called before that was written.
func (s *Server) decide() {
	if s.advance(); !s.noting {
		s.followUp()
	}
}

// advance gives the policy the event in s.event, carries its actions out, and notes the event for the turn's record; note does where a life begins.
func (s *Server) advance() {
	s.makeRoom()
	actions := s.policy.Step(s.now, &s.event)
	s.ends = ends(actions)
	if s.ends && s.keeps {
		s.jot(&s.event)
		s.jotRows()
		s.write(true)
	}
	if s.act(actions); !s.noting && !s.ends && s.keeps && changes(&s.event, actions) {
		s.jot(&s.event)
	}
}

// ends tells whether actions end a life, or ask it to end, the server's own too. That is kept before it is done: the death, which the server's next
// life may hear of before it is given again what led to it, would be one that nobody had asked for, and the request would meet the life after it.
func ends(actions []policy.Action) bool {
	for i := range actions {
		if k := actions[i].Kind; k == policy.Stop || k == policy.Kill || k == policy.Deaf {
			return true
		}
	}
	return false
}

// followUp steps the events that starts led to.
func (s *Server) followUp() {
	for len(s.follow) > 0 {
		s.event = s.follow[0]
		s.follow = s.follow[:copy(s.follow, s.follow[1:])]
		s.advance()
	}
}

// note does what was put off when a life began at once: its predecessor's death and its own start are noted, as of then. Nobody can ask
// for what is noted before the server is at this again; and until it is, it waits, and the new life runs.
func (s *Server) note() {
	if !s.noting {
		return
	}
	s.noting = false
	now := s.now
	s.now = s.notedAt
	if s.keeps {
		s.jot(&s.event)
	}
	s.emit(&s.death)
	s.followUp()
	if s.own.unsaid { // in the order in which the next life would have it
		s.own.unsaid = false
		s.recovered()
	}
	s.now = now
	if len(s.turn.b) > pending { // else its record is the next turn's
		s.jotRows()
		s.write(false)
	}
}

// act carries actions out, in their order; only that a death is noted after the start that follows it: the new life comes first.
func (s *Server) act(actions []policy.Action) {
	for i := 0; i < len(actions); i++ {
		a := &actions[i]
		if a.Event == abi.EventDeath && i+1 < len(actions) && actions[i+1].Kind == policy.Start && actions[i+1].ID == a.ID {
			i++
			if s.begin(&actions[i]) && s.event.Kind == policy.Death && actions[i].Init == abi.InitRestart && i == len(actions)-1 && !s.ends {
				s.noting, s.notedAt, s.death = true, s.now, *a
				continue
			}
			s.emit(a)
			continue
		}
		switch a.Kind {
		case policy.Start:
			s.begin(a)
		case policy.Stop:
			s.tell(a.ID, &s.table[a.ID].mail.stop)
		case policy.Kill:
			s.kill(a.ID)
		case policy.Ping:
			s.k.Notify(s.table[a.ID].endpoint)
		case policy.Check:
			s.follow = append(s.follow, policy.Event{Kind: policy.Checked, ID: a.ID, Errno: s.k.AccountCheckSnapshot(s.table[a.ID].account)})
		case policy.Drop:
			s.k.AccountDropSnapshot(s.table[a.ID].account)
		case policy.Reply:
			ep := uint64(0)
			if a.Errno == abi.OK {
				ep = uint64(s.table[a.ID].endpoint)
			}
			s.late(a.Asker, a.Errno, a.Why, a.Detail, ep)
		case policy.Emit:
			s.emit(a)
		case policy.Deaf:
			s.differ(hearsNobody)
		case policy.PowerOff:
			s.logEvents()
			s.over = true
			if e := s.k.Shutdown(s.how, s.status); e != abi.OK {
				s.differ("the kernel does not end the machine: " + e.Name())
			}
		}
	}
}

// hearsNobody is why a life ends that would kill everybody.
const hearsNobody = "it hears nobody: of all services that it pings none has answered"

// kill ends a service's life. EDEADSRCDST: its record is on the way.
func (s *Server) kill(id policy.ID) {
	if ep := s.table[id].endpoint; s.policy.Hung(id) { // what it has kept may be why
		s.k.TaskKillHung(ep)
	} else {
		s.k.TaskKill(ep)
	}
}

// late answers a request that waited; with an endpoint when it is OK.
func (s *Server) late(to policy.Asker, e abi.Errno, why abi.Why, detail, ep uint64) {
	s.out = abi.Msg{Type: abi.MsgReply}
	s.out.Arg = [7]uint64{0: uint64(e), 1: ep, 4: detail, 5: uint64(why), 6: to.Tag}
	if why == abi.WhyRequires && detail > 0 {
		s.out.Arg[2], s.out.Arg[3] = abi.PackLabel(s.table[detail-1].label)
		s.out.Arg[4] = 0
	}
	s.out.Seq = to.Seq
	s.give(to.Endpoint, to.From, to.Place, &s.out)
}

// begin starts a life, and has what came of it stepped next. false: there is none.
func (s *Server) begin(a *policy.Action) bool {
	s.follow = append(s.follow, policy.Event{})
	e := &s.follow[len(s.follow)-1]
	e.Kind, e.ID = policy.Started, a.ID
	if e.Record, e.Warm, e.Errno, e.Why = s.start(a); e.Errno != abi.OK {
		e.Kind = policy.StartFailed
		s.explain(&s.table[a.ID], a.Incarnation, e.Why)
	} else if a.Init == abi.InitRestart {
		s.hush(a.ID)
	}
	return e.Kind == policy.Started
}

// start makes a life: task, privileges, go. If a part fails, the parts before it are undone: why says which failed, and the record is
// of no life.
func (s *Server) start(a *policy.Action) (made policy.Record, warm bool, e abi.Errno, why abi.Why) {
	t := &s.table[a.ID]
	made.Endpoint = abi.None
	if e, why = s.hold(t); e != abi.OK { // the copy is RS's, for all services of the program
		return made, false, e, why
	}
	s.pay(t.account) // the service pays for the life that begins
	p := &s.spec
	p.Label, p.Image, p.Incarnation, p.Init, p.Account = t.label, s.images[t.image].id, a.Incarnation, a.Init, t.account
	p.Flags = 0
	if a.Snapshot {
		p.Flags = abi.TaskSnapshot | abi.TaskWarm
	}
	p.ArgsLen = uint32(copy(p.Args[:], t.conf.Args))
	if s.unknown != 0 || len(s.taken) > 0 { // an earlier life of the server may have made this one
		switch l, failed := s.undertaken(t, a.Incarnation); {
		case failed:
			return made, false, abi.EAGAIN, abi.WhyTask
		case l != nil:
			return s.finishStart(t, l)
		}
	}
	asked := time.Duration(s.k.Now())
	ep, warm, e := s.k.TaskBegin(p)
	if e == abi.EINVAL || e == abi.EPERM {
		s.letGo(t.program)
	}
	if e != abi.OK {
		return made, false, e, abi.WhyTask
	}
	s.peers(t)
	if e = s.k.PrivSet(ep, &t.priv); e == abi.OK {
		t.endpoint = ep
		s.byBits[ep.Slot()] = int8(a.ID)
		if e = s.k.PrivAllow(ep); e == abi.OK {
			return policy.Record{Endpoint: ep, Started: asked}, warm, e, abi.WhyNone
		}
		why = abi.WhyAllow
	} else if why = abi.WhyPrivilege; e == abi.EBUSY {
		why = abi.WhyPorts
	}
	t.endpoint = abi.None
	s.k.TaskKill(ep)
	return made, false, e, why
}

// rights fills t.priv with what system.conf says. It never changes: nor do accounts, by which the kernel knows whom it may trace.
func (s *Server) rights(t *service) {
	c, p := &t.conf, &t.priv
	t.righted = true
	*p = abi.Privilege{
		TrapMask: abi.AllTraps,
		CallMask: c.Calls,
		NIRQs:    uint32(len(c.IRQs)),
		DMA:      c.DMA,
	}
	p.NPCI = uint32(copy(p.PCI[:], c.PCI))
	n := copy(p.Ports[:], c.Ports)
	p.NPorts = uint32(n + copy(p.Ports[n:], c.Unguarded))
	p.Unguarded = 1<<p.NPorts - 1<<n
	copy(p.IRQs[:], c.IRQs)
	for m := t.traces; m != 0; m &= m - 1 {
		p.MayTrace(s.table[bits.TrailingZeros64(m)].account)
	}
	if c.TraceRS {
		p.MayTrace(abi.AccountRoot)
	}
}

// peers adds to t.priv that it may send to the server, and to peers, named by either side, that live now. A peer that starts later opens the
// way itself, since the kernel keeps masks symmetric.
func (s *Server) peers(t *service) {
	p := &t.priv
	if !t.righted {
		s.rights(t)
	}
	p.NSendTo = 0
	p.MaySend(s.root())
	for m := t.peers; m != 0; m &= m - 1 {
		if i := bits.TrailingZeros64(m); i < s.good && s.table[i].endpoint != abi.None {
			p.MaySend(s.table[i].endpoint)
		}
	}
}

// emit keeps an event, and does the work outside the policy that belongs to it.
func (s *Server) emit(a *policy.Action) {
	s.register(a)
	if a.ID == policy.Nobody {
		return
	}
	switch {
	case a.Event == abi.EventReady:
		s.unhush(a.ID, hushRest)
	case a.Event == abi.EventDeath && (a.Next != abi.EventStart || a.Backoff > 0), a.Event == abi.EventGiveUp, a.Event == abi.EventDown:
		s.unhush(a.ID, 0)
	}
	if a.Event == abi.EventDown || a.Event == abi.EventGiveUp {
		s.drop(&s.table[a.ID])
	}
}

// register keeps an event.
func (s *Server) register(a *policy.Action) {
	e, at := s.events.add(a.ID)
	e.TimeNS, e.Kind, e.Reason, e.Errno, e.Why = uint64(s.now), a.Event, a.Reason, a.Errno, a.Why
	e.Endpoint = abi.None
	if a.ID == policy.Nobody {
		return
	}
	t := &s.table[a.ID]
	e.Label, e.Incarnation, e.Endpoint = t.label, a.Incarnation, t.endpoint
	if a.Warm {
		e.Warm = 1
	}
	e.BackoffNS, e.DetectNS, e.RecoveryNS = uint64(a.Backoff), uint64(a.Detect), uint64(a.Recovery)
	switch a.Event {
	case abi.EventDeath:
		s.events.next[at] = a.Next
		describe(e, a.Record)
	case abi.EventStart:
		e.Endpoint, e.StartedNS = a.Record.Endpoint, uint64(a.Record.Started)
	}
}

// describe puts the facts of a life that is over into an event.
func describe(e *abi.Event, r *policy.Record) {
	e.Endpoint, e.Vector, e.ErrorCode = r.Endpoint, r.Vector, r.ErrorCode
	e.RIP, e.CR2, e.Status = r.RIP, r.CR2, r.Status
	e.StartedNS, e.FaultNS = uint64(r.Started), uint64(r.Died)
}

// died steps the death of a service, with the part of its record that the policy is told.
func (s *Server) died(id policy.ID, r *abi.DeathRecord) {
	found := abi.OK
	s.note()
	if s.policy.Suspect(id) {
		found = s.k.AccountCheckSnapshot(s.table[id].account)
	}
	s.event = policy.Event{Kind: policy.Death, ID: id, Errno: found}
	s.event.Record = facts(r) // apart from the rest, which is zero: no copy of it is made
	s.decide()
}

// facts is the part of a record that the policy is told.
func facts(r *abi.DeathRecord) policy.Record {
	return policy.Record{
		Endpoint: r.Endpoint, Cause: r.Cause, Vector: r.Vector, ErrorCode: r.ErrorCode, RIP: r.Regs.RIP, CR2: r.CR2, Status: r.Status,
		Started: time.Duration(r.StartedNS), Died: time.Duration(r.DiedNS),
	}
}
