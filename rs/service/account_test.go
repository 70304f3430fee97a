package service

import (
	"strings"
	"testing"

	"bennu/kernel/abi"
	"bennu/rs/service/fake"
)

// TestAccounts: all that can be read of an account is shown, overdrawn ones as such, and what they sum up to.
func TestAccounts(t *testing.T) {
	f := fake.New()
	kernel := abi.AccountInfo{Spec: abi.AccountSpec{Label: name("kernel")}, CPUNS: 100_000_000}
	tty := abi.AccountInfo{Account: 2, Tasks: 1, Spec: abi.AccountSpec{Label: name("tty"), Priority: 2, BudgetNS: 1e6, PeriodNS: 1e7, ReserveFrames: 128, CeilingFrames: 4096},
		CPUNS: 300_000_000, LeftNS: -1500, Exhausted: 3, WorstWaitNS: 2000, Lives: 4, Frames: 100, FramesPeak: 200}
	f.Table[abi.InfoAccount] = rowsOf(&kernel, nil, &tty)
	f.Table[abi.InfoMachine] = rowsOf(&abi.Machine{IdleNS: 599_999_998})
	const want = "" +
		"LABEL   PRI   BUDGET   PERIOD      CPU      LEFT  EXHAUSTED  WORST WAIT  LIVES    MEMORY      PEAK   RESERVE  CEILING  KEPT\n" +
		"kernel    -        -        -  100.0ms         -          -           -      -         -         -         -        -     -\n" +
		"tty       2  1.000ms  10.00ms  300.0ms  -1.500us          3     2.000us      4  400.0KiB  800.0KiB  512.0KiB  16.0MiB    0B\n" +
		"idle      -        -        -  599.9ms         -          -           -      -         -         -         -        -     -\n" +
		"all of them 999999998ns; since boot 1000000000ns before they were read and 1000000000ns after\n"
	if got := one(t, f, "accounts"); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	f.Table[abi.InfoMachine] = func(uint64) ([]byte, abi.Errno) { return make([]byte, 8), abi.OK }
	if got := one(t, f, "accounts"); got != "EIO: "+otherKernel+"\n" {
		t.Errorf("a kernel with another layout: %q", got)
	}
	f.Table[abi.InfoAccount] = func(uint64) ([]byte, abi.Errno) { return nil, abi.ECALLDENIED }
	if got := one(t, f, "accounts"); !strings.HasPrefix(got, "ECALLDENIED: ") {
		t.Errorf("without the right: %q", got)
	}
}

// TestMeasure: `info reset` has RS count the worst delays anew and shows the record until then; what RS refuses is told
// in its words.
func TestMeasure(t *testing.T) {
	f := fake.New()
	f.Table[abi.InfoMachine] = rowsOf(&abi.Machine{TSCHz: 1e9})
	f.Table[abi.InfoCounts] = rowsOf(&abi.Counts{})
	f.Table[abi.InfoHeap] = rowsOf(&abi.Heap{})
	f.Table[abi.InfoImage] = rowsOf[abi.ImageInfo]()
	f.Table[abi.InfoLatency] = func(i uint64) ([]byte, abi.Errno) {
		if i != 0 {
			return nil, abi.EPERM
		}
		return abi.Bytes(&abi.Latency{MaxKernelNS: 1}), abi.OK
	}
	a := NewAsker(f)
	r, _, err := Parse("info reset")
	if err != nil {
		t.Fatal(err)
	}
	ask := func(reply func(fake.Sent) *abi.Msg) (text string) {
		t.Helper()
		Run(a, r, func(res Result) { text += Text(r, res) })
		s, ok := f.Take()
		if !ok || s.Msg.Type != abi.RSMeasure || text != "" {
			t.Fatalf("sent %v, %+v; printed %q", ok, s, text)
		}
		a.Answer(reply(s))
		return text
	}
	text := ask(func(s fake.Sent) *abi.Msg { return s.Reply(abi.OK, 13_600, 1014|0x8000<<32, 1474, 99) })
	if want := "ready 1.474us (endpoint 32768), kernel 13.60us (#PF) of 99 entries"; !strings.Contains(text, want) {
		t.Errorf("no %q in\n%s", want, text)
	}
	text = ask(func(s fake.Sent) *abi.Msg { return s.Refuse(abi.EPERM, abi.WhyNotOperator, 0) })
	if !strings.HasPrefix(text, "EPERM: not permitted: this needs uid 0") {
		t.Errorf("refused: %q", text)
	}
}
