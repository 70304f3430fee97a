// Package source is the fault type source: what an instruction reads is wrong, as if the programmer had written another variable or constant.
//
// MINIX: SRC_FAULT (swifi, type 6), which there is the same code as DST_FAULT: any bit behind the opcode. Here the bit is one of those that
// encode an operand that is only read: its register in ModRM and REX or in the opcode, the base, index, scale and displacement of its place in memory,
// the immediate, the distance of a jump. Of an instruction that writes nothing (CMP, TEST, PUSH, a call by pointer) all operands
// are sources. Bits that the processor ignores are left out (a count's high bits, REX bits without a register).
package source

import (
	"math/rand/v2"

	"bennu/rs/fi/code"
	"bennu/rs/fi/fault"
)

type kind struct{}

// New is the type.
func New() fault.Code { return kind{} }

func (kind) Name() string { return "source" }
func (kind) Doc() string {
	return "an instruction reads the wrong operand: one bit of what encodes it is flipped"
}

// Applies takes instructions whose encoding names what they read. x87, MMX, system instructions and those with VEX are none.
func (kind) Applies(in *code.Inst) bool {
	i, ok := in.Enc()
	if !ok || i.Idle() {
		return false
	}
	m := i.Source()
	return m.Count() > 0
}

func (kind) Mutate(in *code.Inst, r *rand.Rand, out []byte) {
	i, _ := in.Enc()
	m := i.Source()
	m.Flip(r, out)
}
