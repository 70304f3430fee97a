package server

import (
	"bennu/drivers/protocol/ds"
	"bennu/kernel/abi"
	"bennu/rs/ds/store"
)

// Request answers a message.
func (s *Server) Request(m *abi.Msg) {
	l, ok := s.who(m.Source)
	if !ok {
		s.fail(m, abi.EPERM, ds.WhyStranger)
		return
	}
	switch m.Type {
	case ds.Keep, ds.Recall, ds.Forget:
		s.state(m, l)
	case ds.Publish:
		s.publish(m, l)
	case ds.Retrieve:
		s.retrieve(m, l)
	case ds.Delete:
		s.remove(m, l)
	case ds.Subscribe:
		s.subscribe(m, l)
	case ds.Unsubscribe:
		s.change(m, &store.Op{Kind: store.OpUnsubscribe, Owner: l, A: m.Arg[0]})
	case ds.Check:
		s.check(m, l)
	case ds.List:
		s.list(m, l)
	default:
		s.fail(m, abi.ENOSYS, ds.WhyRequest)
	}
}

func (s *Server) fail(m *abi.Msg, e abi.Errno, why ds.Why) {
	s.m.Answer(m, e, 0, 0, 0, 0, uint64(why))
}

// change makes a change that somebody asked for, and answers.
func (s *Server) change(m *abi.Msg, op *store.Op) {
	r := s.apply(op)
	if i := s.store.Find(op.Owner); i >= 0 {
		s.lives[i] = m.Source
	}
	if r.Errno != abi.OK {
		s.fail(m, r.Errno, r.Why)
		return
	}
	if op.Kind == store.OpSubscribe {
		s.meetSubscriber(m.Source, op.Owner)
		s.m.Answer(m, abi.OK, uint64(r.Sub), r.Revision, b2u(r.New))
		return
	}
	s.m.Answer(m, abi.OK, r.Revision)
}

// meetSubscriber: what there was to hear before its life was known was not notified.
func (s *Server) meetSubscriber(ep abi.Endpoint, l abi.Label) {
	if s.store.Unheard(s.store.Find(l)) {
		s.m.Notify(ep)
	}
}

