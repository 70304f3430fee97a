package usys

import "bennu/kernel/abi"

// Entropy fills b, at most abi.MaxEntropy bytes, with random bytes for keys. Errors: ECALLDENIED, EAGAIN (the processor
// has no generator, and too few interrupts have come since boot), E2BIG.
func (g Gate) Entropy(b []byte) abi.Errno {
	e, _ := g.call1(abi.CallEntropy, uint64(len(b)))
	if e == abi.OK {
		copy(b, g.area().Buf[:])
		clear(g.area().Buf[:len(b)])
	}
	return e
}

// SetClock sets what all tasks take for the date: unix is Unix time in ns at time 0 of the system clock. Errors:
// ECALLDENIED, EDOM.
func (g Gate) SetClock(unix uint64) abi.Errno {
	e, _ := g.call1(abi.CallSetClock, unix)
	return e
}

// Pending is the word that the kernel sets when something is left for the task (abi.CallArea).
func (g Gate) Pending() *uint32 { return &g.area().Pending }
