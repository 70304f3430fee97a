package server

import (
	"bytes"
	"strconv"

	"bennu/kernel/abi"
	"bennu/rs/ctl/wire"
	"bennu/rs/service"
)

// Limits.
const (
	// MaxLine is the longest line of input, and MaxID the longest id.
	MaxLine = 4096
	MaxID   = 512
	// highWater is how much output may wait before no more requests are taken; eventWater is the same for events, so that an
	// answer waits behind few of them (TestAnswersComeBetweenEvents).
	highWater  = 16 << 10
	eventWater = 1 << 10
)

// Config tells the server about itself.
type Config struct {
	Label       string
	Incarnation uint32
	Version     string
	Half        bool // the incarnation before had read the beginning of a line: its end is no request
}

// Server is one incarnation of the control port.
type Server struct {
	Config
	asker *service.Asker

	line    []byte // input so far
	tooLong bool   // the rest of the line is ignored
	gap     bool   // some of the line was lost
	skip    bool   // ignored up to the first line feed: a dead incarnation read the beginning

	w       wire.Writer
	stale   bool   // the line in w is for a client that is gone
	out     []byte // waits for the port
	begun   bool   // the beginning of out's first line has been sent
	follow  *service.Follower
	sub     Subscription
	unheard int          // events since the client was heard
	ended   string       // why the subscription ended: for the next answer
	saved   Subscription // as the data store has it
	saves   Subscription // what it is being told
	saving  bool
	took    func(*abi.Msg, abi.Errno) // its answer
}

// New makes a server that has said hello and goes on with the subscription of the incarnation
// before it, if there was one.
func New(a *service.Asker, c Config, sub Subscription) *Server {
	s := &Server{Config: c, asker: a, skip: c.Half, sub: sub, saved: sub, line: make([]byte, 0, MaxLine), out: make([]byte, 0, 2*highWater)}
	s.took = s.published
	// Events are followed in any case: they tell which requests will never be answered.
	s.follow = service.NewFollower(a, sub.Next, s.events)
	s.follow.Ready = func() bool { return len(s.out) < eventWater && s.Ready() }
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

// Ready tells whether more input may be taken: there is room for output, and for requests.
func (s *Server) Ready() bool {
	return len(s.out) < highWater && s.asker.Waiting() < service.MaxAsks-4
}

// Input takes bytes from the port, as many as it may, and tells how many that was. The caller keeps the rest.
func (s *Server) Input(b []byte) (n int) {
	for n < len(b) && s.Ready() {
		rest := b[n:]
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			s.add(rest)
			return len(b)
		}
		s.add(rest[:end])
		n += end + 1
		s.endLine()
	}
	return n
}

// Gap tells that input was lost here.
func (s *Server) Gap() { s.gap = true }

// Root tells that the reincarnation server has a new endpoint: requests to the old one end,
// and events are asked for again.
func (s *Server) Root(old abi.Endpoint) {
	s.asker.Dead(old)
	s.follow.Seek(s.follow.Next())
}

// Output is the bytes to be sent. They are valid until the next call of any method.
func (s *Server) Output() []byte { return s.out }

// Sent removes the first n bytes of the output.
func (s *Server) Sent(n int) {
	if n > 0 {
		s.begun = s.out[n-1] != '\n'
	}
	s.out = append(s.out[:0], s.out[n:]...)
	s.follow.Continue()
}

// Drained tells that all output has left the machine, so that the client has all events up to
// now: the subscription is brought up to date in the data store.
func (s *Server) Drained() {
	now := s.sub
	now.Last = s.saved.Last // is not worth a message of its own
	if len(s.out) > 0 || now == s.saved || s.saving {
		return
	}
	s.saving, s.saves = true, s.sub
	s.asker.Keep(key, s.saves.Value(), s.took)
}

func (s *Server) published(_ *abi.Msg, e abi.Errno) {
	s.saving = false
	switch e {
	case abi.OK:
		s.saved = s.saves
	case abi.EDEADSRCDST:
		s.asker.ForgetStore()
	}
}

var key, _ = abi.MakeLabel(Key)

// News takes an RSNews.
func (s *Server) News() { s.follow.Resume() }

// Run does all work that is due. It is called after any other method, and when the asker says.
func (s *Server) Run() {
	s.asker.Run()
	s.follow.Continue()
}

func (s *Server) add(b []byte) {
	n := min(len(b), MaxLine-len(s.line))
	s.tooLong = s.tooLong || n < len(b)
	s.line = append(s.line, b[:n]...)
}

func (s *Server) endLine() {
	line, tooLong, gap, skip := s.line, s.tooLong, s.gap, s.skip
	s.line, s.tooLong, s.gap, s.skip = s.line[:0], false, false, false
	s.unheard = 0
	switch {
	case skip:
	case gap:
		s.fail(s.unread(), abi.EIO, "some of the line was lost on its way: nothing of it was done")
	case tooLong:
		s.fail(s.unread(), abi.E2BIG, "a line has at most "+strconv.Itoa(MaxLine)+" bytes")
	case len(bytes.TrimSpace(line)) > 0:
		s.request(line)
	}
}

// begin starts a line of output.
func (s *Server) begin() {
	s.stale = false
	s.w.Reset()
	s.w.Open('{')
}

// finish ends it and puts it into the output.
func (s *Server) finish() {
	s.w.Close('}')
	s.w.End()
	if !s.stale {
		s.out = append(s.out, s.w.Bytes()...)
	}
}

// answer begins an answer. It goes to nobody if its client is gone.
func (s *Server) answer(id ident, ok bool) {
	s.begin()
	s.stale = id.session != s.sub.Session
	if id.given {
		s.w.Name("id")
		s.w.Value(id.value)
	}
	s.w.Bool("ok", ok)
	if s.ended != "" && !s.stale {
		s.w.String("unsubscribed", s.ended)
		s.ended = ""
	}
}

// succeed begins the answer to a request; finish ends it.
func (s *Server) succeed(id ident) { s.answer(id, true) }

// fail is an answer with an error.
func (s *Server) fail(id ident, e abi.Errno, text string) {
	s.failBegin(id, e, text)
	s.finish()
}

func (s *Server) failBegin(id ident, e abi.Errno, text string) {
	if text == "" {
		text = e.Text()
	}
	s.answer(id, false)
	s.w.String("errno", e.Name())
	s.w.String("error", text)
}
