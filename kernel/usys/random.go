//go:build tamago

package usys

import "bennu/kernel/abi"

// Entropy fills b, at most abi.MaxEntropy bytes, with random bytes for keys. Errors: ECALLDENIED, EAGAIN (the processor
// has no generator, and too few interrupts have come since boot), E2BIG.
func Entropy(b []byte) abi.Errno {
	e, _ := raw1(uint64(abi.CallEntropy), uint64(len(b)))
	if abi.Errno(e) == abi.OK {
		copy(b, area().Buf[:])
		clear(area().Buf[:len(b)])
	}
	return abi.Errno(e)
}

// SetClock sets what all tasks take for the date: unix is Unix time in ns at time 0 of the system clock. Errors:
// ECALLDENIED, EDOM.
func SetClock(unix uint64) abi.Errno {
	e, _ := raw1(uint64(abi.CallSetClock), unix)
	return abi.Errno(e)
}
