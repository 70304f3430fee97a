package uart16550

import "strings"

// Char is a received byte. Its Gap tells that something is missing or was garbled before it.
type Char uint16

const gap Char = 0x100

// Byte is the received byte.
func (c Char) Byte() byte { return byte(c) }

// Gap tells whether bytes before this one are missing: a reader of lines drops the whole line.
func (c Char) Gap() bool { return c&gap != 0 }

// faults is the port's knowledge of missing input.
type faults struct {
	gap     bool // before the next byte
	overrun bool // somewhere among the bytes in the FIFO, or behind them
	sure    int  // so many of the next bytes came before the overrun
	bad     uint8
}

// receive moves the chip's input into memory, as far as there is room, and returns the last line status.
// Input without room stays in the chip, whose FIFO fills: RTS asks the other end to wait. An emulated line
// waits by itself; on one that does not, the chip tells of the overrun.
func (u *UART) receive() (lsr uint8) {
	for range maxDrain {
		lsr = u.lineStatus()
		switch {
		case lsr&lsrReady == 0:
			u.drained()
			return lsr
		case u.rx.full():
			u.hold()
			return lsr
		}
		if u.scr&noteHalf == 0 {
			u.note(u.scr | noteHalf) // before the byte is taken: this life may end between
		}
		u.take(u.in(regRBR))
	}
	return lsr
}

// lineStatus reads the line status. It keeps the error bits, which the reading clears.
func (u *UART) lineStatus() uint8 {
	lsr := u.in(regLSR)
	u.bad |= lsr & lsrBad
	if lsr&lsrOverrun != 0 {
		u.Overruns++
		if !u.overrun {
			// The FIFO was full, and at most one byte of it has been read since.
			u.overrun, u.sure = true, u.depth-1
		}
	}
	if lsr&lsrBreak != 0 {
		// QEMU tells of a break at once and not with its zero byte.
		u.overrun, u.sure = true, 0
	}
	return lsr
}

// take puts a byte into memory. Source: [1] section 8.6.3, "the error is revealed when the
// associated character is at the top of the FIFO".
func (u *UART) take(b byte) {
	c, bad := Char(b), u.bad
	u.bad = 0
	if u.overrun {
		if u.sure > 0 {
			u.sure--
		} else {
			c |= gap
		}
	}
	if bad&(lsrParity|lsrFraming) != 0 || bad&lsrBreak != 0 && b == 0 {
		u.Bad++
		u.gap = true
		return
	}
	if u.gap {
		u.gap = false
		c |= gap
	}
	u.rx.put(c)
	u.In++
	if !u.overrun && strings.IndexByte(u.ends, b) >= 0 {
		u.note(u.scr &^ noteHalf)
	}
}

// drained is called when the FIFO is empty: an overrun lies behind its last byte.
func (u *UART) drained() {
	if u.overrun || u.bad != 0 {
		u.overrun, u.bad, u.gap = false, 0, true
		u.note(u.scr | noteHalf)
	}
}

// hold leaves input in the chip. Its interrupts are off meanwhile: they would stay pending and hide
// the edges of the others.
func (u *UART) hold() {
	if u.held {
		return
	}
	u.held = true
	u.Holds++
	u.out(regMCR, mcrDTR|mcrOut2)
	u.setIER(u.ier &^ (ierReceive | ierLine))
}

// Next takes one received byte.
func (u *UART) Next() (c Char, ok bool) {
	if u.held && u.rx.len() <= len(u.rx.b)/4 {
		u.held = false
		u.out(regMCR, mcrDTR|mcrRTS|mcrOut2)
		u.setIER(u.ier | ierReceive | ierLine)
		u.receive()
	}
	return u.rx.get()
}

// The scratch register outlives the driver: it holds a note for the next life.
const (
	noteMark = 0xa8 // tells that the rest is a note
	noteMask = 0xfc
	noteHalf = 0x01
	noteFlag = 0x02
)

// recall reads the note of the life before. Any other value comes of a death in the middle of Init, or of
// something else at the port: the worst is assumed. A first life has none before it.
func (u *UART) recall(v uint8, restarted bool) {
	switch {
	case !restarted:
		v = noteMark
	case v&noteMask != noteMark:
		v = noteMark | noteHalf | noteFlag
	}
	u.Unfinished, u.Flagged = v&noteHalf != 0, v&noteFlag != 0
	u.scr = ^v // so that it is written in any case
	u.note(v)
}

func (u *UART) note(v uint8) {
	if v != u.scr {
		u.scr = v
		u.out(regSCR, v)
	}
}

// SetFlag keeps one bit for the driver's next life: UART.Flagged.
func (u *UART) SetFlag(on bool) {
	v := u.scr &^ noteFlag
	if on {
		v |= noteFlag
	}
	u.note(v)
}
