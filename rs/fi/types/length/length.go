// Package length is the fault type length: more is copied or cleared than there is room for, by one byte up to twice as much.
//
// EDFI: buffer-overflow, n becomes n+1 up to 2n in memcpy, memmove, memset; MINIX: BCOPY_FAULT (type 10), which needs a hook in the copying
// function and is not linked in. Here the length is an immediate that is moved to where it is used, straight code away: RCX before REP MOVS or
// REP STOS, and in a Go program RCX before runtime.memmove, RBX before runtime.memclrNoHeapPointers. A length that is computed, and a call by C, whose
// functions have no names in a stripped file, are no sites.
package length

import (
	"math/rand/v2"

	"bennu/rs/fi/code"
	"bennu/rs/fi/enc"
	"bennu/rs/fi/fault"
)

// ahead is how far is looked, in instructions.
const ahead = 12

type kind struct{}

// New is the type.
func New() fault.Code { return kind{} }

func (kind) Name() string { return "length" }
func (kind) Doc() string  { return "a copy or a clearing is too long: n + 1 to 2n" }

// Applies takes MOV of a length.
func (kind) Applies(in *code.Inst) bool {
	i, ok := in.Enc()
	if !ok || i.Map != enc.MapOne || i.DataSize {
		return false
	}
	var r byte
	switch {
	case i.Op >= 0xB8 && i.Op <= 0xBF:
		r = i.OpReg()
	case i.Op == 0xC7 && !i.Memory():
		r = i.RMNr()
	default:
		return false
	}
	n := i.Imm()
	return n > 0 && enc.Fits(2*n, min(i.ImmLen, 4)) && used(in, r)
}

// Mutate draws uniformly among the longer lengths.
func (kind) Mutate(in *code.Inst, r *rand.Rand, out []byte) {
	i, _ := in.Enc()
	n := i.Imm()
	enc.Put(out[i.ImmAt:i.ImmAt+i.ImmLen], n+1+r.Int64N(n))
}

// used tells whether the register is the length of something.
func used(in *code.Inst, r byte) bool {
	after := in.After()
	rest := in.Addr + uint64(len(in.Bytes)) // address of after
	pos := uint64(0)
	found := false
	enc.Until(after, ahead, 1<<r, func(i *enc.Inst, e *enc.Effect) bool {
		pos += uint64(len(i.Bytes))
		if e.Flow != enc.Call {
			return false
		}
		if i.Op == 0xE8 {
			found = length(in.Callee(rest+pos+uint64(i.Imm())), r)
		}
		return true
	})
	return found || r == enc.RCX && repeats(after)
}

// length tells whether a register is the length that a function has as parameter.
func length(name string, r byte) bool {
	switch name {
	case "runtime.memmove":
		return r == enc.RCX
	case "runtime.memclrNoHeapPointers":
		return r == enc.RBX
	}
	return false
}

// repeats tells whether straight code leads to REP MOVS or REP STOS.
func repeats(b []byte) bool {
	for range ahead {
		i, ok := enc.Parse(b)
		if !ok {
			return false
		}
		if i.Map == enc.MapOne && i.Rep != 0 && (i.Op&^1 == 0xA4 || i.Op&^1 == 0xAA) {
			return true
		}
		e, ok := i.Effect()
		if !ok || e.Flow != enc.Next || e.Writes.Has(enc.RCX) {
			return false
		}
		b = b[len(i.Bytes):]
	}
	return false
}
