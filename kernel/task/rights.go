package task

import "bennu/kernel/abi"

// Granted is a copy of the row that id names of k's grants: k does not run, but its page is not trusted twice. ok is false when
// there is no such grant, its id is stale, or it is not to that task or not for access.
func (k *Task) Granted(to abi.Endpoint, id abi.GrantID, access uint32) (g abi.CopyGrant, ok bool) {
	g = k.Call.Grants[id&63]
	return g, g.Flags&abi.GrantValid != 0 && g.Flags&access != 0 && g.Seq == uint32(id)>>8 && g.To == to && id&0xc0 == 0
}

// AllowSends lets k send to peers. A task that may send a request must be able to get an answer, so the other way is
// opened too, unless that leads to a task that can only receive. A peer that has died meanwhile is passed over; ways
// that others opened stay open.
func (t *Table) AllowSends(k *Task, peers []abi.Endpoint) {
	bit := uint64(1) << (k.Slot & 63)
	for _, ep := range peers {
		o := t.Lookup(ep)
		if o == nil || o == k {
			continue
		}
		Meet(k, o)
		k.SendTo |= 1 << (o.Slot & 63)
		if o.Priv.TrapMask != abi.TrapBit(abi.CallReceive) {
			o.SendTo |= bit
		}
	}
}

// Meet notes that message passing may come to know something of one of two tasks in the other: a right to send, a bit, a wait. The end of
// either looks for that in its peers, and nowhere else.
func Meet(a, b *Task) {
	a.Peers |= 1 << (b.Slot & 63)
	b.Peers |= 1 << (a.Slot & 63)
}
