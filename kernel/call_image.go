package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/task"
)

// callImageCreate: (size) → image. Errors: EINVAL, ENOSPC, ENOMEM.
func (k *Kernel) callImageCreate(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	id, e := k.images.Create(f.DI)
	return e, uint64(id)
}

// callImageWrite: (image, offset, address, length). Errors: EINVAL, E2BIG. A buffer that is not
// the caller's memory ends the caller.
func (k *Kernel) callImageWrite(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	if f.R10 > abi.MaxCopy {
		return abi.E2BIG, 0
	}
	id, off := int(f.DI), f.SI
	if e := k.images.MayWrite(id, off, f.R10); e != abi.OK { // all of it or nothing, however many pages it is on
		return e, 0
	}
	bad := k.each(t, f.DX, f.R10, false, func(b []byte) {
		k.images.Write(id, off, b)
		off += uint64(len(b))
	})
	if bad != abi.OK {
		k.badBuffer(t, abi.CallNr(f.AX), bad)
		return bad, 0
	}
	return abi.OK, 0
}

// callImageSeal: (image). Errors: EINVAL, ENOEXEC.
func (k *Kernel) callImageSeal(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	return k.images.Seal(int(f.DI)), 0
}

// callImageFree: (image). Errors: EINVAL.
func (k *Kernel) callImageFree(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	return k.images.Unref(int(f.DI)), 0
}
