// Package nostore is the fault type no-store: a variable keeps its old value, as by an assignment that was forgotten.
//
// EDFI: no-store. Sites are the instructions that only store: MOV, SETcc and the moves of SSE registers to memory. An instruction that computes in
// memory (ADD to memory) sets flags, too, which the program may look at; to leave it out is type nop.
package nostore

import (
	"math/rand/v2"

	"bennu/rs/fi/code"
	"bennu/rs/fi/enc"
	"bennu/rs/fi/fault"
)

type kind struct{}

// New is the type.
func New() fault.Code { return kind{} }

func (kind) Name() string { return "no-store" }
func (kind) Doc() string  { return "a store is left out: memory keeps its old value" }

// Applies takes moves to memory.
func (kind) Applies(in *code.Inst) bool {
	i, ok := in.Enc()
	if !ok {
		return false
	}
	if i.Form == enc.MoffsS {
		return true
	}
	if !i.Memory() || i.Form != enc.MR && i.Form != enc.MI && i.Form != enc.M {
		return false
	}
	switch i.Map {
	case enc.MapOne:
		return i.Op == 0x88 || i.Op == 0x89 || i.Op == 0xC6 || i.Op == 0xC7
	case enc.Map0F:
		switch i.Op {
		case 0x11, 0x13, 0x17, 0x29, 0x2B, 0x7E, 0x7F, 0xC3, 0xD6, 0xE7:
			return true
		}
		return i.Op&0xF0 == 0x90
	}
	return false
}

func (kind) Mutate(_ *code.Inst, _ *rand.Rand, out []byte) { enc.Fill(out) }
