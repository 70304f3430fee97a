package kind

import (
	"bytes"
	"strconv"
	"time"

	"bennu/drivers/protocol/swifi"
	"bennu/kernel/abi"
	"bennu/rs/ctl/wire"
	"bennu/rs/load/work"
	"bennu/rs/service"
)

// control is rs/ctl: lines of JSON go to the injector, which plays the UART, and its answers come from there.
type control struct {
	device abi.Endpoint // the injector
	id     uint64
	seen   []byte // not yet a line
	piece  [2048]byte
}

// Steps, or controlAsk and the number of the question.
const (
	controlHello = 1 + iota
	controlType
	controlAsk
)

// device is the label of the injector.
const device = "swifi"

// mostSeen is more than any answer.
const mostSeen = 64 << 10

func newControl() *control { return &control{device: abi.None} }

// Fields of an answer that are neither text nor whole numbers.
const (
	timeField = "t"
	listField = "services"
)

// question is a request and what its answer must have.
type question struct {
	fields string
	right  func(s *work.Site, o wire.Object) bool
}

// Join is work.Kind: a session begins with an empty line and a hello, before whose answer all was for others.
func (k *control) Join(s *work.Site) work.Verdict {
	s.Step = controlHello
	k.seen = k.seen[:0]
	if k.device == abi.None {
		ep, e := s.C.LookupWait(device, s.Left())
		if e != abi.OK {
			return s.Cannot(e)
		}
		k.device = ep
	}
	k.id += 1 << 32 // ids go up, from life to life too
	id := strconv.FormatUint(k.id, 10)
	if v := k.send(s, "\n{\"id\":"+id+",\"cmd\":\"hello\"}\n"); v != work.Right {
		return v
	}
	for {
		line, v := k.line(s)
		if v != work.Right {
			return v
		}
		if o, err := wire.Parse(line, timeField); err == nil && answers(o, k.id) && holds(o, "label", s.Label) {
			return work.Right
		}
	}
}

// Look is work.Kind.
func (k *control) Look(s *work.Site) work.Verdict { return unknown(s) }

// Operate is work.Kind.
func (k *control) Operate(s *work.Site) work.Verdict {
	k.id++
	n := s.Rand.IntN(len(questions))
	q := &questions[n]
	s.Step = controlType
	if v := k.send(s, "{\"id\":"+strconv.FormatUint(k.id, 10)+","+q.fields+"}\n"); v != work.Right {
		return v
	}
	s.Step = controlAsk + uint16(n)
	line, v := k.line(s)
	if v != work.Right {
		return v
	}
	o, err := wire.Parse(line, timeField, listField)
	switch {
	case err == nil && answers(o, k.id) && q.right(s, o):
		return work.Right
	case !s.Alive(): // it was cut off, or is what the next life says first
		return work.Died
	}
	return work.Wrong
}

// answers tells whether o is the good answer to the request with that id.
func answers(o wire.Object, id uint64) bool {
	got, ok := o.Get("id")
	good, said := o.Get("ok")
	return ok && said && got.Kind == wire.Number && got.Number == id && good.Kind == wire.Bool && good.True
}

func holds(o wire.Object, name, text string) bool {
	v, ok := o.Get(name)
	return ok && v.Kind == wire.String && v.Text == text
}

// send has bytes arrive at the port.
func (k *control) send(s *work.Site, text string) work.Verdict {
	b := []byte(text)
	return s.Wait(func() work.Verdict {
		for len(b) > 0 {
			m := abi.Msg{Type: swifi.Type}
			v := k.ask(s, &m, b, abi.GrantRead)
			if v != work.Right {
				return v
			}
			if m.Arg[1] == 0 || m.Arg[1] > uint64(len(b)) {
				return s.Cannot(abi.EDOM)
			}
			b = b[m.Arg[1]:]
		}
		return work.Right
	})
}

// ask asks the injector. Pending: nothing was there, or had room.
func (k *control) ask(s *work.Site, m *abi.Msg, b []byte, flags uint32) work.Verdict {
	id, ok := s.C.Grant(k.device, b, flags)
	if !ok {
		return s.Cannot(abi.ENOSPC)
	}
	patience := min(s.Left(), slice)
	m.Arg[0], m.Arg[1], m.Arg[2] = uint64(id), uint64(len(b)), uint64(patience)
	e := s.C.Call(k.device, m, patience+grace)
	s.C.Revoke(id)
	switch e {
	case abi.OK:
		return work.Right
	case abi.EAGAIN:
		return work.Pending
	}
	return s.Cannot(e)
}

const (
	// slice is how long the injector waits for the port at a time: between two the workload looks whether that lives.
	slice = 2 * time.Millisecond
	// grace is how much longer the injector may take to say that nothing came.
	grace = 100 * time.Millisecond
)

// line is the next line that the port has sent, without its end.
func (k *control) line(s *work.Site) (line []byte, v work.Verdict) {
	v = s.Wait(func() work.Verdict {
		for {
			if i := bytes.IndexByte(k.seen, '\n'); i >= 0 {
				line = append([]byte(nil), bytes.TrimSuffix(k.seen[:i], []byte{'\r'})...)
				k.seen = append(k.seen[:0], k.seen[i+1:]...)
				return work.Right
			}
			if len(k.seen) > mostSeen {
				return work.Wrong
			}
			m := abi.Msg{Type: swifi.Seen}
			v := k.ask(s, &m, k.piece[:], abi.GrantWrite)
			switch {
			case v != work.Right:
				return v
			case m.Arg[1] > uint64(len(k.piece)):
				return s.Cannot(abi.EDOM)
			case m.Arg[1] == 0:
				return work.Pending
			}
			k.seen = append(k.seen, k.piece[:m.Arg[1]]...)
		}
	})
	return line, v
}

// questions are asked in no order.
var questions = [...]question{
	{`"cmd":"hello"`, func(s *work.Site, o wire.Object) bool { return holds(o, "label", s.Label) }},
	{`"cmd":"help","command":"date"`, func(_ *work.Site, o wire.Object) bool { return holds(o, "text", service.Help("date")) }},
	{`"cmd":"lookup","label":"ctl"`, func(s *work.Site, o wire.Object) bool {
		v, ok := o.Get("endpoint")
		return ok && v.Kind == wire.Number && v.Number == uint64(s.Ep)
	}},
	{`"cmd":"status"`, func(_ *work.Site, o wire.Object) bool {
		v, ok := o.Get(listField)
		return ok && v.Kind == wire.Raw && bytes.Contains([]byte(v.Text), []byte(`"label":"ctl"`))
	}},
	{`"cmd":"echo","label":"ctl"`, func(_ *work.Site, o wire.Object) bool {
		v, ok := o.Get("round_ns")
		return ok && v.Kind == wire.Number && v.Number == 0
	}},
}
