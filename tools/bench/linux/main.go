//go:build linux && amd64

// linux is the part in Go of what the first process (c/init.c) does on a Linux that boots in the same QEMU, with the
// same flags: the work that bennu's benchmark does, with its figures in the same lines. It is also the child in Go, which keeps
// to c/child.h. `bench -linux VMLINUZ` builds all of it, packs it as an initial RAM disk and boots it.
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"bennu/board/x86"
)

const (
	many = 2000
	size = 64 // bytes of a message
)

// c/child.h has these numbers.
const (
	childIn, childOut, childStamp      = 3, 4, 5
	childReady, childEcho, childFaults = 'r', 'e', 'f'
)

func main() {
	runtime.LockOSThread()
	switch role := strings.Join(os.Args[1:], " "); role {
	case "":
		child()
	case "bench":
		base := null()
		for _, w := range ways {
			w.measure(base)
		}
	default:
		for _, w := range ways {
			if w.role == role {
				w.serve()
			}
		}
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func say(name string, s []uint64, base uint64) {
	slices.Sort(s)
	n := len(s)
	fmt.Printf("{\"figure\":%q,\"n\":%d,\"min\":%d,\"median\":%d,\"p99\":%d,\"max\":%d}\n", name, n, s[0]-base, s[n/2]-base, s[min(n-1, n*99/100)]-base, s[n-1]-base)
}

// null measures a system call that does nothing, and tells what measuring costs.
func null() (base uint64) {
	s := make([]uint64, many)
	for i := range s {
		start := x86.TSC()
		s[i] = x86.TSC() - start
	}
	base = slices.Min(s)
	for i := range s {
		start := x86.TSC()
		syscall.RawSyscall(syscall.SYS_GETPPID, 0, 0, 0)
		s[i] = x86.TSC() - start
	}
	say("getppid, Go", s, base)
	return base
}

// child is the child of c/child.h.
func child() {
	b := []byte{childReady}
	for transfer(syscall.SYS_WRITE, childOut, b) && transfer(syscall.SYS_READ, childIn, b) && b[0] != childFaults {
	}
	if b[0] == childFaults {
		unhandled(syscall.SIGSEGV) // the runtime's own handler would print a trace and exit
		stamp := mapped()
		stamp[0] = 0 // the page is there before the counter is read
		binary.LittleEndian.PutUint64(stamp, x86.TSC())
		var p *int
		*p = 1
	}
}

// mapped is the shared memory.
func mapped() []byte {
	b, err := syscall.Mmap(childStamp, 0, 4096, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	must(err)
	return b
}

// way is a way for two processes to talk.
type way struct {
	role, name string
	files      func() (in, out, mine, theirs int) // in and out are the other process's
	ping       func(mine, theirs int, b, shared []byte)
	pong       func(b, shared []byte)
}

var ways = []way{
	{"pipe", "pipe, 64 bytes", pipes, func(mine, theirs int, b, _ []byte) {
		transfer(syscall.SYS_WRITE, mine, b)
		transfer(syscall.SYS_READ, theirs, b)
	}, func(b, _ []byte) {
		transfer(syscall.SYS_READ, childIn, b)
		transfer(syscall.SYS_WRITE, childOut, b)
	}},
	{"eventfd", "eventfd, 8 bytes", events, func(mine, theirs int, b, _ []byte) {
		transfer(syscall.SYS_WRITE, mine, b[:eventBytes])
		transfer(syscall.SYS_READ, theirs, b[:eventBytes])
	}, func(b, _ []byte) {
		transfer(syscall.SYS_READ, childIn, b[:eventBytes])
		transfer(syscall.SYS_WRITE, childOut, b[:eventBytes])
	}},
	{"futex", "futex, 64 bytes in shared memory", pipes, func(_, _ int, b, shared []byte) {
		was := word(shared, answered).Load()
		copy(shared[size:], b)
		wake(word(shared, asked))
		await(word(shared, answered), was)
		copy(b, shared[size:])
	}, func(_, shared []byte) {
		await(word(shared, asked), turn)
		turn++
		wake(word(shared, answered))
	}},
}

const (
	eventBytes      = 8
	asked, answered = 0, 1 // words of the shared memory
)

// turn is how often the other process has answered.
var turn uint32

func pipes() (in, out, mine, theirs int) {
	var to, from [2]int
	must(syscall.Pipe2(to[:], syscall.O_CLOEXEC))
	must(syscall.Pipe2(from[:], syscall.O_CLOEXEC))
	return to[0], from[1], to[1], from[0]
}

func events() (in, out, mine, theirs int) {
	to, from := eventfd(), eventfd()
	return to, from, to, from
}

// serve is the other process.
func (w *way) serve() {
	b, shared := make([]byte, size), mapped()
	for {
		w.pong(b, shared)
	}
}

// measure starts this program again in the way's role and measures from before a message to after its answer.
func (w *way) measure(base uint64) {
	in, out, mine, theirs := w.files()
	m := memory()
	pid, err := syscall.ForkExec("/go", []string{"go", w.role}, &syscall.ProcAttr{Files: []uintptr{0, 1, 2, uintptr(in), uintptr(out), uintptr(m)}})
	must(err)
	shared, err := syscall.Mmap(m, 0, 4096, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	must(err)
	b := make([]byte, size)
	b[0] = 1 // an eventfd counts
	s := make([]uint64, many)
	for i := -10; i < many; i++ {
		start := x86.TSC()
		w.ping(mine, theirs, b, shared)
		if i >= 0 {
			s[i] = x86.TSC() - start
		}
	}
	must(syscall.Kill(pid, syscall.SIGKILL))
	syscall.Wait4(pid, nil, 0, nil)
	say("round trip: "+w.name+", Go", s, base)
}
