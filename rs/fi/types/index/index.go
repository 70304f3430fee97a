// Package index is the fault type index: an element beside the right one is taken, or the bound of an index is off by one.
//
// EDFI: corrupt-index, ±1. Sites are accesses to [base + index*scale + displacement], whose displacement becomes one element more or less, and
// comparisons with an immediate, which is what a bound that is a constant compiles to. A displacement that is not in the encoding cannot be
// changed without more bytes, and LEA with an index is arithmetic more often than not: both are no sites.
package index

import (
	"math/rand/v2"

	"bennu/rs/fi/code"
	"bennu/rs/fi/enc"
	"bennu/rs/fi/fault"
)

type kind struct{}

// New is the type.
func New() fault.Code { return kind{} }

func (kind) Name() string { return "index" }
func (kind) Doc() string  { return "an index, or the constant that bounds one, is off by one" }

// Applies takes indexed accesses with a displacement, and comparisons with an immediate.
func (kind) Applies(in *code.Inst) bool {
	s, ok := find(in)
	return ok && s.Possible()
}

func (kind) Mutate(in *code.Inst, r *rand.Rand, out []byte) {
	s, _ := find(in)
	s.Draw(r, out)
}

func find(in *code.Inst) (s enc.Step, ok bool) {
	i, ok := in.Enc()
	if !ok || i.Idle() {
		return s, false
	}
	if compares(i) {
		return i.ImmStep(), true
	}
	_, index, scale := i.Address()
	if index == enc.NoReg || i.DispLen == 0 || i.Map == enc.MapOne && i.Op == 0x8D {
		return s, false
	}
	return enc.Step{At: i.DispAt, Len: i.DispLen, Now: i.Disp(), By: 1 << scale, Signed: true}, true
}

// compares tells whether it is CMP with an immediate.
func compares(i *enc.Inst) bool {
	if i.Map != enc.MapOne {
		return false
	}
	return i.Op == 0x3C || i.Op == 0x3D || (i.Op == 0x80 || i.Op == 0x81 || i.Op == 0x83) && i.Reg() == 7
}
