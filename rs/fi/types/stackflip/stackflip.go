// Package stackflip is the fault type stack-flip: one bit of the stack that is in use changes.
//
// The bit is drawn among those from RSP up to the stack's end, at most a page. Where the end is is known in a Go program, whose goroutine is found
// by the FS base; in others the stack is taken for a page, or what there is of it. The fault is activated when the bit is met. While the
// processor's watch is on another fault's bit, that is not known: it counts from when it was made, and its words say so.
package stackflip

import (
	"encoding/binary"
	"math/rand/v2"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault"
	"bennu/rs/fi/flip"
)

type kind struct{ fault.NoCall }

// New is the type.
func New() fault.Strike { return kind{} }

func (kind) Name() string     { return "stack-flip" }
func (kind) Doc() string      { return "a bit of the stack in use changes" }
func (kind) When() fault.When { return fault.AtSite }

func (kind) Strike(v fault.Victim, r *rand.Rand) (string, abi.Errno) {
	from, to := stack(v)
	if from >= to {
		return "rsp points at no stack", abi.EFAULT
	}
	va, bit := from+r.Uint64N(to-from), uint(r.IntN(8))
	words, e := flip.Bit(v, va, bit)
	if e == abi.EBUSY || e == abi.EINVAL {
		words, e = flip.Unwatched(v, va, bit)
		words += ", not watched"
	}
	return words, e
}

// regSP is its place in abi.Registers.GPR.
const regSP = 4

// stack is what is looked at of the stack in use; empty: there is none.
func stack(v fault.Victim) (from, to uint64) {
	from = v.Regs().GPR[regSP]
	for _, a := range v.Areas() {
		if from >= a.Start && from < a.End && a.Rights&abi.AreaWrite != 0 {
			to = min(a.End, from+abi.PageSize)
		}
	}
	if to == 0 {
		return 0, 0
	}
	to = goEnd(v, from, to)
	there := make([]byte, to-from)
	if v.Read(from, there) == abi.OK {
		return from, to
	}
	to = min(to, (from|(abi.PageSize-1))+1)
	if v.Read(from, there[:to-from]) != abi.OK {
		return 0, 0
	}
	return from, to
}

// goEnd is the end of a goroutine's stack, if it is before to. The run-time has the address of the goroutine's g in the word before the FS base,
// and g begins with the bounds of its stack.
func goEnd(v fault.Victim, sp, to uint64) uint64 {
	var word [8]byte
	var bounds [16]byte
	if v.Read(v.Regs().FSBase-8, word[:]) != abi.OK || v.Read(binary.LittleEndian.Uint64(word[:]), bounds[:]) != abi.OK {
		return to
	}
	low, high := binary.LittleEndian.Uint64(bounds[:]), binary.LittleEndian.Uint64(bounds[8:])
	if low < sp && sp < high {
		return min(to, high)
	}
	return to
}