func b2u(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// state is a service's own 32 bytes under a name.
func (s *Server) state(m *abi.Msg, l abi.Label) {
	name := abi.UnpackLabel(m.Arg[0], m.Arg[1])
	if !name.Valid() {
		s.fail(m, abi.EINVAL, ds.WhyKey)
		return
	}
	key := appendLabel(append(appendLabel(s.buf[:0], &l), '/'), &name)
	switch m.Type {
	case ds.Keep:
		value := abi.Bytes((*[4]uint64)(m.Arg[2:6]))
		s.change(m, &store.Op{Kind: store.OpPublish, Owner: l, Key: key, Value: value, Flags: ds.TypeMemory | ds.Private | ds.Overwrite})
	case ds.Forget:
		s.change(m, &store.Op{Kind: store.OpDelete, Owner: l, Key: key})
	case ds.Recall:
		var e ds.Entry
		value, errno, why := s.store.Retrieve(s.store.Find(l), key, ds.TypeMemory, &e)
		var v [4]uint64
		if errno == abi.OK && len(value) != copy(abi.Bytes(&v), value) {
			errno, why = abi.ESRCH, ds.WhyNoKey // it was published otherwise, with another length
		}
		if errno != abi.OK {
			s.fail(m, errno, why)
			return
		}
		s.m.Answer(m, abi.OK, v[:]...)
	}
}

func appendLabel(b []byte, l *abi.Label) []byte {
	for _, c := range l {
		if c != 0 {
			b = append(b, c)
		}
	}
	return b
}

// text copies a key or a pattern, and rest bytes behind it, from the asker; nil: it was answered.
func (s *Server) text(m *abi.Msg, rest uint64, why ds.Why) []byte {
	n := m.Arg[1] & (1<<32 - 1)
	switch {
	case n == 0 || n > ds.MaxKey:
		s.fail(m, abi.EINVAL, why)
		return nil
	case rest > ds.MaxValue:
		s.fail(m, abi.E2BIG, ds.WhyLong)
		return nil
	}
	b := s.buf[:n+rest]
	if e := s.m.CopyFrom(m.Source, abi.GrantID(m.Arg[0]), 0, b); e != abi.OK {
		s.fail(m, e, ds.WhyGrant)
		return nil
	}
	return b
}

func (s *Server) publish(m *abi.Msg, l abi.Label) {
	size := m.Arg[1] >> 32
	b := s.text(m, size, ds.WhyKey)
	if b == nil {
		return
	}
	if m.Arg[2]>>32 != 0 {
		s.fail(m, abi.EINVAL, ds.WhyType)
		return
	}
	n := len(b) - int(size)
	s.change(m, &store.Op{Kind: store.OpPublish, Owner: l, Key: b[:n], Value: b[n:], Flags: ds.Flags(m.Arg[2])})
}

func (s *Server) remove(m *abi.Msg, l abi.Label) {
	if key := s.text(m, 0, ds.WhyKey); key != nil {
		s.change(m, &store.Op{Kind: store.OpDelete, Owner: l, Key: key, Operator: s.m.Operator(m.Source)})
	}
}

func (s *Server) subscribe(m *abi.Msg, l abi.Label) {
	if text := s.text(m, 0, ds.WhyPattern); text != nil {
		s.change(m, &store.Op{Kind: store.OpSubscribe, Owner: l, Key: text, Flags: ds.Flags(m.Arg[2])})
	}
}

func (s *Server) retrieve(m *abi.Msg, l abi.Label) {
	room := m.Arg[1] >> 32
	key := s.text(m, 0, ds.WhyKey)
	if key == nil {
		return
	}
	var e ds.Entry
	value, errno, why := s.store.Retrieve(s.store.Find(l), key, ds.Flags(m.Arg[2]), &e)
	switch {
	case errno != abi.OK:
		s.fail(m, errno, why)
		return
	case room < uint64(ds.EntrySize+len(value)):
		s.m.Answer(m, abi.E2BIG, 0, uint64(len(value)), 0, 0, uint64(ds.WhyShort))
		return
	}
	n := copy(s.out[:], abi.Bytes(&e))
	n += copy(s.out[n:], value)
	if errno := s.m.CopyTo(m.Source, abi.GrantID(m.Arg[0]), 0, s.out[:n]); errno != abi.OK {
		s.fail(m, errno, ds.WhyGrant)
		return
	}
	s.m.Answer(m, abi.OK, e.Revision, uint64(len(value)))
}

// check tells a subscriber the next thing that it has not heard. What it says that it knows is not told again, in no life of the store.
func (s *Server) check(m *abi.Msg, l abi.Label) {
	i := s.store.Find(l)
	if i < 0 {
		s.fail(m, abi.ESRCH, ds.WhyNoSubscription)
		return
	}
	s.lives[i] = m.Source
	if r := s.apply(&store.Op{Kind: store.OpHeard, Owner: l, A: m.Arg[0], B: m.Arg[1]}); r.Errno != abi.OK {
		s.fail(m, r.Errno, r.Why)
		return
	}
	var e ds.Entry
	errno, why := s.store.Check(i, m.Arg[0], &e)
	switch {
	case errno != abi.OK:
		s.fail(m, errno, why)
		return
	case m.Arg[3] < ds.EntrySize:
		s.fail(m, abi.E2BIG, ds.WhyShort)
		return
	}
	if errno := s.m.CopyTo(m.Source, abi.GrantID(m.Arg[2]), 0, abi.Bytes(&e)); errno != abi.OK {
		s.fail(m, errno, ds.WhyGrant)
		return
	}
	s.m.Answer(m, abi.OK, e.Revision, s.store.Revision())
}

func (s *Server) list(m *abi.Msg, l abi.Label) {
	room := m.Arg[1] >> 32
	text := s.text(m, 0, ds.WhyPattern)
	if text == nil {
		return
	}
	p, ok := store.Compile(text)
	switch {
	case !ok:
		s.fail(m, abi.EINVAL, ds.WhyPattern)
		return
	case room < ds.EntrySize:
		s.fail(m, abi.E2BIG, ds.WhyShort)
		return
	}
	rows := s.rows[:min(room/ds.EntrySize, listed)]
	n, next := s.store.List(s.store.Find(l), s.m.Operator(m.Source), p, int(min(m.Arg[2], 1<<20)), rows)
	for i := range rows[:n] {
		copy(s.out[:], abi.Bytes(&rows[i]))
		if e := s.m.CopyTo(m.Source, abi.GrantID(m.Arg[0]), uint64(i)*ds.EntrySize, s.out[:ds.EntrySize]); e != abi.OK {
			s.fail(m, e, ds.WhyGrant)
			return
		}
	}
	s.m.Answer(m, abi.OK, uint64(n), uint64(next))
}
