package enc

// Registers of the processor by number, and sets of them: bit n is register n.
const (
	RAX = iota
	RCX
	RDX
	RBX
	RSP
	RBP
	RSI
	RDI
	R8
	R9
	R10
	R11
)

// Regs is a set of integer registers.
type Regs uint16

// Has tells whether a register is in the set.
func (s Regs) Has(r byte) bool { return r < 16 && s>>r&1 != 0 }

// Flow is where the processor goes on.
type Flow uint8

const (
	Next     Flow = iota // behind the instruction
	Call                 // behind it, after a function
	Syscall              // behind it, after the kernel
	CondJump             // there or behind it
	Jump                 // elsewhere
	Ret
)

// Effect is what an instruction does to the integer registers and the flags.
type Effect struct {
	Reads, Writes Regs
	Flow          Flow
	ReadsFlags    bool
	SetsFlags     bool // all that conditions look at, or what is left in them is undefined
	Stores        bool // writes to memory
}

// ConditionalJump tells whether it is Jcc, LOOP, LOOPcc or JRCXZ.
func (i *Inst) ConditionalJump() bool {
	return i.Form == D && (i.Map == Map0F || i.Op&0xF0 == 0x70 || i.Op >= 0xE0 && i.Op <= 0xE3)
}

// Effect tells what the instruction does. False: it is none of those that are known here, which are what compilers emit most.
func (i *Inst) Effect() (e Effect, ok bool) {
	base, index, _ := i.Address()
	e.add(&e.Reads, base)
	e.add(&e.Reads, index)
	switch {
	case i.ConditionalJump():
		e.Flow, e.ReadsFlags = CondJump, true
		return e, true
	case i.Map == MapOne:
		return e, i.effectOne(&e)
	case i.Map == Map0F:
		return e, i.effectTwo(&e)
	}
	return e, false
}

func (e *Effect) add(to *Regs, r byte) {
	if r < 16 {
		*to |= 1 << r
	}
}

// low is a byte register's number as its whole register's: AH is RAX.
func (i *Inst) low(r byte, bytes bool) byte {
	if bytes && !i.HasREX {
		return r & 3
	}
	return r
}

// operands adds ModRM's operands: what is written counts as read, too, if it is more than moved to, or in part.
func (i *Inst) operands(e *Effect, bytes, moves bool) {
	reg, rm := i.low(i.RegNr(), bytes), byte(NoReg)
	if !i.Memory() {
		rm = i.low(i.RMNr(), bytes)
	}
	to, from := rm, byte(NoReg)
	switch i.Form {
	case RM, RMI:
		to, from = reg, rm
	case MR, MRI:
		from = reg
	}
	e.add(&e.Reads, from)
	if !i.ReadOnly {
		e.add(&e.Writes, to)
		e.Stores = i.Memory() && (i.Form == MR || i.Form == MI || i.Form == M || i.Form == MRI)
	}
	if !moves || i.ReadOnly || bytes || i.DataSize {
		e.add(&e.Reads, to)
	}
}

func (i *Inst) effectOne(e *Effect) bool {
	op := i.Op
	bytes := op&1 == 0
	switch {
	case op < 0x40: // ADD, OR, ADC, SBB, AND, SUB, XOR, CMP
		e.SetsFlags = true
		e.ReadsFlags = op>>3 == 2 || op>>3 == 3
		if i.Form == I {
			e.Reads |= 1 << RAX
			if !i.ReadOnly {
				e.Writes |= 1 << RAX
			}
			return true
		}
		i.operands(e, bytes, false)
		if i.Zeroes() {
			e.Reads = 0
		}
	case op >= 0x50 && op <= 0x57:
		e.Reads, e.Writes, e.Stores = 1<<RSP|1<<i.OpReg(), 1<<RSP, true
	case op >= 0x58 && op <= 0x5F:
		e.Reads, e.Writes = 1<<RSP, 1<<RSP|1<<i.OpReg()
	case op == 0x63, op == 0x8B, op == 0x8D, op == 0x89, op == 0xC7:
		i.operands(e, false, true)
	case op == 0x8A, op == 0x88, op == 0xC6:
		i.operands(e, true, true)
	case op == 0x90:
		return i.REX&1 == 0
	case op == 0x98 && !i.HasREX && !i.DataSize, op == 0x98 && i.Wide():
		e.Reads, e.Writes = 1<<RAX, 1<<RAX
	case op == 0x99:
		e.Reads, e.Writes = 1<<RAX, 1<<RDX
	case op >= 0xB0 && op <= 0xB7:
		r := i.low(i.OpReg(), true)
		e.Reads, e.Writes = 1<<r, 1<<r
	case op >= 0xB8 && op <= 0xBF:
		if e.Writes = 1 << i.OpReg(); i.DataSize {
			e.Reads = e.Writes
		}
	case op == 0xC9:
		e.Reads, e.Writes = 1<<RBP, 1<<RSP|1<<RBP
	default:
		return i.effectSum(e) || i.effectFlow(e)
	}
	return true
}

