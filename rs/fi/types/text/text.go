// Package text is the fault type text: one random bit of the instruction is flipped, as memory does it and as a random typing error comes out.
//
// MINIX: TEXT_FAULT (swifi, type 0). MINIX flips a bit of the 32-bit word at a random multiple of 16, so that which instructions can be
// hit follows from where they lie, and the bit may be the next instruction's. Here each instruction is drawn with the same chance, and each of
// its bits. The faulty bytes may be another number of instructions, or begin with INT3; nothing is mended about that.
package text

import (
	"math/rand/v2"

	"bennu/rs/fi/code"
	"bennu/rs/fi/enc"
	"bennu/rs/fi/fault"
)

type kind struct{}

// New is the type.
func New() fault.Code { return kind{} }

func (kind) Name() string { return "text" }
func (kind) Doc() string  { return "one random bit of an instruction is flipped" }

// Applies takes every instruction.
func (kind) Applies(in *code.Inst) bool { return code.Program(in.Bytes) }

func (kind) Mutate(in *code.Inst, r *rand.Rand, out []byte) {
	m := enc.Whole(len(in.Bytes))
	m.Flip(r, out)
}
