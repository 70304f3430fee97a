package sdk

import "bennu/kernel/abi"

const (
	maxRequests = 16 // of other tasks; one more is answered EAGAIN
	maxAnswers  = 32 // to Asks
	maxNotes    = 16 // tasks that notified
)

// later holds messages that arrived while a handler waited, for the loop, in the order of arrival. A message
// that can come once only has a place of its own.
type later struct {
	n        int    // of all kinds
	last     uint64 // order of the newest
	requests ring
	answers  ring
	notes    [maxNotes]note
	nNotes   int
	irq      uint64 // order of the first interrupt; 0: none
	irqBits  uint64
	alarm    uint64 // order of the alarm
	trace    uint64 // of what a tracer is told
	stop     uint64 // order of an RSStop; 0: none
	news     uint64 // of an RSNews
	newsNext uint64
	fault    uint64 // of a DriverFault
	order    abi.Msg
}

type note struct {
	from  abi.Endpoint
	order uint64
}

// ring is messages in the order of arrival.
type ring struct {
	e    [maxAnswers]entry
	head int
	n    int
}

type entry struct {
	m     abi.Msg
	kind  abi.ReceiveKind
	order uint64
}

func (r *ring) push(m *abi.Msg, kind abi.ReceiveKind, order uint64) {
	r.e[(r.head+r.n)%len(r.e)] = entry{*m, kind, order}
	r.n++
}

// oldest is the order of the message that pop would take; 0: none.
func (r *ring) oldest() uint64 {
	if r.n == 0 {
		return 0
	}
	return r.e[r.head].order
}

func (r *ring) pop(m *abi.Msg) abi.ReceiveKind {
	e := &r.e[r.head]
	*m = e.m
	r.head, r.n = (r.head+1)%len(r.e), r.n-1
	return e.kind
}

// room tells whether one more message of any kind would find a place, or be refused with an answer. A handler
// receives only when it says so, so nothing is ever dropped.
func (l *later) room() bool { return l.answers.n < maxAnswers && l.nNotes < maxNotes }

func (l *later) empty() bool { return l.n == 0 }

// place gives what can come once the order of the newest, if it has none yet.
func (l *later) place(order *uint64) {
	if *order == 0 {
		*order = l.last
		l.n++
	}
}

// keep puts a message off. False: it is a request too many. Precondition: room.
func (l *later) keep(m *abi.Msg, kind abi.ReceiveKind, root bool) bool {
	l.last++
	switch {
	case kind == abi.KindNotify && m.Source == abi.Hardware:
		l.irqBits |= m.Arg[0]
		l.place(&l.irq)
	case kind == abi.KindNotify && m.Source == abi.Clock:
		l.place(&l.alarm)
	case kind == abi.KindNotify && m.Source == abi.System:
		l.place(&l.trace)
	case kind == abi.KindNotify:
		l.note(m.Source)
	case m.Type == abi.MsgReply:
		l.answers.push(m, kind, l.last)
		l.n++
	case root && m.Type == abi.RSStop:
		l.place(&l.stop)
	case root && m.Type == abi.RSNews:
		l.newsNext = m.Arg[0]
		l.place(&l.news)
	case root && m.Type == abi.DriverFault:
		l.order = *m
		l.place(&l.fault)
	case l.requests.n == maxRequests:
		return false
	default:
		l.requests.push(m, kind, l.last)
		l.n++
	}
	return true
}

// note keeps a notification; several of one task are one.
func (l *later) note(from abi.Endpoint) {
	for i := range l.notes[:l.nNotes] {
		if l.notes[i].from == from {
			return
		}
	}
	l.notes[l.nNotes] = note{from, l.last}
	l.nNotes++
	l.n++
}

// next takes the oldest. Precondition: not empty.
func (l *later) next(m *abi.Msg, root abi.Endpoint) abi.ReceiveKind {
	l.n--
	first := uint64(0)
	older := func(order uint64) {
		if order != 0 && (first == 0 || order < first) {
			first = order
		}
	}
	older(l.requests.oldest())
	older(l.answers.oldest())
	older(l.notes[0].order)
	older(l.irq)
	older(l.alarm)
	older(l.trace)
	older(l.stop)
	older(l.news)
	older(l.fault)
	switch first {
	case l.requests.oldest():
		return l.requests.pop(m)
	case l.answers.oldest():
		return l.answers.pop(m)
	case l.notes[0].order:
		*m = abi.Msg{Source: l.notes[0].from, Type: abi.MsgNotify}
		l.nNotes--
		copy(l.notes[:], l.notes[1:])
		l.notes[maxNotes-1] = note{}
		return abi.KindNotify
	case l.irq:
		*m = abi.Msg{Source: abi.Hardware, Type: abi.MsgNotify, Arg: [7]uint64{l.irqBits}}
		l.irq, l.irqBits = 0, 0
		return abi.KindNotify
	case l.alarm:
		*m, l.alarm = abi.Msg{Source: abi.Clock, Type: abi.MsgNotify}, 0
		return abi.KindNotify
	case l.trace:
		*m, l.trace = abi.Msg{Source: abi.System, Type: abi.MsgNotify, Arg: [7]uint64{abi.SystemTrace}}, 0
		return abi.KindNotify
	case l.stop:
		*m, l.stop = abi.Msg{Source: root, Type: abi.RSStop}, 0
	case l.news:
		*m, l.news = abi.Msg{Source: root, Type: abi.RSNews, Arg: [7]uint64{l.newsNext}}, 0
	default:
		*m, l.fault = l.order, 0
		m.Source = root
	}
	return abi.KindSendA
}
