package main

import (
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"bennu/drivers/protocol/faulty"
	"bennu/drivers/sdk"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

func boot(t *testing.T) (*fake.Kernel, *sdk.Context) {
	t.Helper()
	k := fake.New(t, "faulty")
	c := k.Start(driver{})
	k.Take(fake.Root)
	return k, c
}

func TestEveryWayIsThere(t *testing.T) {
	for w := faulty.Way(1); w < faulty.Ways; w++ {
		if ways[w] == nil {
			t.Errorf("%s: nothing", w)
		}
	}
}

func TestEcho(t *testing.T) {
	k, _ := boot(t)
	if a, ok := k.Request(fake.Client, faulty.Echo, 0, 1, 2, 3, 4, 5, 6); !ok || a.Arg != [7]uint64{0, 1, 2, 3, 4, 5, 6} {
		t.Errorf("answer %+v, %v", a, ok)
	}
	if a, _ := k.Request(fake.Client, 0xdead); abi.Errno(a.Arg[0]) != abi.ENOSYS {
		t.Errorf("unknown request: %+v", a)
	}
	for _, way := range []uint64{0, uint64(faulty.Ways), 1 << 63} {
		if a, _ := k.Request(fake.Client, faulty.Do, way); abi.Errno(a.Arg[0]) != abi.EINVAL {
			t.Errorf("way %d: %+v", way, a)
		}
	}
}

func TestExit(t *testing.T) {
	for param, want := range map[uint64]uint64{0: 1, 7: 7} {
		k, c := boot(t)
		if _, ok := k.Request(fake.Client, faulty.Do, uint64(faulty.Exit), param); ok {
			t.Error("answered")
		}
		if over, status, kind := c.Over(); !over || status != want || kind != abi.ExitNormal {
			t.Errorf("over %v, status %d, kind %d, want status %d", over, status, kind, want)
		}
	}
}

func TestPanic(t *testing.T) {
	k, c := boot(t)
	k.Deliver(abi.Msg{Source: fake.Root, Type: abi.DriverFault, Arg: [7]uint64{uint64(faulty.Panic)}}, abi.KindSendA)
	if over, _, kind := c.Over(); !over || kind != abi.ExitPanic {
		t.Errorf("over %v, kind %d", over, kind)
	}
	if log := strings.Join(k.Lines, "\n"); !strings.Contains(log, `panic="as asked"`) || !strings.Contains(log, "line=faulty/ways.go:") {
		t.Errorf("log %s", log)
	}
}

func TestNoHeartbeat(t *testing.T) {
	k, _ := boot(t)
	if !k.Ping() {
		t.Error("no heartbeat before")
	}
	if a, ok := k.Request(fake.Client, faulty.Do, uint64(faulty.NoHeartbeat)); !ok || a.Arg[0] != 0 {
		t.Errorf("answer %+v, %v", a, ok)
	}
	if k.Ping() {
		t.Error("heartbeat after")
	}
	if _, ok := k.Request(fake.Client, faulty.Echo); !ok {
		t.Error("requests are not answered")
	}
}

// reads notes which ports are read.
type reads []uint16

func (r *reads) In(port uint16, _ int) uint32 { *r = append(*r, port); return 0 }
func (r *reads) Out(uint16, int, uint32)      {}

// A machine that lets a way pass is told of.
func TestLivedOn(t *testing.T) {
	k, _ := boot(t)
	var r reads
	k.Device = &r
	a, ok := k.Request(fake.Client, faulty.Do, uint64(faulty.Port))
	if !ok || abi.Errno(a.Arg[0]) != abi.EIO || len(r) != 1 || r[0] != foreignPort {
		t.Errorf("answer %+v, %v, ports read %#x", a, ok, r)
	}
	if log := strings.Join(k.Lines, "\n"); !strings.Contains(log, `error="lived on" way=port`) {
		t.Errorf("log %s", log)
	}
}

// The ways of the processor, tried for real: the test runs itself once for each, and the host's
// kernel says which exception it was.
func TestExceptions(t *testing.T) {
	if w := os.Getenv("FAULTY_WAY"); w != "" {
		n, _ := strconv.Atoi(w)
		ways[n](nil, 0)
		os.Exit(0)
	}
	if runtime.GOARCH != "amd64" || runtime.GOOS != "linux" {
		t.Skip("needs Linux on amd64: what is tried is its processor's")
	}
	for way, want := range map[faulty.Way][]string{
		faulty.Nil:        {"SIGSEGV", "addr=0x0 "},
		faulty.Divide:     {"SIGFPE"},
		faulty.Illegal:    {"SIGILL"},
		faulty.Privileged: {"SIGSEGV", "code=0x80"}, // SI_KERNEL: #GP
		faulty.TextWrite:  {"SIGSEGV", "code=0x2"},  // SEGV_ACCERR: there, not writable
		faulty.JumpData:   {"SIGSEGV", "code=0x2"},
		faulty.KernelRead: {"SIGSEGV", "addr=0x100000 "},
		faulty.Stack:      {"stack overflow"},
	} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestExceptions$")
		cmd.Env = append(os.Environ(), "FAULTY_WAY="+strconv.Itoa(int(way)))
		out, err := cmd.CombinedOutput()
		if err == nil {
			t.Errorf("%s: lived on", way)
		}
		for _, w := range want {
			if !strings.Contains(string(out), w) {
				t.Errorf("%s: no %q in:\n%.600s", way, w, out)
			}
		}
	}
}
