// Package dietwo is the fault type die-two: the victim and another service die at once.
//
// The death of the other one, whose label is in the fault's words, is no collateral: it was killed, too.
package dietwo

import (
	"math/rand/v2"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault"
)

type kind struct{ fault.NoCall }

// New is the type.
func New() fault.Strike { return kind{} }

func (kind) Name() string     { return "die-two" }
func (kind) Doc() string      { return "it and another service die at once" }
func (kind) When() fault.When { return fault.AtOnce }

func (kind) Strike(v fault.Victim, _ *rand.Rand) (string, abi.Errno) {
	other, e := v.KillAnother()
	switch {
	case other == "":
		return "no other service", e
	case e != abi.OK:
		return "with " + other, e
	}
	return "with " + other, v.Kill()
}
