package main

import (
	"bytes"
	"debug/elf"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/arch/x86/x86asm"
)

// buildTest builds testdata/name and returns the program's path.
func buildTest(t *testing.T, name string, flags ...string) string {
	t.Helper()
	t.Setenv("TAMAGO", "")
	file := filepath.Join(t.TempDir(), name)
	var stderr bytes.Buffer
	args := slices.Concat([]string{"build", "-o", file}, flags, []string{"./testdata/" + name})
	if err := run(args, os.Stdout, &stderr); err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	return file
}

// runTest runs a program on the board of testdata/board, which is this machine.
func runTest(t *testing.T, file string) (output string, code int) {
	t.Helper()
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("the test board is linux/amd64")
	}
	if cpu, _ := os.ReadFile("/proc/cpuinfo"); !bytes.Contains(cpu, []byte(" fsgsbase ")) {
		t.Skip("this processor or kernel has no WRFSBASE for user programs")
	}
	out, err := exec.Command(file).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if exit != nil {
		code = exit.ExitCode()
	}
	return string(out), code
}

// TestHello runs a program that uses goroutines, timers, the collector and more,
// linked at either ring's address.
func TestHello(t *testing.T) {
	for _, ring := range []string{"0", "3"} {
		out, code := runTest(t, buildTest(t, "hello", "-ring", ring))
		if code != 0 || !strings.HasSuffix(out, "\nok bennu\n") {
			t.Errorf("ring %s: status %d, expected ok:\n%s", ring, code, out)
		}
	}
}

// TestTamagoPackages links packages of tamago that refer to symbols of the runtime.
func TestTamagoPackages(t *testing.T) {
	buildTest(t, "metal")
}

// TestPanic checks that a panic is printed, and ends the program with status 2.
func TestPanic(t *testing.T) {
	out, code := runTest(t, buildTest(t, "crash"))
	if code != 2 || !strings.Contains(out, "panic: on purpose\n") || !strings.Contains(out, "main.main.func1()") {
		t.Errorf("status %d:\n%s", code, out)
	}
}

// TestSameBytes builds the same sources in two folders.
func TestSameBytes(t *testing.T) {
	t.Setenv("TAMAGO", "")
	var first []byte
	for i, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "some", "where", "else")} {
		if err := os.CopyFS(filepath.Join(dir, "tools/tamago/testdata"), os.DirFS("testdata")); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"go.mod", "go.sum"} {
			text, err := os.ReadFile("../../" + name)
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, name), text, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		t.Run(dir, func(t *testing.T) {
			t.Chdir(dir)
			if err := run([]string{"build", "-o", "x", "./tools/tamago/testdata/hello"}, os.Stdout, os.Stderr); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile("x")
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(text, []byte(dir)) || bytes.Contains(text, []byte("goroot-go1")) {
				t.Error("the program contains a path of the machine that it was built on")
			}
			if i == 0 {
				first = text
			} else if !bytes.Equal(first, text) {
				t.Error("the programs differ")
			}
		})
	}
}

// TestNoSystemCalls looks for SYSCALL in everything that is not the test board.
func TestNoSystemCalls(t *testing.T) {
	file, err := elf.Open(buildTest(t, "hello", "-symbols"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	section := file.Section(".text")
	code, err := section.Data()
	if err != nil {
		t.Fatal(err)
	}
	symbols, err := file.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, s := range symbols {
		if elf.ST_TYPE(s.Info) != elf.STT_FUNC || s.Size == 0 {
			continue
		}
		off := s.Value - section.Addr
		if !hasSyscall(code[off : off+s.Size]) {
			continue
		}
		if s.Name == "cpuinit" || strings.HasPrefix(s.Name, "bennu/tools/tamago/testdata/board.") {
			found++
			continue
		}
		t.Errorf("SYSCALL in %s", s.Name)
	}
	if found == 0 {
		t.Error("not even the board's own SYSCALLs were found")
	}
}

// hasSyscall reports whether a function executes SYSCALL, SYSENTER or INT.
func hasSyscall(code []byte) bool {
	for len(code) > 0 {
		inst, err := x86asm.Decode(code, 64)
		if err != nil {
			inst.Len = 1 // an instruction that the decoder does not know
		}
		switch inst.Op {
		case x86asm.SYSCALL, x86asm.SYSENTER:
			return true
		case x86asm.INT:
			if inst.Args[0] != x86asm.Imm(3) {
				return true
			}
		}
		code = code[inst.Len:]
	}
	return false
}

// TestVet checks that asmdecl understands the board's assembly.
func TestVet(t *testing.T) {
	t.Setenv("TAMAGO", "")
	var stderr bytes.Buffer
	if err := run([]string{"vet", "./testdata/board", "./testdata/hello"}, os.Stdout, &stderr); err != nil {
		t.Errorf("%v\n%s", err, &stderr)
	}
}
