package uart16550

import (
	"bytes"
	"testing"
	"time"

	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

const base = 0x3f8

// bus makes Ports of a fake device.
type bus struct{ d *fake.UART }

func (b bus) In8(port uint16) uint8     { return uint8(b.d.In(port, 1)) }
func (b bus) Out8(port uint16, v uint8) { b.d.Out(port, 1, uint32(v)) }
func (b bus) Out8s(port uint16, x []byte) {
	for _, v := range x {
		b.Out8(port, v)
	}
}

// machine is a port with its chip; an interrupt of the chip is served at settle.
type machine struct {
	UART
	chip    *fake.UART
	pending bool
}

func newMachine(t *testing.T, chip *fake.UART) *machine {
	t.Helper()
	m := &machine{chip: chip}
	chip.Base = base
	chip.Raise = func() { m.pending = true }
	if e := m.Init(bus{chip}, Config{Base: base, RX: make([]Char, 64), TX: make([]byte, 256)}); e != abi.OK {
		t.Fatalf("Init: %s", e.Name())
	}
	return m
}

// settle lets the wire and the interrupts go on until nothing happens.
func (m *machine) settle() {
	for m.pending || len(m.chip.TX) > 0 {
		m.chip.Carry(16)
		if m.pending {
			m.pending = false
			m.Interrupt()
		}
	}
}

// received is what Next gives; a gap shows as a bar.
func (m *machine) received() string {
	var b []byte
	for c, ok := m.Next(); ok; c, ok = m.Next() {
		if c.Gap() {
			b = append(b, '|')
		}
		b = append(b, c.Byte())
	}
	return string(b)
}

func TestInit(t *testing.T) {
	m := newMachine(t, &fake.UART{DLL: 12})
	c := m.chip
	if c.LCR != 3 || c.DLL != 1 || c.DLM != 0 || c.FCR != 0x81 || c.MCR != 0x0b || c.IER != 0x0d {
		t.Errorf("registers LCR %#x DL %d,%d FCR %#x MCR %#x IER %#x", c.LCR, c.DLM, c.DLL, c.FCR, c.MCR, c.IER)
	}
	var u UART
	if e := u.Init(bus{&fake.UART{Base: base, Absent: true}}, Config{Base: base}); e != abi.ENODEV {
		t.Errorf("without a chip: %s", e.Name())
	}
}

// Whatever the last life left, nothing that the chip has is lost and all is in service.
func TestInitFromAnyState(t *testing.T) {
	for name, c := range map[string]fake.UART{
		"under DLAB":           {LCR: 0x83, DLL: 1, FCR: 0x81},
		"all interrupts on":    {IER: 0xf, MCR: 0xb, FCR: 0x81},
		"in loop mode, break":  {MCR: 0x1f, LCR: 0x43, FCR: 0x81},
		"sending":              {IER: 7, MCR: 0xb, FCR: 0x81, TX: []byte("tail")},
		"interrupt not served": {IER: 7, MCR: 0xb, FCR: 0x81, RX: []byte("typed")},
	} {
		t.Run(name, func(t *testing.T) {
			tail, typed := string(c.TX), string(c.RX)
			m := newMachine(t, &c)
			if got := m.received(); got != typed {
				t.Errorf("received %q, want %q", got, typed)
			}
			m.Write([]byte("new"))
			m.settle()
			if got := string(m.chip.Sent); got != tail+"new" {
				t.Errorf("sent %q, want %q", got, tail+"new")
			}
			m.chip.Type('x')
			m.settle()
			if got := m.received(); got != "x" {
				t.Errorf("then received %q", got)
			}
		})
	}
}

func TestTransmit(t *testing.T) {
	m := newMachine(t, &fake.UART{})
	text := bytes.Repeat([]byte("0123456789"), 30)
	n := m.Write(text)
	if n != 256 {
		t.Fatalf("took %d bytes, want all of the ring", n)
	}
	if len(m.chip.TX) != 16 || m.Queued() != 240 {
		t.Errorf("chip has %d, queue %d", len(m.chip.TX), m.Queued())
	}
	m.settle()
	n += m.Write(text[n:])
	m.settle()
	if !bytes.Equal(m.chip.Sent, text) || m.Out != 300 {
		t.Errorf("sent %d bytes, counted %d: %q", len(m.chip.Sent), m.Out, m.chip.Sent)
	}
	if m.chip.IER&2 != 0 {
		t.Error("transmit interrupt left on with nothing to send")
	}
	if m.Interrupts > 20 {
		t.Errorf("%d interrupts for %d bytes", m.Interrupts, len(text))
	}
}

func TestWithoutFIFO(t *testing.T) {
	m := newMachine(t, &fake.UART{})
	m.depth = 1
	m.Write([]byte("abc"))
	if len(m.chip.TX) != 1 {
		t.Errorf("chip was given %d bytes at once", len(m.chip.TX))
	}
	m.settle()
	if string(m.chip.Sent) != "abc" {
		t.Errorf("sent %q", m.chip.Sent)
	}
}

// The interrupt that tells "empty" never comes.
func TestLostTransmitInterrupt(t *testing.T) {
	m := newMachine(t, &fake.UART{})
	text := bytes.Repeat([]byte("x"), 100)
	m.Write(text)
	m.chip.LoseIRQ = 1
	m.settle()
	if len(m.chip.Sent) != 16 {
		t.Fatalf("sent %d: the interrupt was not lost", len(m.chip.Sent))
	}
	if !m.Poll() {
		t.Error("Poll found nothing")
	}
	m.settle()
	if !bytes.Equal(m.chip.Sent, text) || m.Rearmed != 1 {
		t.Errorf("sent %d of %d, rearmed %d", len(m.chip.Sent), len(text), m.Rearmed)
	}
	if m.Poll() {
		t.Error("Poll found something where nothing was")
	}
}

func TestLostReceiveInterrupt(t *testing.T) {
	m := newMachine(t, &fake.UART{})
	m.chip.LoseIRQ = 1
	m.chip.Type('a', 'b')
	m.settle()
	if m.received() != "" || !m.Poll() || m.received() != "ab" {
		t.Error("Poll did not find what was typed")
	}
	m.chip.Type('c')
	m.settle()
	if m.received() != "c" {
		t.Error("no interrupt after Poll")
	}
}

// A chip that always says "interrupt" must not hang the driver.
func TestStuck(t *testing.T) {
	m := newMachine(t, &fake.UART{})
	m.chip.Stuck = true
	m.Interrupt()
	if m.Rearmed != 1 || m.chip.IER != m.ier {
		t.Errorf("rearmed %d, IER %#x", m.Rearmed, m.chip.IER)
	}
}

func TestStop(t *testing.T) {
	m := newMachine(t, &fake.UART{})
	m.Write(bytes.Repeat([]byte("x"), 100))
	var now time.Duration
	tick := func() time.Duration { now += time.Millisecond; m.chip.Carry(4); return now }
	if left := m.Stop(tick, time.Second); left != 0 || len(m.chip.Sent) != 100 || m.chip.IER != 0 {
		t.Errorf("left %d, sent %d, IER %#x", left, len(m.chip.Sent), m.chip.IER)
	}
	m = newMachine(t, &fake.UART{})
	m.Write(bytes.Repeat([]byte("x"), 100))
	stuck := func() time.Duration { now += time.Millisecond; return now }
	if left := m.Stop(stuck, time.Second); left != 84 {
		t.Errorf("left %d with a wire that carries nothing, want 84", left)
	}
}

func TestWriteDoesNotAllocate(t *testing.T) {
	m := newMachine(t, &fake.UART{})
	text := []byte("hello")
	m.chip.TX = make([]byte, 0, 32)
	if n := testing.AllocsPerRun(50, func() {
		m.chip.TX = m.chip.TX[:0]
		m.Write(text)
		m.Interrupt()
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
