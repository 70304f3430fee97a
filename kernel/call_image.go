package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/mem"
	"bennu/kernel/task"
)

// callImageCreate: (size) → image. It is charged to the caller's account and ends with the caller; memory comes with
// the writes. Errors: EINVAL, ENOSPC (no row is free, or the account has all of its own).
func (k *Kernel) callImageCreate(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	a := k.accounts.Get(t.Account)
	if a.Images >= a.Spec.Images {
		return abi.ENOSPC, 0
	}
	id, e := k.images.Create(f.DI, t.Endpoint, a.ID, &a.Frames)
	if e == abi.OK {
		a.Images++
	}
	return e, uint64(id)
}

// imageStep is how many bytes one step of a write copies and sums up.
const imageStep = 32 << 10

// callImageWrite: (image, offset, address, length). Errors: EINVAL, E2BIG, EPERM (another's image), ENOMEM, EFAULT (the buffer is in
// a window that is not there). Another buffer that is not the caller's memory ends the caller.
func (k *Kernel) callImageWrite(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	id, n := int(min(f.DI, abi.MaxImages)), f.R10
	if n > abi.MaxCopy {
		return abi.E2BIG, 0
	}
	if e := k.mine(t, id); e != abi.OK {
		return e, 0
	}
	if t.Done == 0 { // all of it or nothing, however many steps it takes
		if e := k.images.MayWrite(id, f.SI, n); e != abi.OK {
			return e, 0
		}
		if f.DX+n < f.DX {
			k.misuse(t, abi.CallNr(f.AX))
			return abi.EFAULT, 0
		}
	}
	for step := min(n-t.Done, imageStep); step > 0; {
		b, e := k.bytes(t, f.DX+t.Done, step, false)
		if e != abi.OK {
			return k.badBuffer(t, abi.CallNr(f.AX), f.DX+t.Done, e), 0
		}
		if e := k.images.Write(id, f.SI+t.Done, b); e != abi.OK {
			return e, 0
		}
		step -= uint64(len(b))
		t.Done += uint64(len(b))
	}
	if t.Done < n {
		return again, 0
	}
	return abi.OK, 0
}

// mine tells whether image id is t's to change. Errors: EINVAL (no such image), EPERM.
func (k *Kernel) mine(t *task.Task, id int) abi.Errno {
	m := k.images.Get(id)
	switch {
	case m == nil:
		return abi.EINVAL
	case m.Maker != t.Endpoint:
		return abi.EPERM
	}
	return abi.OK
}

// callImageModule: (offset, size) → image: bytes of the boot archive, which are not copied. Otherwise as callImageCreate, and nothing is
// to be written. Errors: EPERM (not the root task), EINVAL (not on a page, not in the archive, the size), ENOSPC, ENOMEM.
func (k *Kernel) callImageModule(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	offset, size := f.DI, f.SI
	switch {
	case t != k.root:
		return abi.EPERM, 0
	case offset%abi.PageSize != 0 || offset > k.module.Size || size > k.module.Size-offset:
		return abi.EINVAL, 0
	}
	a := k.accounts.Get(t.Account)
	if a.Images >= a.Spec.Images {
		return abi.ENOSPC, 0
	}
	id, e := k.images.InPlace(k.module.Start+mem.Addr(offset), size, t.Endpoint, a.ID, &a.Frames)
	if e == abi.OK {
		a.Images++
	}
	return e, uint64(id)
}

// callImageSeal: (image) → CRC-32C. Errors: EINVAL, EPERM, ENOEXEC, ENOMEM.
func (k *Kernel) callImageSeal(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	id := int(min(f.DI, abi.MaxImages))
	if e := k.mine(t, id); e != abi.OK {
		return e, 0
	}
	more, e := k.images.Seal(id)
	switch {
	case more:
		return again, 0
	case e != abi.OK:
		return e, 0
	}
	return abi.OK, uint64(k.images.Sum(id))
}

// callImageFree: (image). Errors: EINVAL, EPERM.
func (k *Kernel) callImageFree(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	id := int(min(f.DI, abi.MaxImages))
	if e := k.mine(t, id); e != abi.OK {
		return e, 0
	}
	return k.images.Unref(id), 0
}
