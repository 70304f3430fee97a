// Package destination is the fault type destination: the result of an instruction goes to the wrong place, as if the programmer had assigned to
// another variable.
//
// MINIX: DST_FAULT (swifi, type 5), which there is any bit behind the opcode, of whatever operand. Here the bit is one of those that encode the
// operand that is written: its register, or its place in memory. Where the opcode alone says it (ADD EAX with an immediate, MUL), or nothing
// is written, there is no such fault.
package destination

import (
	"math/rand/v2"

	"bennu/rs/fi/code"
	"bennu/rs/fi/fault"
)

type kind struct{}

// New is the type.
func New() fault.Code { return kind{} }

func (kind) Name() string { return "destination" }
func (kind) Doc() string {
	return "an instruction writes to the wrong operand: one bit of what encodes it is flipped"
}

// Applies takes instructions whose encoding names what they write.
func (kind) Applies(in *code.Inst) bool {
	i, ok := in.Enc()
	if !ok || i.Idle() {
		return false
	}
	m := i.Destination()
	return m.Count() > 0
}

func (kind) Mutate(in *code.Inst, r *rand.Rand, out []byte) {
	i, _ := in.Enc()
	m := i.Destination()
	m.Flip(r, out)
}
