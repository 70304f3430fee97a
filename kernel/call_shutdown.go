package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/task"
)

// callShutdown: (ShutdownHow, status): 0 is success, anything else failure. Errors: EINVAL. It does not return otherwise.
func (k *Kernel) callShutdown(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	how := abi.ShutdownHow(f.DI)
	if how != abi.PowerOff && how != abi.Reset {
		return abi.EINVAL, 0
	}
	k.logDeaths()
	k.flush()
	k.m.Shutdown(how, min(f.SI, StatusFailure))
	return abi.OK, 0
}
