package server

import (
	"math/bits"
	"strconv"

	"bennu/drivers/protocol/ds"
	"bennu/kernel/abi"
	"bennu/rs/ds/store"
)

// Server is one life of the data store.
type Server struct {
	m      Machine
	keeper keeper
	store  *store.Store
	next   uint64 // number of RS's next event to be asked for

	known [abi.MaxTasks]client          // by slot: who was heard, or heard of
	lives [store.MaxOwners]abi.Endpoint // by owner: the life to be notified; 0: none

	buf    [ds.MaxKey + ds.MaxValue]byte
	out    [ds.EntrySize + ds.MaxValue]byte
	rows   [listed]ds.Entry
	status []abi.ServiceStatus
	events [32]abi.Event
}

// listed is how many rows List gives at a time.
const listed = 16

type client struct {
	endpoint abi.Endpoint
	label    abi.Label
}

// New begins a life: it restores what was kept, and hears from RS what has happened since. Errors: those of RS.
func New(m Machine) (*Server, abi.Errno) {
	s := &Server{m: m, status: make([]abi.ServiceStatus, abi.MaxTasks)}
	n, e := m.Status(s.status)
	if e != abi.OK {
		return nil, e
	}
	n = min(n, len(s.status))
	l, keeps := limits(m, max(n, 1))
	s.keeper.m = m
	lost := false
	if keeps {
		s.store, lost = s.keeper.restore(l)
	} else {
		s.store = store.New(l, uint64(m.Now()))
		m.Log("event", "restore", "why", "too little kept memory for "+strconv.Itoa(n)+" services ("+strconv.Itoa(len(m.Kept()))+
			" bytes): what is published ends with this life")
	}
	s.next = s.store.Event()
	s.reconcile(s.status[:n], false)
	if e := s.sync(); e != abi.OK {
		return nil, e
	}
	if e := m.Watch(s.next); e != abi.OK {
		return nil, e
	}
	m.KeepSettled() // EINVAL: there is no kept memory, which was said
	s.begin(lost || !keeps)
	return s, abi.OK
}

// begin tells subscribers that there is a new life, which they may have to ask: those who are known to have something to hear, or all services when
// it may be forgotten who they are.
func (s *Server) begin(lost bool) {
	s.store.Wake()
	for i := range s.store.Owners() {
		if ep := s.lives[i]; ep != 0 && (lost || s.store.Unheard(i)) {
			s.m.Notify(ep)
		}
	}
}

// apply makes a change, and keeps it. Whoever is to hear of it is notified: a notification waits with the kernel, so it may
// come before the answer.
func (s *Server) apply(op *store.Op) store.Result {
	r := s.store.Apply(op)
	if r.Changed {
		s.keeper.keep(s.store, op)
	}
	s.wake()
	return r
}

func (s *Server) wake() {
	for w := s.store.Wake(); w != 0; w &= w - 1 {
		if ep := s.lives[bits.TrailingZeros64(w)]; ep != 0 {
			s.m.Notify(ep) // EDEADSRCDST: what it has not heard waits for the next life
		}
	}
}

// News takes RS's word that there are events.
func (s *Server) News() {
	e := s.sync()
	if e == abi.OK {
		e = s.m.Watch(s.next)
	}
	if e != abi.OK {
		s.m.Log("event", "follow", "errno", e.Name(), "why", "what RS tells of services is not heard")
	}
}

// sync takes RS's events until there are no more.
func (s *Server) sync() abi.Errno {
	for {
		n, next, lost, e := s.m.Events(s.events[:], s.next)
		if e != abi.OK {
			return e
		}
		again := next < s.next // RS counts anew
		s.next = next
		if lost > 0 || again {
			if e := s.look(); e != abi.OK {
				return e
			}
		}
		for i := range s.events[:n] {
			s.happened(&s.events[i])
		}
		if n == 0 {
			return abi.OK
		}
	}
}

// look has RS tell of all services: events are gone.
func (s *Server) look() abi.Errno {
	n, e := s.m.Status(s.status)
	if e == abi.OK {
		s.reconcile(s.status[:min(n, len(s.status))], true)
	}
	return e
}

// reconcile takes RS's table for what is so. down: those that are down may have been taken down without an event that is still to come.
func (s *Server) reconcile(rows []abi.ServiceStatus, down bool) {
	for i := range rows {
		switch r := &rows[i]; {
		case r.State == abi.ServiceRunning && r.Endpoint != abi.None:
			s.ready(r.Label, r.Endpoint, r.Incarnation, 0)
		case down && r.State == abi.ServiceDown && s.store.Find(r.Label) >= 0:
			s.over(store.OpDown, r.Label, 0, 0)
		case s.store.Find(r.Label) >= 0:
			s.over(store.OpGone, r.Label, 0, 0)
		}
	}
}

func (s *Server) happened(e *abi.Event) {
	switch e.Kind {
	case abi.EventReady:
		s.ready(e.Label, e.Endpoint, e.Incarnation, e.Seq+1)
	case abi.EventDeath:
		s.over(store.OpGone, e.Label, e.Endpoint, e.Seq+1)
	case abi.EventDown:
		s.over(store.OpDown, e.Label, 0, e.Seq+1)
	}
}

func (s *Server) ready(l abi.Label, ep abi.Endpoint, inc uint32, next uint64) {
	s.apply(&store.Op{Kind: store.OpReady, Owner: l, A: uint64(ep) | uint64(inc)<<32, B: next})
	s.meet(l, ep)
}

// meet notes which life a service has.
func (s *Server) meet(l abi.Label, ep abi.Endpoint) {
	i := s.store.Find(l)
	if i < 0 || s.lives[i] == ep {
		return
	}
	s.lives[i] = ep
	if s.store.Unheard(i) {
		s.m.Notify(ep)
	}
}

func (s *Server) over(kind store.OpKind, l abi.Label, ep abi.Endpoint, next uint64) {
	if i := s.store.Find(l); i >= 0 && (ep == 0 || s.lives[i] == ep) {
		s.lives[i] = 0
	}
	s.apply(&store.Op{Kind: kind, Owner: l, A: uint64(ep), B: next})
}

// who is the label of a living task. Of a life that was never heard before RS may have told something, which comes first: what the life
// before was taken down with is gone before this one publishes anew.
func (s *Server) who(ep abi.Endpoint) (abi.Label, bool) {
	c := &s.known[ep.Slot()]
	if c.endpoint == ep {
		return c.label, true
	}
	l, e := s.m.LabelOf(ep)
	if e != abi.OK {
		return l, false
	}
	if e := s.sync(); e != abi.OK {
		s.m.Log("event", "follow", "errno", e.Name(), "why", "what RS tells of services is not heard")
	}
	*c = client{ep, l}
	return l, true
}
