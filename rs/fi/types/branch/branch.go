// Package branch is the fault type branch: a conditional jump is never taken, or a repeated string instruction is done once, as by an `if` that
// was forgotten.
//
// MINIX: BRANCH_FAULT (swifi, type 7), EDFI: stuck-at-branch, not taken. MINIX takes the first such instruction of a function, again and again, and
// any byte F2 or F3 for a repetition. Here REP is left out only of string instructions; in SSE instructions and before RET it is none.
package branch

import (
	"math/rand/v2"

	"bennu/rs/fi/code"
	"bennu/rs/fi/enc"
	"bennu/rs/fi/fault"
)

type kind struct{}

// New is the type.
func New() fault.Code { return kind{} }

func (kind) Name() string { return "branch" }
func (kind) Doc() string  { return "a conditional jump is never taken, or a repetition is left out" }

// Applies takes Jcc, LOOP, LOOPcc, JRCXZ, and string instructions with REP.
func (kind) Applies(in *code.Inst) bool {
	i, ok := in.Enc()
	return ok && (i.ConditionalJump() || repeats(i))
}

func repeats(i *enc.Inst) bool {
	if i.Map != enc.MapOne || i.Rep == 0 {
		return false
	}
	return i.Op >= 0xA4 && i.Op <= 0xA7 || i.Op >= 0xAA && i.Op <= 0xAF || i.Op >= 0x6C && i.Op <= 0x6F
}

// Mutate puts the NOP for REP before what other prefixes there are, since one between them would take the others from the instruction.
func (kind) Mutate(in *code.Inst, _ *rand.Rand, out []byte) {
	i, _ := in.Enc()
	if i.ConditionalJump() {
		enc.Fill(out)
		return
	}
	at := 0
	for n, c := range in.Bytes {
		if n >= i.OpAt || c != 0xF2 && c != 0xF3 {
			continue
		}
		copy(out[at+1:n+1], out[at:n])
		out[at] = 0x90
		at++
	}
}
