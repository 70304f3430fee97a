package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/ioport"
	"bennu/kernel/log"
	"bennu/kernel/task"
)

// guarded keeps the ports that pass a wrong byte on to more than their device: it says which task may write
// which bytes there.
type guarded struct {
	*ioport.Guard
	never []ioport.Block     // the ones of this machine besides the PC's own
	told  [abi.MaxTasks]bool // by slot: a refusal of this life is in the log
}

// callPortIO: (PortOp, port, byte) → byte. A guarded port of the caller's.
//
// Errors: EINVAL (unknown op, a value of more than 8 bits, a port that is not guarded), EPERM (the port is not
// the caller's; the byte would reach past the device), EAGAIN (the device has not taken the byte before).
func (k *Kernel) callPortIO(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	op, port := abi.PortOp(f.DI), uint16(f.SI)
	switch {
	case f.SI > 0xffff || op != abi.PortIn && op != abi.PortOut || op == abi.PortOut && f.DX > 0xff:
		return abi.EINVAL, 0
	case !hasPort(t, port):
		return abi.EPERM, 0
	case op == abi.PortIn:
		v, e := k.guard.In(port)
		return e, uint64(v)
	}
	v := uint8(f.DX)
	e := k.guard.Out(port, v)
	if e == abi.EPERM {
		k.tellRefusal(t, port, v)
	}
	return e, 0
}

func hasPort(t *task.Task, port uint16) bool {
	for _, r := range t.Priv.Ports[:t.Priv.NPorts] {
		if r.Has(port) {
			return true
		}
	}
	return false
}

// tellRefusal logs the first refusal of a life: a driver that goes on asking must not fill the log.
func (k *Kernel) tellRefusal(t *task.Task, port uint16, v uint8) {
	if k.guard.told[t.Slot] {
		return
	}
	k.guard.told[t.Slot] = true
	l := k.stamp().str("kernel: port refused label=").label(&t.Label).str(" ep=").dec(uint64(t.Endpoint))
	l.str(" port=").digits(uint64(port), 16, 1).str(" value=").digits(uint64(v), 16, 2).str(" why=\"").str(k.guard.Why(port, v)).str("\"")
	k.emit(log.About(int(t.Account)), &t.Label)
}

// ioRights is the port ranges of a privilege, sorted by the way to reach them.
type ioRights struct {
	open     [abi.MaxPorts]abi.PortRange // for the task's own IN and OUT
	nOpen    int
	guarded  [abi.MaxGuarded]abi.PortRange // for CallPortIO
	nGuarded int
}

// sortPorts tells the ports of p apart: those that the task reads and writes itself, and those that the
// kernel does for it. Preconditions: no range is in another.
//
// Errors: EPERM, and a line in the log: ports that no task gets, or that are in no list and not said to be
// unguarded.
func (k *Kernel) sortPorts(to *task.Task, p *abi.Privilege, out *ioRights) abi.Errno {
	for i, r := range p.Ports[:p.NPorts] {
		for _, b := range k.guard.never {
			if r.First <= b.Last && b.First <= r.Last {
				return k.refusePorts(to, &b)
			}
		}
		guarded, bad, ok := ioport.Sort(r, p.Unguarded>>i&1 != 0)
		switch {
		case !ok:
			return k.refusePorts(to, &bad)
		case guarded:
			out.guarded[out.nGuarded] = r
			out.nGuarded++
		default:
			out.open[out.nOpen] = r
			out.nOpen++
		}
	}
	return abi.OK
}

func (k *Kernel) refusePorts(to *task.Task, b *ioport.Block) abi.Errno {
	k.stamp().str("kernel: ports refused label=").label(&to.Label).str(" ports=").ports(b.First, b.Last).str(" why=\"").str(b.Name).str("\"")
	k.emit(log.About(int(to.Account)), &to.Label)
	return abi.EPERM
}

// showPorts tells the task which of its ports go through CallPortIO.
func (k *Kernel) showPorts(to *task.Task, io *ioRights) {
	s := k.startInfo(to)
	s.NGuarded = uint32(copy(s.Guarded[:], io.guarded[:io.nGuarded]))
}

// tellUnguarded names those ports of to in the log that nobody guards.
func (k *Kernel) tellUnguarded(to *task.Task) {
	if to.Priv.Unguarded == 0 {
		return
	}
	l := k.stamp().str("kernel: ports unguarded label=").label(&to.Label).str(" ep=").dec(uint64(to.Endpoint)).str(" ports=")
	sep := ""
	for i, r := range to.Priv.Ports[:to.Priv.NPorts] {
		if to.Priv.Unguarded>>i&1 != 0 {
			l.str(sep).ports(r.First, r.Last)
			sep = ","
		}
	}
	k.emit(log.About(int(to.Account)), &to.Label)
}

// forsakePorts is the end of t, who had ports.
func (k *Kernel) forsakePorts(t *task.Task) {
	k.guard.told[t.Slot] = false
	for _, r := range t.Priv.Ports[:t.Priv.NPorts] {
		k.guard.Release(r)
	}
}

// ports is a range as ioport.Name writes it.
func (l *textLine) ports(first, last uint16) *textLine {
	l.digits(uint64(first), 16, 1)
	if last != first {
		l.str("-").digits(uint64(last), 16, 1)
	}
	return l
}
