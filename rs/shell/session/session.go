package session

import (
	"bytes"
	"strings"
	"time"

	"bennu/drivers/protocol/tty"
	"bennu/kernel/abi"
	"bennu/rs/service"
)

// Prompt is what the shell prints when it waits for a line.
const Prompt = "bennu> "

const (
	lineSize = 256     // the longest command, its newline counted: tty has no line that is longer
	maxTaken = 8 << 10 // a longer line of another console is taken, to be refused
	// piece is how much is written at a time: pings of tty are answered between pieces.
	piece = 1024
	// retry is for a console that is busy or does not answer though it lives.
	retry = time.Second
	// forever is for a read: people think.
	forever = time.Duration(1 << 62)
)

var console, _ = abi.MakeLabel("tty")

// Config is the contents of the banner.
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

	in     []byte // where the line goes
	cut    bool   // the last answer was the beginning of a line
	out    []byte // not yet taken by tty
	prompt bool   // the prompt is on the console, or waits in out
	last   func() // ends the machine, when out has been taken
}

// Start begins a session: a banner, then the prompt.
func Start(a *service.Asker, c Config) *Session {
	s := &Session{asker: a, tty: abi.None, in: make([]byte, lineSize)}
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
		changed = changed || e.Label == console
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
	service.Run(s.asker, service.Request{Op: service.OpLookup, Label: console}, func(r service.Result) {
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
		s.tty, s.reading, s.writing, s.cut = ep, false, false, false
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
	grant, ok := s.asker.Grant(ep, s.in, true)
	if !ok {
		s.later(s.read)
		return
	}
	s.reading = true
	m := abi.Msg{Type: tty.Read, Arg: [7]uint64{uint64(grant), uint64(len(s.in))}}
	s.asker.Ask(ep, m, forever, func(m *abi.Msg, e abi.Errno) {
		s.asker.Revoke(grant)
		if ep != s.tty {
			return
		}
		s.reading = false
		switch e {
		case abi.OK:
			n := min(m.Arg[1], uint64(len(s.in)))
			s.got(s.in[:n], m.Arg[1] > n)
		case abi.E2BIG:
			s.tooLong(m.Arg[1])
		case abi.EDEADSRCDST:
			s.gone()
		default: // EBUSY: a former incarnation of the shell still reads
			s.later(s.read)
		}
	})
}

// gone handles the death of the console: its next start is an event.
func (s *Session) gone() {
	s.tty = abi.None
	s.find()
}

// got takes an answer to a read: one whole line with its newline. Anything else is no command, and neither is
// the text after it up to a newline: no part of a cut line is run.
func (s *Session) got(b []byte, more bool) {
	end := bytes.IndexByte(b, '\n')
	whole := !more && end >= 0 && end == len(b)-1
	after := s.cut
	s.cut = more || len(b) == 0 || b[len(b)-1] != '\n'
	s.prompt = false
	switch {
	case after:
		s.refuse("the end of a line that was cut was not run")
	case !whole:
		s.refuse("the console gave " + service.Decimal(uint64(len(b))) + " bytes that are not one line; nothing of it was run")
	case len(b) > lineSize:
		s.refuse("a command has at most " + service.Decimal(lineSize-1) + " bytes; nothing of the line was run")
	default:
		s.command(string(bytes.TrimSuffix(b[:end], []byte{'\r'})))
		return
	}
	s.askLine()
}

// tooLong takes a line that cannot be a command, so that the next one can be read.
func (s *Session) tooLong(n uint64) {
	if n <= uint64(len(s.in)) || n > maxTaken {
		s.later(s.read)
		return
	}
	s.in = make([]byte, n)
	s.read()
}

// refuse says why nothing is run.
func (s *Session) refuse(why string) { s.print(why + "\n") }

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
	run := func() {
		service.Run(s.asker, r, func(res service.Result) {
			s.running = false
			s.print(service.Text(r, res))
			s.askLine()
		})
	}
	if r.Op == service.OpPowerOff || r.Op == service.OpReboot { // typed ahead, perhaps: what was printed before it is read first
		s.last = run
		s.asker.After(retry, s.end) // a console that takes nothing does not keep the machine up
		s.write()
		return
	}
	run()
}

// end does what ends the machine, if that is due.
func (s *Session) end() {
	if run := s.last; run != nil {
		s.last = nil
		run()
	}
}

// print queues text for the console.
func (s *Session) print(text string) {
	s.out = append(s.out, text...)
	s.write()
}

// write gives the console the next piece. Text that a dying console has not confirmed is written to the next
// one again: twice is better than never.
func (s *Session) write() {
	if s.writing || s.tty == abi.None {
		return
	}
	if len(s.out) == 0 {
		s.end()
		return
	}
	ep := s.tty
	n := min(len(s.out), piece)
	if i := bytes.LastIndexByte(s.out[:n], '\n'); n < len(s.out) && i >= 0 {
		n = i + 1 // others write between two pieces: not within a line
	}
	b := append([]byte(nil), s.out[:n]...)
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
