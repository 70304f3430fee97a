//go:build tamago

package usys

import "bennu/kernel/abi"

// Grant lets to copy from and to b, as flags say (abi.GrantRead, abi.GrantWrite), until
// Revoke. b must not move: take memory that stays where it is (heap memory does).
// ok is false when all grants are taken.
func Grant(to abi.Endpoint, b []byte, flags uint32) (id abi.GrantID, ok bool) {
	return (*grants)(&area().Grants).add(abi.CopyGrant{Flags: flags, To: to, Start: address(b), Len: uint64(len(b))})
}

// Revoke ends a grant of the caller. An id that is not in use is ignored.
func Revoke(id abi.GrantID) { (*grants)(&area().Grants).remove(id) }