// effectSum is of what sets flags, behind the first rows of the map.
func (i *Inst) effectSum(e *Effect) bool {
	op := i.Op
	bytes := op&1 == 0
	switch {
	case op == 0x69, op == 0x6B:
		e.SetsFlags = true
		i.operands(e, false, true)
	case op >= 0x80 && op <= 0x83:
		e.SetsFlags = true
		e.ReadsFlags = i.Reg() == 2 || i.Reg() == 3
		i.operands(e, bytes, false)
	case op == 0x84, op == 0x85, op == 0xF6, op == 0xF7:
		if op >= 0xF6 && i.Reg() >= 4 { // MUL, DIV
			e.Reads, e.Writes = e.Reads|1<<RAX|1<<RDX, 1<<RAX|1<<RDX
		}
		e.SetsFlags = op < 0xF6 || i.Reg() != 2 // NOT
		i.operands(e, bytes, false)
	case op == 0xA8, op == 0xA9:
		e.Reads, e.SetsFlags = 1<<RAX, true
	case op == 0xC0, op == 0xC1:
		e.SetsFlags = i.Reg() >= 4 && i.Bytes[i.ImmAt]&i.immBits() != 0
		e.ReadsFlags = i.Reg() == 2 || i.Reg() == 3
		i.operands(e, bytes, false)
	case op >= 0xD0 && op <= 0xD3:
		e.SetsFlags = i.Reg() >= 4 && op < 0xD2
		e.ReadsFlags = i.Reg() == 2 || i.Reg() == 3
		i.operands(e, bytes, false)
		if op >= 0xD2 {
			e.Reads |= 1 << RCX
		}
	default:
		return false
	}
	return true
}

// effectFlow is of jumps and calls, and of INC and DEC, whose opcode is theirs.
func (i *Inst) effectFlow(e *Effect) bool {
	switch op := i.Op; {
	case op == 0xC3, op == 0xC2:
		e.Flow = Ret
	case op == 0xE8:
		e.Flow = Call
	case op == 0xE9, op == 0xEB:
		e.Flow = Jump
	case op == 0xFE, op == 0xFF:
		switch i.Reg() {
		case 0, 1: // all flags but CF
		case 2:
			e.Flow = Call
		case 4:
			e.Flow = Jump
		case 6:
			e.Stores = true
		default:
			return false
		}
		i.operands(e, op == 0xFE, false)
		if i.Reg() == 6 {
			e.Reads, e.Writes = e.Reads|1<<RSP, 1<<RSP
		}
	default:
		return false
	}
	return true
}

func (i *Inst) effectTwo(e *Effect) bool {
	op := i.Op
	switch {
	case op == 0x05:
		e.Flow, e.Writes = Syscall, 1<<RCX|1<<R11|1<<RAX
		return true
	case op == 0x0D, op == 0x18, op == 0x1F: // hints
		e.Reads = 0
		return true
	case i.Form == None:
		return false
	case op >= 0x40 && op <= 0x4F: // CMOVcc
		e.ReadsFlags = true
		i.operands(e, false, false)
	case op >= 0x90 && op <= 0x9F: // SETcc
		e.ReadsFlags = true
		i.operands(e, true, true)
	case op == 0xAF:
		e.SetsFlags = true
		i.operands(e, false, false)
	case op == 0xB6, op == 0xB7, op == 0xBE, op == 0xBF: // MOVZX, MOVSX
		i.operands(e, false, true)
		if r := i.RMNr(); !i.Memory() && op&1 == 0 {
			to := e.Writes
			e.Reads = to * b2r(i.DataSize)
			e.add(&e.Reads, i.low(r, true))
		}
	case op >= 0xC8 && op <= 0xCF: // BSWAP
		e.Reads, e.Writes = 1<<i.OpReg(), 1<<i.OpReg()
	case op == 0x10, op == 0x11, op == 0x28, op == 0x29, op == 0x6F, op == 0x7F, op == 0xD6, op == 0x57, op == 0xEF,
		op == 0x7E && i.Rep == 0xF3, op == 0x58, op == 0x59, op == 0x5C, op == 0x5E: // moves and sums in XMM registers
		e.Stores = i.Memory() && i.Form == MR
	case op == 0x2E, op == 0x2F: // UCOMISS
		e.SetsFlags = true
	case op == 0x6E, op == 0x7E: // MOVD
		if !i.Memory() {
			if r := i.RMNr(); op == 0x6E {
				e.add(&e.Reads, r)
			} else {
				e.add(&e.Writes, r)
			}
		} else {
			e.Stores = op == 0x7E
		}
	default:
		return false
	}
	return true
}

