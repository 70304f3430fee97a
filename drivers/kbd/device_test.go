package main

import (
	"math/rand"
	"testing"

	"bennu/drivers/sdk/fake"
)

// configAuxIRQ is the command byte's bit for the mouse's interrupt, which the driver never sets.
const configAuxIRQ = 0x02

// i8042 is a controller with its keyboard, as [1] describes it and with what real ones do otherwise.
type i8042 struct {
	t *testing.T
	k *fake.Kernel
	keyboard
	config   byte
	expect   byte      // the command that the next data byte belongs to
	out      []outByte // for us; the last one read stays in the register
	last     byte
	released bool // translation: the next code is of a release
	busy     int  // status reads until it has taken a byte
	lag      int  // status reads until what it gives is seen

	absent  bool // nothing at the ports
	mute    bool // the status is 0 for ever
	stuck   bool // busy for ever
	noTest  bool // it does not know the self test
	fixed   bool // the command byte cannot be changed
	ignores int  // so often it is not changed
	endless bool // there is always another byte
	taken   int  // bytes that were read
	forgets bool // the command byte is kept but for the translation
	keeps   bool // a command that waits for its data byte waits on when another one comes
	after   byte // the command byte that the self test leaves behind
	rng     *rand.Rand
}

type outByte struct {
	b    byte
	bits byte // of the status: aux, damaged
}

// allowed are the commands that a driver may need. Others reach further than the keyboard.
var allowed = map[byte]bool{cmdReadConfig: true, cmdWriteConfig: true, cmdAuxOff: true, cmdSelfTest: true, cmdOff: true}

// give has bytes arrive as they are, one interrupt each.
func (m *i8042) give(b ...byte) {
	for _, v := range b {
		m.out = append(m.out, outByte{b: v})
	}
	m.raise()
}

func (m *i8042) raise() {
	if len(m.out) > 0 && m.config&configIRQ != 0 {
		m.k.Fire(irqLine)
	}
}

// pump takes the keyboard's next byte, if the port is on and there is room.
func (m *i8042) pump() {
	for len(m.out) == 0 && m.config&configOff == 0 && len(m.queue) > 0 {
		b := m.queue[0]
		m.queue = m.queue[1:]
		if m.config&configTranslate != 0 {
			if b == 0xf0 {
				m.released = true
				continue
			}
			if b < 0x80 {
				b = translation[b]
			}
			if m.released {
				b |= 0x80
				m.released = false
			}
		}
		m.answer(b)
	}
}

// answer puts a byte into the buffer, over what is there.
func (m *i8042) answer(b byte) {
	m.out = []outByte{{b: b}}
	if m.rng != nil && m.config&configIRQ == 0 {
		m.lag = m.rng.Intn(4)
	}
	m.raise()
}

func (m *i8042) In(port uint16, size int) uint32 {
	switch {
	case size != 1:
		m.t.Errorf("an access of %d bytes", size)
	case m.absent:
		return 0xff
	case m.mute:
		return 0
	case port == portStatus:
		return uint32(m.status())
	}
	m.taken++
	if m.endless {
		return 0x1e
	}
	if len(m.out) > 0 && m.lag == 0 {
		m.last, m.out = m.out[0].b, m.out[1:]
		if m.pump(); len(m.out) > 0 {
			m.raise()
		}
	}
	return uint32(m.last)
}

func (m *i8042) status() (v byte) {
	if m.rng != nil && m.config&configIRQ == 0 && m.rng.Intn(16) == 0 { // somebody types meanwhile
		m.press(0x2c, true)
		m.press(0x2c, false)
	}
	m.pump()
	if m.busy > 0 || m.stuck {
		m.busy--
		v |= statusBusy
	}
	if m.lag > 0 {
		m.lag--
	} else if m.endless {
		v |= statusFull
	} else if len(m.out) > 0 {
		v |= statusFull | m.out[0].bits
	}
	return v
}

func (m *i8042) Out(port uint16, size int, v uint32) {
	b := byte(v)
	if size != 1 {
		m.t.Errorf("an access of %d bytes", size)
	}
	if m.rng != nil {
		m.busy = m.rng.Intn(4)
	}
	if m.absent || m.mute {
		return
	}
	if port == portData {
		m.data(b)
		return
	}
	if !allowed[b] {
		m.t.Errorf("command %#x to the controller", b)
	}
	if !m.keeps {
		m.expect = 0
	}
	switch b {
	case cmdReadConfig:
		m.answer(m.config)
	case cmdSelfTest:
		if m.config = m.after; !m.noTest {
			m.answer(selfTestPassed)
		}
	case cmdWriteConfig:
		m.expect = b
	case cmdAuxOff:
		m.config |= configAuxOff
	case cmdOff:
		m.config |= configOff
	}
}

// data is a byte for port 0x60: the controller's, if it waits for one, or the keyboard's.
func (m *i8042) data(b byte) {
	expect := m.expect
	m.expect = 0
	switch expect {
	case 0:
		m.config &^= configOff // sending to it turns the port on
		m.keyboard.receive(b)
	case cmdWriteConfig:
		if m.fixed {
			return
		}
		if m.ignores > 0 {
			m.ignores--
			return
		}
		if m.config = b; m.forgets {
			m.config &^= configTranslate
		}
		if b&configIRQ != 0 { // what waits already raises no edge
			m.lag = 0
		}
	case 0xd1:
		if b&1 == 0 {
			m.t.Error("the machine was reset")
		}
	case 0xd2, 0xd3:
		m.answer(b)
	}
	m.pump()
}

