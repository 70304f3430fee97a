// Package memory is the fault type memory: the victim may have no more pages than it has, or one or two more. The page that it then needs is its
// end.
//
// The ceiling is lifted when the life ends: the next one has what system.conf gives it.
package memory

import (
	"math/rand/v2"
	"strconv"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault"
)

type kind struct{ fault.NoCall }

// New is the type.
func New() fault.Strike { return kind{} }

func (kind) Name() string     { return "memory" }
func (kind) Doc() string      { return "there is no more memory" }
func (kind) When() fault.When { return fault.AtOnce }

// more is how many pages it may get at most.
const more = 2

func (kind) Strike(v fault.Victim, r *rand.Rand) (string, abi.Errno) {
	has := v.Pages()
	if has == 0 { // as a ceiling it would be none
		return "it has no pages", abi.ESRCH
	}
	n := r.Uint64N(more + 1)
	return "no more than " + strconv.FormatUint(n, 10) + " pages beside the " + strconv.FormatUint(has, 10) + " that it has", v.Ceiling(has + n)
}
