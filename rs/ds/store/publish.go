package store

import (
	"bytes"

	"bennu/drivers/protocol/ds"
	"bennu/kernel/abi"
)

// publish keeps a value. Order of checks: the key, the type, the value, who has it, the share.
func (s *Store) publish(me int, op *Op) Result {
	whose, alone := reserved(op.Key)
	switch t := op.Flags & ds.Types; {
	case !validKey(op.Key):
		return refuse(abi.EINVAL, ds.WhyKey)
	case alone && !named(&s.owners[me].name, whose):
		return refuse(abi.EPERM, ds.WhyName)
	case t == ds.TypeLabel:
		return refuse(abi.EPERM, ds.WhyLabel)
	case t != ds.TypeU32 && t != ds.TypeString && t != ds.TypeMemory || op.Flags&^(ds.Types|ds.Private|ds.Overwrite) != 0:
		return refuse(abi.EINVAL, ds.WhyType)
	case t == ds.TypeU32 && len(op.Value) != 4:
		return refuse(abi.EINVAL, ds.WhyU32)
	case len(op.Value) > ds.MaxValue:
		return refuse(abi.E2BIG, ds.WhyLong)
	}
	o, at := s.find(op.Key)
	if o < 0 {
		return s.create(me, op)
	}
	x := &s.owners[o].slots[at]
	switch {
	case o == me && x.flags == op.Flags&^ds.Overwrite && bytes.Equal(x.value, op.Value):
		return Result{Revision: x.revision}
	case op.Flags&ds.Overwrite == 0:
		return refuse(abi.EEXIST, ds.WhyExists)
	case o == me:
		return s.replace(me, at, op)
	case x.flags&ds.PrivOverwrite != 0:
		return refuse(abi.EPERM, ds.WhyPrivate)
	}
	r := s.create(me, op)
	if r.Errno == abi.OK { // it has another owner now, and subscribers have heard of one change
		s.owners[o].bytes -= cost(x.key(), x.value)
		y := &s.owners[me].slots[s.owners[me].find(op.Key, x.hash, live)]
		y.since = min(y.since, x.since)
		x.state = free
	}
	return r
}

// replace gives an entry of the owner's another value.
func (s *Store) replace(me, at int, op *Op) Result {
	o := &s.owners[me]
	x := &o.slots[at]
	grown := o.bytes - cost(x.key(), x.value) + cost(op.Key, op.Value)
	if grown > s.limits.Bytes {
		return refuse(abi.ENOSPC, ds.WhyBytes)
	}
	o.bytes = grown
	return s.set(me, at, op)
}

// create makes an entry in the owner's share: in its old place, in an unused one, or in that of what is gone longest.
func (s *Store) create(me int, op *Op) Result {
	o := &s.owners[me]
	at := o.place(op.Key)
	switch {
	case at < 0:
		return refuse(abi.ENOSPC, ds.WhyKeys)
	case o.bytes+cost(op.Key, op.Value) > s.limits.Bytes:
		return refuse(abi.ENOSPC, ds.WhyBytes)
	}
	o.bytes += cost(op.Key, op.Value)
	x := &o.slots[at]
	if x.state == gone && !bytes.Equal(x.key(), op.Key) {
		s.miss(me, at)
		x.state = free
	}
	x.n, x.hash = uint8(copy(x.bytes[:], op.Key)), hash(op.Key)
	if x.state == free {
		x.since = s.revision + 1
	}
	x.state, x.created = live, s.revision+1
	s.sight(me, at)
	return s.set(me, at, op)
}

// place is a slot for a new entry; -1 when all are taken.
func (o *owner) place(key []byte) int {
	if at := o.find(key, hash(key), gone); at >= 0 {
		return at
	}
	best := -1
	for i := range o.slots {
		switch x := &o.slots[i]; {
		case x.state == free:
			return i
		case x.state == gone && (best < 0 || x.revision < o.slots[best].revision):
			best = i
		}
	}
	return best
}

func (s *Store) set(me, at int, op *Op) Result {
	x := &s.owners[me].slots[at]
	x.flags = op.Flags &^ ds.Overwrite
	x.value = append(x.value[:0], op.Value...)
	x.revision = s.step()
	s.tell(me, at)
	return Result{Changed: true, Revision: x.revision}
}

