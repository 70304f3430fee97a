package main

import (
	"testing"

	"bennu/board/pc/apic"
	"bennu/kernel/iommu"
	"bennu/kernel/mem"
)

// slowUnit does what it is told when the test says so.
type slowUnit struct {
	iommu.Hardware
	told, done uint32
}

func (u *slowUnit) Written(uint64, uint64)     {}
func (u *slowUnit) Settle()                    {}
func (u *slowUnit) ForgetInterrupt(uint16)     { u.told++ }
func (u *slowUnit) Mark() uint32               { return u.told }
func (u *slowUnit) Reached(mark uint32) bool   { return u.done >= mark }
func (u *slowUnit) pendingAfter(n uint32) bool { return u.told-u.done == n }

// An entry goes with its message, and the vector is pending until the unit has forgotten it. There are as many as the table has, again and again.
func TestMessages(t *testing.T) {
	phys, size := mem.Simulated(make([]byte, 64<<12))
	pool := mem.NewPool(phys)
	pool.Add(4096, size)
	u := &slowUnit{}
	table, ok := iommu.New(pool, u, iommu.Config{Width: 39, Domains: 2})
	if !ok {
		t.Fatal("no memory for tables")
	}
	var m messages
	const first = apic.FirstVector + 24
	entry := func(index uint64) uint64 { return phys.Words(table.Remap())[2*index] }
	for round := range uint16(3) {
		a, d, ok := m.allow(table, 0x28, first, 5)
		if want, _ := iommu.Message(0); !ok || a != want || d != 0 || entry(0)&1 == 0 || uint8(entry(0)>>16) != first {
			t.Fatalf("round %d: %#x %#x %v, entry %#x", round, a, d, ok, entry(0))
		}
		if m.pending(table, 24) {
			t.Error("a vector is pending that has a message")
		}
		u.done = u.told
		if m.forbid(table, first); entry(0) != 0 || !m.pending(table, 24) || !u.pendingAfter(1) {
			t.Errorf("round %d: entry %#x, pending %v", round, entry(0), m.pending(table, 24))
		}
		if m.forbid(table, first); !u.pendingAfter(1) {
			t.Error("a vector without a message is forbidden")
		}
		if u.done = u.told; m.pending(table, 24) {
			t.Error("pending, and nobody remembers it")
		}
	}
	for i := range iommu.MaxInterrupts {
		if _, _, ok := m.allow(table, 0x28, uint8(i), 0); !ok {
			t.Fatalf("entry %d is not there", i)
		}
	}
	if _, _, ok := m.allow(table, 0x28, first, 0); ok {
		t.Error("one more than there are")
	}
}
