package main

import (
	"time"

	"bennu/drivers/protocol/tty"
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
	aheadSize    = 2 << 10 // lines typed ahead

	// watchTime is how long output may stand still before the chip is asked by hand.
	watchTime = 100 * time.Millisecond
	// stopTime is how long a stop waits for the output to leave.
	stopTime = time.Second
)

type driver struct {
	port      uart16550.UART
	hangups   uint64 // those of the port that are dealt with
	ahead     lines
	serial    editor                  // of what the port receives
	keyboards [abi.MaxTasks]*keyboard // by slot
	focus     *editor                 // whose line the screen shows
	echo      [keyRoom]byte           // what a key has shown
	bells     int                     // to be rung as soon as there is room
	writers   queue
	reader    reader
	reads     sdk.Permit    // who may read typed lines
	types     sdk.Permit    // who may type
	part      [256]byte     // of a writer's text
	safe      [4 * 256]byte // what is shown of it
	watched   bool          // an alarm is set
	outThen   uint64        // bytes sent when it was set
}

// Init is sdk.Driver.
func (t *driver) Init(c *sdk.Context) error {
	if err := c.Permits(map[string]*sdk.Permit{"reads": &t.reads, "types": &t.types}); err != nil {
		return err
	}
	t.ahead.b, t.focus = make([]byte, 0, aheadSize), &t.serial
	e := t.port.Init(c.Ports(), uart16550.Config{Base: com1Base, RX: make([]uart16550.Char, receiveSize), TX: make([]byte, transmitSize),
		Ends: lineEnds, Restarted: c.Restarted()})
	if e != abi.OK {
		return sdk.Fail(e, "no 16550 at ", sdk.Hex(com1Base))
	}
	if _, e := c.IRQ(com1IRQ); e != abi.OK {
		return sdk.Fail(e, "irq ", sdk.Dec(com1IRQ))
	}
	if c.Restarted() {
		t.reborn(c)
	}
	t.typed(c)
	return nil
}

// reborn says what the death of the life before has cost. The end of a line that it had begun to read is
// no line.
func (t *driver) reborn(c *sdk.Context) {
	n, half := sdk.Dec(uint64(c.Incarnation())), ""
	if t.port.Unfinished {
		t.serial.Spoil(faultLife)
	}
	if t.port.Unfinished || t.port.Flagged {
		half = ", and so is the line that was being typed"
	}
	c.Log("event", "restarted", "inc", n, "lost", "queued output, lines typed ahead"+half)
	t.print("\n\a[tty: life " + n + "; what was queued and typed ahead is lost" + half + "]\n")
}

// Message is sdk.Driver.
func (t *driver) Message(c *sdk.Context, m *abi.Msg, kind abi.ReceiveKind) {
	switch m.Type {
	case tty.Write:
		t.write(c, m)
	case tty.Read:
		t.read(c, m)
	case tty.Input:
		t.input(c, m, kind)
	case tty.State:
		p := &t.port.Counters
		c.Reply(m, abi.OK, p.In, p.Out, p.Interrupts, p.Overruns, p.Rearmed)
	default:
		c.Reply(m, abi.ENOSYS)
	}
	t.watch(c)
}

// Interrupt is sdk.Interrupter.
func (t *driver) Interrupt(c *sdk.Context, _ uint64) {
	t.port.Interrupt()
	t.moved(c)
}

// Alarm is sdk.Alarmer: output that has not moved since it was set lost its interrupt.
func (t *driver) Alarm(c *sdk.Context) {
	t.watched = false
	if t.port.Queued() > 0 && t.port.Out == t.outThen && t.port.Poll() {
		c.Log("event", "rearmed", "why", "the port was ready and had not said so")
	}
	t.moved(c)
}

// moved goes on with both directions after the port was served.
func (t *driver) moved(c *sdk.Context) {
	t.ring()
	t.typed(c)
	t.resume(c)
	t.watch(c)
}

// Stop is sdk.Stopper.
func (t *driver) Stop(c *sdk.Context) {
	t.writers.refuse(c)
	t.reader.refuse(c)
	if left := t.port.Stop(c.Now, stopTime); left > 0 {
		c.Log("event", "stopped", "unsent", sdk.Dec(uint64(left)))
	}
}

// watch sets the alarm as long as there is output that the chip has not taken.
func (t *driver) watch(c *sdk.Context) {
	if !t.watched && t.port.Queued() > 0 {
		_, e := c.Alarm(watchTime)
		t.watched, t.outThen = e == abi.OK, t.port.Out
	}
}

// put sends text with NL as CR NL, as far as there is room; it returns how much of text that
// was.
func (t *driver) put(text []byte) int {
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

func (t *driver) print(s string) { t.put([]byte(s)) }
