package kernel

import (
	"testing"

	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
)

// An image is its maker's: nobody else writes, seals or gives it up.
func TestImageOfAnother(t *testing.T) {
	r := newRig(t)
	x := r.make(rights())
	y := r.make(rights())
	r.away()
	e, id := r.call(x, abi.CallImageCreate, 4096)
	r.want("create", e, abi.OK)
	for what, call := range map[string][]uint64{
		"write": {uint64(abi.CallImageWrite), id, 0, code.Data, 64}, "seal": {uint64(abi.CallImageSeal), id}, "free": {uint64(abi.CallImageFree), id},
	} {
		e, _ := r.call(y, abi.CallNr(call[0]), call[1:]...)
		r.want(what+" of another's", e, abi.EPERM)
	}
	e, _ = r.call(x, abi.CallImageWrite, id, 0, code.Data, 64)
	r.want("write of one's own", e, abi.OK)
}
