// Package enc tells where the fields of an instruction are in its bytes (prefixes, REX, opcode, ModRM, SIB, displacement, immediate),
// and which operand each field belongs to. Decoders for people (x86asm) tell what an instruction does, and not which bits say so;
// fault types change those bits.
//
// It knows the integer and SSE instructions of 64-bit mode. Instructions with VEX or EVEX are not read (Parse says so), and of x87, MMX
// and system instructions the layout is known but no operand. What it says is compared with objdump, for every opcode.
//
// Source: Intel SDM Vol. 2, "Instruction Format" and "Opcode Map"; AMD64 APM Vol. 3, "Instruction Encoding".
package enc

// Form is which operands an instruction has in its encoding, the first one first, in Intel's order.
type Form uint8

const (
	None   Form = iota // none that is known
	RM                 // register, register or memory
	MR                 // register or memory, register
	RMI                // register, register or memory, immediate
	MRI                // register or memory, register, immediate
	MI                 // register or memory, immediate
	M                  // register or memory
	O                  // register in the opcode
	OI                 // register in the opcode, immediate
	I                  // immediate; the other operand is implied
	D                  // the target of a jump, as a distance
	MoffsL             // address; AL, AX, EAX or RAX is loaded
	MoffsS             // address; it is stored
)

// Opcode maps.
const (
	MapOne  = iota // one byte
	Map0F          // 0F
	Map0F38        // 0F 38
	Map0F3A        // 0F 3A
)

// Inst is the layout of an instruction. Places are offsets in its bytes; 0 is "has none", since no field but a prefix or the opcode can
// be the first byte.
type Inst struct {
	Bytes []byte // its own: len(Bytes) is its length

	DataSize bool // prefix 66
	AddrSize bool // prefix 67
	Lock     bool // prefix F0
	Rep      byte // the last of F2 and F3, or 0
	Seg      byte // the last segment prefix, or 0
	HasREX   bool
	RexAt    int // where HasREX
	REX      byte

	Map      int
	OpAt     int
	Op       byte
	ModRMAt  int
	SIBAt    int
	DispAt   int // ModRM's displacement, or the address of MoffsL and MoffsS
	DispLen  int
	ImmAt    int // immediate, or the distance of D
	ImmLen   int
	Form     Form
	ReadOnly bool // the first operand is only read: it is a source, too
}

// ModRM is the ModRM byte, 0 where there is none.
func (i *Inst) ModRM() byte {
	if i.ModRMAt == 0 {
		return 0
	}
	return i.Bytes[i.ModRMAt]
}

// Mod, Reg and RM are ModRM's fields, as they stand in the byte.
func (i *Inst) Mod() byte { return i.ModRM() >> 6 }
func (i *Inst) Reg() byte { return i.ModRM() >> 3 & 7 }
func (i *Inst) RM() byte  { return i.ModRM() & 7 }

// Memory tells whether there is a ModRM operand in memory.
func (i *Inst) Memory() bool { return i.ModRMAt != 0 && i.Mod() != 3 }

// bit is one of REX's bits, at place 3.
func (i *Inst) rexBit(n uint) byte { return i.REX >> n & 1 << 3 }

// RegNr and RMNr are the numbers of the registers in ModRM, with REX's bit. RMNr is right where the operand is a register.
func (i *Inst) RegNr() byte { return i.rexBit(2) | i.Reg() }
func (i *Inst) RMNr() byte  { return i.rexBit(0) | i.RM() }

// OpReg is the register's number in the opcode of O and OI.
func (i *Inst) OpReg() byte { return i.rexBit(0) | i.Op&7 }

// NoReg is a register that is not there.
const NoReg = 0xff

// RIP is the base of an address relative to the next instruction.
const RIP = 0xfe

// Address is the base and index register of a memory operand, and the scale as a shift. NoReg: there is none.
func (i *Inst) Address() (base, index byte, scale uint) {
	if !i.Memory() {
		return NoReg, NoReg, 0
	}
	if i.SIBAt == 0 {
		if i.Mod() == 0 && i.RM() == 5 {
			return RIP, NoReg, 0
		}
		return i.RMNr(), NoReg, 0
	}
	sib := i.Bytes[i.SIBAt]
	base, index = i.rexBit(0)|sib&7, i.rexBit(1)|sib>>3&7
	if i.Mod() == 0 && sib&7 == 5 {
		base = NoReg
	}
	if index == 4 {
		return base, NoReg, 0
	}
	return base, index, uint(sib >> 6)
}

// Wide tells whether REX.W is set.
func (i *Inst) Wide() bool { return i.REX&8 != 0 }

