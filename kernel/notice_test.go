package kernel

import (
	"bytes"
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/ktest/code"
)

// What `make mutants` found that no other test would have noticed.

// What one call has done in steps does not count for a call that the task makes elsewhere: one that is interrupted and whose task
// goes on at another place (a trace may do that) begins the next from its beginning.
func TestStepsOfAnotherCall(t *testing.T) {
	r := newRig(t)
	granter, x := r.make(rights()), r.make(rights())
	r.away()
	granter.Call.Grants[0] = abi.CopyGrant{Flags: abi.GrantValid | abi.GrantRead, To: x.Endpoint, Start: code.StatePattern, Len: abi.MaxCopy}
	long := []uint64{uint64(granter.Endpoint), 0, 0, abi.RAMBase, abi.MaxCopy}
	r.syscall(x, abi.CallCopyFrom, long...)
	r.until("the first step", func() bool { return r.m.next[x.Slot] == nil })
	if x.Done == 0 || x.Done == abi.MaxCopy {
		t.Fatalf("%d bytes done after one step", x.Done)
	}
	x.Ctx.Frame.IP += 100
	const n = 64
	e, _ := r.call(x, abi.CallCopyFrom, uint64(granter.Endpoint), 0, 0, abi.RAMBase+1<<20, n)
	r.want("the short copy", e, abi.OK)
	if want := r.memory(granter, code.StatePattern, n); bytes.Equal(want, make([]byte, n)) || !bytes.Equal(r.memory(x, abi.RAMBase+1<<20, n), want) {
		t.Error("nothing was copied: the long copy's bytes counted for the short one")
	}
}

// From taking a death record until it receives again the root task works on the account of who died.
func TestRestartIsTheDeadOnesCost(t *testing.T) {
	r := newRig(t)
	x := r.make(rights())
	a := x.Account
	r.exception(x, 6, 0, 0)
	e, _ := r.call(r.root, abi.CallGetInfo, uint64(abi.InfoDeath), 0)
	r.want("death record", e, abi.OK)
	if got := r.sched.Payer(r.root.Slot); got != a {
		t.Errorf("the root task works for account %d, want %d", got, a)
	}
	r.call(r.root, abi.CallReceive, uint64(abi.Any), 0)
	if got := r.sched.Payer(r.root.Slot); got != abi.AccountRoot {
		t.Errorf("after its receive it works for account %d, want its own", got)
	}
}

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
