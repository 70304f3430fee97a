// Package uart16550 is the logic of a 16550A serial port, for the drivers that have one:
// 115200 baud, eight data bits, no parity, one stop bit, FIFOs on, interrupts both ways.
//
// Documents referenced:
//
//	[1] National Semiconductor, PC16550D Universal Asynchronous Receiver/Transmitter with
//	    FIFOs, section 8 "Registers"
package uart16550

import (
	"time"

	"bennu/kernel/abi"
)

// Ports reads and writes the registers. sdk.Context.Ports gives them.
type Ports interface {
	In8(port uint16) uint8
	Out8(port uint16, v uint8)
	Out8s(port uint16, b []byte)
}

// Registers, as offsets from the base. Source: [1] table II.
const (
	regRBR = 0 // in: receive buffer
	regTHR = 0 // out: transmit holding
	regDLL = 0 // divisor, low byte; with lcrDLAB
	regIER = 1
	regDLM = 1 // divisor, high byte; with lcrDLAB
	regIIR = 2 // in
	regFCR = 2 // out
	regLCR = 3
	regMCR = 4
	regLSR = 5
	regMSR = 6
	regSCR = 7
)

// Register bits. Source: [1] sections 8.1 to 8.8.
const (
	ierReceive  = 0x01
	ierTransmit = 0x02
	ierLine     = 0x04
	ierModem    = 0x08

	iirNone = 0x01 // no interrupt is pending
	iirFIFO = 0xc0 // both set: the FIFOs work

	fcrEnable   = 0x01
	fcrTrigger8 = 0x80 // an interrupt at eight bytes, or after four character times of silence

	lcr8N1  = 0x03
	lcrDLAB = 0x80

	mcrDTR  = 0x01
	mcrRTS  = 0x02
	mcrOut2 = 0x08 // on a PC: lets the interrupt out of the chip

	lsrReady   = 0x01
	lsrOverrun = 0x02
	lsrParity  = 0x04
	lsrFraming = 0x08
	lsrBreak   = 0x10
	lsrEmpty   = 0x20 // the transmit FIFO is empty
	lsrIdle    = 0x40 // and the shift register is, too
	lsrBad     = lsrParity | lsrFraming | lsrBreak

	msrDSR     = 0x20
	msrDCD     = 0x80
	msrChanges = 4 // the four low bits: the state that many bits further left has changed
)

const (
	divisor   = 1 // 115200: 1.8432 MHz / 16 / divisor
	fifoDepth = 16

	// maxCauses bounds one Interrupt, maxDrain one emptying of the receive FIFO: more means
	// a device that is broken, or a sender faster than this machine. maxBursts bounds one stay at a transmit FIFO that is always empty.
	maxCauses = 32
	maxDrain  = 256
	maxBursts = 64
)

// Counters count events since Init.
type Counters struct {
	In, Out    uint64 // bytes
	Interrupts uint64
	Overruns   uint64 // at the chip: it had no room, at least one byte is gone
	Bad        uint64 // with framing or parity errors, or breaks: thrown away
	Rearmed    uint64 // the interrupt line was reset: an Interrupt had more to do than it may do, or Poll found work
	Holds      uint64 // how often input was left in the chip, because there was no room in memory
	Hangups    uint64 // how often the other end went: its modem lines (DSR, DCD) fell
}

// Config says where a port is, and gives it memory.
type Config struct {
	Base      uint16
	RX        []Char // a buffer; its size is a power of two, and that of TX, too
	TX        []byte
	Ends      string // the bytes that end a line of input, for Unfinished
	Restarted bool   // this is not the driver's first life
}

// UART is one port. Its zero value wants Init.
type UART struct {
	Counters
	// Unfinished tells that the life before had received the beginning of a line: the input up to the next
	// end of a line is no whole line.
	Unfinished bool
	// Flagged is the bit that the life before set by SetFlag.
	Flagged bool

	p      Ports
	base   uint16
	ends   string
	ier    uint8
	msr    uint8
	scr    uint8
	depth  int
	rx     ring[Char]
	tx     ring[byte]
	held   bool // input is left in the chip
	faults      // of the input
}

func (u *UART) in(reg uint16) uint8     { return u.p.In8(u.base + reg) }
func (u *UART) out(reg uint16, v uint8) { u.p.Out8(u.base+reg, v) }

