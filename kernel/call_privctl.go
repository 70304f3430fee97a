package kernel

import (
	"math/bits"

	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/task"
)

// consolePort is the first port of the console that the kernel writes to (COM1). The task that gets it has
// the console from then on, and so have its successors: a polled line is 17 ms of a real UART's time, with
// interrupts off, and deaths are not the time for that. The log has every line, a kernel panic speaks again.
const consolePort = 0x3f8

// callPrivCtl: (PrivOp, endpoint); Buf: Privilege.
//
// Errors: EDEADSRCDST, EINVAL (unknown op, counts out of range, ports that overlap, rows of PCI functions or
// a right to DMA that are none), EPERM (the target runs already, or has no privileges yet; ports that no task gets), EBUSY (a port is another task's), ENOSPC (all hooks are
// spoken for), ENOMEM.
func (k *Kernel) callPrivCtl(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	to := k.tasks.Lookup(abi.Endpoint(f.SI))
	if to == nil {
		return abi.EDEADSRCDST, 0
	}
	switch op := abi.PrivOp(f.DI); op {
	case abi.PrivQuery:
		return put(t, abi.OK, k.privilege(to))
	case abi.PrivSet:
		if t.Done == 0 && (to.Wait&task.NoPriv == 0 || to.PrivSet) {
			return abi.EPERM, 0
		}
		if t.Done != 0 {
			k.privTell(to)
			return abi.OK, 0
		}
		to.Priv.Read(t.Call.Buf[:])
		e := k.privSet(to)
		switch {
		case e == abi.OK && to.Priv.NPorts > 0:
			t.Done, e = 1, again // the rest is long enough for a step of its own
		case e == abi.OK:
			k.privTell(to)
		}
		return e, 0
	case abi.PrivAllow:
		if to.Wait&task.NoPriv == 0 || !to.PrivSet {
			return abi.EPERM, 0
		}
		k.allow(to)
		return abi.OK, 0
	case abi.PrivDisallow:
		if to.Wait&(task.NoPriv|task.Reborn) != 0 || to.Root && !mayEndRoot(t) {
			return abi.EPERM, 0
		}
		to.Wait |= task.NoPriv
		k.sched.Block(to.Slot)
		return abi.OK, 0
	}
	return abi.EINVAL, 0
}

// privilege is what to may do, with the living ones of those that it may send to.
func (k *Kernel) privilege(to *task.Task) *abi.Privilege {
	p := &to.Priv
	p.NSendTo = 0
	for m := to.SendTo; m != 0; m &= m - 1 {
		if o := &k.tasks.Tasks[bits.TrailingZeros64(m)]; o.Live {
			p.MaySend(o.Endpoint)
		}
	}
	clear(p.SendTo[p.NSendTo:])
	return p
}

// privSet gives to, which had none, the privileges that stand in its row; none when one of them cannot be.
func (k *Kernel) privSet(to *task.Task) abi.Errno {
	e := k.giveRights(to, &to.Priv)
	if e != abi.OK {
		to.Priv = abi.Privilege{}
	}
	return e
}

// giveRights checks p, to's privileges, whole before any of it takes effect.
func (k *Kernel) giveRights(to *task.Task, p *abi.Privilege) abi.Errno {
	if !p.Valid() {
		return abi.EINVAL
	}
	for i, r := range p.Ports[:p.NPorts] {
		if r.First > r.Last {
			return abi.EINVAL
		}
		for _, o := range p.Ports[:i] {
			if overlap(r, o) {
				return abi.EINVAL
			}
		}
		if !k.ports.free(r) {
			return abi.EBUSY
		}
	}
	if k.hookRows+uint64(p.NIRQs)+k.bound > abi.MaxHooks {
		return abi.ENOSPC
	}
	var io ioRights
	if e := k.sortPorts(to, p, &io); e != abi.OK {
		return e
	}
	if io.nOpen > 0 && !to.Space.OpenIO(io.open[:io.nOpen]) {
		return abi.ENOMEM
	}
	to.PrivSet = true
	k.hookRows += uint64(p.NIRQs)
	k.showPorts(to, &io)
	for _, r := range p.Ports[:p.NPorts] {
		k.ports.take(r)
		k.consoleTask = k.consoleTask || r.Has(consolePort)
	}
	return abi.OK
}

// privTell is the rest of privSet: it opens the ways to peers, and tells the log of the ports.
func (k *Kernel) privTell(to *task.Task) {
	p := &to.Priv
	k.tasks.AllowSends(to, p.SendTo[:min(p.NSendTo, abi.MaxTasks)])
	k.tellUnguarded(to)
}

func overlap(a, b abi.PortRange) bool { return a.First <= b.Last && b.First <= a.Last }

// allow lets to run.
func (k *Kernel) allow(to *task.Task) {
	to.Wait &^= task.NoPriv
	if to.StartedNS == 0 {
		to.StartedNS = k.Now()
		to.Space.Ready()
		to.Space.Prefill()
	}
	if to.Wait == 0 {
		k.Ready(to)
	}
}
