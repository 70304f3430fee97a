package session

import (
	"strings"
	"time"

	"bennu/kernel/abi"
	"bennu/rs/service"
)

// Prompt is what the shell prints when it waits for a line.
const Prompt = "bennu> "

const (
	lineSize = 256  // what is read at a time
	maxLine  = 1024 // a line that is longer is refused
	// piece is how much is written at a time: pings of tty are answered between pieces.
	piece = 1024
	// retry is for a console that is busy or does not answer though it lives.
	retry = time.Second
	// forever is for a read: people think.
	forever = time.Duration(1 << 62)
)

var tty, _ = abi.MakeLabel("tty")

// Config is what the banner says.
type Config struct {
	Incarnation uint32
	Version     string
}

// Session is one incarnation of the shell.
type Session struct {
	asker  *service.Asker
	follow *service.Follower

	tty     abi.Endpoint // None: not known to live
	finding bool         // a lookup is on its way
	reading bool
	writing bool
	running bool // a command is

	in     [lineSize]byte
	line   []byte
	out    []byte // not yet taken by tty
	prompt bool   // the prompt is on the console, or waits in out
}

// Start begins a session: a banner, then the prompt.
func Start(a *service.Asker, c Config) *Session {
	s := &Session{asker: a, tty: abi.None}
	s.print(banner(c, a.Now()))
	s.follow = service.NewFollower(a, 0, s.events)
	s.follow.Resume()
	s.find()
	return s
}

func banner(c Config, now uint64) string {
	again := ""
	if c.Incarnation > 0 {
		again = "; incarnation " + service.Decimal(uint64(c.Incarnation)) + " of the shell"
	}
	return "\n" + c.Version + ", up " + service.Duration(now) + again + "; help lists the commands\n"
}

// News takes an RSNews.
func (s *Session) News() { s.follow.Resume() }

// Root tells that the reincarnation server has a new endpoint.
func (s *Session) Root(old abi.Endpoint) {
	s.asker.Dead(old)
	s.follow.Seek(s.follow.Next())
}

// events ends the requests to the dead, and notices that the console came back.
func (s *Session) events(events []abi.Event, lost uint64) {
	changed := lost > 0
	for i := range events {
		e := &events[i]
		if e.Kind == abi.EventDeath {
			s.asker.Dead(e.Endpoint)
		}
		changed = changed || e.Label == tty
	}
	if changed {
		s.find()
	}
}

// find asks RS where the console is.
func (s *Session) find() {
	if s.finding {
		return
	}
	s.finding = true
	service.Run(s.asker, service.Request{Op: service.OpLookup, Label: tty}, func(r service.Result) {
		s.finding = false
		switch {
		case r.Errno == abi.OK:
			s.attach(r.Endpoint)
		case r.Errno == abi.ESRCH: // its next start is an event
			s.tty = abi.None
		default:
			s.later(s.find)
		}
	})
}

func (s *Session) later(do func()) { s.asker.After(retry, do) }

// attach goes on with a console, perhaps a new one.
func (s *Session) attach(ep abi.Endpoint) {
	if ep != s.tty {
		s.tty, s.reading, s.writing, s.line = ep, false, false, nil
		if s.prompt && !strings.HasSuffix(string(s.out), Prompt) {
			s.print("\n" + Prompt)
		}
	}
	s.askLine()
}

// askLine prints the prompt unless it is there, and reads.
func (s *Session) askLine() {
	if s.running || s.tty == abi.None {
		return
	}
	if !s.prompt {
		s.prompt = true
		s.print(Prompt)
	}
	s.write()
	s.read()
}

func (s *Session) read() {
	if s.reading || s.running || s.tty == abi.None {
		return
	}
	ep := s.tty
	grant, ok := s.asker.Grant(ep, s.in[:], true)
	if !ok {
		s.later(s.read)
		return
	}
	s.reading = true
	m := abi.Msg{Type: abi.TTYRead, Arg: [7]uint64{uint64(grant), lineSize}}
	s.asker.Ask(ep, m, forever, func(m *abi.Msg, e abi.Errno) {
		s.asker.Revoke(grant)
		if ep != s.tty {
			return
		}
		s.reading = false
		switch e {
		case abi.OK:
			s.got(s.in[:min(m.Arg[1], lineSize)])
		case abi.EDEADSRCDST:
			s.gone()
		default: // EBUSY: a former incarnation of the shell still reads
			s.later(s.read)
		}
	})
}

// gone is for a console that died: its next start is an event.
func (s *Session) gone() {
	s.tty = abi.None
	s.find()
}

// got takes a line, or a piece of one that is longer than was asked for.
func (s *Session) got(b []byte) {
	s.line = append(s.line, b...)
	if len(b) > 0 && b[len(b)-1] != '\n' && len(s.line) <= maxLine {
		s.read()
		return
	}
	line := strings.TrimRight(string(s.line), "\r\n")
	s.line = nil
	s.prompt = false
	if len(line) > maxLine {
		s.print("a line has at most " + service.Decimal(maxLine) + " bytes\n")
		s.askLine()
		return
	}
	s.command(line)
}

func (s *Session) command(line string) {
	r, ok, err := service.Parse(line)
	if err != nil {
		s.print(err.Error() + "\n")
	}
	if !ok {
		s.askLine()
		return
	}
	s.running = true
	service.Run(s.asker, r, func(res service.Result) {
		s.running = false
		s.print(service.Text(r, res))
		s.askLine()
	})
}

// print queues text for the console.
func (s *Session) print(text string) {
	s.out = append(s.out, text...)
	s.write()
}

// write gives the console the next piece. What a dying console had not confirmed is written
// again to the next: rather twice than not.
func (s *Session) write() {
	if s.writing || s.tty == abi.None || len(s.out) == 0 {
		return
	}
	ep := s.tty
	b := append([]byte(nil), s.out[:min(len(s.out), piece)]...)
	s.writing = true
	service.WriteTTY(s.asker, ep, b, func(r service.Result) {
		if ep != s.tty {
			return
		}
		s.writing = false
		switch r.Errno {
		case abi.OK:
			s.out = append(s.out[:0], s.out[len(b):]...)
			s.write()
		case abi.EDEADSRCDST:
			s.gone()
		default:
			s.later(s.write)
		}
	})
}
