// Package outcome is what a block of faults can come to. docs/FAULTS.md has the same definitions; a test compares the words.
package outcome

// Outcome is what came of a block of faults.
type Outcome uint8

// The order is part of the record's format.
const (
	NotActivated   Outcome = iota // no faulty instruction was reached, nothing struck
	Masked                        // at least as many operations as the plan says were checked, and all were right
	Recovered                     // the victim died, and its next life works
	RecoveredLate                 // more than one life died before one worked
	RecoveredCold                 // lives that began warm did not come up; one that began cold works
	GaveUp                        // the reincarnation server gave the victim up
	Reported                      // it lives, and answers operations with definite errors
	SilentLoss                    // it lives for the reincarnation server, and does not answer operations
	Corruption                    // an answer was wrong
	Collateral                    // another service died, or an operation of another one was wrong or lost
	MachineHang                   // nothing more came from the machine
	KernelCrash                   // the kernel panicked, or the machine was reset
	Lie                           // the kernel's or the reincarnation server's word was wrong
	InjectorError                 // the injector did not do what the plan says
	Infrastructure                // QEMU, the disk, the host
	Persistent                    // of a victim whose lives leave each other something: a life without faults does not work either
	Outcomes
)

var words = [Outcomes]string{
	NotActivated: "not-activated", Masked: "masked", Recovered: "recovered", RecoveredLate: "recovered-late", RecoveredCold: "recovered-cold",
	GaveUp: "gave-up", Reported: "reported", SilentLoss: "silent-loss", Corruption: "corruption", Collateral: "collateral",
	MachineHang: "machine-hang", KernelCrash: "kernel-crash", Lie: "lie", InjectorError: "injector-error", Infrastructure: "infrastructure",
	Persistent: "persistent",
}

func (o Outcome) String() string {
	if o < Outcomes {
		return words[o]
	}
	return "?"
}

// Parse is the inverse of String; ok is false for an unknown word.
func Parse(s string) (o Outcome, ok bool) {
	for i, w := range words {
		if w == s {
			return Outcome(i), true
		}
	}
	return 0, false
}

// Bad tells whether o is a fault of the machine: what it promises not to happen, whatever a service does.
func (o Outcome) Bad() bool {
	return o == GaveUp || o == Collateral || o == MachineHang || o == KernelCrash || o == Lie || o == Persistent
}

// Seen is what the injector saw in a block.
type Seen struct {
	Activated int  // faults
	Deaths    int  // of the victim
	Cold      bool // the last of its lives began without the snapshot that those before it had
	Works     bool // operations on the last life were right
	GaveUp    bool
	Errors    int // operations that were answered with a definite error, while it lived
	Wrong     int
	Lost      int

	Collateral, Persistent, Lie, Injector bool
}

// Outcome is the worst that applies to what was seen.
func (s *Seen) Outcome() Outcome {
	switch {
	case s.Injector:
		return InjectorError
	case s.Lie:
		return Lie
	case s.Persistent:
		return Persistent
	case s.Collateral:
		return Collateral
	case s.GaveUp:
		return GaveUp
	case s.Wrong > 0:
		return Corruption
	case s.Deaths > 0 && !s.Works, s.Deaths == 0 && s.Lost > 0:
		return SilentLoss
	case s.Deaths > 0 && s.Cold:
		return RecoveredCold
	case s.Deaths > 1:
		return RecoveredLate
	case s.Deaths == 1:
		return Recovered
	case s.Errors > 0:
		return Reported
	case s.Activated == 0:
		return NotActivated
	}
	return Masked
}
