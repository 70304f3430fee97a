// Package diestop is the fault type die-stop: the victim dies when the reincarnation server has asked it to stop.
package diestop

import (
	"math/rand/v2"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault"
)

type kind struct{ fault.NoCall }

// New is the type.
func New() fault.Strike { return kind{} }

func (kind) Name() string     { return "die-stop" }
func (kind) Doc() string      { return "it dies when it is to stop" }
func (kind) When() fault.When { return fault.AtStop }

func (kind) Strike(v fault.Victim, _ *rand.Rand) (string, abi.Errno) {
	return "it dies when it is to stop", v.Kill()
}
