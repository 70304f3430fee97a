package store

import (
	"bytes"

	"bennu/drivers/protocol/ds"
	"bennu/kernel/abi"
)

// subscription is what a service wants to hear of, and has heard.
type subscription struct {
	used    bool
	types   ds.Flags // 0: all
	n       uint8
	text    [ds.MaxKey]byte
	pattern *Pattern
	heard   uint64 // all up to this revision
	missed  uint64 // the revision at which something was lost; told when it is above heard

	// What the pattern is about: found out when a key or the subscription is new, so that a change asks for a bit.
	labels uint64
	slots  []uint64
}

func (b *subscription) about(i int) bool { return b.slots[i>>6]>>(i&63)&1 != 0 }

// subscribe makes a subscription, or finds the one with the pattern.
func (s *Store) subscribe(me int, op *Op) Result {
	if op.Flags&^(ds.Types|ds.Overwrite|ds.Initial) != 0 {
		return refuse(abi.EINVAL, ds.WhyType)
	}
	w, at := &s.owners[me], -1
	for i := range w.subs {
		b := &w.subs[i]
		if b.used && bytes.Equal(b.text[:b.n], op.Key) {
			return s.resubscribe(me, i, op)
		}
		if !b.used && at < 0 {
			at = i
		}
	}
	p, ok := Compile(op.Key)
	switch {
	case !ok:
		return refuse(abi.EINVAL, ds.WhyPattern)
	case at < 0:
		return refuse(abi.ENOSPC, ds.WhySubscriptions)
	}
	b := &w.subs[at]
	*b = subscription{used: true, types: op.Flags & ds.Types, pattern: p, heard: s.revision}
	b.n = uint8(copy(b.text[:], op.Key))
	s.look(b)
	if op.Flags&ds.Initial != 0 {
		b.heard = 0
		s.wake |= 1 << me
	}
	return Result{Changed: true, Sub: at, Revision: b.heard, New: true}
}

// resubscribe: the life before had it already. What was not heard stays to be heard.
func (s *Store) resubscribe(me, at int, op *Op) Result {
	b := &s.owners[me].subs[at]
	if op.Flags&ds.Overwrite == 0 {
		return refuse(abi.EEXIST, ds.WhySubscribed)
	}
	r := Result{Sub: at}
	if t := op.Flags & ds.Types; t != b.types {
		b.types, r.Changed = t, true
		s.look(b)
	}
	if op.Flags&ds.Initial != 0 && b.heard != 0 {
		b.heard, r.Changed = 0, true
	}
	s.wake |= 1 << me
	r.Revision = b.heard
	return r
}

func (s *Store) unsubscribe(me int, op *Op) Result {
	b := s.sub(me, op.A)
	if b == nil {
		return refuse(abi.ESRCH, ds.WhyNoSubscription)
	}
	*b = subscription{}
	return Result{Changed: true}
}

// hear takes a subscriber's word that it knows all up to a revision.
func (s *Store) hear(me int, op *Op) Result {
	b := s.sub(me, op.A)
	if b == nil {
		return refuse(abi.ESRCH, ds.WhyNoSubscription)
	}
	if op.B <= b.heard || op.B > s.revision {
		return Result{}
	}
	b.heard = op.B
	return Result{Changed: true}
}

func (s *Store) sub(me int, n uint64) *subscription {
	if n >= ds.MaxSubscriptions || !s.owners[me].subs[n].used {
		return nil
	}
	return &s.owners[me].subs[n]
}

// look finds out anew what a subscription is about.
func (s *Store) look(b *subscription) {
	b.labels, b.slots = 0, make([]uint64, (s.limits.Owners*s.limits.Keys+63)/64)
	for o := range s.owners {
		s.lookLabel(b, o)
		for at := range s.owners[o].slots {
			if x := &s.owners[o].slots[at]; x.state != free {
				s.lookSlot(b, o, at)
			}
		}
	}
}

