package usys

import "bennu/kernel/abi"

// Grant lets to copy from and to b, as flags say (abi.GrantRead, abi.GrantWrite), until
// Revoke. b stays where it is: it is on the heap, for nothing on a stack may be granted.
// ok is false when all grants are taken.
func (g Gate) Grant(to abi.Endpoint, b []byte, flags uint32) (id abi.GrantID, ok bool) {
	keep(b)
	return (*grants)(&g.area().Grants).add(abi.CopyGrant{Flags: flags, To: to, Start: g.address(b), Len: uint64(len(b))})
}

// Revoke ends a grant of the caller. An id that is not in use is ignored.
func (g Gate) Revoke(id abi.GrantID) { (*grants)(&g.area().Grants).remove(id) }

// kept is where memory that is granted could go, for all that the compiler knows: so it is never on a stack, which moves.
var kept struct {
	b     []byte
	never bool
}

func keep(b []byte) {
	if kept.never {
		kept.b = b
	}
}
