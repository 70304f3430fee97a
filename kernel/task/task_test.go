package task

import (
	"testing"

	"bennu/kernel/abi"
)

// Slots are reused first in, first out, and an endpoint is seen again only after all other generations of its slot.
func TestEndpointsComeBackLate(t *testing.T) {
	table := NewTable()
	k := table.Take()
	first := k.Endpoint
	for n := 1; n < abi.MaxTasks; n++ {
		table.Bury(k)
		table.Release(k)
		if k = table.Take(); k.Endpoint.Slot() != n {
			t.Fatalf("life %d in slot %d, with slots free that are not used yet", n, k.Slot)
		}
	}
	table.Bury(k)
	table.Release(k)
	k = table.Take()
	if k.Endpoint.Slot() != first.Slot() || k.Endpoint.Generation() != first.Generation()+1 {
		t.Errorf("after %d lives: slot %d generation %d", abi.MaxTasks, k.Slot, k.Generation)
	}
	k.Generation = abi.MaxGeneration // as after 2^26 lives in it
	for k.Slot != first.Slot() || k.Generation == abi.MaxGeneration {
		table.Bury(k)
		table.Release(k)
		k = table.Take()
	}
	if k.Endpoint != first || table.Lookup(first) != k {
		t.Errorf("generation %d follows the last, want 1", k.Generation)
	}
}

// A buried task is nobody, and its slot is not free.
func TestBuried(t *testing.T) {
	table := NewTable()
	k := table.Take()
	if table.Bury(k); table.Lookup(k.Endpoint) != nil || table.Free() != abi.MaxTasks-1 {
		t.Errorf("buried: found %v, %d free", table.Lookup(k.Endpoint), table.Free())
	}
	if table.Release(k); table.Free() != abi.MaxTasks {
		t.Errorf("%d free", table.Free())
	}
	for range abi.MaxTasks {
		if table.Take() == nil {
			t.Fatal("a slot is lost")
		}
	}
	if table.Take() != nil {
		t.Error("more slots than there are")
	}
}
