// Package serial writes the kernel's diagnostics where a person can see them: a 16550
// at COM1, polled, and QEMU's debug console. Nothing here waits for long: a missing or stuck UART
// loses text, it never hangs the kernel.
package serial

import "bennu/board/pc/port"

// COM1 is the first serial port's base.
const COM1 = 0x3f8

// Registers of a 16550, relative to its base.
//
// Source: National Semiconductor, "PC16550D Universal Asynchronous Receiver/Transmitter with FIFOs",
// "Registers".
const (
	regData    = 0
	regIER     = 1
	regDivLow  = 0 // with lcrDLAB
	regDivHigh = 1
	regFCR     = 2
	regLCR     = 3
	regMCR     = 4
	regLSR     = 5
	regScratch = 7

	lcr8N1   = 0x03
	lcrDLAB  = 0x80
	fcrFIFO  = 0x07 // on, both emptied
	mcrReady = 0x03 // DTR, RTS; OUT2 off: no interrupt
	lsrEmpty = 0x20 // the transmitter takes a byte

	divisorBase = 115_200
)

const (
	// spins bounds the wait for one byte. A status read takes about 1 µs on a PC, a byte at
	// 9600 baud 1 ms, a FIFO of them 17 ms.
	spins = 50_000
	// patience is how many bytes in a row may time out before the port is given up.
	patience = 4
)

// Port is a UART to write to. The zero value writes nowhere.
type Port struct {
	space  port.Space
	base   uint16
	misses int
}

// Open sets a UART up: baud (which must divide 115200), 8N1, FIFO on, interrupts off. ok is false when no
// UART answers at base; the Port then swallows all text.
func Open(space port.Space, base uint16, baud uint32) (p *Port, ok bool) {
	p = &Port{}
	if baud == 0 || baud > divisorBase || divisorBase%baud != 0 {
		return p, false
	}
	// A UART's scratch register holds two patterns; a floating bus gives ones.
	for _, v := range [...]uint8{0x5a, 0xa5} {
		space.Out8(base+regScratch, v)
		if space.In8(base+regScratch) != v {
			return p, false
		}
	}
	divisor := divisorBase / baud
	for _, w := range [...]struct {
		reg uint16
		v   uint8
	}{
		{regIER, 0}, {regLCR, lcrDLAB}, {regDivLow, uint8(divisor)}, {regDivHigh, uint8(divisor >> 8)},
		{regLCR, lcr8N1}, {regFCR, fcrFIFO}, {regMCR, mcrReady},
	} {
		space.Out8(base+w.reg, w.v)
	}
	p.space, p.base = space, base
	return p, true
}

// Put writes one byte; '\n' goes out as "\r\n". It takes the time the UART takes, at most spins
// status reads. When patience bytes in a row found no room, later ones are dropped at once, each
// after a single look whether the port is alive again.
func (p *Port) Put(c byte) {
	if p.space == nil {
		return
	}
	if c == '\n' {
		p.put('\r')
	}
	p.put(c)
}

func (p *Port) put(c byte) {
	limit := spins
	if p.misses >= patience {
		limit = 1
	}
	for range limit {
		status := p.space.In8(p.base + regLSR)
		if status == 0xff { // the port is gone: no UART has all bits set
			break
		}
		if status&lsrEmpty != 0 {
			p.space.Out8(p.base+regData, c)
			p.misses = 0
			return
		}
	}
	p.misses = min(p.misses+1, patience)
}

// fifo is how many bytes a 16550 takes at once when it is empty.
const fifo = 16

// Take writes as much of b as the UART takes without waiting, and tells how much: nothing while it is busy. '\n' goes
// out as "\r\n". A port that is not there takes all.
func (p *Port) Take(b []byte) (n int) {
	if p.space == nil {
		return len(b)
	}
	status := p.space.In8(p.base + regLSR)
	if status == 0xff { // the port is gone
		return len(b)
	}
	if status&lsrEmpty == 0 {
		return 0
	}
	for room := fifo; n < len(b) && room > 1; n++ {
		if b[n] == '\n' {
			p.space.Out8(p.base+regData, '\r')
			room--
		}
		p.space.Out8(p.base+regData, b[n])
		room--
	}
	return n
}

// Write is Put for each byte. It implements io.Writer and never fails.
func (p *Port) Write(b []byte) (int, error) {
	for _, c := range b {
		p.Put(c)
	}
	return len(b), nil
}

// Debugcon is QEMU's and Bochs's debug console. The zero value writes nowhere.
type Debugcon struct {
	space port.Space
}

const portDebugcon = 0xe9

// OpenDebugcon looks for the debug console, which reads as its own port number.
//
// Source: QEMU, hw/char/debugcon.c (property "readback").
func OpenDebugcon(space port.Space) (d *Debugcon, ok bool) {
	if space.In8(portDebugcon) != portDebugcon {
		return &Debugcon{}, false
	}
	return &Debugcon{space}, true
}

// Put writes one byte. It cannot wait.
func (d *Debugcon) Put(c byte) {
	if d.space != nil {
		d.space.Out8(portDebugcon, c)
	}
}

// Write is Put for each byte. It implements io.Writer and never fails.
func (d *Debugcon) Write(b []byte) (int, error) {
	for _, c := range b {
		d.Put(c)
	}
	return len(b), nil
}
