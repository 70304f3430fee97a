package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/task"
)

// callExit: (status, ExitKind). The caller ends itself; every task may.
func (k *Kernel) callExit(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	cause := abi.CauseExit
	if abi.ExitKind(f.SI) == abi.ExitPanic {
		cause = abi.CausePanic
	}
	k.finish(t, end{cause: cause, status: f.DI})
	return abi.OK, 0
}
