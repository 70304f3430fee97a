package code

import (
	"encoding/binary"

	"bennu/kernel/abi"
)

// Reg is a general register by its hardware number.
type Reg byte

// Registers.
const (
	AX Reg = iota
	CX
	DX
	BX
	SP
	BP
	SI
	DI
	R8
	R9
	R10
	R11
	R12
	R13
	R14
	R15
)

// Prog is code that grows. Its zero value is empty. The methods return it, to be chained.
type Prog struct{ b []byte }

// New is a Prog of these bytes.
func New(b ...byte) *Prog { return new(Prog).Bytes(b...) }

// Text is the code.
func (p *Prog) Text() []byte { return p.b }

// ELF is the executable of the code.
func (p *Prog) ELF() []byte { return ELF(p.b, nil) }

// At is the address of the next instruction.
func (p *Prog) At() uint64 { return Text + uint64(len(p.b)) }

// Bytes appends instructions as they are.
func (p *Prog) Bytes(b ...byte) *Prog {
	p.b = append(p.b, b...)
	return p
}

func (p *Prog) imm64(v uint64) *Prog {
	p.b = binary.LittleEndian.AppendUint64(p.b, v)
	return p
}

func (p *Prog) imm32(v uint32) *Prog {
	p.b = binary.LittleEndian.AppendUint32(p.b, v)
	return p
}

// Set is MOV r, v.
func (p *Prog) Set(r Reg, v uint64) *Prog { return p.Bytes(0x48|byte(r>>3), 0xb8|byte(r&7)).imm64(v) }

// Load is MOV AX, [at]; MOV r, AX. It destroys AX.
func (p *Prog) Load(r Reg, at uint64) *Prog { return p.Bytes(0x48, 0xa1).imm64(at).move(r, AX) }

// Store is MOV AX, r; MOV [at], AX. It destroys AX.
func (p *Prog) Store(at uint64, r Reg) *Prog { return p.move(AX, r).Bytes(0x48, 0xa3).imm64(at) }

// move is MOV to, from.
func (p *Prog) move(to, from Reg) *Prog {
	if to == from {
		return p
	}
	return p.Bytes(0x48|byte(from>>3)<<2|byte(to>>3), 0x89, 0xc0|byte(from&7)<<3|byte(to&7))
}

// Count is ADD QWORD [at], 1 by way of AX.
func (p *Prog) Count(at uint64) *Prog {
	return p.Load(AX, at).Bytes(0x48, 0xff, 0xc0).Store(at, AX)
}

// arguments are the registers of a call's arguments.
var arguments = [...]Reg{DI, SI, DX, R10, R8}

// Call makes a kernel call. AX and DX hold what came back.
func (p *Prog) Call(nr abi.CallNr, args ...uint64) *Prog {
	for i, a := range args {
		p.Set(arguments[i], a)
	}
	return p.Set(AX, uint64(nr)).Bytes(0x0f, 0x05)
}

// Result stores what a call brought: the Errno at at, the value 8 bytes on.
func (p *Prog) Result(at uint64) *Prog { return p.Store(at, AX).Store(at+8, DX) }

// Exit ends the task.
func (p *Prog) Exit(status uint64) *Prog {
	return p.Call(abi.CallExit, status, uint64(abi.ExitNormal)).Bytes(0x0f, 0x0b)
}

// Stop waits for ever, in a receive from Hardware: the task's memory can be read meanwhile.
func (p *Prog) Stop() *Prog {
	return p.Call(abi.CallReceive, uint64(abi.Hardware), abi.NoTimeout).Bytes(0x0f, 0x0b)
}

// Jump is JMP to an address of the code.
func (p *Prog) Jump(to uint64) *Prog { return p.Bytes(0xe9).imm32(uint32(to - (p.At() + 4))) }

// Unless executes UD2 unless r holds v. It destroys R11.
func (p *Prog) Unless(r Reg, v uint64) *Prog {
	// CMP r, R11; JE over UD2
	return p.Set(R11, v).Bytes(0x4c|byte(r>>3), 0x39, 0xd8|byte(r&7), 0x74, 2, 0x0f, 0x0b)
}

// Flags pushes RFLAGS, changes them by set and clear, and pops them. SP must be a stack.
func (p *Prog) Flags(set, clear uint32) *Prog {
	p.Bytes(0x9c)                                 // PUSHFQ
	p.Bytes(0x48, 0x81, 0x0c, 0x24).imm32(set)    // OR QWORD [SP], set
	p.Bytes(0x48, 0x81, 0x24, 0x24).imm32(^clear) // AND QWORD [SP], ^clear
	return p.Bytes(0x9d)                          // POPFQ
}
