package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/account"
	"bennu/kernel/arch"
	"bennu/kernel/image"
	"bennu/kernel/space"
	"bennu/kernel/task"
)

// The root task's program can run twice (Config.Twice): in two bodies, each of which has an address space, a context and a copy of the executable of
// its own, under one slot and one endpoint. Each runs until it makes a call. When both have, and with the same registers, call page and memory that
// the call takes in, the call is made, once, and both are given what comes of it. Where something differs, one of them is not what it was, and nobody
// can say which: the life ends, and nothing of what it was about to do is done.
//
// So what a body does is a function of what calls give it, the time among it (CallArea.Stamp). One body is in the task's row, and the other one here;
// they take turns. As a task that is traced, it is set aside by pick and waits with task.LongWay: no short way knows of it.
//
// What is behind both is there once: the boot archive, what is kept, the kernel. Source of the idea: Shye et al., "Using Process-Level Redundancy to
// Exploit Multiple Cores for Transient Fault Tolerance", DSN 2007.

// twin is the body that is not in the root task's row, and how far both are.
type twin struct {
	on     bool
	second bool // the first one is here
	phase  phase
	cr2    uint64 // of the exception that the one here has come to

	space space.Space
	ctx   *arch.Context
	page  *abi.CallArea // its call page
	image *image.Image
	warm  bool

	mine  *abi.CallArea // that of the one in the row: t.Call is the kernel's
	ran   uint64        // how long the one in the row has run since the last call, TSC counts
	has   uint64        // and the one here
	at, n uint64        // what the call that is made has written to the memory of the one in the row
}

// phase is how far two bodies are with their next call.
type phase uint8

const (
	owed    phase = iota // it was made: they are to be given what came of it
	apart                // neither has made it
	awaited              // the one that is not in the row has
	inSteps              // both have, and it works in steps
)

// secondBody is where the snapshot of the second body is.
const secondBody = abi.MaxAccounts

// twice tells whether t is two.
func (k *Kernel) twice(t *task.Task) bool { return t.Root && k.twin.on }

// snapshotOf is the snapshot for the body that is in t's row.
func (k *Kernel) snapshotOf(t *task.Task) *snapshot {
	if t.Root && k.twin.second {
		return &k.snapshots[secondBody]
	}
	return &k.snapshots[t.Account]
}

// snapshotAccount is the account of a snapshot.
func snapshotAccount(id int) abi.AccountID {
	if id == secondBody {
		return abi.AccountRoot
	}
	return abi.AccountID(id)
}

// ceiling is how many frames a body of t's may have.
func (k *Kernel) ceiling(t *task.Task) uint64 {
	n := k.accounts.Get(t.Account).Frames.Ceiling()
	if k.cfg.Twice && t.Account == abi.AccountRoot {
		n /= 2
	}
	return n
}

// exchange puts the other body into t's row.
func (k *Kernel) exchange(t *task.Task) {
	o := &k.twin
	t.Space, o.space = o.space, t.Space
	t.Ctx, o.ctx = o.ctx, t.Ctx
	t.Image, o.image = o.image, t.Image
	t.Warm, o.warm = o.warm, t.Warm
	o.mine, o.page = o.page, o.mine
	o.ran, o.has = o.has, o.ran
	o.second = !o.second
}

// beginTwice makes the second body of the root task t, which has not run, of another copy of its executable. Errors: ENOMEM, ENOSPC, ENOEXEC.
func (k *Kernel) beginTwice(t *task.Task, a *account.Account, s *abi.TaskSpec, file []byte) abi.Errno {
	id, e := k.images.Create(uint64(len(file)), abi.None, a.ID, &a.Frames)
	if e != abi.OK {
		return e
	}
	a.Images++
	e = k.images.Write(id, 0, file)
	for more := true; more && e == abi.OK; {
		more, e = k.images.Seal(id)
	}
	if e != abi.OK {
		return e
	}
	o := &k.twin
	o.on, o.image = true, k.images.Get(id)
	k.images.Hold(o.image)
	k.images.Unref(id)
	if k.bothThere(t); !t.Space.Begin(k.pool, k.template, &a.Frames, k.images, t.Image) || !k.furnish(t, s, a) || !k.furnishRoot(t) {
		return abi.ENOMEM
	}
	k.bothThere(t)
	o.space.Ready()
	t.Aside = true
	t.Priv.CallMask &^= abi.CallBit(abi.CallWindow) // memory that others write would not be the same for both
	return abi.OK
}

// bothThere notes that the body in t's row is furnished; else the next one is to be.
func (k *Kernel) bothThere(t *task.Task) bool {
	o := &k.twin
	o.mine, t.Call = t.Call, callAt(k.phys, k.limbo)
	both := o.second
	if both {
		*k.startInfo(t) = *k.otherStart()
	}
	k.exchange(t)
	return both
}

// otherStart is the other body's start page.
func (k *Kernel) otherStart() *abi.StartInfo {
	return startAt(k.phys, k.twin.space.Lookup(abi.StartPage).Frame())
}

// otherReady is what rootRuns does, for the other body.
func (k *Kernel) otherReady(t *task.Task) {
	k.twin.phase = owed
	k.exchange(t)
	t.Space.Ready()
	t.Space.Prefill()
	k.exchange(t)
}

// endTwice ends what both are at. Preconditions: the record of the end is made.
func (k *Kernel) endTwice(t *task.Task) {
	o := &k.twin
	o.phase, o.n = owed, 0
	*t.Call = abi.CallArea{Reading: o.mine.Reading}
}

// disembodyOther takes from the other body what it has of a life.
func (k *Kernel) disembodyOther(t *task.Task) {
	k.exchange(t)
	k.unshare(t)
	t.Space.Free()
	t.Space, t.Ctx, t.Warm = space.Space{}, nil, false
	k.exchange(t)
}

// snapshotNext goes on with CallSnapshot when that of the body in t's row is there, or could not be made (e): to the other one's. There are two of them, or none. Errors: again, e.
func (k *Kernel) snapshotNext(t *task.Task, e abi.Errno) abi.Errno {
	if e != abi.OK {
		k.dropSnapshot(t.Account)
		return e
	}
	k.exchange(t)
	if t.Done = 0; !k.snapshotOf(t).Exists() {
		return again
	}
	k.startInfo(t).MemoryLimit = k.otherStart().MemoryLimit
	return abi.OK
}

// used is how many frames t has of its own.
func (k *Kernel) used(t *task.Task) uint64 {
	if k.twice(t) {
		return t.Space.Used() + k.twin.space.Used()
	}
	return t.Space.Used()
}
