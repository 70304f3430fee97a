package arch

import "testing"

// What a processor must clear between two tasks it clears in Switch, which a handover does not go by.
func TestNoHandOverPastClearing(t *testing.T) {
	p := new(CPU)
	if got := p.offers(0x88); got != 0x88 {
		t.Errorf("calls %#x, want 0x88", got)
	}
	p.Clear = func() {}
	if got := p.offers(0x88); got != 0 {
		t.Errorf("calls %#x, want none", got)
	}
}
