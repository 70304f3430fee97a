package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/task"
)

// callKeep: (KeepOp, …).
//
// Errors: EINVAL (unknown op, past a bank's end, no kept memory), ENOSPC (KeepAppend), E2BIG, EFAULT.
func (k *Kernel) callKeep(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	return abi.EINVAL, 0
}
