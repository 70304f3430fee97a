package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/task"
)

// callEntropy: (length). Random bytes for keys, into Buf. Errors: E2BIG (more than MaxEntropy), EAGAIN (the processor has
// no generator, and too few interrupts have come since boot).
func (k *Kernel) callEntropy(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	if f.DI > abi.MaxEntropy {
		return abi.E2BIG, 0
	}
	return k.entropy.Read(t.Call.Buf[:f.DI], k.entered), 0
}
