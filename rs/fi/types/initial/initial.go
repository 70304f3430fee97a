// Package initial is the fault type init: a local variable is not initialised, and has what the stack had.
//
// MINIX: INIT_FAULT (swifi, type 3), MOV of an immediate to [EBP-x]; MINIX's tool looks for it in its own memory instead of the victim's, and takes the
// first one of a function. Here a site is a store to a local ([RSP+x] or [RBP+x], no index) of what the code itself says: an immediate, X15 in a
// Go program, where it is 0 by ABIInternal, or a register that straight code has just set to 0 (known in Go programs, where functions are).
//
// (The folder has another name than the type, which no file of Go could import.)
package initial

import (
	"math/rand/v2"

	"bennu/rs/fi/code"
	"bennu/rs/fi/enc"
	"bennu/rs/fi/fault"
)

type kind struct{}

// New is the type.
func New() fault.Code { return kind{} }

func (kind) Name() string { return "init" }
func (kind) Doc() string {
	return "a local variable is not initialised: the store of its first value is left out"
}

// Applies takes stores of constants to locals.
func (kind) Applies(in *code.Inst) bool {
	i, ok := in.Enc()
	if !ok {
		return false
	}
	base, index, _ := i.Address()
	if base != enc.RSP && base != enc.RBP || index != enc.NoReg {
		return false
	}
	switch {
	case i.Map == enc.MapOne && (i.Op == 0xC6 || i.Op == 0xC7):
		return true
	case i.Map == enc.MapOne && (i.Op == 0x88 && i.HasREX || i.Op == 0x89):
		return zeroed(in, i.RegNr())
	case i.Map == enc.Map0F && (i.Op == 0x11 || i.Op == 0x29 || i.Op == 0x7F && i.Form == enc.MR):
		return in.Func != nil && i.RegNr() == 15
	}
	return false
}

func (kind) Mutate(_ *code.Inst, _ *rand.Rand, out []byte) { enc.Fill(out) }

// zeroed tells whether a register was set to 0 close before the instruction. What precedes can be read from the begin of the function only, so it
// is not tried where the bytes of XOR are not there.
func zeroed(in *code.Inst, r byte) bool {
	const near = 32
	before := in.Before()
	xor := 0xC0 | r&7<<3 | r&7
	for n := max(1, len(before)-near); n < len(before); n++ {
		if before[n] == xor && before[n-1] == 0x31 {
			k, ok := enc.Behind(before)
			return ok && k.Is(r, 0)
		}
	}
	return false
}
