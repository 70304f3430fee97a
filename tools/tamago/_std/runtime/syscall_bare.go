package runtime

import "unsafe"

// The system calls that package syscall still makes, by their Linux numbers.
// What is not served answers ENOSYS, which std takes for an old kernel.

const (
	sysRead      = 0
	sysWrite     = 1
	sysClose     = 3
	sysGetpid    = 39
	sysExit      = 60
	sysFcntl     = 72
	sysGetppid   = 110
	sysGettid    = 186
	sysExitGroup = 231
	sysGetrandom = 318

	bareEBADF  = 9
	bareEINVAL = 22
	bareENOSYS = 38
)

// syscall6 is where internal/runtime/syscall/linux.Syscall6 ends up. It runs
// between entersyscall and exitsyscall, where no stack may grow.
//
//go:nosplit
func syscall6(num, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2, errno uintptr) {
	switch num {
	case sysWrite:
		if a1 != 1 && a1 != 2 {
			return ^uintptr(0), 0, bareEBADF
		}
		n := min(a3, 1<<30)
		return uintptr(write1(a1, unsafe.Pointer(a2), int32(n))), 0, 0
	case sysRead, sysClose:
		if a1 > 2 {
			return ^uintptr(0), 0, bareEBADF
		}
		return 0, 0, 0 // end of file; closed
	case sysFcntl:
		return bareFcntl(a1, a2)
	case sysGetrandom:
		bareRandom(unsafe.Pointer(a1), a2)
		return a2, 0, 0
	case sysGetpid, sysGettid:
		return 1, 0, 0
	case sysGetppid:
		return 0, 0, 0
	case sysExit, sysExitGroup:
		exit(int32(a1))
	}
	return ^uintptr(0), 0, bareENOSYS
}

// bareFcntl answers the questions that os asks about its three files.
//
//go:nosplit
func bareFcntl(fd, cmd uintptr) (r1, r2, errno uintptr) {
	const getFD, setFD, getFL, setFL, rdwr = 1, 2, 3, 4, 2
	switch {
	case fd > 2:
		return ^uintptr(0), 0, bareEBADF
	case cmd == getFL:
		return rdwr, 0, 0
	case cmd == getFD, cmd == setFD, cmd == setFL:
		return 0, 0, 0
	}
	return ^uintptr(0), 0, bareEINVAL
}

//go:nosplit
func fcntl(fd, cmd, arg int32) (ret int32, errno int32) {
	r, _, e := bareFcntl(uintptr(uint32(fd)), uintptr(cmd))
	return int32(r), int32(e)
}

// bareTimeofday fills a syscall.Timeval.
//
//go:nosplit
func bareTimeofday(tv *[2]int64) {
	sec, nsec := walltime()
	tv[0], tv[1] = sec, int64(nsec)/1000
}

//go:linkname syscall_runtime_doAllThreadsSyscall syscall.runtime_doAllThreadsSyscall
//go:uintptrescapes
func syscall_runtime_doAllThreadsSyscall(trap, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2, err uintptr) {
	return ^uintptr(0), 0, bareENOSYS
}
