// Package dieinit is the fault type die-init: a life dies before its first instruction is done. The life before it is ended
// for that.
package dieinit

import (
	"math/rand/v2"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault"
)

type kind struct{ fault.NoCall }

// New is the type.
func New() fault.Strike { return kind{} }

func (kind) Name() string     { return "die-init" }
func (kind) Doc() string      { return "it dies as its life begins" }
func (kind) When() fault.When { return fault.AtBirth }

func (kind) Strike(v fault.Victim, _ *rand.Rand) (string, abi.Errno) {
	return "it dies as its life begins", v.Kill()
}
