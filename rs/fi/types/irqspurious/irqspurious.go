// Package irqspurious is the fault type irq-spurious: the victim is told of an interrupt that its device has not made.
package irqspurious

import (
	"math/rand/v2"
	"strconv"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault"
)

type kind struct{ fault.NoCall }

// New is the type.
func New() fault.Strike { return kind{} }

func (kind) Name() string     { return "irq-spurious" }
func (kind) Doc() string      { return "an interrupt comes that the device has not made" }
func (kind) When() fault.When { return fault.AtOnce }

func (kind) Strike(v fault.Victim, r *rand.Rand) (string, abi.Errno) {
	lines := v.Lines()
	if len(lines) == 0 {
		return "no interrupt line", abi.ESRCH
	}
	line := lines[r.IntN(len(lines))]
	return "line " + strconv.Itoa(int(line)), v.Raise(line)
}
