//go:build linux && amd64

// linux is the first process of a Linux that boots in the same QEMU, with the same flags: it does the work
// that bennu's benchmark does and prints its figures in the same lines. `bench -linux VMLINUZ`
// builds it, packs it as an initial RAM disk and boots it.
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
)

// counter is RDTSC. defined in tsc_amd64.s
//
//go:noescape
func counter() uint64

const (
	many = 2000
	few  = 50
)

func main() {
	began := counter()
	runtime.LockOSThread()
	switch strings.Join(os.Args[1:], " ") {
	case "echo":
		echo()
	case "victim":
		victim()
	}
	say("reset to init's main.main", []uint64{began}, 0)
	say("kernel entry to all services ready", []uint64{monotonic()}, 0)
	base := null()
	pipes(base)
	respawns()
	fmt.Println(`{"figure":"done"}`)
	syscall.Reboot(syscall.LINUX_REBOOT_CMD_POWER_OFF)
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
		start := counter()
		s[i] = counter() - start
	}
	base = slices.Min(s)
	for i := range s {
		start := counter()
		syscall.RawSyscall(syscall.SYS_GETPPID, 0, 0, 0)
		s[i] = counter() - start
	}
	say("null kernel call", s, base)
	return base
}

// start runs this program again in a role, with a pipe each way.
func start(role string) (pid int, to, from int) {
	var in, out [2]int
	must(syscall.Pipe2(in[:], syscall.O_CLOEXEC))
	must(syscall.Pipe2(out[:], syscall.O_CLOEXEC))
	null, err := syscall.Open("/dev/null", syscall.O_RDWR|syscall.O_CLOEXEC, 0) // for last words
	must(err)
	pid, err = syscall.ForkExec("/init", []string{"init", role}, &syscall.ProcAttr{Files: []uintptr{uintptr(in[0]), uintptr(out[1]), uintptr(null)}})
	must(err)
	syscall.Close(null)
	syscall.Close(in[0])
	syscall.Close(out[1])
	return pid, in[1], out[0]
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func echo() {
	b := make([]byte, 64)
	for transfer(syscall.SYS_READ, 0, b) && transfer(syscall.SYS_WRITE, 1, b) {
	}
	os.Exit(0)
}

// pipes measures 64 bytes to another process and back.
func pipes(base uint64) {
	_, to, from := start("echo")
	b := make([]byte, 64)
	s := make([]uint64, many)
	for i := -10; i < many; i++ {
		begin := counter()
		if !transfer(syscall.SYS_WRITE, to, b) || !transfer(syscall.SYS_READ, from, b) {
			panic("the pipe is closed")
		}
		if i >= 0 {
			s[i] = counter() - begin
		}
	}
	say("round trip", s, base)
	syscall.Close(to)
}

// victim says that it is ready, waits for a byte, says when, and dies of a nil pointer.
func victim() {
	b := make([]byte, 8)
	transfer(syscall.SYS_WRITE, 1, b[:1])
	transfer(syscall.SYS_READ, 0, b[:1])
	binary.LittleEndian.PutUint64(b, counter())
	transfer(syscall.SYS_WRITE, 1, b)
	var p *int
	*p = 1
}

// respawns measures from a child's fault until its parent has started another that is ready.
func respawns() {
	s := make([]uint64, few)
	b := make([]byte, 8)
	pid, to, from := start("victim")
	transfer(syscall.SYS_READ, from, b[:1])
	for i := range s {
		transfer(syscall.SYS_WRITE, to, b[:1])
		transfer(syscall.SYS_READ, from, b)
		fault := binary.LittleEndian.Uint64(b)
		var status syscall.WaitStatus
		_, err := syscall.Wait4(pid, &status, 0, nil)
		must(err)
		syscall.Close(to)
		syscall.Close(from)
		pid, to, from = start("victim")
		if !transfer(syscall.SYS_READ, from, b[:1]) {
			panic("the next life does not answer")
		}
		s[i] = counter() - fault
	}
	say("to ready: nil", s, 0)
}
