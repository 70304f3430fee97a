// Package stuckbranch is the fault type stuck-branch: a conditional jump forward is always taken, as by a condition that is always true.
//
// EDFI: stuck-at-branch. Not taken is type branch; backward it is stuck-loop.
package stuckbranch

import (
	"math/rand/v2"

	"bennu/rs/fi/code"
	"bennu/rs/fi/fault"
)

type kind struct{}

// New is the type.
func New() fault.Code { return kind{} }

func (kind) Name() string { return "stuck-branch" }
func (kind) Doc() string  { return "a conditional jump forward is always taken" }

// Applies takes Jcc, LOOP, LOOPcc and JRCXZ with a target behind them.
func (kind) Applies(in *code.Inst) bool {
	i, ok := in.Enc()
	return ok && i.ConditionalJump() && i.Imm() >= 0 && i.AlwaysFits()
}

func (kind) Mutate(in *code.Inst, _ *rand.Rand, out []byte) {
	i, _ := in.Enc()
	i.Always(out)
}
