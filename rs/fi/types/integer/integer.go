// Package integer is the fault type corrupt-integer: a constant is off by one.
//
// EDFI: corrupt-integer, ±1 on the operands of arithmetic. What machine code can change in no more bytes are immediates: of MOV, PUSH, ADD, SUB, IMUL
// and the like. No sites are CMP (type index has it), TEST (a mask), counts of shifts, and what moves the stack pointer, which the compiler wrote. The
// step stays in the immediate's range: the largest one becomes smaller.
package integer

import (
	"math/rand/v2"

	"bennu/rs/fi/code"
	"bennu/rs/fi/enc"
	"bennu/rs/fi/fault"
)

type kind struct{}

// New is the type.
func New() fault.Code { return kind{} }

func (kind) Name() string { return "corrupt-integer" }
func (kind) Doc() string  { return "a constant is off by one" }

// Applies takes instructions with an immediate that is a number.
func (kind) Applies(in *code.Inst) bool {
	i, ok := in.Enc()
	if !ok || !number(i) {
		return false
	}
	s := i.ImmStep()
	return s.Possible()
}

func (kind) Mutate(in *code.Inst, r *rand.Rand, out []byte) {
	i, _ := in.Enc()
	s := i.ImmStep()
	s.Draw(r, out)
}

func number(i *enc.Inst) bool {
	if i.Map != enc.MapOne {
		return false
	}
	switch op := i.Op; {
	case op < 0x38:
		return i.Form == enc.I
	case op == 0x68, op == 0x6A, op == 0x69, op == 0x6B, op >= 0xB0 && op <= 0xBF, op == 0xC6, op == 0xC7:
		return true
	case op == 0x80, op == 0x81, op == 0x83:
		return i.Reg() != 7 && (op == 0x80 || i.Memory() || i.RMNr() != enc.RSP)
	}
	return false
}
