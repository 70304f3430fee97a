// Package pointer is the fault type pointer: an instruction reaches memory at a wrong address, as by a pointer that was not set, or was computed wrongly.
//
// MINIX: PTR_FAULT (swifi, type 8): one of the low four bits of ModRM, of which one is the other operand's, or any bit behind it, the
// immediate's too; and no instruction with mod 0, so no access without a displacement. Here it is a bit of what makes the address, and of
// nothing else: base and index register, scale, displacement. Those that would make the instruction shorter or longer are left out: it
// stays the same instruction with a wrong address.
//
// Locals are left out as in MINIX (there those by EBP, here those by RSP or RBP without an index). So are globals, whose address relative to
// RIP the linker has written: no pointer of the program is wrong there; type source and destination change those. LEA counts: it makes pointers.
package pointer

import (
	"math/rand/v2"

	"bennu/rs/fi/code"
	"bennu/rs/fi/enc"
	"bennu/rs/fi/fault"
)

type kind struct{}

// New is the type.
func New() fault.Code { return kind{} }

func (kind) Name() string { return "pointer" }
func (kind) Doc() string {
	return "an access to memory has a wrong address: one bit of base, index, scale or displacement is flipped"
}

// Applies takes instructions with an operand in memory whose address the program computes.
func (kind) Applies(in *code.Inst) bool {
	i, ok := in.Enc()
	if !ok || i.Idle() {
		return false
	}
	base, index, _ := i.Address()
	if index == enc.NoReg && (base == enc.RSP || base == enc.RBP) {
		return false
	}
	m := i.Pointer()
	return m.Count() > 0
}

func (kind) Mutate(in *code.Inst, r *rand.Rand, out []byte) {
	i, _ := in.Enc()
	m := i.Pointer()
	m.Flip(r, out)
}
