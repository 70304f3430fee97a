package main

import (
	"time"

	"bennu/drivers/sdk"
	"bennu/drivers/sdk/uart16550"
	"bennu/kernel/abi"
)

// COM1. Source: the PC's I/O map.
const (
	com1Base = 0x3f8
	com1IRQ  = 4
)

const (
	receiveSize  = 1 << 10
	transmitSize = 8 << 10
	aheadSize    = 1 << 10 // lines typed ahead

	// watchTime is how long output may stand still before the chip is asked by hand.
	watchTime = 100 * time.Millisecond
	// stopTime is how long a stop waits for the output to leave.
	stopTime = time.Second
)

type tty struct {
	port    uart16550.UART
	editor  editor
	writers queue
	reader  reader
	part    [256]byte // of a writer's text, or of what is echoed
	watched bool      // an alarm is set
	outThen uint64    // bytes sent when it was set
}

// Init is sdk.Driver.
func (t *tty) Init(c *sdk.Context) error {
	t.editor.lines = make([]byte, 0, aheadSize)
	e := t.port.Init(c.Ports(), com1Base, make([]byte, receiveSize), make([]byte, transmitSize))
	if e != abi.OK {
		return sdk.Fail(e, "no 16550 at ", sdk.Hex(com1Base))
	}
	if _, e := c.IRQ(com1IRQ); e != abi.OK {
		return sdk.Fail(e, "irq ", sdk.Dec(com1IRQ))
	}
	if c.Restarted() {
		n := sdk.Dec(uint64(c.Incarnation()))
		c.Log("event", "restarted", "inc", n, "lost", "queued output, lines typed ahead")
		t.print("\n[tty: life " + n + "; what was queued and typed ahead is lost]\n")
	}
	t.typed(c)
	return nil
}

// Message is sdk.Driver.
func (t *tty) Message(c *sdk.Context, m *abi.Msg, kind abi.ReceiveKind) {
	switch m.Type {
	case abi.TTYWrite:
		t.write(c, m)
	case abi.TTYRead:
		t.read(c, m)
	case abi.TTYInput:
		t.key(c, byte(m.Arg[0]))
		if kind == abi.KindSendRec {
			c.Reply(m, abi.OK)
		}
	case abi.TTYState:
		p := &t.port.Counters
		c.Reply(m, abi.OK, p.In, p.Out, p.Interrupts, p.Overruns+p.Dropped, p.Rearmed)
	default:
		c.Reply(m, abi.ENOSYS)
	}
	t.watch(c)
}

// Interrupt is sdk.Interrupter.
func (t *tty) Interrupt(c *sdk.Context, _ uint64) {
	t.port.Interrupt()
	t.typed(c)
	t.resume(c)
	t.watch(c)
}

// Alarm is sdk.Alarmer: output that has not moved since it was set lost its interrupt.
func (t *tty) Alarm(c *sdk.Context) {
	t.watched = false
	if t.port.Queued() > 0 && t.port.Out == t.outThen && t.port.Poll() {
		c.Log("event", "rearmed", "why", "the port was ready and had not said so")
	}
	t.typed(c)
	t.resume(c)
	t.watch(c)
}

// Stop is sdk.Stopper.
func (t *tty) Stop(c *sdk.Context) {
	t.writers.refuse(c)
	t.reader.refuse(c)
	if left := t.port.Stop(c.Now, stopTime); left > 0 {
		c.Log("event", "stopped", "unsent", sdk.Dec(uint64(left)))
	}
}

// watch sets the alarm as long as there is output that the chip has not taken.
func (t *tty) watch(c *sdk.Context) {
	if !t.watched && t.port.Queued() > 0 {
		_, e := c.Alarm(watchTime)
		t.watched, t.outThen = e == abi.OK, t.port.Out
	}
}

// typed takes what the port has received.
func (t *tty) typed(c *sdk.Context) {
	for {
		b, ok := t.port.Next()
		if !ok {
			return
		}
		t.key(c, b)
	}
}

// key takes one byte from whichever keyboard.
func (t *tty) key(c *sdk.Context, b byte) {
	echo, done := t.editor.Type(b, t.part[:0])
	t.put(echo)
	if done {
		t.deliver(c)
	}
}

// put sends text with NL as CR NL, as far as there is room; it returns how much of text that
// was.
func (t *tty) put(text []byte) int {
	start := 0
	for i, b := range text {
		if b != '\n' {
			continue
		}
		start += t.port.Write(text[start:i])
		if start < i || t.port.Room() < 2 {
			return start
		}
		t.port.Write(crlf)
		start = i + 1
	}
	return start + t.port.Write(text[start:])
}

var crlf = []byte("\r\n")

func (t *tty) print(s string) { t.put([]byte(s)) }
