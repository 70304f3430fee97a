package session

import (
	"strings"
	"testing"
	"time"

	"bennu/drivers/protocol/rtc"
	"bennu/drivers/protocol/tty"
	"bennu/kernel/abi"
	"bennu/rs/service"
	"bennu/rs/service/fake"
)

const (
	tty1  abi.Endpoint = 0x8003
	tty2  abi.Endpoint = 0x10003
	clock abi.Endpoint = 0x8004
)

// bench is a shell with the machine around it: RS, a console that may die or hang, a clock.
type bench struct {
	t       *testing.T
	f       *fake.Machine
	a       *service.Asker
	s       *Session
	tty     abi.Endpoint // None: it is down
	hang    bool         // tty answers nothing
	slow    bool         // tty's writes wait for release
	held    []fake.Sent  // that do
	busy    int          // this many reads are answered with EBUSY
	most    int          // tty takes at most so many bytes at a time
	screen  strings.Builder
	pieces  []string    // what each write had
	reads   []fake.Sent // that wait for a line
	events  []abi.Event
	watched bool
	pending []fake.Sent // requests to RS and rtc that the test answers
}

func newBench(t *testing.T, inc uint32) *bench {
	b := &bench{t: t, f: fake.New(), tty: tty1, most: 1000}
	b.a = service.NewAsker(b.f)
	b.s = Start(b.a, Config{Incarnation: inc, Version: "bennu v1"})
	b.serve()
	return b
}

// serve answers what can be answered.
func (b *bench) serve() {
	for {
		b.a.Run()
		s, ok := b.f.Take()
		if !ok {
			return
		}
		switch {
		case s.Msg.Type == abi.RSWatch:
			b.watched = true
			b.a.Answer(s.Reply(abi.OK))
		case s.Msg.Type == abi.RSEvents:
			b.answerEvents(s)
		case s.Msg.Type == abi.RSLookup && s.Label() == "tty":
			if b.tty == abi.None {
				b.a.Answer(s.Reply(abi.ESRCH))
			} else {
				b.a.Answer(s.Reply(abi.OK, uint64(b.tty), 0))
			}
		case s.To == tty1 || s.To == tty2:
			b.console(s)
		default:
			b.pending = append(b.pending, s)
		}
	}
}

func (b *bench) console(s fake.Sent) {
	g := b.f.Grants[abi.GrantID(s.Msg.Arg[0])]
	if g.To != s.To || g.Write != (s.Msg.Type == tty.Read) || uint64(len(g.Memory)) != s.Msg.Arg[1] {
		b.t.Fatalf("message %#x with grant %+v", s.Msg.Type, g)
	}
	switch {
	case b.hang:
	case b.slow && s.Msg.Type == tty.Write:
		b.held = append(b.held, s)
	case s.To != b.tty:
		b.a.Answer(s.Reply(abi.EDEADSRCDST))
	case s.Msg.Type == tty.Write:
		n := min(len(g.Memory), b.most)
		b.pieces = append(b.pieces, string(g.Memory))
		b.screen.Write(g.Memory[:n])
		b.a.Answer(s.Reply(abi.OK, uint64(n)))
	case b.busy > 0:
		b.busy--
		b.a.Answer(s.Reply(abi.EBUSY))
	default:
		b.reads = append(b.reads, s)
		if len(b.reads) > 1 {
			b.t.Fatal("two reads at a time")
		}
	}
}

func (b *bench) answerEvents(s fake.Sent) {
	g := b.f.Grants[abi.GrantID(s.Msg.Arg[0])]
	n := uint64(0)
	for ; s.Msg.Arg[2]+n < uint64(len(b.events)); n++ {
		copy(g.Memory[n*uint64(len(abi.Bytes(&b.events[0]))):], abi.Bytes(&b.events[s.Msg.Arg[2]+n]))
	}
	b.a.Answer(s.Reply(abi.OK, n, s.Msg.Arg[2]+n, 0))
}

// happen has RS tell of an event.
func (b *bench) happen(kind abi.EventKind, label string, ep abi.Endpoint) {
	l, _ := abi.MakeLabel(label)
	b.events = append(b.events, abi.Event{Kind: kind, Label: l, Endpoint: ep})
	if b.watched {
		b.watched = false
		b.s.News()
	}
	b.serve()
}

// line types a line.
func (b *bench) line(text string) {
	b.t.Helper()
	if len(b.reads) == 0 {
		b.t.Fatalf("nobody reads the console; screen:\n%s", b.screen.String())
	}
	s := b.reads[0]
	b.reads = nil
	n := copy(b.f.Grants[abi.GrantID(s.Msg.Arg[0])].Memory, text)
	b.a.Answer(s.Reply(abi.OK, uint64(n)))
	b.serve()
}

// want checks what came onto the screen since the last want.
func (b *bench) want(text string) {
	b.t.Helper()
	if got := b.screen.String(); got != text {
		b.t.Errorf("the screen shows %q, want %q", got, text)
	}
	b.screen.Reset()
}

