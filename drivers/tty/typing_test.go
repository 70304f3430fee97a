package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"bennu/drivers/protocol/tty"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

// typed is one source of keys: what it means to type, and the keys that it types for that.
type typed struct {
	name  string
	keys  []byte
	lines []string
	at    int // of the last line that a reader was given
	runs  int // of consecutive lines that no reader was given
}

// generate makes lines that name their source and number. With edits they are typed as people do.
func generate(r *rand.Rand, name string, n int, edits bool) *typed {
	s := &typed{name: name, at: -1}
	for i := range n {
		size := r.IntN(40)
		if edits && r.IntN(20) == 0 {
			size = 230 + r.IntN(40) // around the limit
		}
		line := fmt.Sprintf("%s-%d-", name, i)
		for range size {
			line += string(rune(' ' + r.IntN(95)))
		}
		s.lines = append(s.lines, line)
		if edits && r.IntN(5) == 0 {
			s.keys = append(s.keys, "wrong line\x15"...)
		}
		for k := range len(line) {
			if edits && r.IntN(20) == 0 {
				s.keys = append(s.keys, []string{"q\b", "\x1b[A", "\x1bOC", "\x1b[15~", "\xc3\xbc\x7f", "\x01\b"}[r.IntN(6)]...)
			}
			s.keys = append(s.keys, line[k])
		}
		s.keys = append(s.keys, []string{"\r", "\n", "\r\n"}[r.IntN(3)]...)
	}
	return s
}

// took checks a line that a reader was given.
func (s *typed) took(line string) error {
	var i int
	if _, err := fmt.Sscanf(line, s.name+"-%d-", &i); err != nil || i >= len(s.lines) || line != s.lines[i] {
		return fmt.Errorf("nobody typed %q", line)
	}
	if i <= s.at {
		return fmt.Errorf("line %d came after line %d", i, s.at)
	}
	s.skipped(i)
	s.at = i
	return nil
}

func (s *typed) skipped(i int) {
	if i > s.at+1 {
		s.runs++
	}
}

// typing is a tty in a machine where anything happens.
type typing struct {
	*console
	r      *rand.Rand
	serial *typed
	keys   *typed
	kbd    abi.Endpoint
	reader abi.Endpoint
	reads  bool          // a read waits
	line   abi.GrantID   // that read's
	texts  []abi.GrantID // of writes that are not answered
	buf    []byte
	screen strings.Builder
	lives  uint32
	got    int
	wire   bool // the line waits: nothing is lost on it
}

func (y *typing) run(steps int, events []func()) {
	for range steps {
		events[y.r.IntN(len(events))]()
		y.Run()
		y.look()
		if y.t.Failed() {
			return
		}
	}
	y.wire = true
	for range 100_000 {
		if y.left() == 0 {
			return
		}
		y.burst()
		y.press()
		y.read()
		y.carry()
		y.Run()
		y.look()
	}
	y.t.Errorf("no rest: %d keys and bytes are left", y.left())
}

// left is what is still to be typed, read or shown.
func (y *typing) left() int {
	p := &y.tty.port
	return len(y.serial.keys) + len(y.keys.keys) + len(y.chip.RX) + p.Received() + len(y.tty.ahead.b) + y.tty.writers.n + p.Queued() + len(y.chip.TX)
}

func (y *typing) burst() {
	n := min(1+y.r.IntN(60), len(y.serial.keys))
	if y.wire {
		n = y.chip.Offer(y.serial.keys[:n])
	} else {
		y.chip.Type(y.serial.keys[:n]...)
	}
	y.serial.keys = y.serial.keys[n:]
}

func (y *typing) garble() {
	if len(y.serial.keys) == 0 {
		return
	}
	y.serial.keys = y.serial.keys[1:]
	if y.r.IntN(3) == 0 {
		y.chip.TypeBad(0x10, 0) // a break
		return
	}
	y.chip.TypeBad([]uint8{4, 8}[y.r.IntN(2)], byte(y.r.IntN(256)))
}

