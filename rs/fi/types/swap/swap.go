// Package swap is the fault type swap: the operands of a comparison are exchanged, as by a < b for b < a.
//
// EDFI: swap, of any operator that is not commutative. In no more bytes machine code can exchange the operands of CMP, in registers and in memory, and of UCOMIS and
// COMIS in registers. SUB would put its result into the other operand, too, and is none.
package swap

import (
	"math/rand/v2"

	"bennu/rs/fi/code"
	"bennu/rs/fi/enc"
	"bennu/rs/fi/fault"
)

type kind struct{}

// New is the type.
func New() fault.Code { return kind{} }

func (kind) Name() string { return "swap" }
func (kind) Doc() string  { return "the operands of a comparison are exchanged" }

// Applies takes comparisons of two operands that are not the same.
func (kind) Applies(in *code.Inst) bool {
	i, ok := in.Enc()
	if !ok || !i.Memory() && i.RegNr() == i.RMNr() {
		return false
	}
	return compares(i) || floats(i)
}

func compares(i *enc.Inst) bool { return i.Map == enc.MapOne && i.Op >= 0x38 && i.Op <= 0x3B }

// floats tells whether it is UCOMIS or COMIS of two registers; a register that needs a bit of REX has the prefix.
func floats(i *enc.Inst) bool {
	return i.Map == enc.Map0F && (i.Op == 0x2E || i.Op == 0x2F) && !i.Memory()
}

func (kind) Mutate(in *code.Inst, _ *rand.Rand, out []byte) {
	i, _ := in.Enc()
	if compares(i) { // to and from register
		out[i.OpAt] ^= 2
		return
	}
	out[i.ModRMAt] = 0xC0 | i.RM()<<3 | i.Reg()
	if i.HasREX {
		out[i.RexAt] = i.REX&^5 | i.REX&4>>2 | i.REX&1<<2
	}
}