func b2r(b bool) Regs {
	if b {
		return 1
	}
	return 0
}

// Zeroes tells whether it is XOR or SUB of a register with itself, as 0 is written.
func (i *Inst) Zeroes() bool {
	return i.Map == MapOne && (i.Op == 0x31 || i.Op == 0x33 || i.Op == 0x29 || i.Op == 0x2B) && !i.Memory() && i.RegNr() == i.RMNr() && !i.DataSize
}

// Idle tells whether the instruction changes nothing that a program sees: NOPs, PAUSE, ENDBR64, prefetches.
func (i *Inst) Idle() bool {
	switch i.Map {
	case MapOne:
		return i.Op == 0x90 && i.REX&1 == 0 || i.Op == 0x87 && i.Form == MR && !i.Memory() && i.RegNr() == i.RMNr() && i.Wide()
	case Map0F:
		return i.Op == 0x0D || i.Op >= 0x18 && i.Op <= 0x1D || i.Op == 0x1F || i.Op == 0x1E && (i.Rep != 0xF3 || i.Mod() != 3 || i.Reg() == 7)
	}
	return false
}

// FlagsDead tells whether nobody looks at the flags as they are before the instructions of b.
func FlagsDead(b []byte) bool {
	const far = 16
	for range far {
		i, ok := Parse(b)
		if !ok {
			return false
		}
		e, ok := i.Effect()
		switch {
		case !ok, e.ReadsFlags, e.Flow == Jump, e.Flow == Syscall:
			return false
		case e.SetsFlags, e.Flow == Call, e.Flow == Ret:
			return true
		}
		b = b[len(i.Bytes):]
	}
	return false
}

// Known is what is known of the integer registers behind some straight code.
type Known struct {
	Set    Regs
	Values [16]int64
}

// Behind runs through b, from the begin of a function, and tells which registers hold a constant at its end. A jump is a place from where
// others may come, and a call changes everything: what was known before one is not behind it. A place that is jumped to looks like any other, so
// a constant is a good guess and no proof.
func Behind(b []byte) (k Known, ok bool) {
	for len(b) > 0 {
		if b[0] == 0xCC { // padding
			k.Set, b = 0, b[1:]
			continue
		}
		i, ok := Parse(b)
		if !ok {
			return k, false
		}
		k.step(&i)
		b = b[len(i.Bytes):]
	}
	return k, true
}

func (k *Known) step(i *Inst) {
	e, ok := i.Effect()
	if !ok || e.Flow != Next {
		k.Set = 0
		return
	}
	k.Set &^= e.Writes
	r, v := byte(NoReg), int64(0)
	switch {
	case i.Zeroes():
		r = i.RMNr()
	case i.Map == MapOne && i.Op >= 0xB8 && i.Op <= 0xBF && !i.DataSize:
		if r, v = i.OpReg(), i.Imm(); !i.Wide() {
			v = int64(uint32(v))
		}
	case i.Map == MapOne && i.Op == 0xC7 && !i.Memory() && !i.DataSize:
		if r, v = i.RMNr(), i.Imm(); !i.Wide() {
			v = int64(uint32(v))
		}
	}
	if r < 16 {
		k.Set |= 1 << r
		k.Values[r] = v
	}
}

// Is tells whether a register holds a value.
func (k *Known) Is(r byte, v int64) bool { return k.Set.Has(r) && k.Values[r] == v }

// Until looks in b for the first instruction that want takes, through at most far instructions that are run one after the other and neither
// read nor write the registers of r.
func Until(b []byte, far int, r Regs, want func(i *Inst, e *Effect) bool) bool {
	for range far {
		i, ok := Parse(b)
		if !ok {
			return false
		}
		e, ok := i.Effect()
		if ok && want(&i, &e) {
			return true
		}
		if !ok || e.Flow != Next || (e.Reads|e.Writes)&r != 0 {
			return false
		}
		b = b[len(i.Bytes):]
	}
	return false
}
