// Package nop is the fault type nop: an instruction is left out, as a statement is that was forgotten.
//
// MINIX: NOP_FAULT (swifi, type 4; "elide instruction"). As there, NOPs of one byte stand in its place. What does nothing (NOPs of any
// length, ENDBR64, PAUSE, prefetches) is no site here: to leave it out would be counted as masked.
package nop

import (
	"math/rand/v2"

	"bennu/rs/fi/code"
	"bennu/rs/fi/enc"
	"bennu/rs/fi/fault"
)

type kind struct{}

// New is the type.
func New() fault.Code { return kind{} }

func (kind) Name() string { return "nop" }
func (kind) Doc() string  { return "an instruction is left out" }

// Applies takes every instruction that does something, those with VEX too.
func (kind) Applies(in *code.Inst) bool {
	i, ok := in.Enc()
	return code.Program(in.Bytes) && !(ok && i.Idle())
}

func (kind) Mutate(_ *code.Inst, _ *rand.Rand, out []byte) { enc.Fill(out) }
