package server

import (
	"testing"

	"bennu/kernel/abi"
)

// TestUnguarded: ports outside the kernel's list reach the privilege marked as such, after the others, and the status says
// how many they are.
func TestUnguarded(t *testing.T) {
	f := boot(t, "service a { io 3f8:8 2f8; unguarded 6000:10 7000; };\nservice b { io 378; };\nservice c { uid 0; };\n")
	for label, want := range map[string]struct {
		n    uint32
		bits uint32
		last abi.PortRange
		rows uint32
	}{
		"a": {4, 0b1100, abi.PortRange{First: 0x7000, Last: 0x7000}, 17},
		"b": {1, 0, abi.PortRange{First: 0x378, Last: 0x378}, 0},
		"c": {0, 0, abi.PortRange{}, 0},
	} {
		p := f.task(label).Priv()
		if p.NPorts != want.n || p.Unguarded != want.bits || want.n > 0 && p.Ports[p.NPorts-1] != want.last {
			t.Errorf("%s: %d ranges %v, unguarded %b", label, p.NPorts, p.Ports[:p.NPorts], p.Unguarded)
		}
	}
	f.ready("a", "b", "c")
	for _, r := range f.rows("c") {
		want := uint32(0)
		if r.Label.String() == "a" {
			want = 17
		}
		if r.Unguarded != want {
			t.Errorf("%s: %d unguarded ports, want %d", r.Label, r.Unguarded, want)
		}
	}
}
