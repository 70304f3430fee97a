package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/sched"
)

// cleanEach is how many frames are cleared in one step.
const cleanEach = 4

// prepare is a step of what is done ahead while nothing else is to be done: copies for lives to come, at their services' expense, and
// cleared frames, at nobody's. It takes nothing that anybody could miss (mem.Pool). false: all is done.
func (k *Kernel) prepare() bool {
	if k.lacks {
		for id := range k.snapshots {
			n := &k.snapshots[id]
			if n.dropped || !n.Lacking() {
				continue
			}
			k.pay(snapshotAccount(id), sched.Free, -1)
			if n.Prepare(k.pool) {
				return true
			}
		}
		k.lacks = false
	}
	if !k.pool.CanClean() {
		return false
	}
	k.pay(abi.AccountKernel, sched.Free, -1)
	for range cleanEach {
		k.pool.Clean()
	}
	return true
}

// reclaim gives the spares of a snapshot back to the pool, which has no other frame left.
func (k *Kernel) reclaim() bool {
	for id := range k.snapshots {
		if k.snapshots[id].DropSpares(k.pool) {
			return true
		}
	}
	return false
}