// take is a request that waits for the test's answer.
func (b *bench) take(want abi.MsgType) fake.Sent {
	b.t.Helper()
	if len(b.pending) == 0 || b.pending[0].Msg.Type != want {
		b.t.Fatalf("waiting are %+v, want a %#x", b.pending, want)
	}
	s := b.pending[0]
	b.pending = b.pending[1:]
	return s
}

func (b *bench) answer(s fake.Sent, e abi.Errno, args ...uint64) {
	b.a.Answer(s.Reply(e, args...))
	b.serve()
}

func TestSession(t *testing.T) {
	b := newBench(t, 0)
	b.want("\nbennu v1, up 1.000s; help lists the commands\nbennu> ")
	b.line("frob\n")
	b.want("column 1: expected one of service, ps, accounts, info, pci, log, date, ds, help, poweroff, reboot, got \"frob\"\nbennu> ")
	b.line("\n")
	b.want("bennu> ")
	b.line("service up rtc\r\n")
	b.want("")
	if len(b.reads) != 0 {
		t.Error("the console is read while a command runs")
	}
	b.answer(b.take(abi.RSUp), abi.OK, 77)
	b.want("rtc runs, endpoint 77\nbennu> ")
	b.line("date\n")
	b.answer(b.take(abi.RSLookup), abi.OK, uint64(clock))
	b.answer(b.take(rtc.Get), abi.OK, 951827696)
	b.want("2000-02-29 12:34:56 UTC\nbennu> ")
	if len(b.f.Grants) != 1 {
		t.Errorf("%d grants, want the read's", len(b.f.Grants))
	}
}

func TestBannerAfterDeath(t *testing.T) {
	newBench(t, 3).want("\nbennu v1, up 1.000s; incarnation 3 of the shell; help lists the commands\nbennu> ")
}

// A clock that hangs or dies gives a message and the prompt.
func TestDateOfADeadClock(t *testing.T) {
	b := newBench(t, 0)
	b.want("\nbennu v1, up 1.000s; help lists the commands\nbennu> ")
	b.line("date\n")
	b.answer(b.take(abi.RSLookup), abi.OK, uint64(clock))
	b.take(rtc.Get)
	b.f.Pass(service.LimitDriver)
	b.serve()
	b.want("ETIMEDOUT: the clock driver rtc did not answer in 3.000s\nbennu> ")
	b.line("date\n")
	b.answer(b.take(abi.RSLookup), abi.OK, uint64(clock))
	b.take(rtc.Get)
	b.happen(abi.EventDeath, "rtc", clock)
	b.want("EDEADSRCDST: the clock driver rtc died while it was asked\nbennu> ")
	b.line("date\n")
	b.answer(b.take(abi.RSLookup), abi.ESRCH, 0, 0, 0, 0, uint64(abi.WhyDown))
	b.want("ESRCH: no clock: rtc is down (service up starts it)\nbennu> ")
}

// The console's driver dies while the shell waits for a line: the next one shows the prompt and
// is read.
func TestConsoleDies(t *testing.T) {
	b := newBench(t, 0)
	b.want("\nbennu v1, up 1.000s; help lists the commands\nbennu> ")
	b.tty, b.reads = abi.None, nil
	b.happen(abi.EventDeath, "tty", tty1)
	b.want("")
	b.tty = tty2
	b.happen(abi.EventStart, "tty", tty2)
	b.happen(abi.EventReady, "tty", tty2)
	b.want("\nbennu> ")
	b.line("help reboot\n")
	b.want("reboot\n  stop the services, then start the machine again\nbennu> ")
}

// It dies while a command runs and while the result is being written: the result is on the next
// one, whole.
func TestConsoleDiesDuringACommand(t *testing.T) {
	b := newBench(t, 0)
	b.want("\nbennu v1, up 1.000s; help lists the commands\nbennu> ")
	b.most = 7
	b.line("service up rtc\n")
	up := b.take(abi.RSUp)
	b.hang = true
	b.answer(up, abi.OK, 77)
	b.tty, b.hang = tty2, false
	b.happen(abi.EventDeath, "tty", tty1)
	b.happen(abi.EventReady, "tty", tty2)
	b.want("rtc runs, endpoint 77\nbennu> ")
	b.line("\n")
	b.want("bennu> ")
}

// The console hangs: nothing is lost when it answers again, or when RS has replaced it.
func TestConsoleHangs(t *testing.T) {
	b := newBench(t, 0)
	b.want("\nbennu v1, up 1.000s; help lists the commands\nbennu> ")
	b.hang = true
	b.line("help reboot\n")
	for range 5 {
		b.f.Pass(service.LimitDriver)
		b.serve()
	}
	b.hang, b.reads = false, nil
	b.tty = tty2
	b.happen(abi.EventDeath, "tty", tty1)
	b.want("reboot\n  stop the services, then start the machine again\nbennu> ")
}

