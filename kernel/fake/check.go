package fake

import (
	"bennu/kernel/abi"
	"bennu/kernel/invariant"
)

// Check looks whether somebody who is gone has left something: permits to send, hooks, windows; and whether slots are what they are said to be.
func (m *Machine) Check() invariant.Fault {
	if f := m.table.Check(); f.Broken() {
		return f
	}
	for slot, t := range m.tasks {
		k := &m.table.Tasks[slot]
		if (t != nil) != k.Live || t != nil && (t.k != k || t.Endpoint != k.Endpoint) {
			return invariant.Of("fake: a slot's life is not the table's (slot, endpoint)", uint64(slot), uint64(k.Endpoint))
		}
		if t != nil && k.SendTo&^m.table.Living() != 0 {
			return invariant.Of("a permit to send to who is gone (slot, permits)", uint64(slot), k.SendTo)
		}
	}
	for id := range int(abi.MaxHooks) {
		if owner, used := m.irqs.Owner(id); used && m.Find(owner) == nil {
			return invariant.Of("a hook of who is gone (hook, owner)", uint64(id), uint64(owner))
		}
	}
	records := 0
	for i := range m.table.Tasks {
		if m.table.Tasks[i].Dying {
			records++
		}
	}
	if n := len(m.Deaths) + len(m.Taken); n < records {
		return invariant.Of("a slot is a record that is lost (records, slots)", uint64(n), uint64(records))
	}
	return invariant.Fault{}
}

// Use is what is in use.
type Use struct {
	Slots  uint64 // lives and records
	Async  uint64 // messages that are left with the kernel
	Images int
}

// Use counts what is in use.
func (m *Machine) Use() (u Use) {
	u.Slots = abi.MaxTasks - m.table.Free()
	u.Async = abi.MaxTasks*abi.MaxAsync - m.x.FreeAsync()
	for _, i := range m.Images {
		if !i.Freed {
			u.Images++
		}
	}
	return u
}