// keyboard is one with 102 keys.
type keyboard struct {
	set      byte
	leds     byte
	rate     byte
	scanning bool
	param    byte // the command that waits for its parameter
	queue    []byte
	got      []byte // what it was sent
	again    int    // this many bytes it wants again
	twice    bool   // it wants each byte twice
	refused  bool   // the one just now, by twice
	deaf     bool   // it does not answer
	greedy   bool   // any byte is a parameter where one is awaited, a command too
	lazy     bool   // the default command leaves set and lights alone
	noEcho   bool   // it does not know that command
	oneSet   bool   // it does not know the command for scan code sets
}

func (d *keyboard) reply(b ...byte) {
	if len(d.queue) < 16 {
		d.queue = append(d.queue, b...)
	}
}

func (d *keyboard) receive(b byte) {
	d.got = append(d.got, b)
	refused := d.refused
	d.refused = false
	switch param := d.param; {
	case d.deaf:
	case d.twice && !refused:
		d.refused = true
		d.reply(keyboardResend)
	case d.again > 0:
		d.again--
		d.reply(keyboardResend)
	case param != 0 && (b < keyboardLEDs || d.greedy):
		d.param = 0
		d.parameter(param, b)
	default:
		d.param = 0
		d.command(b)
	}
}

func (d *keyboard) parameter(command, b byte) {
	switch command {
	case keyboardLEDs:
		d.leds = b & 7
	case keyboardRate:
		d.rate = b
	case keyboardSet:
		if b > 3 {
			d.reply(keyboardResend)
			return
		}
		d.reply(keyboardAck)
		if b == 0 {
			d.reply(d.set)
		} else {
			d.set = b
		}
		return
	default: // types of single keys: more of them may follow
		if !d.greedy {
			d.param = command
		}
	}
	d.reply(keyboardAck)
}

func (d *keyboard) command(b byte) {
	switch b {
	case keyboardEcho:
		if !d.noEcho {
			d.reply(b)
			return
		}
		d.reply(keyboardResend)
		return
	case keyboardLEDs, keyboardRate, keyboardSet, 0xfb, 0xfc, 0xfd:
		if d.oneSet && b == keyboardSet {
			d.reply(keyboardResend)
			return
		}
		d.param = b
	case keyboardEnable:
		d.queue, d.scanning = nil, true
	case keyboardDisable:
		d.queue, d.scanning, d.rate = nil, false, defaultRate
		if !d.lazy {
			d.set, d.leds = 2, 0
		}
	default:
		d.reply(keyboardResend)
		return
	}
	d.reply(keyboardAck)
}

// press is a key going down or up; code is its code in set 1.
func (m *i8042) press(code byte, down bool) {
	if !m.scanning {
		return
	}
	b := code
	if m.set != 1 {
		for i, c := range translation {
			if c == code {
				b = byte(i)
				break
			}
		}
	}
	if m.set == 3 && code == scanControl {
		b = 0x11
	}
	switch {
	case down:
		m.reply(b)
	case m.set == 1:
		m.reply(b | scanRelease)
	default:
		m.reply(0xf0, b)
	}
	m.pump()
}

// translation is what the controller makes of a code of set 2. Source: [1] "Scan Code Translation".
var translation = [128]byte{
	0xff, 0x43, 0x41, 0x3f, 0x3d, 0x3b, 0x3c, 0x58, 0x64, 0x44, 0x42, 0x40, 0x3e, 0x0f, 0x29, 0x59,
	0x65, 0x38, 0x2a, 0x70, 0x1d, 0x10, 0x02, 0x5a, 0x66, 0x71, 0x2c, 0x1f, 0x1e, 0x11, 0x03, 0x5b,
	0x67, 0x2e, 0x2d, 0x20, 0x12, 0x05, 0x04, 0x5c, 0x68, 0x39, 0x2f, 0x21, 0x14, 0x13, 0x06, 0x5d,
	0x69, 0x31, 0x30, 0x23, 0x22, 0x15, 0x07, 0x5e, 0x6a, 0x72, 0x32, 0x24, 0x16, 0x08, 0x09, 0x5f,
	0x6b, 0x33, 0x25, 0x17, 0x18, 0x0b, 0x0a, 0x60, 0x6c, 0x34, 0x35, 0x26, 0x27, 0x19, 0x0c, 0x61,
	0x6d, 0x73, 0x28, 0x74, 0x1a, 0x0d, 0x62, 0x6e, 0x3a, 0x36, 0x1c, 0x1b, 0x75, 0x2b, 0x63, 0x76,
	0x55, 0x56, 0x77, 0x78, 0x79, 0x7a, 0x0e, 0x7b, 0x7c, 0x4f, 0x7d, 0x4b, 0x47, 0x7e, 0x7f, 0x6f,
	0x52, 0x53, 0x50, 0x4c, 0x4d, 0x48, 0x01, 0x45, 0x57, 0x4e, 0x51, 0x4a, 0x37, 0x49, 0x46, 0x54,
}
