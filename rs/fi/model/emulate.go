package model

import "bennu/kernel/abi"

// Chip is a device.
type Chip interface {
	// Owns tells whether all ports of an access are the device's.
	Owns(port uint16, width int) bool
	In(port uint16, width int) uint32
	Out(port uint16, width int, v uint32)
}

// Memory is the victim's. Both copy all of b, or tell that they could not.
type Memory interface {
	Read(addr uint64, b []byte) abi.Errno
	Write(addr uint64, b []byte) abi.Errno
}

// How is what became of an instruction.
type How uint8

const (
	NotIO   How = iota // it is no IN, OUT, INS or OUTS, or cannot be read
	Foreign            // its ports are not the chip's
	Fault              // memory that a string instruction names is not there
	Done               // the registers are those behind it; or, of a long string instruction, those in its middle
)

// mostTimes is how many times a repeated instruction is done at once. It stops again for the rest.
const mostTimes = 4096

// Numbers of registers in abi.Registers.GPR.
const (
	rax = 0
	rcx = 1
	rdx = 2
	rsi = 6
	rdi = 7
)

// flagDown is RFLAGS.DF.
const flagDown = 1 << 10

// maxInstruction is the longest instruction. Source: SDM Vol. 2, "Instruction Format".
const maxInstruction = 15

// instruction is an IN, OUT, INS or OUTS that was read.
type instruction struct {
	length int
	width  int
	out    bool
	str    bool // INS, OUTS
	repeat bool
	short  bool // addresses and counts of 32 bits
	fixed  bool // the port stands in it
	port   uint16
	base   segment
}

// segment says whose base is added to the address of OUTS.
type segment uint8

const (
	flat segment = iota
	fs
	gs
)

// Emulate does the instruction that RIP is at.
func Emulate(r *abi.Registers, m Memory, c Chip) How {
	in, ok := read(r.RIP, m)
	if !ok {
		return NotIO
	}
	port := in.port
	if !in.fixed {
		port = uint16(r.GPR[rdx])
	}
	switch {
	case !c.Owns(port, in.width):
		return Foreign
	case in.str:
		return in.move(r, m, c, port)
	case in.out:
		c.Out(port, in.width, uint32(low(r.GPR[rax], in.width)))
	default:
		r.GPR[rax] = merge(r.GPR[rax], uint64(c.In(port, in.width)), in.width)
	}
	r.RIP += uint64(in.length)
	return Done
}

// low is the lowest bytes of v.
func low(v uint64, width int) uint64 { return v & (1<<(8*width) - 1) }

// merge is a register after its lowest bytes were written. Writing four clears the others.
func merge(old, v uint64, width int) uint64 {
	if width == 4 {
		return low(v, 4)
	}
	return old&^(1<<(8*width)-1) | low(v, width)
}

// read reads the instruction at an address, which may end just before a page that is not there.
func read(at uint64, m Memory) (in instruction, ok bool) {
	var b [maxInstruction]byte
	n := 0
	for n < len(b) {
		piece := min(len(b)-n, int(abi.PageSize-(at+uint64(n))%abi.PageSize))
		if m.Read(at+uint64(n), b[n:n+piece]) != abi.OK {
			break
		}
		n += piece
	}
	return decode(b[:n])
}

// decode takes an instruction apart. Source: SDM Vol. 2, "Instruction Format", and IN, INS, OUT, OUTS, REP.
func decode(b []byte) (in instruction, ok bool) {
	i, word := 0, false
prefixes:
	for ; i < len(b); i++ {
		switch b[i] {
		case 0x66:
			word = true
		case 0x67:
			in.short = true
		case 0xf2, 0xf3:
			in.repeat = true
		case 0x64:
			in.base = fs
		case 0x65:
			in.base = gs
		case 0x26, 0x2e, 0x36, 0x3e: // of no effect in 64-bit mode, but that the last one counts
			in.base = flat
		default:
			if b[i]&0xf0 != 0x40 { // REX, whose registers and width I/O has not; before another prefix it has no effect at all
				break prefixes
			}
		}
	}
	if i == len(b) {
		return in, false
	}
	op := b[i]
	switch op &^ 3 {
	case 0xe4:
		if i++; i == len(b) {
			return in, false
		}
		in.fixed, in.port, in.out = true, uint16(b[i]), op&2 != 0
	case 0xec:
		in.out = op&2 != 0
	case 0x6c:
		in.str, in.out = true, op&2 != 0
	default:
		return in, false
	}
	switch {
	case op&1 == 0:
		in.width = 1
	case word:
		in.width = 2
	default:
		in.width = 4
	}
	in.length = i + 1
	return in, true
}

// move is INS or OUTS, repeated as RCX says. Each turn that was done is done: a fault in a later one leaves the registers there.
func (in *instruction) move(r *abi.Registers, m Memory, c Chip, port uint16) How {
	index := rdi
	if in.out {
		index = rsi
	}
	step := uint64(in.width)
	if r.RFLAGS&flagDown != 0 {
		step = -step
	}
	for turn := 0; ; turn++ {
		switch {
		case in.repeat && in.address(r.GPR[rcx]) == 0 || !in.repeat && turn == 1:
			r.RIP += uint64(in.length)
			return Done
		case turn == mostTimes:
			return Done
		}
		if !in.turn(r, m, c, port, in.address(r.GPR[index])) {
			return Fault
		}
		in.set(&r.GPR[index], r.GPR[index]+step)
		if in.repeat {
			in.set(&r.GPR[rcx], r.GPR[rcx]-1)
		}
	}
}

// turn moves one value between the port and memory. A value that memory does not take was not read from the port: it is asked first.
func (in *instruction) turn(r *abi.Registers, m Memory, c Chip, port uint16, at uint64) bool {
	var b [4]byte
	v := b[:in.width]
	if in.out {
		switch in.base {
		case fs:
			at += r.FSBase
		case gs:
			at += r.GSBase
		}
		if m.Read(at, v) != abi.OK {
			return false
		}
		x := uint32(0)
		for i := range v {
			x |= uint32(v[i]) << (8 * i)
		}
		c.Out(port, in.width, x)
		return true
	}
	if m.Read(at, v) != abi.OK || m.Write(at, v) != abi.OK {
		return false
	}
	x := c.In(port, in.width)
	for i := range v {
		v[i] = byte(x >> (8 * i))
	}
	return m.Write(at, v) == abi.OK
}

// address is a register as an address, or a count, of this instruction.
func (in *instruction) address(v uint64) uint64 {
	if in.short {
		return low(v, 4)
	}
	return v
}

// set writes such a register.
func (in *instruction) set(to *uint64, v uint64) { *to = in.address(v) }
