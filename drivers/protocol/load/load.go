// Package load is the protocol of the workload that runs while faults are injected: rs/load, or a program of a user's.
package load

import "bennu/kernel/abi"

const (
	// Run does operations on the victim, and checks each: Arg[0] how many, Arg[1] the limit of one in ns, Arg[2] a seed. One in whose middle
	// the victim dies is done again on its next life. It is answered when they are done, or with EBUSY: another Run goes on. → Arg[1] Tally, Arg[2] the
	// time in ns of the first that was wrong or lost, Arg[3] and its Place, Arg[4] the Place of the first that was answered with an
	// error, and its Errno, Arg[5] Ending
	Run abi.MsgType = 0xd00
	// Others does an operation on each service in `others=`, on the reincarnation server and the data store, and looks whether the kernel keeps
	// what it promises: Arg[0] the limit of one in ns. → Arg[1] Tally, Arg[2] Failed, Arg[3] the time in ns of the first that failed
	Others abi.MsgType = 0xd01
	// Stop ends a Run early; the Run is answered.
	Stop abi.MsgType = 0xd02
)

// Label is the label of the workload's service in a campaign on this victim. The shell's console is the workload itself.
func Label(victim string) string {
	if victim == "shell" {
		return "tty"
	}
	return "load"
}

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

// Place is where something went wrong in a Run.
type Place uint64

// MakePlace packs the number of an operation, from 0, the step of it, which each kind of victim numbers for itself, and an error number.
func MakePlace(operation uint32, step uint16, e abi.Errno) Place {
	return Place(uint64(operation) | uint64(step)<<32 | clip(int(e))<<48)
}

// Parts is the inverse of MakePlace.
func (p Place) Parts() (operation uint32, step uint16, e abi.Errno) {
	return uint32(p), uint16(p >> 32), abi.Errno(p >> 48)
}

// Why is why a Run ended.
type Why uint8

const (
	Done    Why = 0 // all operations are made
	Stopped Why = 1 // by Stop, or because the workload itself is to end
	Gone    Why = 2 // the victim died, and no next life came within the time that the workload waits
	Dying   Why = 3 // life after life died in one operation
	Unable  Why = 4 // the workload could not do what it should: this is no fault of the victim's
	Deaf    Why = 5 // several operations in a row had no answer
)

var whys = [...]string{"all operations are made", "it was stopped", "no next life came", "life after life died in one operation", "the workload could not go on", "several operations in a row had no answer"}

func (w Why) String() string {
	if int(w) < len(whys) {
		return whys[w]
	}
	return "?"
}

// Ending says how a Run ended.
type Ending uint64

// MakeEnding packs why a Run ended, an error number that says more of it, and how many times an operation was interrupted by a death of the victim.
func MakeEnding(why Why, e abi.Errno, interrupted int) Ending {
	return Ending(clip(interrupted) | uint64(why)<<16 | clip(int(e))<<24)
}

// Parts is the inverse of MakeEnding.
func (x Ending) Parts() (why Why, e abi.Errno, interrupted int) {
	return Why(x >> 16), abi.Errno(x >> 24), int(x & 0xffff)
}

// Failed is a set of what Others looked at. Bit n below MaxOthers is the n-th service of `others=`.
type Failed uint64

// MaxOthers is how many services `others=` may name.
const MaxOthers = 32

const (
	FailedRS     Failed = 1 << 32 // the reincarnation server's answers
	FailedStore  Failed = 1 << 33 // the data store's
	FailedFresh  Failed = 1 << 34 // memory that was touched for the first time held something
	FailedStale  Failed = 1 << 35 // a dead life's endpoint or grant was good for something
	FailedCounts Failed = 1 << 36 // hooks, ports, rows or windows are fewer than before
)
