// Package irqlost is the fault type irq-lost: the next one to three interrupts of one of the victim's lines do not come.
//
// It counts as activated when the line is made deaf: the kernel does not tell when an interrupt is lost.
package irqlost

import (
	"math/rand/v2"
	"strconv"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault"
)

type kind struct{ fault.NoCall }

// New is the type.
func New() fault.Strike { return kind{} }

func (kind) Name() string     { return "irq-lost" }
func (kind) Doc() string      { return "interrupts are lost" }
func (kind) When() fault.When { return fault.AtOnce }

// most is how many interrupts are lost at most.
const most = 3

func (kind) Strike(v fault.Victim, r *rand.Rand) (string, abi.Errno) {
	lines := v.Lines()
	if len(lines) == 0 {
		return "no interrupt line", abi.ESRCH
	}
	line, n := lines[r.IntN(len(lines))], 1+r.Uint64N(most)
	return "the next " + strconv.FormatUint(n, 10) + " of line " + strconv.Itoa(int(line)), v.Lose(line, n)
}