func (y *typing) press() {
	for range min(1+y.r.IntN(abi.MaxAsync), len(y.keys.keys)) { // more the kernel does not keep
		y.Post(abi.Msg{Source: y.kbd, Type: tty.Input, Arg: [7]uint64{uint64(y.keys.keys[0])}}, abi.KindSendA)
		y.keys.keys = y.keys.keys[1:]
	}
}

func (y *typing) read() {
	if y.reads {
		return
	}
	y.buf = make([]byte, maxLine+1)
	if y.r.IntN(4) == 0 {
		y.buf = y.buf[:1+y.r.IntN(30)]
	}
	y.line = y.PeerGrant(y.reader, y.buf, abi.GrantWrite)
	y.Post(abi.Msg{Source: y.reader, Type: tty.Read, Arg: [7]uint64{uint64(y.line), uint64(len(y.buf))}}, abi.KindSendRec)
	y.reads = true
}

func (y *typing) carry() { y.chip.Carry(16) }

func (y *typing) readerDies() {
	if _, answered := y.peek(); answered {
		return // the line is its own
	}
	y.Dead[y.reader] = true
	y.reader, y.reads = abi.MakeEndpoint(7, y.reader.Generation()+1), false
}

func (y *typing) kbdDies() {
	y.kbd = abi.MakeEndpoint(8, y.kbd.Generation()+1)
}

func (y *typing) write() {
	for _, answered := y.Take(fake.Other); answered; _, answered = y.Take(fake.Other) {
		y.PeerRevoke(fake.Other, y.texts[0]) // they are answered in order
		y.texts = y.texts[1:]
	}
	text := []byte(strings.Repeat("output \x1b[2J\u009b\n", 1+y.r.IntN(50)))
	g := y.PeerGrant(fake.Other, text, abi.GrantRead)
	y.texts = append(y.texts, g)
	y.Post(abi.Msg{Source: fake.Other, Type: tty.Write, Arg: [7]uint64{uint64(g), uint64(len(text))}}, abi.KindSendRec)
}

// dies ends the tty; the chip and the others stay as they are.
func (y *typing) dies() {
	y.look()
	y.lives++
	k := fake.New(y.t, "tty")
	k.Arguments("reads=client types=client")
	k.Info.Init, k.Info.Incarnation = abi.InitRestart, y.lives
	chip := y.chip
	chip.IER = 0 // the kernel has masked the line
	y.console = boot(y.t, k, chip)
	y.reads, y.texts = false, nil
}

func (y *typing) peek() (abi.Msg, bool) {
	for _, s := range y.Out {
		if s.To == y.reader && s.Msg.Type == abi.MsgReply {
			return s.Msg, true
		}
	}
	return abi.Msg{}, false
}

// look takes what the reader was told and what the wire has carried.
func (y *typing) look() {
	y.screen.Write(y.chip.Sent)
	y.chip.Sent = nil
	m, ok := y.Take(y.reader)
	if !ok {
		return
	}
	y.reads = false
	y.PeerRevoke(y.reader, y.line)
	switch abi.Errno(m.Arg[0]) {
	case abi.OK:
		y.got++
		line := string(y.buf[:m.Arg[1]])
		s := y.serial
		if strings.HasPrefix(line, y.keys.name) {
			s = y.keys
		}
		if line == "\n" && y.lives > 0 {
			return // the second half of a "\r\n" that a death has cut
		}
		if err := s.took(strings.TrimSuffix(line, "\n")); err != nil || !strings.HasSuffix(line, "\n") {
			y.t.Errorf("a reader was given %q: %v", line, err)
		}
	case abi.E2BIG:
		if m.Arg[1] <= uint64(len(y.buf)) {
			y.t.Errorf("a buffer of %d bytes is too small for %d", len(y.buf), m.Arg[1])
		}
	default:
		y.t.Errorf("a read was answered with %s", abi.Errno(m.Arg[0]).Name())
	}
}

func tail(s string) string { return s[max(0, len(s)-2000):] }

func newTyping(t *testing.T, seed uint64, edits bool) *typing {
	r := rand.New(rand.NewPCG(seed, 1))
	return &typing{console: newConsole(t, &fake.UART{}), r: r, serial: generate(r, "serial", 60, edits), keys: generate(r, "kbd", 30, edits),
		kbd: abi.MakeEndpoint(8, 1), reader: abi.MakeEndpoint(7, 1), wire: true}
}

