// Package dierebirth is the fault type die-rebirth: two lives in a row die before their first instruction is done, as where what a
// life died of is still there when the next one begins.
package dierebirth

import (
	"math/rand/v2"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault"
)

type kind struct{ fault.NoCall }

// New is the type.
func New() fault.Strike { return kind{} }

func (kind) Name() string     { return "die-rebirth" }
func (kind) Doc() string      { return "its next life dies as it begins, too" }
func (kind) When() fault.When { return fault.AtBirth }

// Lives is fault.Births.
func (kind) Lives() int { return 2 }

func (kind) Strike(v fault.Victim, _ *rand.Rand) (string, abi.Errno) {
	return "two lives die as they begin", v.Kill()
}
