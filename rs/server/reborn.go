package server

import (
	"math/bits"
	"time"

	"bennu/kernel/abi"
	"bennu/rs/kept"
	"bennu/rs/policy"
)

// A later life of the server. What was kept says what was known, the kernel's tables say what there is. Where they differ, something was done that
// has no record, or something that has a record is lost; the kernel's word counts.

// Patience is how many lives that end each in another way give a rung up (kept.Choose). They begin at once after each other, and the kernel starts the machine
// again after some more of them than go through all rungs.
const Patience = 4

// own is what the server knows of its own lives.
type own struct {
	rung     kept.Rung
	records  int           // that were behind the snapshot
	believed int           // of them, those of the whole turns that could be done again; -1: the snapshot could not be read
	left     []byte        // the record that is not believed; nil: there is none
	lost     bool          // not all that was kept is believed, or it cannot be read
	record   policy.Record // of how the life before ended
	began    time.Duration
	recovery time.Duration
	warm     bool // this life began with the server's snapshot
	unsaid   bool // that it can do its work
}

// rebirth does what Boot does, in a later life.
func (s *Server) rebirth() {
	s.remember()
	s.meet()
	if s.own.lost {
		s.note()
		s.writer.Gap()
		s.unproved = true
		s.snapshot(nil) // behind what cannot be read, or is not believed, no record would be found
	}
	s.k.KeepSettled()
	s.redoing = true
	s.condemn()
	s.bury()
	if s.own.lost && s.unknown != 0 { // who has a life, and would get one later by what is known, has that one
		s.note()
		s.adoptAll(s.living())
	}
	s.sweeping = true
	if !s.booted {
		s.bootServices()
	}
	if s.clock(); s.reborn != 0 {
		s.tickDue = true // the wait for its being ready is longer than what may be due
	} else {
		s.sweepAt = s.now + sweepRest
	}
	s.own.recovery = s.now - min(s.own.record.Died, s.now)
	if s.own.unsaid = s.noting; s.noting {
		return // the new life runs first
	}
	s.recovered()
	s.tellAt = s.now + hushRest // as after any rebirth: they come first who wait
}

// remember takes the first rung of what was kept that can be read.
func (s *Server) remember() {
	began, given := s.now, uint64(0)
	for rung := kept.Choose(s.k.Kept(), Patience); ; rung++ {
		s.own.rung = rung
		if rung >= kept.Nothing {
			kept.Take(s.k, rung)
			s.assemble(s.faulty)
			s.fromKernel()
			break
		}
		f, ok := kept.Take(s.k, rung)
		s.own.left = f.Left
		whole := ok && s.recall(&f, nil)
		if n := s.own.believed; ok && !whole {
			s.forgetAll()
			if n >= 0 { // a record says nothing that can be: those before it do
				f, _ = kept.Take(s.k, rung)
				f.Log.Limit(n)
				whole, s.own.lost = s.recall(&f, nil), true
			}
		}
		if whole {
			s.own.lost = s.own.lost || rung != kept.Latest || f.Damaged
			if all, ok := kept.Open(s.k.Kept(), rung); ok && s.own.lost && !f.Damaged {
				given = s.given(all.Log, s.own.believed, all.Left)
			}
			s.writer.Continue(f.Next, s.own.records)
			s.keeps = true
			break
		}
		if s.own.lost = true; ok {
			s.forgetAll()
		}
	}
	s.now = began
	if s.own.lost {
		s.checkImages()
	}
	s.recount()
	if s.own.lost { // numbers that were given are not given again
		if given == 0 {
			given = uint64(s.now / time.Microsecond)
		}
		s.events.skip(given)
		s.orders = max(s.orders, uint64(s.now/time.Microsecond))
	}
}

// forgetAll makes the server what New has made, when half of something was read.
func (s *Server) forgetAll() {
	s.assemble(s.faulty)
	s.events = ring{}
}

// fromKernel makes the table from system.conf and the kernel's accounts. The policy knows nothing.
func (s *Server) fromKernel() {
	s.accounts()
	s.settle(s.admit())
	s.own.records, s.own.lost, s.booted = 0, true, false
	s.writer.Continue(0, 0)
}

