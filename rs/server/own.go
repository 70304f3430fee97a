package server

import (
	"strconv"

	"bennu/kernel/abi"
	"bennu/rs/kept"
	"bennu/rs/policy"
)

// The server's own death is an event like any other's, under its own label.

var ownLabel, _ = abi.MakeLabel("rs")

// announce keeps an event of the server's own. It names no endpoint: that of the server lives on, and who hears that the task of an endpoint has died
// gives up what it has asked there.
func (s *Server) announce(kind abi.EventKind) *abi.Event {
	e, at := s.events.add(policy.Nobody)
	if kind == abi.EventDeath {
		s.events.next[at] = abi.EventStart
	}
	e.TimeNS, e.Kind, e.Label, e.Endpoint, e.Incarnation = uint64(s.now), kind, ownLabel, abi.None, s.k.Start().Incarnation
	return e
}

// ownDeath notes how the life before ended, and what is lost.
func (s *Server) ownDeath() {
	e := s.announce(abi.EventDeath)
	e.Incarnation--
	describe(e, &s.own.record)
	e.Endpoint, e.Reason = abi.None, policy.ReasonOf(s.own.record.Cause)
	if e.FaultNS > 0 {
		e.DetectNS = e.TimeNS - min(e.FaultNS, e.TimeNS)
	}
	s.jotEvent(e)
	if s.own.lost {
		e := s.announce(abi.EventLost)
		e.Errno, e.Status = abi.EIO, uint64(s.own.rung)
		s.jotEvent(e)
	}
}

// recovered notes that this life can do its work.
func (s *Server) recovered() {
	e := s.announce(abi.EventReady)
	e.RecoveryNS = uint64(s.own.recovery)
	if s.own.warm {
		e.Warm = 1
	}
	s.jotEvent(e)
}

// ownRow is the row of the server itself.
func (s *Server) ownRow(out *abi.ServiceStatus) {
	start := s.k.Start()
	*out = abi.ServiceStatus{Label: ownLabel, Endpoint: s.root(), State: abi.ServiceRunning, Incarnation: start.Incarnation, Restarts: start.Incarnation,
		StartedNS: uint64(s.own.began), RestartsTotal: start.Incarnation, Deaths: start.Incarnation, LastVector: s.own.record.Vector, RecoveryNS: uint64(s.own.recovery), WordsOf: start.Incarnation}
	if s.own.warm {
		out.Warm = 1
	}
	if start.Incarnation > 0 {
		out.LastReason = policy.ReasonOf(s.own.record.Cause)
		out.WordsLen = uint32(copy(out.Words[:], s.own.words()))
	}
}

// words say from what this life goes on.
func (o *own) words() string {
	w := "restored: " + o.rung.String()
	if o.rung < kept.Nothing {
		w += ", " + strconv.Itoa(o.records) + " records"
	}
	if o.lost {
		w += ", not all that was kept"
	}
	return w
}

func decimal(v uint64) string { return strconv.FormatUint(v, 10) }

// misbehave breaks the server itself, as s.in asks. It is answered before, and the request is done with: the next life does not get it.
func (s *Server) misbehave() {
	kind := abi.FaultKind(s.in.Arg[2])
	if kind < abi.FaultException || kind > abi.FaultKill {
		s.fail(abi.EINVAL, abi.WhyArgument)
		return
	}
	s.reply()
	s.commit() // the answer may be mail
	s.k.KeepConsume()
	switch kind {
	case abi.FaultException:
		*s.nowhere = 0 // a page fault
	case abi.FaultHang:
		for s.nowhere == nil {
		}
	}
	s.k.Exit(uint64(kind), abi.ExitNormal)
}

// heard tells whether a request by sendrec is one that an earlier life of the server has received, and that waits for its answer. It comes once more,
// since the kernel does not know that.
func (s *Server) heard(from policy.ID) bool {
	if s.in.Seq == 0 || from == policy.Nobody {
		return false
	}
	for i := range s.table[from].mail.places {
		if p := &s.table[from].mail.places[i]; p.state == placeOpen && p.seq == s.in.Seq {
			return true
		}
	}
	return false
}

// condemn answers who has asked for what two lives of the server have ended with, as the record says that is left out for that.
func (s *Server) condemn() {
	b := s.own.left
	s.own.left = nil
	if len(b) < recordHead || b[0]&recordFirst == 0 {
		return
	}
	for b = b[recordHead:]; len(b) > 0 && b[0] == itemPolicy; {
		var e policy.Event
		_, rest, err := policy.ReadEvent(b[1:], &e)
		if err != nil || !s.fits(&e) {
			return
		}
		b = rest
		a := e.Asker
		if a == (policy.Asker{}) {
			continue
		}
		s.say("event=spared from=" + decimal(uint64(a.Endpoint)) + ": two lives of rs have ended with what it asked for, which is taken back")
		if id := a.From; id != policy.Nobody && s.table[id].endpoint == a.Endpoint && a.Place >= 0 {
			if m := &s.table[id].mail; m.places[a.Place].state == placeFree {
				m.take(a.Place, a.Seq)
				s.changed(&s.table[id], partMail)
			} else if m.places[a.Place].seq != a.Seq { // another request has it
				a.Place = -1
			}
		}
		s.late(a, abi.EIO, abi.WhyDeadly, 0, 0)
	}
}

// deadly is how many lives of the server a message may end.
const deadly = 2

// spare tells whether the message in s.in has ended two lives of the server: it is not looked at again, and answered EIO.
func (s *Server) spare(kind abi.ReceiveKind) bool {
	if s.k.Start().Incarnation < deadly || kept.Again(s.k.Kept()) < deadly {
		return false
	}
	from := s.sender()
	s.say("event=spared from=" + decimal(uint64(s.in.Source)) + " type=" + strconv.FormatUint(uint64(s.in.Type), 16) + ": two lives of rs have ended with this message, which is not handled again")
	if (kind == abi.KindSendRec || !s.statement(s.in.Type, from)) && s.accept(from, kind) {
		s.fail(abi.EIO, abi.WhyDeadly)
	}
	return true
}

// affords tells whether the server is to pay for a snapshot now.
func (s *Server) affords() bool { return s.paidUntil-s.now < snapshotsFirst*snapshotPause }
