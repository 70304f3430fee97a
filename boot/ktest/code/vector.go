package code

import "encoding/binary"

// The memory of State and Holder.
const (
	StateGPR     = Data + 0x100  // 16 words
	StateFlags   = Data + 0x180  // RFLAGS
	StateSegment = Data + 0x188  // six words: ES, CS, SS, DS, FS, GS
	StateFS      = Data + 0x1c0  // FS base, then GS base
	StateFX      = Data + 0x200  // 512 bytes of FXSAVE64
	StateYMM     = Data + 0x400  // 16 times 32 bytes
	StatePattern = Data + 0x1000 // the same twice, as ELF's data has them
	HolderRounds = Data + 0x80
)

// FXCompared is the bytes of an FXSAVE area that hold registers; what follows is the software's.
const FXCompared = 416

// ymm appends VMOVDQU between YMM i and [BX+at], with BX = Data.
func (p *Prog) ymm(opcode byte, i int, at uint64) *Prog {
	vex := byte(0xfe)
	if i >= 8 {
		vex = 0x7e
	}
	return p.Bytes(0xc5, vex, opcode, 0x83|byte(i&7)<<3).imm32(uint32(at - Data))
}

const loadYMM, storeYMM = 0x6f, 0x7f

// fx appends FXSAVE64 (0) or FXRSTOR64 (1) of [BX+at].
func (p *Prog) fx(op byte, at uint64) *Prog {
	return p.Bytes(0x48, 0x0f, 0xae, 0x83|op<<3).imm32(uint32(at - Data))
}

// SaveVectors stores the vector state at fx and ymm. BX must be Data.
func (p *Prog) SaveVectors(fx, ymm uint64) *Prog {
	for i := range 16 {
		p.ymm(storeYMM, i, ymm+32*uint64(i))
	}
	return p.fx(0, fx)
}

// LoadVectors loads the vector state from fx and ymm. BX must be Data.
func (p *Prog) LoadVectors(fx, ymm uint64) *Prog {
	p.fx(1, fx)
	for i := range 16 {
		p.ymm(loadYMM, i, ymm+32*uint64(i))
	}
	return p
}

// SaveState stores every register of ring 3 as it is at this instruction: GPRs, segments, bases, vector
// state, then RFLAGS, which it does not change before.
func (p *Prog) SaveState() *Prog {
	for r := AX; r <= R15; r++ {
		p.Store(StateGPR+8*uint64(r), r)
	}
	p.Set(SP, StackTop-64).Bytes(0x9c, 0x58).Store(StateFlags, AX) // PUSHFQ; POP AX
	for i := range uint64(6) {
		p.Bytes(0x31, 0xc0, 0x8c, 0xc0|byte(i)<<3).Store(StateSegment+8*i, AX) // XOR EAX, EAX; MOV EAX, segment
	}
	p.Bytes(0xf3, 0x48, 0x0f, 0xae, 0xc0).Store(StateFS, AX)   // RDFSBASE AX
	p.Bytes(0xf3, 0x48, 0x0f, 0xae, 0xc8).Store(StateFS+8, AX) // RDGSBASE AX
	return p.Set(BX, Data).SaveVectors(StateFX, StateYMM)
}

// Pattern is the data of a Holder or of code that uses LoadVectors(StatePattern, StatePattern+512): an
// FXSAVE area and YMM registers of which every bit depends on seed.
func Pattern(seed byte) []byte {
	data := make([]byte, StatePattern-Data+1024)
	b := data[StatePattern-Data:]
	for i := range b {
		b[i] = seed + byte(i)*13 | 1
	}
	le := binary.LittleEndian
	clear(b[:32])
	le.PutUint16(b, 0x0040|uint16(seed&3)<<10|0x3f) // FCW: a rounding mode, all masked
	b[4] = 0xff                                     // FTW: all in use
	le.PutUint32(b[24:], 0x1f80|uint32(seed&3)<<13) // MXCSR: a rounding mode, all masked
	le.PutUint32(b[28:], 0xffff)
	for i := range 8 {
		clear(b[32+16*i+10 : 48+16*i]) // ST(i) has 80 bits
	}
	clear(b[FXCompared:512])
	for i := range 16 { // the low halves are XMM's
		copy(b[160+16*i:][:16], b[512+32*i:])
	}
	return data
}

// Holder loads a pattern into every register and then looks, for ever, whether it is still there. It counts its
// rounds at HolderRounds and executes UD2 when something has changed.
func Holder(seed byte) []byte {
	p := New().Set(BX, Data).LoadVectors(StatePattern, StatePattern+512).SaveVectors(StatePattern, StatePattern+512)
	kept := []Reg{DX, BP, SP, R8, R9, R10, R12, R13, R14, R15}
	value := func(r Reg) uint64 { return 0x0101_0101_0101_0101*uint64(seed) + uint64(r) }
	for _, r := range kept {
		p.Set(r, value(r))
	}
	fs, gs := uint64(Data)+uint64(seed)*8, uint64(Data)+uint64(seed)*16
	p.Set(AX, fs).Bytes(0xf3, 0x48, 0x0f, 0xae, 0xd0) // WRFSBASE AX
	p.Set(AX, gs).Bytes(0xf3, 0x48, 0x0f, 0xae, 0xd8) // WRGSBASE AX
	loop := p.At()
	p.SaveVectors(StateFX, StateYMM)
	p.same(StateFX, StatePattern, FXCompared)
	p.same(StateYMM, StatePattern+512, 512)
	for _, r := range kept {
		p.Unless(r, value(r))
	}
	p.Bytes(0xf3, 0x48, 0x0f, 0xae, 0xc0).Unless(AX, fs) // RDFSBASE AX
	p.Bytes(0xf3, 0x48, 0x0f, 0xae, 0xc8).Unless(AX, gs) // RDGSBASE AX
	p.Count(HolderRounds).Jump(loop)
	return ELF(p.Text(), Pattern(seed))
}

// same executes UD2 unless n bytes at a and b are equal. It destroys CX, SI and DI.
func (p *Prog) same(a, b, n uint64) *Prog {
	p.Set(SI, a).Set(DI, b).Set(CX, n/8)
	return p.Bytes(0xf3, 0x48, 0xa7, 0x74, 2, 0x0f, 0x0b) // REPE CMPSQ; JE over UD2
}