// remove deletes a key for its owner or for an operator.
func (s *Store) remove(me int, op *Op) Result {
	o, at := s.find(op.Key)
	switch {
	case !validKey(op.Key):
		return refuse(abi.EINVAL, ds.WhyKey)
	case o < 0:
		return refuse(abi.ESRCH, ds.WhyNoKey)
	case o != me && !op.Operator:
		return refuse(abi.EPERM, ds.WhyNotOwner)
	}
	s.bury(o, at)
	return Result{Changed: true, Revision: s.revision}
}

// bury leaves of a live entry what subscribers have to hear.
func (s *Store) bury(o, at int) {
	x := &s.owners[o].slots[at]
	s.owners[o].bytes -= cost(x.key(), x.value)
	x.state, x.value, x.revision = gone, x.value[:0], s.step()
	s.tell(o, at)
}

// purge forgets all that a service has published and subscribed to.
func (s *Store) purge(o int) {
	w := &s.owners[o]
	for i := range w.slots {
		if w.slots[i].state == live {
			s.bury(o, i)
		}
	}
	w.subs = [ds.MaxSubscriptions]subscription{}
}

// Retrieve fills in what is published under a key; of a label when that is the type. The value lies in the store: it is good until the next Op.
// Errors: EINVAL, ESRCH, EPERM.
func (s *Store) Retrieve(me int, key []byte, t ds.Flags, out *ds.Entry) (value []byte, e abi.Errno, why ds.Why) {
	if !validKey(key) {
		return nil, abi.EINVAL, ds.WhyKey
	}
	if t == ds.TypeLabel {
		for o := range s.owners {
			if l := &s.owners[o].label; l.state == live && named(&s.owners[o].name, key) {
				s.describeLabel(o, out)
				return nil, abi.OK, ds.WhyNone
			}
		}
		return nil, abi.ESRCH, ds.WhyNoKey
	}
	o, at := s.find(key)
	if o < 0 || t != 0 && s.owners[o].slots[at].flags&ds.Types != t {
		return nil, abi.ESRCH, ds.WhyNoKey
	}
	x := &s.owners[o].slots[at]
	if o != me && x.flags&ds.PrivRetrieve != 0 {
		return nil, abi.EPERM, ds.WhyPrivate
	}
	s.describe(me, o, at, out)
	return x.value, abi.OK, ds.WhyNone
}

// describe fills in a row about a slot, as me may see it.
func (s *Store) describe(me, o, at int, out *ds.Entry) {
	x := &s.owners[o].slots[at]
	*out = ds.Entry{Revision: x.revision, Owner: s.owners[o].name, Flags: x.flags, KeyLen: uint32(x.n), KeyBytes: x.bytes, Endpoint: abi.None}
	clear(out.KeyBytes[x.n:])
	if x.state == live && (o == me || x.flags&ds.PrivRetrieve == 0) {
		out.ValueLen = uint32(len(x.value))
		copy(out.Head[:], x.value)
	}
}

var rs, _ = abi.MakeLabel("rs")

func (s *Store) describeLabel(o int, out *ds.Entry) {
	l := &s.owners[o].label
	*out = ds.Entry{Revision: l.revision, Owner: rs, Flags: ds.TypeLabel, Endpoint: l.endpoint, Incarnation: l.incarnation}
	out.KeyLen = uint32(copy(out.KeyBytes[:], s.owners[o].name.String()))
}

// List fills rows with the entries that a pattern is about and me may hear of; an operator hears of all, and has private values no more than others. from is 0 first,
// then next, which is 0 when there are no more.
func (s *Store) List(me int, operator bool, p *Pattern, from int, rows []ds.Entry) (n, next int) {
	for i := from; i < len(s.owners)*(1+s.limits.Keys); i++ {
		if n == len(rows) {
			return n, i
		}
		o, at := i/(1+s.limits.Keys), i%(1+s.limits.Keys)-1
		if at < 0 {
			if s.owners[o].label.state == live && p.Match([]byte(s.owners[o].name.String())) {
				s.describeLabel(o, &rows[n])
				n++
			}
			continue
		}
		x := &s.owners[o].slots[at]
		if x.state == live && (operator || o == me || x.flags&(ds.PrivRetrieve|ds.PrivSubscribe) == 0) && p.Match(x.key()) {
			s.describe(me, o, at, &rows[n])
			n++
		}
	}
	return n, 0
}