// end checks what has been seen of a whole run.
func (y *typing) end(seed uint64) {
	y.t.Helper()
	screen := y.screen.String()
	for i := range len(screen) {
		if c := screen[i]; c > '~' || c < ' ' && !strings.ContainsRune("\r\n\a\b", rune(c)) {
			y.t.Fatalf("seed %d: byte %#x on the screen", seed, c)
		}
	}
	for _, s := range []*typed{y.serial, y.keys} {
		s.skipped(len(s.lines))
	}
	// What a dead tty had still to show is lost, its bells too.
	if bells := strings.Count(screen, "\a"); y.lives == 0 && bells < y.serial.runs+y.keys.runs {
		y.t.Errorf("seed %d: %d bells for %d losses", seed, bells, y.serial.runs+y.keys.runs)
	}
}

// Whatever happens, what is read is a subsequence of what was typed, each line whole, and
// each loss has rung the bell. In every second run tty dies too.
func TestTyping(t *testing.T) {
	const seeds, steps = 300, 1500
	lost, got := 0, 0
	for seed := range uint64(seeds) {
		y := newTyping(t, seed, true)
		events := []func(){y.burst, y.burst, y.press, y.read, y.read, y.carry, y.carry, y.carry, y.write, func() { y.wire = y.r.IntN(2) == 0 }}
		rare := []func(){y.garble, y.chip.Break, y.readerDies, y.kbdDies}
		if seed%2 == 1 {
			rare = append(rare, y.dies)
		}
		events = append(events, func() {
			if y.r.IntN(8) == 0 {
				rare[y.r.IntN(len(rare))]()
			}
		})
		y.run(steps, events)
		y.end(seed)
		lost, got = lost+y.serial.runs+y.keys.runs, got+y.got
		if t.Failed() {
			t.Fatalf("seed %d; the screen ends with %q", seed, tail(y.screen.String()))
		}
	}
	if lost == 0 || got < seeds*10 {
		t.Errorf("%d losses and %d lines read: too little happened", lost, got)
	}
}

// On a line that waits nothing is lost, however slow the reader; of a keyboard, which cannot wait, whole
// lines are, each with its bell.
func TestTypingAhead(t *testing.T) {
	for seed := range uint64(50) {
		y := newTyping(t, seed, false)
		y.run(400, []func(){y.burst, y.burst, y.burst, y.carry, y.press})
		y.end(seed)
		lost := len(y.serial.lines) + len(y.keys.lines) - y.got
		if y.serial.runs > 0 || y.chip.MCR&2 == 0 {
			t.Errorf("seed %d: lines were lost on a line that waits, or RTS is off", seed)
		}
		if bells := strings.Count(y.screen.String(), "\a"); bells != lost {
			t.Errorf("seed %d: %d bells for %d lost lines", seed, bells, lost)
		}
		if t.Failed() {
			t.Fatalf("the screen ends with %q", tail(y.screen.String()))
		}
	}
}

// What is typed while the wire carries nothing is all shown in the end: bytes for whose echo there may be no room stay where they
// are.
func TestEchoWaits(t *testing.T) {
	c := newConsole(t, &fake.UART{})
	ref, want := newTypist(cap(c.tty.ahead.b)), ""
	line := strings.Repeat("\x80", 220) + " " + strings.Repeat("\x80", 30)
	keys := []byte(strings.Repeat(line+"\x17\x15", 20)) // the last word is taken back, with the rest shown again, then that
	for len(keys) > 0 {
		n := 0
		for range 20 {
			k := c.chip.Offer(keys[n:])
			n += k
			c.Run()
		}
		want += ref.keys(string(keys[:n]))
		if keys = keys[n:]; len(keys) > 0 && n == 0 {
			for range 20 { // it waits
				c.chip.Carry(16)
				c.Run()
			}
		}
	}
	if got := c.screen(); got != strings.ReplaceAll(want, "\n", "\r\n") {
		t.Errorf("%d bytes were shown, want %d", len(got), len(want))
	}
}
