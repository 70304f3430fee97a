package server

import (
	"time"

	"bennu/drivers/protocol/faulty"
	"bennu/drivers/protocol/kbd"
	"bennu/drivers/protocol/rtc"
	"bennu/drivers/protocol/tty"
	"bennu/kernel/abi"
	"bennu/rs/ctl/wire"
	"bennu/rs/service"
)

// doEvents subscribes from "since" on; without it, from the oldest event that RS has kept.
func (s *Server) doEvents(id ident, f fields) {
	since := f.number("since", 1<<63, 0, true)
	if f.err != nil {
		s.fail(id, abi.EINVAL, f.err.text)
		return
	}
	s.ended = ""
	s.succeed(id)
	s.w.Uint("since", since)
	s.finish()
	s.sub.On, s.sub.Next = true, since
	s.follow.Seek(since)
}

// doEcho asks a service for a sign of life. Any answer will do: a service that knows no such
// request says ENOSYS.
func (s *Server) doEcho(id ident, f fields) {
	l := f.label()
	if f.err != nil {
		s.fail(id, abi.EINVAL, f.err.text)
		return
	}
	if l.String() == s.Label {
		s.echoed(id, abi.None, s.Incarnation, 0)
		return
	}
	service.Run(s.asker, service.Request{Op: service.OpLookup, Label: l}, func(r service.Result) {
		if r.Errno != abi.OK {
			s.fail(id, r.Errno, r.Text)
			return
		}
		asked := s.asker.Now()
		s.asker.Ask(r.Endpoint, abi.Msg{Type: echoType(l.String())}, service.LimitDriver, func(_ *abi.Msg, e abi.Errno) {
			if e != abi.OK && e != abi.ENOSYS {
				s.fail(id, e, l.String()+" did not answer: "+e.Text())
				return
			}
			s.echoed(id, r.Endpoint, r.Incarnation, s.asker.Now()-asked)
		})
	})
}

func (s *Server) echoed(id ident, ep abi.Endpoint, inc uint32, ns uint64) {
	s.succeed(id)
	if ep != abi.None {
		s.w.Uint("endpoint", uint64(ep))
	}
	s.w.Uint("incarnation", uint64(inc))
	s.w.Uint("round_us", ns/1000)
	s.w.Uint("round_ns", ns)
	s.finish()
}

// echoType is a request that changes nothing and that the service answers at once.
func echoType(label string) abi.MsgType {
	switch label {
	case "rtc":
		return rtc.Get
	case "tty":
		return tty.State
	case "kbd":
		return kbd.State
	}
	return faulty.Echo
}

// doCall sends a message as it is. Arg[6] is the asker's own.
func (s *Server) doCall(id ident, f fields) {
	to := abi.Endpoint(f.number("endpoint", 1<<32-1, 0, false))
	m := abi.Msg{Type: abi.MsgType(f.number("type", 1<<32-1, 0, false))}
	limit := time.Duration(f.number("limit_ms", 60_000, uint64(service.LimitDriver/time.Millisecond), true)) * time.Millisecond
	if v, ok := f.o.Get("arg"); ok {
		if v.Kind != wire.List || len(v.List) > 6 {
			f.fail("arg", "a list of at most 6 numbers")
		}
		for i := range min(len(v.List), 6) {
			if v.List[i].Kind != wire.Number {
				f.fail("arg", "a list of at most 6 numbers")
			}
			m.Arg[i] = v.List[i].Number
		}
	}
	if f.err != nil {
		s.fail(id, abi.EINVAL, f.err.text)
		return
	}
	s.asker.Ask(to, m, limit, func(m *abi.Msg, e abi.Errno) {
		if e == abi.OK {
			s.succeed(id)
		} else {
			s.failBegin(id, e, "")
		}
		if m != nil {
			s.w.Name("reply")
			s.w.Open('[')
			for _, a := range m.Arg[:6] {
				s.w.Number(a)
			}
			s.w.Close(']')
		}
		s.finish()
	})
}

// doConsole writes a line to the operator's console.
func (s *Server) doConsole(id ident, f fields) {
	text := f.text("text", "the text of the line")
	if f.err != nil {
		s.fail(id, abi.EINVAL, f.err.text)
		return
	}
	service.WriteConsole(s.asker, []byte(text+"\n"), func(r service.Result) {
		if r.Errno != abi.OK {
			s.fail(id, r.Errno, r.Text)
			return
		}
		s.succeed(id)
		s.finish()
	})
}
