package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/task"
)

// callIRQCtl: (IRQOp, line or hook, notify bit) → hook.
//
// Errors: EINVAL (no such line, hook, bit or op), EPERM (not in the privilege, or another's hook),
// EBUSY (an edge-triggered line is another's), EEXIST (the caller has the line under another bit), ENOSPC.
func (k *Kernel) callIRQCtl(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	switch abi.IRQOp(f.DI) {
	case abi.IRQSetPolicy:
		line, ok := k.m.Resolve(uint32(min(f.SI, 1<<32-1)))
		if !ok {
			return abi.EINVAL, 0
		}
		if !mayIRQ(&t.Priv, uint32(f.SI)) {
			return abi.EPERM, 0
		}
		id, e := k.irqs.Claim(t.Endpoint, line, f.DX)
		if e == abi.OK {
			k.had(line, &t.Label)
		}
		return e, uint64(id)
	case abi.IRQRmPolicy:
		return k.irqs.Release(t.Endpoint, f.SI), 0
	case abi.IRQDisable:
		return k.irqs.Disable(t.Endpoint, f.SI), 0
	case abi.IRQEnable:
		bit, again, e := k.irqs.Enable(t.Endpoint, f.SI)
		if again {
			k.ipc.Interrupt(t, bit, k.Now())
		}
		return e, 0
	}
	return abi.EINVAL, 0
}

func mayIRQ(p *abi.Privilege, line uint32) bool {
	for _, l := range p.IRQs[:p.NIRQs] {
		if l == line {
			return true
		}
	}
	return false
}
