// Package loop is the fault type loop: a condition is the wrong way round, as with < for >=, so that a loop ends at once or goes on.
//
// MINIX: LOOP_FAULT (swifi, type 12; "invert loop condition"), EDFI: flip-branch. As there every conditional jump counts, whether it closes a
// loop or not. MINIX takes LOOP, LOOPE and LOOPNE for sites and leaves them as they are: here LOOPE and LOOPNE are exchanged, and LOOP with
// JRCXZ, which jumps when the count is used up. MINIX exchanges REPE and REPNE before any instruction: here only of CMPS and SCAS, since the others
// do not look at which it is, and before SSE instructions the byte is none of them.
package loop

import (
	"math/rand/v2"

	"bennu/rs/fi/code"
	"bennu/rs/fi/enc"
	"bennu/rs/fi/fault"
)

type kind struct{}

// New is the type.
func New() fault.Code { return kind{} }

func (kind) Name() string { return "loop" }
func (kind) Doc() string  { return "the condition of a jump or of a repeated comparison is inverted" }

// Applies takes Jcc, LOOP, LOOPcc, JRCXZ, and CMPS and SCAS with REPE or REPNE.
func (kind) Applies(in *code.Inst) bool {
	i, ok := in.Enc()
	return ok && (i.ConditionalJump() || compares(i))
}

func compares(i *enc.Inst) bool {
	return i.Map == enc.MapOne && i.Rep != 0 && (i.Op&^1 == 0xA6 || i.Op&^1 == 0xAE)
}

func (kind) Mutate(in *code.Inst, _ *rand.Rand, out []byte) {
	i, _ := in.Enc()
	if i.ConditionalJump() { // conditions come in pairs that differ in the low bit; so do E0 and E1, E2 and E3
		out[i.OpAt] ^= 1
		return
	}
	for n := i.OpAt - 1; n >= 0; n-- { // the last one counts
		if out[n] == i.Rep {
			out[n] ^= 1
			return
		}
	}
}
