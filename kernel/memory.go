package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
	"bennu/kernel/task"
)

// Bits of a page fault's error code.
// Source: Intel SDM Vol. 3A, "Page-Fault Exceptions".
const (
	faultPresent = 1 << 0
)

// exception handles an exception of ring 3: a page that is given on demand, or the task's end.
func (k *Kernel) exception(t *task.Task, v uint64) {
	f := &t.Ctx.Frame
	if v != arch.VectorPageFault {
		k.kill(t, abi.DeathRecord{Cause: abi.CauseException, Vector: uint32(v), ErrorCode: f.Err})
		return
	}
	va := k.m.FaultAddress()
	if f.Err&faultPresent == 0 {
		switch k.populate(t, va) {
		case abi.OK:
			return
		case abi.ENOMEM:
			k.kill(t, abi.DeathRecord{Cause: abi.CauseMemory, Vector: uint32(v), ErrorCode: f.Err, CR2: va})
			return
		}
	}
	k.kill(t, abi.DeathRecord{Cause: abi.CauseException, Vector: uint32(v), ErrorCode: f.Err, CR2: va})
}

// populate gives t the page of va that it may have but has not touched yet: zeros of its RAM, or
// its own copy of a page of its image's data. Errors: EFAULT (nothing belongs there), ENOMEM.
func (k *Kernel) populate(t *task.Task, va uint64) abi.Errno {
	va &^= abi.PageSize - 1
	if va >= abi.RAMBase && va < abi.RAMBase+abi.RAMSize {
		return k.give(t, va, nil)
	}
	if g := t.Image.Segment(va); g != nil && g.Write {
		return k.give(t, va, func(a mem.Addr) { k.images.Fill(t.Image, g, va, a) })
	}
	return abi.EFAULT
}

// give maps a new frame, filled by fill, at va.
func (k *Kernel) give(t *task.Task, va uint64, fill func(mem.Addr)) abi.Errno {
	p := t.Space.Table(va)
	if p == nil {
		return abi.ENOMEM
	}
	a := t.Space.Own()
	if a == 0 {
		return abi.ENOMEM
	}
	if fill != nil {
		fill(a)
	}
	*p = paging.Entry(a, paging.Present|paging.Writable|paging.User|paging.NX)
	t.Faults++
	t.FramesPeak = max(t.FramesPeak, t.Space.Used())
	return abi.OK
}

// page finds the frame of t's page at va, which it may read, or write when write is set. A page not
// touched yet is given. Errors: EFAULT (there is none, or not for that), ENOMEM.
func (k *Kernel) page(t *task.Task, va uint64, write bool) (mem.Addr, abi.Errno) {
	if !abi.TaskAddress(va) {
		return 0, abi.EFAULT
	}
	p := t.Space.Lookup(va)
	if p == nil || *p&paging.Present == 0 {
		if e := k.populate(t, va); e != abi.OK {
			return 0, e
		}
		p = t.Space.Lookup(va)
	}
	if write && *p&paging.Writable == 0 {
		return 0, abi.EFAULT
	}
	return p.Frame(), abi.OK
}

// bytes is the first piece of t's memory [va, va+n), which does not go past a page's end. Errors: EFAULT (it is not
// t's), ENOMEM (it could not be given). Preconditions: n > 0.
func (k *Kernel) bytes(t *task.Task, va, n uint64, write bool) ([]byte, abi.Errno) {
	a, e := k.page(t, va, write)
	if e != abi.OK {
		return nil, e
	}
	off := va % abi.PageSize
	return k.phys.Bytes(a+mem.Addr(off), min(n, abi.PageSize-off)), abi.OK
}

// badBuffer ends t, whose own buffer for call nr is not its memory (EFAULT), or is memory that it cannot
// have any more (ENOMEM).
func (k *Kernel) badBuffer(t *task.Task, nr abi.CallNr, e abi.Errno) {
	if e == abi.ENOMEM {
		k.kill(t, abi.DeathRecord{Cause: abi.CauseMemory})
		return
	}
	k.misuse(t, nr)
}

// private gives t a copy of its own of a shared page, so that it can be changed; for CallTrace. Preconditions: t is not
// the task whose page tables are loaded, so that no translation of the page as it was is kept.
func (k *Kernel) private(t *task.Task, va uint64) mem.Addr {
	a, e := k.page(t, va, false)
	p := t.Space.Lookup(va)
	if e != abi.OK || *p&paging.Shared == 0 {
		return a
	}
	c := t.Space.Own()
	if c == 0 {
		return 0
	}
	copy(k.phys.Words(c)[:], k.phys.Words(a)[:])
	*p = paging.Entry(c, *p&^(paging.Shared)&(paging.Present|paging.User|paging.Writable|paging.NX))
	return c
}
