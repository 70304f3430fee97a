//go:build linux && amd64

package main

import (
	"sync/atomic"
	"syscall"
	"unsafe"
)

// transfer reads or writes all of b, without the Go scheduler's noticing.
func transfer(call uintptr, fd int, b []byte) bool {
	n, _, _ := syscall.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
	return int(n) == len(b)
}

// Operations of futex(2), and calls without a function in package syscall.
const (
	futexWait, futexWake = 0, 1
	callMemfd            = 319
	callEventfd          = 290
)

// word is the n-th 32-bit word of shared memory.
func word(b []byte, n int) *atomic.Uint32 { return (*atomic.Uint32)(unsafe.Pointer(&b[4*n])) }

// wake changes a word and wakes who waits for that.
func wake(w *atomic.Uint32) {
	w.Add(1)
	syscall.RawSyscall(syscall.SYS_FUTEX, uintptr(unsafe.Pointer(w)), futexWake, 1)
}

// await returns when a word is no longer what it was.
func await(w *atomic.Uint32, was uint32) {
	for w.Load() == was {
		syscall.RawSyscall6(syscall.SYS_FUTEX, uintptr(unsafe.Pointer(w)), futexWait, uintptr(was), 0, 0, 0)
	}
}

// memory makes a file of one page that processes share.
func memory() int {
	name := []byte("shared\x00")
	fd, _, e := syscall.RawSyscall(callMemfd, uintptr(unsafe.Pointer(&name[0])), 0, 0)
	if e != 0 {
		panic(e)
	}
	must(syscall.Ftruncate(int(fd), 4096))
	return int(fd)
}

func eventfd() int {
	fd, _, e := syscall.RawSyscall(callEventfd, 0, 0, 0)
	if e != 0 {
		panic(e)
	}
	return int(fd)
}

// unhandled has the kernel end this process at a signal.
func unhandled(s syscall.Signal) {
	var none [4]uint64 // struct sigaction: SIG_DFL
	syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(s), uintptr(unsafe.Pointer(&none[0])), 0, 8, 0, 0)
}
