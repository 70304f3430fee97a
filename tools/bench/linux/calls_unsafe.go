//go:build linux && amd64

package main

import (
	"syscall"
	"unsafe"
)

// transfer reads or writes all of b, without the Go scheduler's noticing.
func transfer(call uintptr, fd int, b []byte) bool {
	n, _, _ := syscall.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
	return int(n) == len(b)
}

// monotonic is the kernel's own clock in ns. It begins after the kernel has unpacked itself.
func monotonic() uint64 {
	const clock = 1 // CLOCK_MONOTONIC
	var t syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clock, uintptr(unsafe.Pointer(&t)), 0)
	return uint64(t.Nano())
}
