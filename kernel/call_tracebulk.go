package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/ioport"
	"bennu/kernel/space"
	"bennu/kernel/task"
)

// PortSpace is the machine's ports, in all widths that IN and OUT have.
type PortSpace interface {
	ioport.Ports
	In16(port uint16) uint16
	In32(port uint16) uint32
	Out16(port uint16, v uint16)
	Out32(port uint16, v uint32)
}

// traceCopy is TraceRead and TraceWrite: (address, buffer, length), in steps. The value of a read is how many bytes it has copied. Errors:
// E2BIG (over MaxCopy), EFAULT, ENOMEM. A buffer that is not the caller's memory ends the caller.
func (k *Kernel) traceCopy(t, to *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	va, buffer, n, read := f.DX, f.R10, f.R8, abi.TraceOp(f.DI) == abi.TraceRead
	if n > abi.MaxCopy {
		return abi.E2BIG, 0
	}
	if buffer+n < buffer {
		k.misuse(t, abi.CallNr(f.AX))
		return abi.EFAULT, 0
	}
	for end := min(t.Done+traceStep, n); t.Done < end; {
		mine, e := k.bytes(t, buffer+t.Done, end-t.Done, read)
		if e != abi.OK {
			return k.badBuffer(t, abi.CallNr(f.AX), buffer+t.Done, e), 0
		}
		if !read {
			if e := k.poke(to, va+t.Done, mine); e != abi.OK {
				return e, 0
			}
			t.Done += uint64(len(mine))
			continue
		}
		c := k.peek(to, va+t.Done, mine)
		if t.Done += uint64(c); c < len(mine) {
			return abi.OK, t.Done
		}
	}
	if t.Done < n {
		return again, 0
	}
	if !read {
		return abi.OK, 0
	}
	return abi.OK, n
}

// traceStep is how many bytes one step copies: each page may have to be given to the caller, and copied, with its table, for the target.
const traceStep = 8 << 10

// traceVerify compares, in steps, the sealed image of an account's living task with its checksum, then the account's snapshot with what it
// held when this, or AccountCheckSnapshot, first saw it. Nothing is changed: what is damaged stays. Errors: ESRCH (nobody lives), EIO.
func (k *Kernel) traceVerify(t *task.Task, id abi.AccountID) (abi.Errno, uint64) {
	const image, snapshot = uint64(1) << 62, uint64(1) << 63 // what Done is of: the next page and the sum so far
	n := &k.snapshots[id]
	if t.Done&snapshot == 0 {
		to := k.lifeOf(id)
		if to == nil {
			return abi.ESRCH, 0
		}
		page, sum := t.Done>>32&0xffff, uint32(t.Done)
		if uint64(to.ImageID) != t.Done>>48&0xff { // another life, of another image
			page, sum = 0, 0
		}
		sum, more := k.images.SumFrom(to.Image, page, verifyEach, sum)
		switch {
		case more:
			t.Done = image | uint64(to.ImageID)<<48 | (page+verifyEach)<<32 | uint64(sum)
			return again, 0
		case sum != to.Image.CRC:
			return abi.EIO, 0
		case !n.Exists() || n.dropped:
			return abi.OK, 0
		}
		t.Done = snapshot
		n.looks, n.second = t.Endpoint, n.First()
		return again, 0
	}
	if !n.Exists() || n.dropped {
		return abi.OK, 0
	}
	if n.looks != t.Endpoint { // another tracer looks at it, or it is another snapshot: anew
		n.looks, n.second = t.Endpoint, n.First()
	}
	if !n.Sum(k.phys, &n.second, checkEach) {
		return again, 0
	}
	sum := n.second.Value()
	if n.sum == 0 {
		n.sum = sum
	}
	if n.sum != sum {
		return abi.EIO, 0
	}
	return abi.OK, 0
}

const verifyEach = 8 // pages of an image that one step sums up

// lifeOf is a living task on an account; nil: there is none.
func (k *Kernel) lifeOf(id abi.AccountID) *task.Task {
	for m := k.tasks.Living(); m != 0; m &= m - 1 {
		if t := k.taskOf(m); t.Account == id {
			return t
		}
	}
	return nil
}

// tracePort reads or writes a port by to's rights: (port, width in bytes, value). Errors: EINVAL (the width, or no port), EPERM (it is not
// to's, in that width; of a guarded one what CallPortIO says), EAGAIN.
func (k *Kernel) tracePort(to *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	width, write, v := f.R10, abi.TraceOp(f.DI) == abi.TracePortOut, f.R8
	if width != 1 && width != 2 && width != 4 || f.DX+width > 1<<16 || f.DX > 0xffff || write && v>>(8*width) != 0 {
		return abi.EINVAL, 0
	}
	port := uint16(f.DX)
	open, guarded := portOf(to, port, width)
	switch {
	case guarded && write:
		return k.guard.Out(port, uint8(v)), 0
	case guarded:
		v, e := k.guard.In(port)
		return e, uint64(v)
	case !open:
		return abi.EPERM, 0
	case write:
		k.out(port, width, uint32(v))
		return abi.OK, 0
	}
	return abi.OK, k.in(port, width)
}

// portOf tells whether to has the ports of an access, and by which way it reaches them.
func portOf(to *task.Task, port uint16, width uint64) (open, guarded bool) {
	for i, r := range to.Priv.Ports[:to.Priv.NPorts] {
		if r.Has(port) && uint64(r.Last)-uint64(port) >= width-1 {
			guarded, _, _ = ioport.Sort(r, to.Priv.Unguarded>>i&1 != 0)
			return !guarded, guarded && width == 1
		}
	}
	return false, false
}

func (k *Kernel) in(port uint16, width uint64) uint64 {
	p := k.cfg.Ports
	switch width {
	case 1:
		return uint64(p.In8(port))
	case 2:
		return uint64(p.In16(port))
	}
	return uint64(p.In32(port))
}

func (k *Kernel) out(port uint16, width uint64, v uint32) {
	p := k.cfg.Ports
	switch width {
	case 1:
		p.Out8(port, uint8(v))
	case 2:
		p.Out16(port, uint16(v))
	default:
		p.Out32(port, v)
	}
}

// anyLine stands for all lines of an owner.
const anyLine = ^uint32(0)

// traceLine is TraceRaise and TraceLose: (line, n). Errors: EINVAL (no such line; of TraceLose the caller is not to's tracer), EPERM (to has
// no hook on it).
func (k *Kernel) traceLine(t, to *task.Task, f *arch.Frame) abi.Errno {
	line, ok := k.m.Resolve(uint32(min(f.DX, 1<<32-1)))
	if !ok {
		return abi.EINVAL
	}
	if abi.TraceOp(f.DI) == abi.TraceLose {
		if k.tracers[to.Account].by != t.Endpoint {
			return abi.EINVAL
		}
		return k.irqs.Lose(to.Endpoint, line, f.R10)
	}
	bit, ok := k.irqs.Hook(to.Endpoint, line)
	if !ok {
		return abi.EPERM
	}
	k.ipc.Interrupt(to, bit, k.Now())
	return abi.OK
}

// areaKinds is the ABI's word for what a region is.
var areaKinds = [...]uint32{space.Text: 1, space.Data: 1, space.RAM: 2, space.Start: 3, space.Call: 4, space.Clock: 5, space.Window: 6, space.Module: 7, space.Kept: 8}
