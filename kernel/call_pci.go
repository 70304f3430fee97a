package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/task"
)

// callPCI: (PCIOp, Function, …).
//
// Errors: ENOSYS.
func (k *Kernel) callPCI(t *task.Task, f *arch.Frame) (abi.Errno, uint64) { return abi.ENOSYS, 0 }

// callDMA: (DMAOp, Function, …).
//
// Errors: ENOSYS.
func (k *Kernel) callDMA(t *task.Task, f *arch.Frame) (abi.Errno, uint64) { return abi.ENOSYS, 0 }
