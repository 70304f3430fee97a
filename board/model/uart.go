package model

import "slices"

// UART is a 16550A at Base. Raise is called when its interrupt line goes up.
// Tests put bytes in by Type, and let the line carry bytes away by Carry.
//
// Source: National Semiconductor PC16550D, section 8 "Registers".
type UART struct {
	Base  uint16
	Raise func()

	Sent    []byte // what has left by the wire
	LoseIRQ int    // this many next rises of the line are lost
	Absent  bool   // no chip: all reads are 0xff
	Stuck   bool   // the interrupt identification never says "none"

	IER, LCR, MCR, SCR, FCR uint8
	DLL, DLM                uint8
	MSR                     uint8 // its state bits; SetModem changes them as a cable does
	Errors                  uint8 // LSR error bits for the next byte read
	RX, TX                  []byte

	empty  bool // "transmit empty" is pending
	line   bool
	over   bool    // overrun
	broken bool    // a break, told at once as QEMU does
	errs   []uint8 // LSR error bits of the bytes of RX
}

const uartFIFO = 16

// Type has bytes arrive. Those that do not fit are an overrun.
func (u *UART) Type(b ...byte) {
	for _, x := range b {
		if len(u.RX) >= uartFIFO {
			u.over = true
			continue
		}
		u.RX = append(u.RX, x)
		u.update()
	}
	u.update()
}

// TypeBad has a byte arrive with LSR error bits, which the chip tells when the byte is read.
func (u *UART) TypeBad(errors uint8, b byte) {
	if len(u.RX) < uartFIFO {
		u.errs = append(append(u.errs, make([]uint8, len(u.RX)-len(u.errs))...), errors)
	}
	u.Type(b)
}

// Offer is a sender that waits: it has as many bytes arrive as there is room for, and
// tells how many that was. So does QEMU.
func (u *UART) Offer(b []byte) int {
	n := min(len(b), uartFIFO-len(u.RX))
	u.Type(b[:n]...)
	return n
}

// Break has a break arrive as QEMU tells it: the zero byte goes to the end of the FIFO, the status at once.
func (u *UART) Break() {
	u.broken = true
	u.Type(0)
}

// SetModem has the modem lines change; the bits are those of the modem status register.
func (u *UART) SetModem(state uint8) {
	u.MSR = u.MSR&0x0f | state&0xf0 | (u.MSR^state)>>4
	u.update()
}

// Carry sends up to n bytes of the transmit FIFO.
func (u *UART) Carry(n int) {
	n = min(n, len(u.TX))
	if n == 0 {
		return
	}
	u.Sent = append(u.Sent, u.TX[:n]...)
	if u.TX = slices.Delete(u.TX, 0, n); len(u.TX) == 0 {
		u.empty = true
	}
	u.update()
}

// iir is the highest cause that is pending.
func (u *UART) iir() uint8 {
	v := uint8(0)
	if u.FCR&1 != 0 {
		v = 0xc0
	}
	switch {
	case u.Stuck:
		return v
	case u.IER&4 != 0 && (u.over || u.broken || len(u.errs) > 0 && u.errs[0] != 0):
		return v | 6
	case u.IER&1 != 0 && len(u.RX) > 0:
		return v | 4
	case u.IER&2 != 0 && u.empty:
		return v | 2
	case u.IER&8 != 0 && u.MSR&0x0f != 0:
		return v
	}
	return v | 1
}

func (u *UART) update() {
	up := u.iir()&1 == 0 && u.MCR&8 != 0
	rose := up && !u.line
	u.line = up
	switch {
	case !rose:
	case u.LoseIRQ > 0:
		u.LoseIRQ--
	case u.Raise != nil:
		u.Raise()
	}
}

// In reads a register.
func (u *UART) In(port uint16, _ int) uint32 {
	if u.Absent {
		return 0xff
	}
	dlab := u.LCR&0x80 != 0
	defer u.update()
	switch port - u.Base {
	case 0:
		if dlab {
			return uint32(u.DLL)
		}
		if len(u.RX) == 0 {
			return 0
		}
		x := u.RX[0]
		u.RX = u.RX[1:]
		u.errs = u.errs[min(1, len(u.errs)):]
		return uint32(x)
	case 1:
		if dlab {
			return uint32(u.DLM)
		}
		return uint32(u.IER)
	case 2:
		v := u.iir()
		if v&0xf == 2 {
			u.empty = false
		}
		return uint32(v)
	case 3:
		return uint32(u.LCR)
	case 4:
		return uint32(u.MCR)
	case 5:
		return uint32(u.lsr())
	case 6:
		v := u.MSR
		u.MSR &= 0xf0
		return uint32(v)
	case 7:
		return uint32(u.SCR)
	}
	return 0
}

func (u *UART) lsr() (v uint8) {
	if len(u.RX) > 0 {
		v |= 1 | u.Errors
		u.Errors = 0
	}
	if len(u.errs) > 0 {
		v |= u.errs[0]
		u.errs[0] = 0
	}
	if u.over {
		v, u.over = v|2, false
	}
	if u.broken {
		v, u.broken = v|0x10, false
	}
	if len(u.TX) == 0 {
		v |= 0x60
	}
	return v
}

// Out writes one.
func (u *UART) Out(port uint16, _ int, x uint32) {
	v, dlab := uint8(x), u.LCR&0x80 != 0
	switch port - u.Base {
	case 0:
		switch {
		case dlab:
			u.DLL = v
		case len(u.TX) < uartFIFO:
			u.TX, u.empty = append(u.TX, v), false
		}
	case 1:
		if dlab {
			u.DLM = v
			break
		}
		if v&2 != 0 && u.IER&2 == 0 && len(u.TX) == 0 {
			u.empty = true
		}
		u.IER = v & 0xf
	case 2:
		if v&2 != 0 || (v^u.FCR)&1 != 0 {
			u.RX, u.errs = nil, nil
		}
		if v&4 != 0 || (v^u.FCR)&1 != 0 {
			u.TX = nil
		}
		u.FCR = v & 0xc9
	case 3:
		u.LCR = v
	case 4:
		u.MCR = v
	case 7:
		u.SCR = v
	}
	u.update()
}
