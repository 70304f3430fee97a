package server

import (
	"bytes"

	"bennu/drivers/ctl/wire"
	"bennu/kernel/abi"
	"bennu/rs/service"
)

// Limits.
const (
	// MaxLine is the longest line of input.
	MaxLine = 4096
	// highWater is how much output may wait before no more requests and events are taken.
	highWater = 16 << 10
	// maxInput is how much input may wait for that.
	maxInput = 64 << 10
)

// Config is who the server is.
type Config struct {
	Label       string
	Incarnation uint32
	Version     string
}

// Key is what a Subscription is kept under in the data store.
const Key = "events"

// Subscription is what outlives an incarnation.
type Subscription struct {
	On   bool
	Next uint64 // number of the first event that the client may not have
}

// Value is the subscription as the data store keeps it.
func (s Subscription) Value() (v [4]uint64) {
	if s.On {
		v[0], v[1] = 1, s.Next
	}
	return v
}

// MakeSubscription is the inverse of Value.
func MakeSubscription(v [4]uint64) Subscription {
	if v[0] != 1 {
		return Subscription{}
	}
	return Subscription{On: true, Next: v[1]}
}

// Server is one incarnation of the control port.
type Server struct {
	Config
	asker *service.Asker

	line    []byte // input so far
	tooLong bool   // the rest of the line is ignored
	skip    bool   // ignored up to the first line feed: a dead incarnation read the beginning
	input   []byte // not yet looked at, for output was waiting
	dropped bool   // some was lost, and the client was told

	w      wire.Writer
	out    []byte // waits for the port
	follow *service.Follower
	sub    Subscription
	saved  Subscription // as the data store has it
	saving bool
}

// New makes a server that has said hello and goes on with the subscription of the incarnation
// before it, if there was one.
func New(a *service.Asker, c Config, sub Subscription) *Server {
	s := &Server{Config: c, asker: a, skip: c.Incarnation > 0, sub: sub, saved: sub}
	// Events are followed in any case: they tell which requests will never be answered.
	s.follow = service.NewFollower(a, sub.Value()[1], s.events)
	s.follow.Ready = func() bool { return !s.full() }
	if c.Incarnation > 0 {
		s.out = append(s.out, '\n')
	}
	s.begin()
	s.w.String("event", "hello")
	s.hello()
	s.finish()
	s.follow.Resume()
	return s
}

// Input takes bytes from the port. While much output waits they are kept, up to maxInput.
func (s *Server) Input(b []byte) {
	n := min(len(b), maxInput-len(s.input))
	s.input = append(s.input, b[:n]...)
	if n < len(b) {
		s.Dropped()
	}
	s.read()
}

// Dropped tells that bytes of input were lost: the client hears of it, for an answer may be missing.
func (s *Server) Dropped() {
	if !s.dropped {
		s.dropped = true
		s.fail(wire.Value{}, abi.ENOSPC, "input was lost: too much came while answers were not taken")
	}
}

// Root tells that the reincarnation server has a new endpoint: requests to the old one end,
// and events are asked for again.
func (s *Server) Root(old abi.Endpoint) {
	s.asker.Dead(old)
	s.follow.Seek(s.follow.Next())
}

// Output is what is to be sent. It is valid until the next call of any method.
func (s *Server) Output() []byte { return s.out }

// Sent removes the first n bytes of the output.
func (s *Server) Sent(n int) {
	s.out = append(s.out[:0], s.out[n:]...)
	if !s.full() {
		s.dropped = false
		s.read()
		s.follow.Continue()
	}
}

// Drained tells that all output has left the machine, so that the client has all events up to
// now: the subscription is brought up to date in the data store.
func (s *Server) Drained() {
	if len(s.out) > 0 || s.sub == s.saved || s.saving {
		return
	}
	s.saving = true
	now := s.sub
	m := abi.Msg{Type: abi.DSPublish}
	key, _ := abi.MakeLabel(Key)
	m.Arg[0], m.Arg[1] = abi.PackLabel(key)
	v := now.Value()
	copy(m.Arg[2:6], v[:])
	s.asker.Ask(s.asker.RS(), m, service.LimitRS, func(_ *abi.Msg, e abi.Errno) {
		s.saving = false
		if e == abi.OK {
			s.saved = now
		}
	})
}

// News takes an RSNews.
func (s *Server) News() { s.follow.Resume() }

func (s *Server) full() bool {
	return len(s.out) >= highWater || s.asker.Waiting() >= service.MaxAsks-4
}

// Run does what is due; to be called after any other method and when the asker says.
func (s *Server) Run() {
	s.asker.Run()
	s.read()
	s.follow.Continue()
}

// read cuts the input into lines while there is room for answers.
func (s *Server) read() {
	for len(s.input) > 0 && !s.full() {
		n := bytes.IndexByte(s.input, '\n')
		end := n >= 0
		if !end {
			n = len(s.input)
		}
		s.add(s.input[:n])
		if end {
			n++
		}
		s.input = append(s.input[:0], s.input[n:]...)
		if end {
			s.endLine()
		}
	}
}

func (s *Server) add(b []byte) {
	if s.skip || s.tooLong {
		return
	}
	if len(s.line)+len(b) > MaxLine {
		s.tooLong, s.line = true, s.line[:0]
		return
	}
	s.line = append(s.line, b...)
}

func (s *Server) endLine() {
	line, tooLong, skip := s.line, s.tooLong, s.skip
	s.line, s.tooLong, s.skip = s.line[:0], false, false
	switch {
	case skip:
	case tooLong:
		s.fail(wire.Value{}, abi.E2BIG, "a line has at most 4096 bytes")
	case len(bytes.TrimSpace(line)) > 0:
		s.request(line)
	}
}

// begin starts a line of output.
func (s *Server) begin() {
	s.w.Reset()
	s.w.Open('{')
}

// finish ends it and puts it into the output.
func (s *Server) finish() {
	s.w.Close('}')
	s.w.End()
	s.out = append(s.out, s.w.Bytes()...)
}

// succeed begins the answer to a request; finish ends it.
func (s *Server) succeed(id wire.Value) {
	s.begin()
	s.w.Name("id")
	s.w.Value(id)
	s.w.Bool("ok", true)
}

// fail is an answer that says why not.
func (s *Server) fail(id wire.Value, e abi.Errno, text string) {
	s.failBegin(id, e, text)
	s.finish()
}

func (s *Server) failBegin(id wire.Value, e abi.Errno, text string) {
	if text == "" {
		text = e.Text()
	}
	s.begin()
	s.w.Name("id")
	s.w.Value(id)
	s.w.Bool("ok", false)
	s.w.String("errno", e.Name())
	s.w.String("error", text)
}