// Init brings the port from any state into service and enables its interrupts. Bytes that are still in the
// transmit FIFO go out, those in the receive FIFO are read: a restart loses nothing that the chip has.
//
// Errors: ENODEV (no 16450 or better answers there).
func (u *UART) Init(p Ports, c Config) abi.Errno {
	*u = UART{p: p, base: c.Base, ends: c.Ends, rx: ring[Char]{b: c.RX}, tx: ring[byte]{b: c.TX}}
	u.out(regLCR, lcr8N1) // first: a life that ended under DLAB leaves registers 0 and 1 exchanged
	u.out(regIER, 0)
	left := u.in(regSCR)
	if u.in(regIER) != 0 || !u.scratch(0x5a) || !u.scratch(0xa5) {
		return abi.ENODEV
	}
	u.recall(left, c.Restarted)
	u.setDivisor()
	// No reset bits: they would cut text that the kernel, or the last life, was still sending.
	u.out(regFCR, fcrEnable|fcrTrigger8)
	u.depth = 1
	if u.in(regIIR)&iirFIFO == iirFIFO {
		u.depth = fifoDepth
	}
	u.out(regMCR, mcrDTR|mcrRTS|mcrOut2)
	u.msr = u.in(regMSR)
	u.setIER(ierReceive | ierLine | ierModem)
	u.receive()
	return abi.OK
}

func (u *UART) scratch(v uint8) bool {
	u.out(regSCR, v)
	return u.in(regSCR) == v
}

// setDivisor writes only what differs: a write in the middle of a character garbles it.
func (u *UART) setDivisor() {
	u.out(regLCR, lcr8N1|lcrDLAB)
	if u.in(regDLL) != divisor&0xff || u.in(regDLM) != divisor>>8 {
		u.out(regDLL, divisor&0xff)
		u.out(regDLM, divisor>>8)
	}
	u.out(regLCR, lcr8N1)
}

func (u *UART) setIER(v uint8) {
	u.ier = v
	u.out(regIER, v)
}

// Interrupt serves all causes that the chip has. On an edge-triggered line the next interrupt comes only
// after a moment without any.
func (u *UART) Interrupt() {
	u.Interrupts++
	for range maxCauses {
		if u.in(regIIR)&iirNone != 0 { // reading it acknowledges "transmit empty"
			return
		}
		u.serve()
	}
	u.rearm()
}

// Poll does work of which no interrupt has told, and gives the line a new edge, in case one was lost. It
// tells whether there was any.
func (u *UART) Poll() (found bool) {
	before := u.In + u.Out + u.Bad
	u.serve()
	if found = u.In+u.Out+u.Bad != before; found {
		u.rearm()
	}
	return found
}

func (u *UART) serve() {
	lsr := u.receive()
	u.modem(u.in(regMSR))
	if lsr&lsrEmpty != 0 {
		u.transmit()
	}
}

// modem takes the modem status. A line that has changed and is up again was down meanwhile.
func (u *UART) modem(v uint8) {
	if u.msr&(msrDSR|msrDCD)&(^v|v<<msrChanges) != 0 {
		u.Hangups++
	}
	u.msr = v
}

// rearm takes the interrupt line down and up again.
func (u *UART) rearm() {
	u.Rearmed++
	u.out(regIER, 0)
	u.out(regIER, u.ier)
}

// transmit fills the transmit FIFO, and again if it is empty at once, as it is when nothing but an emulator takes the bytes. It
// has the chip tell when it is empty again as long as there is more. Precondition: it is empty.
func (u *UART) transmit() {
	for range maxBursts {
		u.burst()
		if u.tx.len() == 0 || u.lineStatus()&lsrEmpty == 0 {
			break
		}
	}
	want := u.ier &^ ierTransmit
	if u.tx.len() > 0 {
		want |= ierTransmit
	}
	if want != u.ier {
		u.setIER(want)
	}
}

// burst gives the chip as many bytes as an empty transmit FIFO takes.
func (u *UART) burst() {
	for room := u.depth; room > 0 && u.tx.len() > 0; {
		b := u.tx.next(room)
		u.p.Out8s(u.base+regTHR, b)
		u.tx.drop(len(b))
		u.Out += uint64(len(b))
		room -= len(b)
	}
}

// Write queues as much of b as there is room for, and has it sent.
func (u *UART) Write(b []byte) (n int) {
	n = u.tx.puts(b)
	if u.ier&ierTransmit == 0 && u.tx.len() > 0 {
		if u.lineStatus()&lsrEmpty != 0 {
			u.transmit()
		} else {
			u.setIER(u.ier | ierTransmit) // tells as soon as it is empty, also if it is by now
		}
	}
	return n
}

// Room is how many bytes Write would take.
func (u *UART) Room() int { return len(u.tx.b) - u.tx.len() }

// Queued is how many bytes wait to be given to the chip.
func (u *UART) Queued() int { return u.tx.len() }

// Received is how many bytes Next would give.
func (u *UART) Received() int { return u.rx.len() }

// Stop sends queued bytes, for at most limit, and silences the chip. now is a clock. It tells how many bytes
// were left.
func (u *UART) Stop(now func() time.Duration, limit time.Duration) (left int) {
	for end := now() + limit; now() < end; {
		lsr := u.lineStatus()
		if u.tx.len() == 0 && lsr&lsrIdle != 0 {
			break
		}
		if lsr&lsrEmpty != 0 {
			u.transmit()
		}
	}
	u.setIER(0)
	return u.tx.len()
}
