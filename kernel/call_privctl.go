package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/task"
)

// consolePort is the first port of the console that the kernel writes to (COM1). Who gets it has the
// console from then on, its successors too: a polled line is 17 ms of a real UART's time, with interrupts
// off, and deaths are not the time for that. The log has every line, a kernel panic speaks again.
const consolePort = 0x3f8

// callPrivCtl: (PrivOp, endpoint); Buf: Privilege.
//
// Errors: EDEADSRCDST, EINVAL (unknown op, counts or priorities out of range), EPERM (the target runs
// already, or has no privileges yet), EBUSY (a port is another task's), ENOMEM.
func (k *Kernel) callPrivCtl(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	to := k.tasks.Lookup(abi.Endpoint(f.SI))
	if to == nil {
		return abi.EDEADSRCDST, 0
	}
	switch op := abi.PrivOp(f.DI); op {
	case abi.PrivQuery:
		copy(t.Call.Buf[:], abi.Bytes(&to.Priv))
		return abi.OK, 0
	case abi.PrivSet:
		if to.Wait&task.NoPriv == 0 || to.PrivSet {
			return abi.EPERM, 0
		}
		var p abi.Privilege
		copy(abi.Bytes(&p), t.Call.Buf[:])
		return k.privSet(to, &p), 0
	case abi.PrivAllow:
		if to.Wait&task.NoPriv == 0 || !to.PrivSet {
			return abi.EPERM, 0
		}
		k.allow(to)
		return abi.OK, 0
	case abi.PrivDisallow:
		if to.Wait&task.NoPriv != 0 || to.Root {
			return abi.EPERM, 0
		}
		to.Wait |= task.NoPriv
		k.queue.Remove(to.Slot)
		return abi.OK, 0
	}
	return abi.EINVAL, 0
}

// privSet checks p whole before any of it takes effect.
func (k *Kernel) privSet(to *task.Task, p *abi.Privilege) abi.Errno {
	if p.Priority >= abi.Priorities || p.NPorts > abi.MaxPorts || p.NIRQs > abi.MaxIRQs || p.FrameQuota == 0 {
		return abi.EINVAL
	}
	ports := uint64(0)
	for i, r := range p.Ports[:p.NPorts] {
		if r.First > r.Last {
			return abi.EINVAL
		}
		for _, o := range p.Ports[:i] {
			if overlap(r, o) {
				return abi.EINVAL
			}
		}
		if k.portsTaken(to, r) {
			return abi.EBUSY
		}
		ports += uint64(r.Last) - uint64(r.First) + 1
	}
	if p.QuantumNS == 0 {
		p.QuantumNS = abi.DefaultQuantumNS
	}
	quota := to.Space.Quota
	to.Space.Quota = uint64(p.FrameQuota)
	if p.NPorts > 0 && !to.Space.OpenIO(p.Ports[:p.NPorts]) {
		to.Space.Quota = quota
		return abi.ENOMEM
	}
	sendTo := p.SendTo
	p.SendTo = 0
	to.Priv, to.PrivSet = *p, true
	k.ports += ports
	k.startInfo(to).Priority = p.Priority
	k.startInfo(to).MemoryLimit = uint64(p.FrameQuota) * abi.PageSize
	k.allowSends(to, sendTo)
	for _, r := range p.Ports[:p.NPorts] {
		if hasConsole(r) {
			k.consoleTask = true
		}
	}
	return abi.OK
}

func hasConsole(r abi.PortRange) bool { return r.First <= consolePort && consolePort <= r.Last }

func overlap(a, b abi.PortRange) bool { return a.First <= b.Last && b.First <= a.Last }

func (k *Kernel) portsTaken(to *task.Task, r abi.PortRange) bool {
	for i := range k.tasks.Tasks {
		o := &k.tasks.Tasks[i]
		if !o.Live || o == to {
			continue
		}
		for _, x := range o.Priv.Ports[:o.Priv.NPorts] {
			if overlap(r, x) {
				return true
			}
		}
	}
	return false
}

// allowSends sets whom to may send to. Who may send a request must be able to get an answer: the
// other way is opened too, but to a task that can only receive.
func (k *Kernel) allowSends(to *task.Task, mask uint64) {
	for i := range k.tasks.Tasks {
		o := &k.tasks.Tasks[i]
		if !o.Live || o == to || mask>>i&1 == 0 {
			continue
		}
		to.Priv.SendTo |= 1 << i
		if o.Priv.TrapMask != abi.TrapBit(abi.CallReceive) {
			o.Priv.SendTo |= 1 << to.Slot
		}
	}
}

// allow lets to run.
func (k *Kernel) allow(to *task.Task) {
	to.Wait &^= task.NoPriv
	if to.StartedNS == 0 {
		to.StartedNS = k.now
		to.SliceNS = to.Priv.QuantumNS
		k.refill(to) // else one that loops from its first instruction on would be stopped by nothing
	}
	if to.Wait == 0 {
		k.Ready(to)
	}
}
