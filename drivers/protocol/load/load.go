// Package load is the protocol of the workload that runs while faults are injected, rs/load.
package load

import "bennu/kernel/abi"

const (
	// Run does operations on the victim, and checks each: Arg[0] how many, Arg[1] the limit of one in ns, Arg[2] a seed. It is answered when
	// they are done: Arg[1] Tally, Arg[2] the time in ns of the first one that was wrong or lost, Arg[3] which operation that was, Arg[4]: errors.
	Run abi.MsgType = 0xd00
	// Others does an operation on each other service that it knows: Arg[0] the limit of one in ns. → Arg[1] Tally, Arg[2] bits of those that failed, by their place in `others=`
	Others abi.MsgType = 0xd01
	// Stop ends a Run early; the Run is answered.
	Stop abi.MsgType = 0xd02
)

// Tally is four counts: operations that were right, answered with a definite error, wrong, not answered.
type Tally uint64

// MakeTally packs counts; each is at most 65535.
func MakeTally(right, errors, wrong, lost int) Tally {
	return Tally(clip(right) | clip(errors)<<16 | clip(wrong)<<32 | clip(lost)<<48)
}

func clip(n int) uint64 { return uint64(min(max(n, 0), 0xffff)) }

// Counts is the inverse of MakeTally.
func (t Tally) Counts() (right, errors, wrong, lost int) {
	return int(t & 0xffff), int(t >> 16 & 0xffff), int(t >> 32 & 0xffff), int(t >> 48)
}
