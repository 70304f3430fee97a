// Package hang is the fault type hang: the victim goes round in a loop of one instruction, and makes no call.
package hang

import (
	"math/rand/v2"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault"
)

type kind struct{ fault.NoCall }

// New is the type.
func New() fault.Strike { return kind{} }

func (kind) Name() string     { return "hang" }
func (kind) Doc() string      { return "an endless loop without calls" }
func (kind) When() fault.When { return fault.AtSite }

// Source: Intel SDM Vol. 2A, "JMP—Jump": EB cb, relative to the next instruction.
var itself = []byte{0xEB, 0xFE}

func (kind) Strike(v fault.Victim, _ *rand.Rand) (string, abi.Errno) {
	return "a jump to itself", v.Jump(itself)
}