// accounts finds the accounts that the kernel has for the services.
func (s *Server) accounts() {
	var a abi.AccountInfo
	for i := uint64(abi.AccountRoot) + 1; i < abi.MaxAccounts; i++ {
		if _, e := s.k.GetInfo(abi.InfoAccount, i, abi.Bytes(&a)); e != abi.OK {
			continue
		}
		for j := range s.candidates {
			if l, _ := abi.MakeLabel(s.candidates[j].conf.Label); l == a.Spec.Label {
				s.candidates[j].account = a.Account
			}
		}
	}
}

// recount counts what follows from what was restored.
func (s *Server) recount() {
	s.owing, s.faults, s.watchers = 0, 0, 0
	s.events.logged = min(s.events.logged, s.events.seq) // else no event has a line for long
	for i := range s.images {
		s.images[i].users = 0
	}
	for i := range s.table[:s.good] {
		t := &s.table[i]
		if t.image >= 0 {
			s.images[t.image].users++
		}
		if t.fault.on {
			s.faults++
		}
		if t.watching {
			s.watchers |= 1 << i
		}
		if t.mail.owed > 0 {
			s.owing++
			t.mail.pause, t.mail.due = firstTry, s.now+firstTry
		}
		if t.endpoint != abi.None {
			s.byBits[t.endpoint.Slot()] = int8(i)
		}
	}
}

// meet compares the state with what lives.
func (s *Server) meet() {
	n, e := s.k.GetInfo(abi.InfoLives, 0, rowBytes(s.lives[:]))
	s.takeRecords() // after that: who ends in between is in both
	lives := s.lives[:n/int(lifeSize)]
	if e != abi.OK {
		lives = nil
	}
	s.ownDeath()
	s.step(policy.Event{Kind: policy.Reborn})
	known := uint64(0)
	for i := range lives {
		l := &lives[i]
		switch id := s.find(l.Endpoint); {
		case l.Endpoint == s.root():
			s.own.warm = l.Flags&abi.LifeWarm != 0
		case l.Flags&abi.LifeDying != 0 || s.recorded(l.Endpoint): // its record follows
			if id != policy.Nobody {
				known |= 1 << id
			}
		case id == policy.Nobody:
			s.unknown |= 1 << i
		default:
			known |= 1 << id
			if l.Flags&abi.LifeAllowed == 0 {
				s.finishStart(&s.table[id], l)
			}
			if s.policy.Starting(id) {
				s.step(policy.Event{Kind: policy.Adopt, ID: id, Record: policy.Record{Endpoint: l.Endpoint}})
			}
		}
	}
	for i := range s.taken {
		if id := s.find(s.taken[i].Endpoint); id != policy.Nobody {
			known |= 1 << id
		}
	}
	if s.own.lost {
		s.adoptAll(known)
	}
	for i := range s.table[:s.good] {
		if t := &s.table[i]; t.endpoint != abi.None && known>>i&1 == 0 && !told(lives, t.endpoint) && e == abi.OK {
			ep := t.endpoint
			s.gone(policy.ID(i))
			s.step(policy.Event{Kind: policy.Lost, ID: policy.ID(i), Record: policy.Record{Endpoint: ep}})
		}
	}
	s.step(policy.Event{Kind: policy.Tick}) // now those may begin that wait for others: all that live are known
	s.repeat()
}

// recorded tells whether the record of a life's end has been taken.
func (s *Server) recorded(ep abi.Endpoint) bool {
	for i := range s.taken {
		if s.taken[i].Endpoint == ep {
			return true
		}
	}
	return false
}

// told tells whether the kernel has told of a life.
func told(lives []abi.Life, ep abi.Endpoint) bool {
	for i := range lives {
		if lives[i].Endpoint == ep {
			return true
		}
	}
	return false
}

// living is the services that have a life.
func (s *Server) living() (known uint64) {
	for i := range s.table[:s.good] {
		if s.table[i].endpoint != abi.None {
			known |= 1 << i
		}
	}
	return known
}

// adoptAll takes the lives that the state does not know for those of services whose life is not known to be another one.
func (s *Server) adoptAll(known uint64) {
	for m := s.unknown; m != 0; m &= m - 1 {
		s.adopt(&s.lives[bits.TrailingZeros64(m)], known)
	}
}

