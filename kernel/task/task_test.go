package task

import (
	"reflect"
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/image"
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

// A new life begins with nothing of the last one, whatever that left in its slot.
func TestNewLifeIsZero(t *testing.T) {
	table := NewTable()
	table.Tasks[0].life = life{Image: new(image.Image), Label: abi.Label{'x'}, SendTo: 1, Notified: 2, Asked: 3, Root: true, PrivSet: true, Made: 4, Warm: true, Traced: true,
		MaySnapshot: true, Alarm: true, Calls: 5, Forgotten: 6, AsyncFails: 7, AsyncFirst: new(Async), Done: 8, StartedNS: 9, FirstRunNS: 10}
	table.Tasks[0].Priv.CallMask, table.Tasks[0].Priv.Ports[3].Last = 11, 12
	table.Tasks[0].Space.SharedPages = 13
	k := table.Take()
	want := life{Generation: 1, Live: true, Endpoint: abi.MakeEndpoint(0, 1), Wait: NoPriv, Senders: None, LastSend: None, NextSend: None}
	if !reflect.DeepEqual(k.life, want) || k.Priv != (abi.Privilege{}) {
		t.Errorf("it begins with %+v, %+v", k.life, k.Priv)
	}
}

// The mask of who lives is the slots that do, and Check sees when it is not.
func TestLiving(t *testing.T) {
	table := NewTable()
	a, b := table.Take(), table.Take()
	table.Bury(a)
	if table.Living() != 1<<b.Slot {
		t.Errorf("%#x live, want slot %d", table.Living(), b.Slot)
	}
	if f := table.Check(); f.Broken() {
		t.Fatal(f.What)
	}
	table.living |= 1 << a.Slot
	if f := table.Check(); !f.Broken() || f.A != uint64(a.Slot) {
		t.Errorf("%q, %d", f.What, f.A)
	}
}
