//go:build tamago

package usys

import "bennu/kernel/abi"

// Grant lets to copy from and to b, as flags say (abi.GrantRead, abi.GrantWrite), until
// Revoke. b must not move: take memory that stays where it is (heap memory does).
// ok is false when all grants are taken.
func Grant(to abi.Endpoint, b []byte, flags uint32) (id abi.GrantID, ok bool) {
	a := area()
	for i := range a.Grants {
		g := &a.Grants[i]
		if g.Flags != 0 {
			continue
		}
		g.Seq = (g.Seq + 1) & 0xffffff
		g.To = to
		g.Start = address(b)
		g.Len = uint64(len(b))
		g.Flags = flags | abi.GrantValid
		return abi.GrantID(uint32(i) | g.Seq<<8), true
	}
	return 0, false
}

// Revoke ends a grant of the caller. An id that is not in use is ignored.
func Revoke(id abi.GrantID) {
	g := &area().Grants[id&0x3f]
	if g.Seq == uint32(id)>>8 {
		g.Flags = 0
	}
}
