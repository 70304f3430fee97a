// Package flip changes a bit of a victim's memory, for faults that do so.
package flip

import (
	"strconv"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault"
)

// Bit flips a bit of the byte at va when the watch on it is on, so that it is known whether it is met. Errors: EFAULT (the page is not there),
// EBUSY (another fault's watch is on), EINVAL (no watch); nothing was changed then.
func Bit(v fault.Victim, va uint64, bit uint) (words string, e abi.Errno) {
	var b [1]byte
	if e := v.Read(va, b[:]); e != abi.OK {
		return Words(va, bit), e
	}
	if e := v.Watch(va, abi.TraceWatchAccess, 1); e != abi.OK {
		return Words(va, bit), e
	}
	return Unwatched(v, va, bit)
}

// Unwatched is Bit without a watch.
func Unwatched(v fault.Victim, va uint64, bit uint) (words string, e abi.Errno) {
	var b [1]byte
	e = v.Read(va, b[:])
	if e == abi.OK {
		b[0] ^= 1 << (bit & 7)
		e = v.Write(va, b[:])
	}
	return Words(va, bit), e
}

// Words names a bit.
func Words(va uint64, bit uint) string {
	return "bit " + strconv.Itoa(int(bit)) + " of the byte at 0x" + strconv.FormatUint(va, 16)
}
