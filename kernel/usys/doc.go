// Package usys is the ring-3 end of the gate: a Gate has a method for each kernel call. What a call looks like (which
// registers, what of the call page) is written here and nowhere else; below that a Gate traps, in a task, and calls a
// simulated kernel on the host (Kernel), so that the SDK, the reincarnation server and their tests run the same code.
//
// A task has one call page (abi.CallArea) and one thread. A method fills the page, traps
// and empties the page without a point at which another goroutine could run, so that
// goroutines of one task may all use it. A call that blocks blocks the whole task.
package usys