func (s *Store) lookLabel(b *subscription, o int) {
	if (b.types == 0 || b.types&ds.TypeLabel != 0) && b.pattern.Match([]byte(s.owners[o].name.String())) {
		b.labels |= 1 << o
	}
}

// lookSlot: whether the type is one that is wanted is asked later, since it may change.
func (s *Store) lookSlot(b *subscription, o, at int) {
	i := o*s.limits.Keys + at
	b.slots[i>>6] &^= 1 << (i & 63)
	if b.pattern.Match(s.owners[o].slots[at].key()) {
		b.slots[i>>6] |= 1 << (i & 63)
	}
}

// each calls do for all subscriptions.
func (s *Store) each(do func(me int, b *subscription)) {
	for me := range s.owners {
		for i := range s.owners[me].subs {
			if b := &s.owners[me].subs[i]; b.used {
				do(me, b)
			}
		}
	}
}

// sight has all subscriptions look at a slot with a new key.
func (s *Store) sight(o, at int) {
	s.each(func(_ int, b *subscription) { s.lookSlot(b, o, at) })
}

// wants tells whether a subscription of me's is to hear of a slot.
func (s *Store) wants(me int, b *subscription, o, at int) bool {
	x := &s.owners[o].slots[at]
	return b.about(o*s.limits.Keys+at) && (b.types == 0 || b.types&x.flags != 0) && (o == me || x.flags&ds.PrivSubscribe == 0)
}

// tell wakes those who want to hear of a slot.
func (s *Store) tell(o, at int) {
	s.each(func(me int, b *subscription) {
		if s.wants(me, b, o, at) {
			s.wake |= 1 << me
		}
	})
}

// miss: what is gone from a slot will not be told any more.
func (s *Store) miss(o, at int) {
	x := &s.owners[o].slots[at]
	s.each(func(me int, b *subscription) {
		if x.revision > b.heard && x.since <= b.heard && s.wants(me, b, o, at) {
			b.missed = s.step()
			s.wake |= 1 << me
		}
	})
}

// Check is the first change that a subscription has not heard of; EAGAIN when there is none.
func (s *Store) Check(me int, n uint64, out *ds.Entry) (e abi.Errno, why ds.Why) {
	b := s.sub(me, n)
	if b == nil {
		return abi.ESRCH, ds.WhyNoSubscription
	}
	first, owner, at := ^uint64(0), -1, -1
	if b.missed > b.heard {
		first = b.missed
	}
	for o := range s.owners {
		if l := &s.owners[o].label; b.labels>>o&1 != 0 && b.new(&l.entry) && l.revision < first {
			first, owner, at = l.revision, o, -1
		}
		for i := range s.owners[o].slots {
			if x := &s.owners[o].slots[i]; b.new(&x.entry) && x.revision < first && s.wants(me, b, o, i) {
				first, owner, at = x.revision, o, i
			}
		}
	}
	switch {
	case first == ^uint64(0):
		return abi.EAGAIN, ds.WhyNothing
	case owner < 0:
		*out = ds.Entry{Revision: first, What: ds.Missed, Endpoint: abi.None}
	case at < 0:
		s.describeLabel(owner, out)
		out.What = b.what(&s.owners[owner].label.entry)
	default:
		s.describe(me, owner, at, out)
		out.What = b.what(&s.owners[owner].slots[at].entry)
	}
	return abi.OK, ds.WhyNone
}

// new tells whether something has happened to an entry that was not heard: what came and went meanwhile is not told.
func (b *subscription) new(x *entry) bool {
	return x.revision > b.heard && (x.state == live || x.state == gone && x.since <= b.heard)
}

func (b *subscription) what(x *entry) ds.What {
	switch {
	case x.state == gone:
		return ds.Deleted
	case x.created > b.heard:
		return ds.Published
	}
	return ds.Changed
}

// Unheard tells whether a service has something to hear.
func (s *Store) Unheard(me int) bool {
	var out ds.Entry
	for n := range s.owners[me].subs {
		if e, _ := s.Check(me, uint64(n), &out); e == abi.OK {
			return true
		}
	}
	return false
}
