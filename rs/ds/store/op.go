package store

import (
	"encoding/binary"

	"bennu/drivers/protocol/ds"
	"bennu/kernel/abi"
)

// OpKind is a kind of change.
type OpKind uint8

const (
	OpPublish     OpKind = 1 // Key, Value, Flags
	OpDelete      OpKind = 2 // Key, Operator
	OpSubscribe   OpKind = 3 // Key: the pattern, Flags
	OpUnsubscribe OpKind = 4 // A: number
	OpHeard       OpKind = 5 // A: number, B: revision
	OpReady       OpKind = 6 // the owner is ready: A: endpoint and incarnation << 32. B: RS's next event
	OpGone        OpKind = 7 // that life is over: A: its endpoint, 0: whichever it is. B: RS's next event
	OpDown        OpKind = 8 // the owner was taken down. B: RS's next event
	OpRestored    OpKind = 9 // not all may be here that was: revisions go on above A, and all subscribers are told
)

// Op is a change that somebody asks for.
type Op struct {
	Kind     OpKind
	Operator bool
	Owner    abi.Label // who asks, or who it is about
	Flags    ds.Flags
	A, B     uint64
	Key      []byte
	Value    []byte
}

// Result is what came of it.
type Result struct {
	Errno    abi.Errno
	Why      ds.Why
	Changed  bool // the store is another: the Op is to be kept
	Revision uint64
	Sub      int
	New      bool
}

func refuse(e abi.Errno, why ds.Why) Result { return Result{Errno: e, Why: why} }

// Apply makes a change, or refuses it and changes nothing that a later Op depends on.
func (s *Store) Apply(op *Op) Result {
	if op.Kind == OpRestored {
		return s.restored(op)
	}
	me := s.owner(op.Owner)
	if me < 0 {
		return refuse(abi.EPERM, ds.WhyStranger)
	}
	switch op.Kind {
	case OpPublish:
		return s.publish(me, op)
	case OpDelete:
		return s.remove(me, op)
	case OpSubscribe:
		return s.subscribe(me, op)
	case OpUnsubscribe:
		return s.unsubscribe(me, op)
	case OpHeard:
		return s.hear(me, op)
	case OpReady, OpGone, OpDown:
		return s.told(me, op)
	}
	return refuse(abi.ENOSYS, ds.WhyRequest)
}

// told takes RS's word about a service.
func (s *Store) told(me int, op *Op) Result {
	l := &s.owners[me].label
	s.event = max(s.event, op.B)
	r := Result{}
	switch ep := abi.Endpoint(op.A); op.Kind {
	case OpReady:
		inc := uint32(op.A >> 32)
		if l.state == live && l.endpoint == ep && l.incarnation == inc {
			return r
		}
		if l.state == free {
			l.since = s.revision + 1
		}
		if l.state != live {
			l.created = s.revision + 1
		}
		*l = label{entry{live, l.since, l.created, s.step()}, ep, inc}
		s.labelled(me)
		r.Changed = true
	case OpDown:
		s.purge(me)
		r.Changed = true // its number must be kept, lest it be told again when there is something to forget
		fallthrough
	case OpGone:
		if l.state == live && (op.Kind == OpDown || ep == 0 || l.endpoint == ep) {
			l.state, l.revision = gone, s.step()
			s.labelled(me)
			r.Changed = true
		}
	}
	r.Revision = s.revision
	return r
}

// labelled wakes those who want to hear of a service.
func (s *Store) labelled(o int) {
	s.each(func(me int, b *subscription) {
		s.lookLabel(b, o)
		if b.labels>>o&1 != 0 {
			s.wake |= 1 << me
		}
	})
}

// restored: this store was made of less than there may have been.
func (s *Store) restored(op *Op) Result {
	s.revision = max(s.revision, op.A)
	s.each(func(me int, b *subscription) {
		b.missed = s.step()
		s.wake |= 1 << me
	})
	return Result{Changed: true, Revision: s.step()}
}

// opHead is bytes of a record before key and value.
const opHead = 1 + 1 + 4 + abi.LabelSize + 8 + 8 + 1 + 2

// MaxOp is the longest record of an Op.
const MaxOp = opHead + ds.MaxKey + ds.MaxValue

// Append writes an Op as a record.
func (op *Op) Append(b []byte) []byte {
	operator := byte(0)
	if op.Operator {
		operator = 1
	}
	b = append(b, byte(op.Kind), operator)
	b = binary.LittleEndian.AppendUint32(b, uint32(op.Flags))
	b = append(b, op.Owner[:]...)
	b = binary.LittleEndian.AppendUint64(b, op.A)
	b = binary.LittleEndian.AppendUint64(b, op.B)
	b = append(b, byte(len(op.Key)))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(op.Value)))
	return append(append(b, op.Key...), op.Value...)
}

// ReadOp is its inverse; ok is false when b is no record. Key and value lie in b.
func ReadOp(b []byte) (op Op, ok bool) {
	if len(b) < opHead {
		return op, false
	}
	op.Kind, op.Operator = OpKind(b[0]), b[1] == 1
	op.Flags = ds.Flags(binary.LittleEndian.Uint32(b[2:]))
	b = b[6:]
	copy(op.Owner[:], b)
	b = b[abi.LabelSize:]
	op.A, op.B = binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
	key, value := int(b[16]), int(binary.LittleEndian.Uint16(b[17:]))
	b = b[19:]
	if len(b) != key+value {
		return op, false
	}
	op.Key, op.Value = b[:key], b[key:]
	return op, true
}
