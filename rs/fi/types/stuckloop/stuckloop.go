// Package stuckloop is the fault type stuck-loop: a conditional jump back is always taken, as by a loop's end that is never reached.
//
// EDFI: stuck-at-loop. EDFI knows loops by the compiler's tree; a jump back is what machine code shows of one. A loop whose test stands at its begin,
// and leaves it forward, does not end with type branch at that test.
package stuckloop

import (
	"math/rand/v2"

	"bennu/rs/fi/code"
	"bennu/rs/fi/fault"
)

type kind struct{}

// New is the type.
func New() fault.Code { return kind{} }

func (kind) Name() string { return "stuck-loop" }
func (kind) Doc() string  { return "a conditional jump back is always taken: a loop does not end" }

// Applies takes Jcc, LOOP, LOOPcc and JRCXZ with a target before them.
func (kind) Applies(in *code.Inst) bool {
	i, ok := in.Enc()
	return ok && i.ConditionalJump() && i.Imm() < 0 && i.AlwaysFits()
}

func (kind) Mutate(in *code.Inst, _ *rand.Rand, out []byte) {
	i, _ := in.Enc()
	i.Always(out)
}
