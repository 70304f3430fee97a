package main

import (
	"time"

	"bennu/drivers/protocol/kbd"
	"bennu/drivers/protocol/tty"
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

const (
	irqLine = 1
	kept    = 256 // characters; a power of two

	// settled is the time after Init at which the controller is looked at once more: a key that was pressed
	// just before its interrupt was on may have raised no edge.
	settled = time.Millisecond
)

type driver struct {
	chip   chip
	keys   decoder
	lights lights
	tty    abi.Endpoint // None: to be looked up
	reads  sdk.Permit   // who may read typed characters, beside tty

	chars   [kept]uint16 // the character, and forwarded
	r, w    uint32
	codes   uint64
	count   uint64 // characters
	dropped uint64 // neither forwarded nor read
	irqs    uint64
}

// forwarded marks characters that tty has got.
const forwarded = 0x100

// Init is sdk.Driver.
func (k *driver) Init(c *sdk.Context) error {
	k.tty = abi.None
	if err := c.Permits(map[string]*sdk.Permit{"reads": &k.reads}); err != nil {
		return err
	}
	if _, e := c.IRQ(irqLine); e != abi.OK {
		return sdk.Fail(e, "irq ", sdk.Dec(irqLine))
	}
	k.chip = chip{p: c.Ports(), now: c.Now, log: func(event, why string) { c.Log("event", event, "why", why) }}
	why, e := k.chip.init()
	if e == abi.OK {
		why, e = k.chip.start()
	}
	if e != abi.OK {
		k.chip.off()
		return sdk.Fail(e, why, " (ports ", sdk.Hex(portData), ", ", sdk.Hex(portStatus), ")")
	}
	c.Alarm(settled)
	return nil
}

// Message is sdk.Driver.
func (k *driver) Message(c *sdk.Context, m *abi.Msg, _ abi.ReceiveKind) {
	switch m.Type {
	case kbd.Read:
		if !k.reads.Holds(c, m.Source) {
			c.Answer(m, abi.EPERM)
			return
		}
		if k.r == k.w {
			c.Answer(m, abi.EAGAIN)
			return
		}
		b := k.chars[k.r%kept]
		k.r++
		c.Answer(m, abi.OK, uint64(b&0xff))
	case kbd.State:
		c.Answer(m, abi.OK, k.irqs, k.codes, k.count, k.dropped)
	default:
		c.Answer(m, abi.ENOSYS)
	}
}

// Interrupt is sdk.Interrupter.
func (k *driver) Interrupt(c *sdk.Context, _ uint64) {
	k.irqs++
	k.drain(c)
}

// drain takes all bytes that the controller has.
func (k *driver) drain(c *sdk.Context) {
	for range maxBytes {
		b, key, ok := k.chip.take()
		if !ok {
			return
		}
		if !key || k.lights.answered(k, c, b) {
			continue
		}
		k.codes++
		char, lock := k.keys.code(b)
		if lock {
			k.lights.show(k, c)
		}
		if char != 0 {
			k.typed(c, char)
		}
	}
}

// typed forwards a character and keeps it.
func (k *driver) typed(c *sdk.Context, b byte) {
	k.count++
	v := uint16(b)
	if k.forward(c, b) {
		v |= forwarded
	}
	if k.w-k.r == kept {
		if k.chars[k.r%kept]&forwarded == 0 {
			k.dropped++
		}
		k.r++
	}
	k.chars[k.w%kept] = v
	k.w++
}

// forward sends a character to tty, if there is one. A tty that died has a successor, or
// will have.
func (k *driver) forward(c *sdk.Context, b byte) bool {
	m := abi.Msg{Type: tty.Input, Arg: [7]uint64{uint64(b)}}
	for range 2 {
		if k.tty == abi.None {
			ep, _, e := c.Lookup("tty")
			if e != abi.OK {
				return false
			}
			k.tty = ep
		}
		switch c.Tell(k.tty, &m) {
		case abi.OK:
			return true
		case abi.EDEADSRCDST:
			k.tty = abi.None
		default:
			return false
		}
	}
	return false
}

// Alarm is sdk.Alarmer.
func (k *driver) Alarm(c *sdk.Context) {
	before := k.lights
	if k.drain(c); k.lights == before {
		k.lights.late(k, c)
	}
}

// Stop is sdk.Stopper.
func (k *driver) Stop(*sdk.Context) { k.chip.off() }

// lights is the command to the keyboard that is under way: bytes, each of which the keyboard
// acknowledges by an interrupt. A keyboard that does not answer is left alone.
type lights struct {
	next  [2]byte
	n     int // bytes of next that are to be acknowledged
	tries int
	shown byte
}

func (l *lights) send(k *driver, c *sdk.Context, bytes ...byte) {
	l.n = copy(l.next[:], bytes)
	l.tries = ackTries
	l.put(k, c)
}

func (l *lights) put(k *driver, c *sdk.Context) {
	if !k.chip.send(l.next[0]) {
		c.Log("event", "no-answer", "command", sdk.Hex(uint64(l.next[0])), "why", "the controller takes no byte")
		l.n = 0
		return
	}
	c.Alarm(ackLimit)
}

// show has the keyboard show the locks, now or after the command that is under way.
func (l *lights) show(k *driver, c *sdk.Context) {
	want := byte(0)
	if k.keys.caps {
		want = ledCaps
	}
	if l.n == 0 && want != l.shown {
		l.shown = want
		l.send(k, c, keyboardLEDs, want)
	}
}

// answered takes a byte that answers a command; false when it is a key's.
func (l *lights) answered(k *driver, c *sdk.Context, b byte) bool {
	switch {
	case l.n == 0:
		return false
	case b == keyboardAck:
		l.next[0], l.n, l.tries = l.next[1], l.n-1, ackTries
		if l.n > 0 {
			l.put(k, c)
			return true
		}
		c.Alarm(0)
		l.show(k, c)
	case b == keyboardResend:
		l.again(k, c)
	default:
		return false
	}
	return true
}

// late is called when the keyboard has not answered in time.
func (l *lights) late(k *driver, c *sdk.Context) {
	if l.n > 0 {
		l.again(k, c)
	}
}

func (l *lights) again(k *driver, c *sdk.Context) {
	if l.tries--; l.tries > 0 {
		l.put(k, c)
		return
	}
	c.Log("event", "no-answer", "command", sdk.Hex(uint64(l.next[0])))
	l.n = 0
}
