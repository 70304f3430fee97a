// Package outcome is what a fault can come to, in words that docs/FAULTS.md defines.
package outcome

// Outcome is what came of a block of faults.
type Outcome uint8

const (
	NotActivated   Outcome = iota // no faulty instruction was reached, nothing struck
	Masked                        // at least the plan's number of operations were checked, all right
	Recovered                     // the victim died, the next life works
	RecoveredLate                 // several lives died before one worked
	RecoveredCold                 // only a life that began cold worked
	GaveUp                        // RS gave the victim up
	Reported                      // it lives, and answers with definite errors
	SilentLoss                    // it lives for RS, and operations are not answered
	Corruption                    // it lives, and an answer was wrong
	Collateral                    // another service died, or an operation of another one failed
	MachineHang                   // no event of the machine within the limit
	KernelCrash                   // the kernel panicked, or the machine was reset
	Lie                           // the kernel's or RS's word was wrong: a damaged image or snapshot, counts that differ, a death without its record
	InjectorError                 // the injector could not do what the plan says, or did another thing
	Infrastructure                // QEMU, a full disk, the host
	Outcomes
)