// Imm is the immediate or distance with its sign.
func (i *Inst) Imm() int64 { return signed(i.Bytes[i.ImmAt : i.ImmAt+i.ImmLen]) }

// Disp is the displacement with its sign.
func (i *Inst) Disp() int64 { return signed(i.Bytes[i.DispAt : i.DispAt+i.DispLen]) }

func signed(b []byte) int64 {
	if len(b) == 0 {
		return 0
	}
	var v uint64
	for n, c := range b {
		v |= uint64(c) << (8 * n)
	}
	shift := 64 - 8*len(b)
	return int64(v<<shift) >> shift
}

// Put writes the low bytes of v, as Imm and Disp read them.
func Put(b []byte, v int64) {
	for n := range b {
		b[n] = byte(uint64(v) >> (8 * n))
	}
}

// Fits tells whether a field of so many bytes can hold v.
func Fits(v int64, bytes int) bool {
	shift := 64 - 8*bytes
	return v<<shift>>shift == v
}

// Fill writes code, and NOPs up to the end of out. The code is not longer than out.
func Fill(out []byte, code ...byte) {
	for n := copy(out, code); n < len(out); n++ {
		out[n] = 0x90
	}
}

// Parse reads the first instruction of b. It is false where b ends in the instruction, where the bytes are none in 64-bit mode, or where
// it has VEX, EVEX, a REX before another prefix, or a prefix that processors take differently.
func Parse(b []byte) (i Inst, ok bool) {
	at := i.prefixes(b)
	if at >= len(b) {
		return i, false
	}
	i.OpAt, i.Op = at, b[at]
	at++
	if i.Op == 0x0F && at < len(b) {
		i.Map, i.Op = Map0F, b[at]
		at++
		if (i.Op == 0x38 || i.Op == 0x3A) && at < len(b) {
			i.Map = Map0F38 + int(i.Op&2)>>1
			i.Op = b[at]
			at++
		}
	} else if i.Op == 0x0F {
		return i, false
	}
	i.OpAt = at - 1
	e := i.entry()
	if e.form == bad {
		return i, false
	}
	if e.modrm {
		if at = i.address(b, at); at == 0 {
			return i, false
		}
		if e = i.group(e); e.form == bad {
			return i, false
		}
	}
	return i.rest(b, at, e)
}

// prefixes reads the prefixes, and is where the opcode is.
func (i *Inst) prefixes(b []byte) int {
	for at, c := range b {
		switch c {
		case 0x66:
			i.DataSize = true
		case 0x67:
			i.AddrSize = true
		case 0xF0:
			i.Lock = true
		case 0xF2, 0xF3:
			i.Rep = c
		case 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65:
			i.Seg = c
		default:
			if c&0xF0 == 0x40 {
				i.HasREX, i.RexAt, i.REX = true, at, c
				at++
			}
			return at
		}
	}
	return len(b)
}

// address reads ModRM, SIB and the displacement, and is where they end; 0: b ends before.
func (i *Inst) address(b []byte, at int) int {
	if at >= len(b) {
		return 0
	}
	i.Bytes, i.ModRMAt = b, at
	at++
	if i.Mod() == 3 {
		return at
	}
	low := i.RM()
	if low == 4 {
		if at >= len(b) {
			return 0
		}
		i.SIBAt, low = at, b[at]&7
		at++
	}
	switch mod := i.Mod(); {
	case mod == 1:
		i.DispLen = 1
	case mod == 2, mod == 0 && low == 5:
		i.DispLen = 4
	}
	if i.DispLen != 0 {
		i.DispAt = at
	}
	return at + i.DispLen
}

// rest reads what is behind ModRM.
func (i *Inst) rest(b []byte, at int, e entry) (Inst, bool) {
	i.Form, i.ReadOnly = e.form, e.read
	n := 0
	switch e.imm {
	case ib:
		if n = 1; e.form == D && i.DataSize { // a 16-bit target on some processors
			return *i, false
		}
	case iw:
		n = 2
	case iz:
		if n = 4; i.DataSize && !i.Wide() {
			n = 2
		}
	case iv:
		if n = 4; i.Wide() {
			n = 8
		} else if i.DataSize {
			n = 2
		}
	case enter:
		n = 3
	case id:
		if n = 4; i.DataSize { // rel16 on some processors
			return *i, false
		}
	case moffs:
		if i.DispAt, i.DispLen = at, 8; i.AddrSize {
			i.DispLen = 4
		}
		at += i.DispLen
	}
	if n != 0 {
		i.ImmAt, i.ImmLen = at, n
	}
	at += n
	if at > len(b) || at > 15 {
		return *i, false
	}
	i.Bytes = b[:at]
	return *i, true
}
