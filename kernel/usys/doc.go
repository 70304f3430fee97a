// Package usys is the ring-3 end of the gate: one stub a call. Everything here runs
// in tasks only; what can be tested on the host stands behind interfaces in its users.
//
// A task has one call page (abi.CallArea) and one thread. A stub fills the page, traps
// and empties the page without a point at which another goroutine could run, so that
// goroutines of one task may all use it. A call that blocks blocks the whole task.
package usys
