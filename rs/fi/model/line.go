package model

import (
	"bytes"

	"bennu/board/model"
)

// Bounds of what waits on a line, in bytes.
const (
	mostTyped = 4 << 10
	mostSeen  = 64 << 10
)

// uartPorts is how many ports a 16550 has, uartFIFO how many bytes it holds for sending.
const (
	uartPorts = 8
	uartFIFO  = 16
)

// mcrRTS is the modem control register's bit that asks the other end to send.
const mcrRTS = 2

// Line is a 16550 and its wire. What the victim sends leaves at once, and what was typed arrives as there is room.
type Line struct {
	uart  model.UART
	typed []byte // has not arrived yet
	seen  []byte // was sent, and nobody has taken it
	lost  uint64
}

// NewLine makes the chip at a port. raise is called when its interrupt line goes up: abi.TraceRaise.
func NewLine(base uint16, raise func()) *Line {
	return &Line{uart: model.UART{Base: base, Raise: raise}}
}

// Owns is Chip.
func (l *Line) Owns(port uint16, width int) bool {
	return port >= l.uart.Base && int(port-l.uart.Base)+width <= uartPorts
}

// In is Chip. A wide access is one to each register in turn.
func (l *Line) In(port uint16, width int) (v uint32) {
	for i := range width {
		v |= l.uart.In(port+uint16(i), 1) & 0xff << (8 * i)
		l.carry()
	}
	return v
}

// Out is Chip.
func (l *Line) Out(port uint16, width int, v uint32) {
	for i := range width {
		l.uart.Out(port+uint16(i), 1, v>>(8*i)&0xff)
		l.carry()
	}
}

// carry has the wire carry what it can, both ways.
func (l *Line) carry() {
	if len(l.uart.TX) > 0 {
		l.uart.Carry(uartFIFO)
		l.seen = append(l.seen, l.uart.Sent...)
		l.uart.Sent = l.uart.Sent[:0]
		if n := len(l.seen) - mostSeen; n > 0 {
			l.seen = append(l.seen[:0], l.seen[n:]...)
			l.lost += uint64(n)
		}
	}
	if len(l.typed) > 0 && l.uart.MCR&mcrRTS != 0 {
		n := l.uart.Offer(l.typed)
		l.typed = append(l.typed[:0], l.typed[n:]...)
	}
}

// Type has bytes arrive, as the chip has room for them, and tells how many were taken: 0 while too many of those before wait.
func (l *Line) Type(b []byte) int {
	n := min(len(b), mostTyped-len(l.typed))
	l.typed = append(l.typed, b[:n]...)
	l.carry()
	return n
}

// Whole tells whether an asker with this much room is to be answered now: there is a line feed in what was sent, or so much was.
func (l *Line) Whole(room int) bool {
	return len(l.seen) >= room || bytes.IndexByte(l.seen, '\n') >= 0
}

// Seen takes what was sent, up to a line feed or the room in b.
func (l *Line) Seen(b []byte) (n int) {
	n = len(l.seen)
	if i := bytes.IndexByte(l.seen, '\n'); i >= 0 {
		n = i + 1
	}
	n = copy(b, l.seen[:n])
	l.seen = append(l.seen[:0], l.seen[n:]...)
	return n
}

// Lost is how many sent bytes nobody has taken in time.
func (l *Line) Lost() uint64 { return l.lost }

// Forget drops what is under way: the victim has died, or another block begins. The chip stays as the victim has left it.
func (l *Line) Forget() { l.typed, l.seen = l.typed[:0], l.seen[:0] }
