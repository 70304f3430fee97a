// Package stop is the fault type stop: a breakpoint was left in the code, and nobody waits for it.
//
// MINIX: STOP_FAULT (newest swifi, type 50), a breakpoint byte at the instruction; here NOPs behind it fill the instruction up. A site waits for
// its fault with a breakpoint, too: the injector tells them apart by what it has written there. The first one at a site is its own; when the
// faulty bytes are in their place, a breakpoint at the site is the victim's exception, and the injector passes it on.
package stop

import (
	"math/rand/v2"

	"bennu/rs/fi/code"
	"bennu/rs/fi/enc"
	"bennu/rs/fi/fault"
)

type kind struct{}

// New is the type.
func New() fault.Code { return kind{} }

func (kind) Name() string { return "stop" }
func (kind) Doc() string  { return "a breakpoint stands where an instruction was" }

// Applies takes every instruction.
func (kind) Applies(in *code.Inst) bool { return code.Program(in.Bytes) }

func (kind) Mutate(_ *code.Inst, _ *rand.Rand, out []byte) { enc.Fill(out, 0xCC) }
