package task

import (
	"testing"

	"bennu/kernel/abi"
)

// A grant is to one task, for what its flags say, under one id, and no other.
func TestGranted(t *testing.T) {
	const to, other = abi.Endpoint(0x47), abi.Endpoint(0x87)
	const both = abi.GrantValid | abi.GrantRead | abi.GrantWrite
	k := new(Task)
	k.Call = new(abi.CallArea)
	for _, c := range []struct {
		flags uint32
		seq   uint32
		to    abi.Endpoint
		id    abi.GrantID
		read  bool
		write bool
	}{
		{both, 9, to, 5 | 9<<8, true, true},
		{abi.GrantValid | abi.GrantRead, 9, to, 5 | 9<<8, true, false},
		{abi.GrantValid | abi.GrantWrite, 9, to, 5 | 9<<8, false, true},
		{abi.GrantRead | abi.GrantWrite, 9, to, 5 | 9<<8, false, false},
		{both, 9, other, 5 | 9<<8, false, false},
		{both, 9, to, 5 | 8<<8, false, false},
		{both, 9, to, 4 | 9<<8, false, false},
		{both, 9, to, 5 | 9<<8 | 0x40, false, false},
		{both, 9, to, 5 | 9<<8 | 0x80, false, false},
	} {
		row := abi.CopyGrant{Flags: c.flags, Seq: c.seq, To: c.to, Start: 0x1000, Len: 7}
		k.Call.Grants[5] = row
		for access, want := range map[uint32]bool{abi.GrantRead: c.read, abi.GrantWrite: c.write} {
			g, ok := k.Granted(to, c.id, access)
			if ok != want || ok && g != row {
				t.Errorf("%+v, id %#x, access %d: %+v, %v, want %v", row, c.id, access, g, ok, want)
			}
		}
	}
}

// Who may send can be answered, but by one who only receives; a way that was open stays open.
func TestAllowSends(t *testing.T) {
	table := NewTable()
	k, peer, deaf, dead := table.Take(), table.Take(), table.Take(), table.Take()
	peer.Priv.TrapMask, deaf.Priv.TrapMask = abi.AllTraps, abi.TrapBit(abi.CallReceive)
	k.SendTo = 1 << 60
	table.Bury(dead)
	table.AllowSends(k, []abi.Endpoint{peer.Endpoint, deaf.Endpoint, dead.Endpoint, k.Endpoint})
	if want := uint64(1<<60 | 1<<peer.Slot | 1<<deaf.Slot); k.SendTo != want || peer.SendTo != 1<<k.Slot || deaf.SendTo != 0 || dead.SendTo != 0 {
		t.Errorf("it may send to %#x, want %#x; back: %#x, %#x, %#x", k.SendTo, want, peer.SendTo, deaf.SendTo, dead.SendTo)
	}
}
