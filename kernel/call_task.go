package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/account"
	"bennu/kernel/arch"
	"bennu/kernel/task"
)

// callTaskCreate: Buf: TaskSpec. The new task has no rights and does not run.
//
// Errors: EINVAL (no such sealed image, arguments too long, unknown flags, a label that the log has for the kernel or the root task),
// ESRCH (no such account), ENOSPC (no slot), EAGAIN (none, until death records are consumed), ENOMEM.
func (k *Kernel) callTaskCreate(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	var s abi.TaskSpec
	s.Read(t.Call.Buf[:])
	if s.Label == kernelLabel || s.Label == k.root.Label {
		return abi.EINVAL, 0
	}
	made, e := k.create(&s)
	if e != abi.OK {
		return e, 0
	}
	k.startInfo(made).Root = k.root.Endpoint
	if made.Warm {
		return abi.OK, uint64(made.Endpoint) | abi.TaskIsWarm
	}
	return abi.OK, uint64(made.Endpoint)
}

func (k *Kernel) create(s *abi.TaskSpec) (*task.Task, abi.Errno) {
	m, a := k.images.Sealed(int(s.Image)), k.accounts.Get(s.Account)
	switch {
	case m == nil || s.ArgsLen > abi.ArgsSize || s.Flags&^(abi.TaskSnapshot|abi.TaskWarm) != 0:
		return nil, abi.EINVAL
	case a == nil || s.Account == abi.AccountKernel:
		return nil, abi.ESRCH
	}
	if a.Spec.KeptFrames != 0 && !k.kept[a.ID].Whole() {
		return nil, fillKept(&k.kept[a.ID])
	}
	t := k.tasks.Take()
	if t == nil && k.nDead > 0 {
		return nil, abi.EAGAIN
	}
	if t == nil {
		return nil, abi.ENOSPC
	}
	t.Label, t.Incarnation, t.Image, t.ImageID = s.Label, s.Incarnation, m, s.Image
	t.Account, t.Server = a.ID, a.Spec.Flags&abi.AccountServer != 0
	if !t.Space.Begin(k.pool, k.template, &a.Frames, k.images, m) || !k.furnish(t, s, a) {
		t.Space.Free()
		k.tasks.Bury(t)
		k.tasks.Release(t)
		return nil, abi.ENOMEM
	}
	k.images.Hold(m)
	k.sched.Add(t.Slot, a.ID)
	a.Tasks++
	a.Lives++
	if t.Space.Keeps() {
		k.kept[a.ID].Born()
	}
	if k.by != 0 && k.tracers[a.ID].by != 0 {
		k.trace(t)
	}
	return t, abi.OK
}

// furnish gives a new task its context, its start page, its call page, everybody's clock page and its code.
func (k *Kernel) furnish(t *task.Task, s *abi.TaskSpec, a *account.Account) bool {
	ctx := t.Space.Own()
	if ctx == 0 {
		return false
	}
	t.Ctx = contextAt(k.phys, ctx)
	t.Ctx.Start(t.Slot, t.Image.Entry)
	start, call := t.Space.Fixed(abi.StartPage, false), t.Space.Fixed(abi.CallPage, true)
	if start == 0 || call == 0 || !t.Space.MapClock(k.wallFrame) {
		return false
	}
	t.Call = callAt(k.phys, call)
	i := k.startInfo(t)
	i.Magic, i.Version = abi.StartMagic, abi.Version
	i.Endpoint, i.Incarnation, i.Init, i.Label = t.Endpoint, s.Incarnation, s.Init, s.Label
	i.RAMStart, i.RAMSize = abi.RAMBase, abi.RAMSize
	i.TSCHz, i.TSCBase, i.TSCMult = k.cfg.TSCHz, k.cfg.Facts.EntryTSC, k.cfg.TSCMult
	i.Priority, i.MemoryLimit = a.Spec.Priority, k.ceiling(t)*abi.PageSize
	i.Seed = k.nextSeed()
	i.ArgsLen = s.ArgsLen
	copy(i.Args[:s.ArgsLen], s.Args[:]) // the page is zero
	if a.Spec.KeptFrames != 0 && !k.showKept(t, i) {
		return false
	}
	t.MaySnapshot = s.Flags&abi.TaskSnapshot != 0
	n := k.warm(t, s.Flags)
	if n == nil {
		return t.Space.Load(nil)
	}
	if !t.Space.Load(&n.Snapshot) {
		return false
	}
	n.resume(t)
	k.limit(t, n)
	return true
}

// startInfo is t's start page, by the direct map.
func (k *Kernel) startInfo(t *task.Task) *abi.StartInfo {
	return startAt(k.phys, t.Space.Lookup(abi.StartPage).Frame())
}

// nextSeed draws a task's random seed from the kernel's, which boot took from the hardware: xoshiro256+ (Blackman and
// Vigna, "Scrambled Linear Pseudorandom Number Generators"). It is guessable: for secrets there is CallEntropy.
func (k *Kernel) nextSeed() (out [4]uint64) {
	a, b, c, d := k.seed[0], k.seed[1], k.seed[2], k.seed[3]
	for i := range out {
		out[i] = a + d
		t := b << 17
		c ^= a
		d ^= b
		b ^= c
		a ^= d
		c ^= t
		d = d<<45 | d>>19
	}
	k.seed = [4]uint64{a, b, c, d}
	return out
}

// callTaskKill: (endpoint, KillHung or 0). Errors: EDEADSRCDST, EPERM (the root task, and the caller may not trace it).
func (k *Kernel) callTaskKill(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	to := k.tasks.Lookup(abi.Endpoint(f.DI))
	if to == nil {
		return abi.EDEADSRCDST, 0
	}
	if to.Root && !mayEndRoot(t) {
		return abi.EPERM, 0
	}
	k.finish(to, end{cause: abi.CauseKilled, hung: f.SI == abi.KillHung})
	return abi.OK, 0
}
