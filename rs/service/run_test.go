package service

import (
	"strings"
	"testing"

	"bennu/kernel/abi"
	"bennu/rs/service/fake"
)

// table serves rows of a kernel table: a nil row is a free place.
func rowsOf[T any](rows ...*T) func(uint64) ([]byte, abi.Errno) {
	return func(i uint64) ([]byte, abi.Errno) {
		switch {
		case i >= uint64(len(rows)):
			return nil, abi.EDOM
		case rows[i] == nil:
			return nil, abi.ESRCH
		}
		return abi.Bytes(rows[i]), abi.OK
	}
}

// one runs a command line that needs nobody's answer.
func one(t *testing.T, f *fake.Machine, line string) string {
	t.Helper()
	r, ok, err := Parse(line)
	if !ok || err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	text, n := "", 0
	Run(NewAsker(f), r, func(res Result) { text, n = Text(r, res), n+1 })
	if n != 1 {
		t.Fatalf("%q: %d results", line, n)
	}
	return text
}

func TestPS(t *testing.T) {
	f := fake.New()
	f.Table[abi.InfoTask] = rowsOf(
		&abi.TaskInfo{Endpoint: 0x8000, State: abi.StateReceiving, Label: name("rs"), Peer: abi.Any, Priority: 1, Frames: 181, CPUNS: 4_045_000, Calls: 640, WorstWaitNS: 1_500_000},
		nil,
		&abi.TaskInfo{Endpoint: 0x10002, State: abi.StateReady, Label: name("ctl"), Incarnation: 1, Priority: 4, Frames: 2, Peer: abi.None})
	const want = "" +
		"SLOT  ENDPOINT  LABEL  INC  PRI  STATE      PEER    MEMORY  PEAK  SHARED  WINDOWS      CPU  CALLS  FAULTS  PREEMPTED  WORST WAIT\n" +
		"   0     32768  rs       0    1  receiving  any   724.0KiB    0B      0B        0  4.045ms    640       0          0     1.500ms\n" +
		"   2     65538  ctl      1    4  ready      -       8.0KiB    0B      0B        0      0ns      0       0          0         0ns\n"
	if got := one(t, f, "ps"); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	f.Table[abi.InfoTask] = func(uint64) ([]byte, abi.Errno) { return nil, abi.ECALLDENIED }
	if got := one(t, f, "ps"); got != "ECALLDENIED: call or destination not allowed by the privileges\n" {
		t.Errorf("without the right: %q", got)
	}
}

func TestInfo(t *testing.T) {
	f := fake.New()
	resets := 0
	m := abi.Machine{TSCHz: 1e9, RAMBytes: 256 << 20, PoolFrames: 1 << 16, RuntimeTSC: 5e6, HardwareTSC: 7e6, ClockTSC: 15e5, RootTSC: 7001000}
	copy(m.Version[:], "bennu 0.1")
	f.Table[abi.InfoMachine] = rowsOf(&m)
	f.Table[abi.InfoCounts] = rowsOf(&abi.Counts{Frames: 1 << 15, Tasks: 57})
	f.Table[abi.InfoHeap] = rowsOf(&abi.Heap{InUse: 1 << 20, Allocs: 100})
	f.Table[abi.InfoLatency] = func(i uint64) ([]byte, abi.Errno) {
		resets += int(i)
		return abi.Bytes(&abi.Latency{MaxKernelNS: 13_600, MaxKernelCall: 1014, MaxReadyNS: 1474, MaxReadyTask: 0x8000}), abi.OK
	}
	f.Table[abi.InfoImage] = rowsOf(&abi.ImageInfo{Image: 1, Tasks: 1, Size: 1 << 20})
	got := one(t, f, "info")
	for _, want := range []string{"version  bennu 0.1, CPU", "256.0MiB, for tasks 256.0MiB, free 128.0MiB", "runtime 5.000ms, hardware 2.000ms (clocks 1.500ms), first task 1.000us",
		"ready 1.474us (endpoint 32768), kernel 13.60us (#PF)", "image 1  1.0MiB, 1 tasks"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if resets != 0 {
		t.Errorf("the delays were reset %d times by looking at them", resets)
	}
	f.Table[abi.InfoCounts] = func(uint64) ([]byte, abi.Errno) { return make([]byte, 8), abi.OK }
	if got := one(t, f, "info"); got != "EIO: the kernel tells less than this program expects: it is of another version\n" {
		t.Errorf("a kernel with another layout: %q", got)
	}
}

func TestFigures(t *testing.T) {
	for _, c := range []struct {
		ns   uint64
		want string
	}{{0, "0ns"}, {999, "999ns"}, {1000, "1.000us"}, {12_345, "12.34us"}, {123_456, "123.4us"}, {1_234_567, "1.234ms"},
		{999_999_999, "999.9ms"}, {1e9, "1.000s"}, {123_456_789_000, "123.4s"}, {1234e9, "1234s"}} {
		if got := Duration(c.ns); got != c.want {
			t.Errorf("Duration(%d) = %s, want %s", c.ns, got, c.want)
		}
	}
	for _, c := range []struct {
		n    uint64
		want string
	}{{0, "0B"}, {1023, "1023B"}, {1024, "1.0KiB"}, {1536, "1.5KiB"}, {1<<20 - 1, "1023.9KiB"}, {5 << 19, "2.5MiB"}, {1 << 40, "1024.0GiB"}} {
		if got := Size(c.n); got != c.want {
			t.Errorf("Size(%d) = %s, want %s", c.n, got, c.want)
		}
	}
}

func TestHelp(t *testing.T) {
	f := fake.New()
	all := one(t, f, "help")
	for _, c := range Commands() {
		if !strings.Contains(all, c.Usage()+" ") {
			t.Errorf("help does not list %q", c.Usage())
		}
		if got := one(t, f, "help "+c.Name); !strings.HasPrefix(got, c.Usage()+"\n  "+c.Help+"\n") {
			t.Errorf("help %s: %s", c.Name, got)
		}
	}
	if got := one(t, f, "help fi"); !strings.Contains(got, "kernel-read") || !strings.Contains(got, "hang") {
		t.Errorf("help fi lists no ways: %s", got)
	}
	if got := one(t, f, "help service"); strings.Contains(got, "poweroff") || !strings.Contains(got, "service fi LABEL KIND") {
		t.Errorf("help service: %s", got)
	}
}

func TestPowerOffAndReboot(t *testing.T) {
	for line, want := range map[string][2]uint64{"poweroff": {0, uint64(abi.PowerOff)}, "poweroff 3": {3, uint64(abi.PowerOff)}, "reboot": {0, uint64(abi.Reset)}} {
		f := fake.New()
		r, _, _ := Parse(line)
		Run(NewAsker(f), r, func(Result) {})
		s, _ := f.Take()
		if s.Msg.Type != abi.RSShutdown || [2]uint64(s.Msg.Arg[:2]) != want {
			t.Errorf("%s sent %+v", line, s.Msg)
		}
	}
}
