package server

import (
	"slices"
	"testing"

	"bennu/kernel/abi"
)

// TestMeasure: only an operator has the worst delays counted anew, and the record until then is in the answer.
func TestMeasure(t *testing.T) {
	f := boot(t, "service a { uid 0; };\nservice b { };\n")
	f.ready("a", "b")
	m, ok := f.ask("b", abi.Msg{Type: abi.RSMeasure})
	if !ok || abi.Errno(m.Arg[0]) != abi.EPERM || abi.Why(m.Arg[5]) != abi.WhyNotOperator || slices.Contains(f.calls, "reset latency") {
		t.Errorf("who is no operator is answered %v, %v; calls %v", ok, m.Arg, f.calls)
	}
	m, ok = f.ask("a", abi.Msg{Type: abi.RSMeasure})
	if want := [7]uint64{1: 11, 2: 1014 | 0x8002<<32, 3: 13, 4: 15, 6: m.Arg[6]}; !ok || m.Arg != want || !slices.Contains(f.calls, "reset latency") {
		t.Errorf("an operator is answered %v, %v, want %v; calls %v", ok, m.Arg, want, f.calls)
	}
	f.refuse["latency"] = []abi.Errno{abi.EINVAL}
	if e := f.answer("a", abi.Msg{Type: abi.RSMeasure}); e != abi.EINVAL {
		t.Errorf("the kernel's refusal is answered %v", e)
	}
}
