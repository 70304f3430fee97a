// Package flipbool is the fault type flip-bool: a truth value is the wrong one, as by a ! too many.
//
// EDFI: flip-bool. What machine code shows of truth values is SETcc; a value that is used in a condition only never exists as one, and its fault is
// type loop.
package flipbool

import (
	"math/rand/v2"

	"bennu/rs/fi/code"
	"bennu/rs/fi/enc"
	"bennu/rs/fi/fault"
)

type kind struct{}

// New is the type.
func New() fault.Code { return kind{} }

func (kind) Name() string { return "flip-bool" }
func (kind) Doc() string  { return "a truth value is inverted (SETcc)" }

// Applies takes SETcc.
func (kind) Applies(in *code.Inst) bool {
	i, ok := in.Enc()
	return ok && i.Map == enc.Map0F && i.Op&0xF0 == 0x90
}

func (kind) Mutate(in *code.Inst, _ *rand.Rand, out []byte) {
	i, _ := in.Enc()
	out[i.OpAt] ^= 1
}