// A former incarnation's read may still be there for a moment.
func TestConsoleBusy(t *testing.T) {
	b := newBench(t, 0)
	b.busy = 2
	b.line("\n")
	for range 2 {
		if len(b.reads) != 0 {
			t.Fatal("the read was answered with EBUSY, yet it waits")
		}
		b.f.Pass(retry)
		b.serve()
	}
	b.line("help reboot\n")
}

// Each answer is one line. What is none, or a part of one, is never run, and the next line is.
func TestNotOneLine(t *testing.T) {
	const (
		start = "\nbennu v1, up 1.000s; help lists the commands\nbennu> "
		rest  = "the end of a line that was cut was not run\nbennu> "
		help  = "reboot\n  stop the services, then start the machine again\nbennu> "
	)
	none := func(n int) string {
		return "the console gave " + service.Decimal(uint64(n)) + " bytes that are not one line; nothing of it was run\nbennu> "
	}
	for _, c := range []struct{ answers, screen []string }{
		{[]string{"help rebo", "ot\n", "help reboot\n"}, []string{none(9), rest, help}},
		{[]string{"help reboot", "help reboot\n", "help reboot\r\n"}, []string{none(11), rest, help}},
		{[]string{"help reboot\nhelp reboot\n", "help reboot\n"}, []string{none(24), help}},
		{[]string{"help reboot\nhelp", "\n", "help reboot\n"}, []string{none(16), rest, help}},
		{[]string{"", "help reboot\n", "help reboot\n"}, []string{none(0), rest, help}},
		{[]string{strings.Repeat("x", lineSize), "x\n", "help reboot\n"}, []string{none(lineSize), rest, help}},
	} {
		b := newBench(t, 0)
		b.want(start)
		for i, a := range c.answers {
			b.line(a)
			b.want(c.screen[i])
		}
		if len(b.pending) > 0 {
			t.Errorf("%q: %d requests were made", c.answers, len(b.pending))
		}
	}
}

// A line that has no room is taken and refused, and the next one is read.
func TestTooLongLine(t *testing.T) {
	b := newBench(t, 0)
	b.screen.Reset()
	long := strings.Repeat("x", 999) + "\n"
	for _, n := range []uint64{1000, 1 << 30} {
		s := b.reads[0]
		b.reads = nil
		b.answer(s, abi.E2BIG, n)
		if n > maxTaken { // it is asked for again: somebody else may take it
			b.f.Pass(retry)
			b.serve()
			b.line("help reboot\n")
			b.want("reboot\n  stop the services, then start the machine again\nbennu> ")
			continue
		}
		b.line(long)
		b.want("a command has at most 255 bytes; nothing of the line was run\nbennu> ")
	}
}

// Control characters in a line make it no command; they are shown, not obeyed.
func TestControlsInALine(t *testing.T) {
	b := newBench(t, 0)
	b.screen.Reset()
	for line, want := range map[string]string{
		"date\x1b[A\n": `column 1: expected one of service, ps, accounts, info, pci, log, date, ds, help, poweroff, reboot, got "date\x1b[A"`,
		"\x00date\n":   `column 1: expected one of service, ps, accounts, info, pci, log, date, ds, help, poweroff, reboot, got "\x00date"`,
		"date \x9b\n":  `column 6: expected -s or nothing more, got "\x9b"`,
		"date\rps\n":   `column 1: expected one of service, ps, accounts, info, pci, log, date, ds, help, poweroff, reboot, got "date\x0dps"`,
	} {
		b.line(line)
		b.want(want + "\nbennu> ")
	}
}

// A long text is written in pieces, which end where lines do: what is typed meanwhile is shown between lines.
func TestPieces(t *testing.T) {
	b := newBench(t, 0)
	b.most, b.pieces = 1<<20, nil
	b.line("help\n")
	if len(b.pieces) < 2 {
		t.Fatalf("%d pieces", len(b.pieces))
	}
	for _, p := range b.pieces[:len(b.pieces)-1] {
		if len(p) > piece || !strings.HasSuffix(p, "\n") {
			t.Errorf("a piece of %d bytes ends with %q", len(p), p[max(0, len(p)-20):])
		}
	}
}

// With tty down at first, or RS not answering, the shell comes up when they do.
func TestStartWithoutConsole(t *testing.T) {
	b := &bench{t: t, f: fake.New(), tty: abi.None, most: 1000}
	b.a = service.NewAsker(b.f)
	b.f.Errno[fake.RSEndpoint] = abi.EAGAIN
	b.s = Start(b.a, Config{Version: "bennu v1"})
	b.serve()
	b.f.Errno[fake.RSEndpoint] = abi.OK
	b.f.Pass(time.Second)
	b.serve()
	b.want("")
	b.tty = tty1
	b.happen(abi.EventReady, "tty", tty1)
	b.want("\nbennu v1, up 1.000s; help lists the commands\nbennu> ")
}
