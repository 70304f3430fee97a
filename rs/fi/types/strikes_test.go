package types

import (
	"testing"

	"bennu/rs/fi/fault"
)

// The strikes are at their places in the table, for ever; each waits for what it says, and only those of calls want some.
func TestStrikes(t *testing.T) {
	want := []struct {
		name string
		when fault.When
	}{
		{"reg-flip", fault.AtSite}, {"data-flip", fault.AtOnce}, {"stack-flip", fault.AtSite},
		{"msg-drop", fault.AtCall}, {"msg-repeat", fault.AtCall}, {"msg-garble", fault.AtCall}, {"msg-garble-in", fault.AtReturn}, {"msg-late", fault.AtCall},
		{"irq-lost", fault.AtOnce}, {"irq-spurious", fault.AtOnce}, {"memory", fault.AtOnce}, {"hang", fault.AtSite}, {"hang-calls", fault.AtSite},
		{"die-init", fault.AtBirth}, {"die-rebirth", fault.AtBirth}, {"die-stop", fault.AtStop}, {"die-two", fault.AtOnce},
	}
	const first = 21
	for i, w := range want {
		r := All()[first+i]
		k, ok := r.Type.(fault.Strike)
		if !ok || r.From != Own || k.Name() != w.name || k.When() != w.when || k.Doc() == "" {
			t.Errorf("row %d is %s of %d, want %s", first+i, r.Name(), r.From, w.name)
		}
	}
	if own := List("own"); len(own) < len(want) || own[0] != "reg-flip" {
		t.Errorf("own: %v", own)
	}
}
