package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/space"
	"bennu/kernel/task"
)

// snapshot is what later lives of a service begin with: memory, and where the first one stood. It belongs to the service's account.
type snapshot struct {
	space.Snapshot
	frame          arch.Frame
	fsBase, gsBase uint64
	tasks          int  // that share it
	dropped        bool // no life begins with it any more; it goes with the last task

	sum    uint64 // of what it holds; 0: not known yet
	cursor space.Cursor

	second space.Cursor // of TraceVerify
	looks  abi.Endpoint // who makes it
}

// before is the calls that a task may have made before its snapshot is taken: none that gave it anything of the life that it is.
const before = 1<<abi.CallDiag | 1<<abi.CallSnapshot | 1<<(abi.CallArchPrctl&63)

// callSnapshot: hands the caller's memory over as the snapshot that later lives of its service begin with, after this call, like the
// caller itself → 0 in the life that it was taken of, 1 in each that begins with it. Later lives have their own start page and call
// page; everything else is as it was.
//
// Errors: EPERM (TaskSnapshot was not given, a tracer has changed the caller), EBUSY (there is one already, or the caller has made a
// call that is none of those of before; or has a copy grant), E2BIG, ENOMEM. The caller goes on as it was.
func (k *Kernel) callSnapshot(t *task.Task, _ *arch.Frame) (abi.Errno, uint64) {
	n, a := k.snapshotOf(t), k.accounts.Get(t.Account)
	switch {
	case !t.MaySnapshot || t.Traced:
		return abi.EPERM, 0
	case n.Exists() || t.Made&^before != 0 || granted(t.Call):
		return abi.EBUSY, 0
	}
	more, e := t.Space.Seal(&t.Making, t.Done == 0)
	if e == abi.OK && more {
		t.Done++
		return again, 0
	}
	if e == abi.OK && a.Frames.Left() < k.used(t) {
		e = abi.ENOMEM // the life could not have copies of what it has now
	}
	if e == abi.OK {
		soon := space.Soon
		if t.Root {
			soon = space.SoonRoot
		}
		e = t.Space.Take(&n.Snapshot, &t.Making, &a.Frames, soon)
	}
	if t == k.current() {
		k.cpu.Switch(t.Ctx, t.Space.Root) // what the processor remembers may be written; it has the GS base, too
	}
	if e == abi.OK {
		n.frame, n.fsBase, n.gsBase, n.tasks, n.dropped, n.sum = t.Ctx.Frame, t.Ctx.FSBase, t.Ctx.GSBase, 1, false, 0
		n.frame.AX, n.frame.DX = uint64(abi.OK), 1
		n.cursor, n.Lacks = n.First(), &k.lacks
		k.limit(t, n)
	}
	if k.twice(t) {
		e = k.snapshotNext(t, e)
	}
	return e, 0
}

// limit tells t how much of its account's memory is left to its lives beside the snapshot.
func (k *Kernel) limit(t *task.Task, n *snapshot) {
	if ceiling := k.ceiling(t); ceiling > n.Frames() {
		k.startInfo(t).MemoryLimit = (ceiling - n.Frames()) * abi.PageSize
	}
}

// granted tells whether a task lets others copy.
func granted(c *abi.CallArea) bool {
	for i := range c.Grants {
		if c.Grants[i].Flags&abi.GrantValid != 0 {
			return true
		}
	}
	return false
}

// warm is the snapshot that a life on an account, made from the executable of t, begins with; nil: none.
func (k *Kernel) warm(t *task.Task, flags uint32) *snapshot {
	n := k.snapshotOf(t)
	if flags&abi.TaskWarm == 0 || n.dropped || !n.Of(t.Image) {
		return nil
	}
	return n
}

// resume lets t, whose space has the snapshot's pages, begin where it was taken.
func (n *snapshot) resume(t *task.Task) {
	t.Ctx.Frame, t.Ctx.FSBase, t.Ctx.GSBase = n.frame, n.fsBase, n.gsBase
	t.Warm = true
	n.tasks++
}

// unshare notes that t, which has ended, shares no snapshot any more.
func (k *Kernel) unshare(t *task.Task) {
	n := k.snapshotOf(t)
	if s := t.Space.Snapshot(); s == nil || s != &n.Snapshot {
		return
	}
	if n.tasks--; n.tasks == 0 && n.dropped {
		k.freeSnapshot(n)
	}
}

func (k *Kernel) freeSnapshot(n *snapshot) {
	n.Free(k.pool)
	*n = snapshot{}
}

// dropSnapshot lets no life begin with the snapshot of an account any more.
func (k *Kernel) dropSnapshot(id abi.AccountID) {
	k.drop(&k.snapshots[id])
	if k.twin.on && id == abi.AccountRoot {
		k.drop(&k.snapshots[secondBody])
	}
}

func (k *Kernel) drop(n *snapshot) {
	if !n.Exists() {
		return
	}
	n.dropped = true
	n.DropSpares(k.pool)
	if n.tasks == 0 {
		k.freeSnapshot(n)
	}
}

// checkEach is how many frames of a snapshot one step looks at.
const checkEach = 4

// checkSnapshot looks in steps, of which t makes one, whether the snapshot of an account holds what it held when this was asked for the first
// time. One that does not is dropped. Errors: ESRCH (there is none), EIO (it is damaged).
func (k *Kernel) checkSnapshot(t *task.Task, id abi.AccountID) (abi.Errno, uint64) {
	n := &k.snapshots[id]
	if !n.Exists() || n.dropped {
		return abi.ESRCH, 0
	}
	if t.Done == 0 {
		n.cursor = n.First()
		t.Done = 1
	}
	if !n.Sum(k.phys, &n.cursor, checkEach) {
		return again, 0
	}
	sum := n.cursor.Value()
	if n.sum == 0 {
		n.sum = sum
	}
	if sum != n.sum {
		k.dropSnapshot(id)
		return abi.EIO, 0
	}
	return abi.OK, n.Frames()
}

// pokeSnapshot changes a byte of the snapshot that to shares, for all lives that begin with it: fault injection. Errors: EFAULT (the page is
// none of a snapshot's).
func (k *Kernel) pokeSnapshot(to *task.Task, va uint64, b byte) abi.Errno {
	n := to.Space.Snapshot()
	if n == nil {
		return abi.EFAULT
	}
	if !n.Poke(k.pool, va, b) {
		return abi.EFAULT
	}
	return abi.OK
}
