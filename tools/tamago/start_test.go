//go:build linux && amd64

package main

import (
	"bufio"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// maxStart bounds what the runtime may do before main.main: this is the floor of
// every restart of a driver. The figure when this was written is 77,300.
const maxStart = 90_000

// maxStartPages bounds the RAM that it touches, stack and heap, in pages of 4 KiB.
// The figure when this was written is 49.
const maxStartPages = 56

// TestStart counts the instructions from the entry point to main.main, and the
// pages touched, by stepping through an empty program.
func TestStart(t *testing.T) {
	file := buildTest(t, "empty", "-symbols")
	if _, code := runTest(t, file); code != 0 {
		t.Fatalf("status %d", code)
	}
	mainAddr := symbol(t, file, "main.main")
	runtime.LockOSThread() // ptrace is by thread
	defer runtime.UnlockOSThread()
	cmd := exec.Command(file)
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); errors.Is(err, syscall.EPERM) {
		t.Skip("ptrace is not allowed here")
	} else if err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	pid := cmd.Process.Pid
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &status, 0, nil); err != nil || !status.Stopped() {
		t.Fatalf("the program did not stop at its entry: %v", err)
	}
	steps := 0
	for ; steps < 10*maxStart; steps++ {
		var regs syscall.PtraceRegs
		if err := syscall.PtraceGetRegs(pid, &regs); err != nil {
			t.Fatal(err)
		}
		if regs.Rip == mainAddr {
			break
		}
		if err := syscall.PtraceSingleStep(pid); err != nil {
			t.Fatal(err)
		}
		if _, err := syscall.Wait4(pid, &status, 0, nil); err != nil || !status.Stopped() {
			t.Fatalf("the program ended after %d instructions: %v", steps, err)
		}
	}
	pages := touched(t, pid, "90000000-")
	t.Logf("%d instructions, %d pages of RAM before main.main", steps, pages)
	if steps > maxStart || pages > maxStartPages {
		t.Errorf("expected at most %d instructions and %d pages", maxStart, maxStartPages)
	}
}

// symbol returns the address of a function.
func symbol(t *testing.T, name, function string) uint64 {
	t.Helper()
	file, err := elf.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	symbols, err := file.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range symbols {
		if s.Name == function {
			return s.Value
		}
	}
	t.Fatalf("no symbol %s in %s", function, name)
	return 0
}

// touched returns how many pages a process has used of the mapping whose line in
// smaps starts with prefix.
func touched(t *testing.T, pid int, prefix string) int {
	t.Helper()
	f, err := os.Open(fmt.Sprintf("/proc/%d/smaps", pid))
	if err != nil {
		t.Skip(err)
	}
	defer f.Close()
	inside := false
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), prefix) {
			inside = true
		}
		var kib int
		if n, _ := fmt.Sscanf(lines.Text(), "Rss: %d kB", &kib); inside && n == 1 {
			return kib / 4
		}
	}
	t.Fatalf("no mapping %s", prefix)
	return 0
}