// adopt takes a life that the state does not know for its service's, if that has none. known is the services whose life is.
func (s *Server) adopt(l *abi.Life, known uint64) {
	for i := range s.table[:s.good] {
		t := &s.table[i]
		if t.account != l.Account || known>>i&1 != 0 {
			continue
		}
		before := t.endpoint
		if before != abi.None {
			s.gone(policy.ID(i))
		}
		held := t.image >= 0
		s.hold(t)                                           // a failure here comes again, and is told, at the service's next start
		if _, _, e, _ := s.finishStart(t, l); e != abi.OK { // it is swept
			if !held {
				s.drop(t)
			}
			if before != abi.None {
				s.step(policy.Event{Kind: policy.Lost, ID: policy.ID(i), Record: policy.Record{Endpoint: before}})
			}
			return
		}
		s.step(policy.Event{Kind: policy.Adopt, ID: policy.ID(i), Incarnation: l.Incarnation, Warm: l.Flags&abi.LifeWarm != 0,
			Record: policy.Record{Endpoint: l.Endpoint, Started: time.Duration(l.StartedNS)}})
		s.claim(l)
		return
	}
}

// claim notes that a life is known.
func (s *Server) claim(l *abi.Life) {
	for m := s.unknown; m != 0; m &= m - 1 {
		if i := bits.TrailingZeros64(m); &s.lives[i] == l {
			s.unknown &^= 1 << i
		}
	}
}

// undertaken is the life of a service's incarnation that an earlier life of the server has begun and not noted; nil: it has not. failed: it has come
// to a later one, so this one could not begin.
func (s *Server) undertaken(t *service, incarnation uint32) (l *abi.Life, failed bool) {
	for i := range s.taken { // it has ended since: its record follows
		r := &s.taken[i]
		switch {
		case r.Account != t.account || r.StartedNS == 0 || r.Incarnation < incarnation:
		case r.Incarnation > incarnation:
			failed = true
		default:
			if s.buried {
				s.overdue = append(s.overdue, *r)
			}
			return &abi.Life{Endpoint: r.Endpoint, Account: r.Account, Incarnation: r.Incarnation, Flags: abi.LifeSet | abi.LifeAllowed, StartedNS: r.StartedNS}, false
		}
	}
	for m := s.unknown; m != 0; m &= m - 1 {
		l := &s.lives[bits.TrailingZeros64(m)]
		switch {
		case l.Account != t.account:
		case l.Incarnation > incarnation:
			return nil, true
		case l.Incarnation == incarnation:
			s.claim(l)
			return l, false
		default: // no two lives of a label
			s.claim(l)
			s.k.TaskKill(l.Endpoint)
		}
	}
	return nil, failed
}

// finishStart does what is left of the start of a life that is there.
func (s *Server) finishStart(t *service, l *abi.Life) (made policy.Record, warm bool, e abi.Errno, why abi.Why) {
	made, warm = policy.Record{Endpoint: l.Endpoint, Started: time.Duration(l.StartedNS)}, l.Flags&abi.LifeWarm != 0
	if l.StartedNS == 0 {
		made.Started = s.now
	}
	if l.Flags&abi.LifeSet == 0 {
		s.peers(t)
		if e = s.k.PrivSet(l.Endpoint, &t.priv); e != abi.OK {
			why = abi.WhyPrivilege
			if e == abi.EBUSY {
				why = abi.WhyPorts
			}
		}
	}
	if e == abi.OK && l.Flags&abi.LifeAllowed == 0 {
		if e, why = s.k.PrivAllow(l.Endpoint), abi.WhyAllow; e == abi.OK {
			why = abi.WhyNone
		}
	}
	if e != abi.OK {
		s.k.TaskKill(l.Endpoint)
		made.Endpoint = abi.None
		return made, false, e, why
	}
	t.endpoint = l.Endpoint
	s.byBits[l.Endpoint.Slot()] = int8(t.place)
	return made, warm, abi.OK, abi.WhyNone
}

// repeat does again what an action may have been lost of.
func (s *Server) repeat() {
	for i := range s.table[:s.good] {
		t := &s.table[i]
		if a, ok := s.policy.Beginning(policy.ID(i)); ok {
			s.note()
			s.begin(&a)
			s.followUp()
			continue
		}
		if t.endpoint == abi.None {
			continue
		}
		if s.policy.Doomed(policy.ID(i)) {
			s.kill(policy.ID(i))
		} else if s.policy.Asked(policy.ID(i)) {
			s.tell(policy.ID(i), &t.mail.stop)
		}
		if t.mail.owed > 0 {
			s.k.Notify(t.endpoint)
		}
	}
}
