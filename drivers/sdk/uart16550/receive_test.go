package uart16550

import (
	"strings"
	"testing"

	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

// What is garbled or lost shows as a gap where it was.
func TestGaps(t *testing.T) {
	const twenty = "abcdefghijklmnopqrst"
	for _, c := range []struct {
		name          string
		do            func(m *machine)
		want          string
		bad, overruns uint64
	}{
		{"framing error", func(m *machine) { m.chip.Type('a'); m.chip.TypeBad(0x08, 'x'); m.chip.Type('b') }, "a|b", 1, 0},
		{"parity error on a line feed", func(m *machine) { m.chip.Type('a'); m.chip.TypeBad(0x04, '\n'); m.chip.Type('b') }, "a|b", 1, 0},
		{"break", func(m *machine) { m.chip.Type('a'); m.chip.TypeBad(0x10, 0); m.chip.Type('b') }, "a|b", 1, 0},
		{"break, told early", func(m *machine) { m.chip.Type('a'); m.chip.Break(); m.chip.Type('b') }, "|a|\x00|b", 0, 0},
		{"overrun", func(m *machine) { m.chip.Type([]byte(twenty)...); m.settle(); m.chip.Type('x', 'y') }, "abcdefghijklmno|p|xy", 0, 1},
		{"an error and an overrun", func(m *machine) {
			m.chip.TypeBad(0x08, '?')
			m.chip.Type([]byte(twenty)...)
			m.settle()
			m.chip.Type('x')
		}, "|abcdefghijklmn|o|x", 1, 1},
	} {
		m := newMachine(t, &fake.UART{})
		c.do(m)
		m.settle()
		if got := m.received(); got != c.want || m.Bad != c.bad || m.Overruns != c.overruns {
			t.Errorf("%s: received %q, bad %d, overruns %d; want %q, %d, %d", c.name, got, m.Bad, m.Overruns, c.want, c.bad, c.overruns)
		}
	}
}

// Without room in memory bytes stay in the chip: a sender that waits loses nothing, and the other
// end is told by RTS. Output goes on meanwhile.
func TestHold(t *testing.T) {
	m := newMachine(t, &fake.UART{})
	text := []byte(strings.Repeat("0123456789", 50))
	sent := 0
	offer := func() {
		for n := 1; n > 0; {
			n = m.chip.Offer(text[sent:])
			sent += n
			m.settle()
		}
	}
	offer()
	if m.Received() != 64 || sent != 64+16 || m.Holds != 1 || m.chip.MCR&mcrRTS != 0 {
		t.Fatalf("in memory %d, taken from the sender %d, holds %d, MCR %#x", m.Received(), sent, m.Holds, m.chip.MCR)
	}
	m.Write([]byte(strings.Repeat("x", 100)))
	m.settle()
	if len(m.chip.Sent) != 100 {
		t.Errorf("sent %d of 100 bytes while input is held", len(m.chip.Sent))
	}
	var got []byte
	for len(got) < len(text) {
		c, ok := m.Next()
		if !ok || c.Gap() {
			t.Fatalf("byte %d: %v, gap %v", len(got), ok, c.Gap())
		}
		got = append(got, c.Byte())
		offer()
	}
	if string(got) != string(text) || m.Overruns != 0 || m.chip.MCR&mcrRTS == 0 || m.chip.IER&ierReceive == 0 {
		t.Errorf("got %q, overruns %d, MCR %#x, IER %#x", got, m.Overruns, m.chip.MCR, m.chip.IER)
	}
}

// A sender that does not wait: the gap is where the bytes are missing, also when it comes about while input is
// held and the status is read for the output's sake.
func TestHoldWithoutFlowControl(t *testing.T) {
	m := newMachine(t, &fake.UART{})
	for i := range 100 {
		m.chip.Type(byte('!' + i%64))
		m.settle()
	}
	m.Write([]byte("output"))
	m.settle()
	want := ""
	for i := range 80 { // 64 and the FIFO's 16, of which the last may have come late
		if i == 79 {
			want += "|"
		}
		want += string(rune('!' + i%64))
	}
	got := m.received()
	m.chip.Type('Z')
	m.settle()
	if got += m.received(); got != want+"|Z" {
		t.Errorf("received %q, want %q", got, want+"|Z")
	}
}

// A garbled byte that waits in the chip is garbled still when it is taken, though the status was read meanwhile.
func TestHoldOfABadByte(t *testing.T) {
	m := newMachine(t, &fake.UART{})
	for range 64 {
		m.chip.Type('.')
		m.settle()
	}
	m.chip.TypeBad(0x08, '?')
	m.chip.Type('x')
	m.settle()
	m.Write([]byte("output")) // reads it
	m.settle()
	if got, want := m.received(), strings.Repeat(".", 64)+"|x"; got != want || m.Bad != 1 {
		t.Errorf("received %q, bad %d; want %q, 1", got, m.Bad, want)
	}
}

// Whether a line was begun outlives the driver, at whatever byte it ends.
func TestUnfinished(t *testing.T) {
	for _, c := range []struct {
		typed string
		want  bool
	}{{"", false}, {"date", true}, {"date\n", false}, {"date\r", false}, {"date\r\nx", true}, {"\n\n", false}, {"da\x03", false}} {
		chip := &fake.UART{SCR: 0x5a}
		m := &machine{chip: chip}
		chip.Base, chip.Raise = base, func() { m.pending = true }
		config := Config{Base: base, RX: make([]Char, 64), TX: make([]byte, 64), Ends: "\n\r\x03"}
		start := func() {
			m.UART = UART{}
			if e := m.Init(bus{chip}, config); e != abi.OK {
				t.Fatal(e.Name())
			}
		}
		start()
		if m.Unfinished || m.Flagged {
			t.Error("a first life has nothing unfinished")
		}
		chip.Type([]byte(c.typed)...)
		m.settle()
		config.Restarted = true
		start()
		if m.Unfinished != c.want || m.Flagged {
			t.Errorf("after %q: unfinished %v, flag %v", c.typed, m.Unfinished, m.Flagged)
		}
		m.SetFlag(true)
		start()
		if m.Unfinished != c.want || !m.Flagged {
			t.Errorf("after %q and another death: unfinished %v, flag %v", c.typed, m.Unfinished, m.Flagged)
		}
		chip.Type('\n')
		m.settle()
		m.SetFlag(false)
		start()
		if m.Unfinished || m.Flagged {
			t.Errorf("after %q and a line feed: unfinished %v, flag %v", c.typed, m.Unfinished, m.Flagged)
		}
		chip.SCR = 0x5a // it died in the middle of Init
		start()
		if !m.Unfinished || !m.Flagged {
			t.Error("what is no note must be taken for the worst")
		}
	}
}

// The other end hangs up: its modem lines fall, perhaps for a moment only.
func TestHangups(t *testing.T) {
	m := newMachine(t, &fake.UART{MSR: 0x30}) // CTS, DSR
	for i, c := range []struct {
		state uint8
		want  uint64
	}{{0x20, 0}, {0xb0, 0}, {0x90, 1}, {0xb0, 1}, {0x30, 2}, {0xf0, 2}, {0xb0, 2}} {
		m.chip.SetModem(c.state)
		m.settle()
		if m.Hangups != c.want {
			t.Errorf("step %d, state %#x: %d hangups, want %d", i, c.state, m.Hangups, c.want)
		}
	}
	m.chip.LoseIRQ = 1
	m.chip.SetModem(0x90)
	m.settle()
	m.chip.SetModem(0xb0)
	m.settle()
	m.Poll()
	if m.Hangups != 3 {
		t.Errorf("a short fall: %d hangups, want 3", m.Hangups)
	}
}
