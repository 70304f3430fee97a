package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/pci"
	"bennu/kernel/task"
)

// callPCI: (PCIOp, Function, …). What the caller's privilege does not show is not there, to any op.
//
// Errors: ESRCH (it is not there, or not shown; first, next: no more), EPERM (the caller has not reserved it; reserve: nothing confines its DMA, and the
// caller may not do without; write: bits that are not a holder's; BAR: ports that no task gets), EBUSY (another has it, or one of its ports), ENODEV (nobody can have it), EDOM
// (no such BAR, message or capability), EEXIST and EIO (claimInterrupt), EINVAL, ENOSPC, ENOMEM, ENOSYS.
func (k *Kernel) callPCI(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	op := abi.PCIOp(f.DI)
	if op == abi.PCIFirst {
		return nameOf(k.pci.Next(-1, &t.Priv))
	}
	fn, row := k.pci.Shown(f.SI, &t.Priv)
	switch {
	case fn == nil:
		return abi.ESRCH, 0
	case op >= abi.PCIRead && fn.Holder != t.Endpoint:
		return abi.EPERM, 0
	}
	switch op {
	case abi.PCINext:
		return nameOf(k.pci.Next(row, &t.Priv))
	case abi.PCIInfo:
		return put(t, abi.OK, &fn.FunctionInfo)
	case abi.PCIReserve:
		return k.reserveFunction(t, fn), 0
	case abi.PCIRelease:
		return k.releaseFunction(t, fn), 0
	case abi.PCIRead:
		v, e := k.pci.Read(fn, f.DX, f.R10)
		return e, uint64(v)
	case abi.PCIWrite:
		return k.pci.Write(fn, f.DX, f.R10, f.R8), 0
	case abi.PCICap:
		if c := fn.NextCap(uint32(min(f.DX, 1<<17)), uint32(min(f.R10, 1<<12))); c != 0 {
			return abi.OK, uint64(c)
		}
		return abi.EDOM, 0
	case abi.PCIBar:
		return k.giveBAR(t, fn, f.DX, abi.BARCache(min(f.R10, 1<<31)))
	case abi.PCIInterrupt:
		return k.claimInterrupt(t, fn, abi.InterruptKind(min(f.R8, 1<<32-1)), f.DX, f.R10)
	case abi.PCIMaster, abi.PCIReset:
		return abi.ENOSYS, 0
	}
	return abi.EINVAL, 0
}

func nameOf(f *pci.Function) (abi.Errno, uint64) {
	if f == nil {
		return abi.ESRCH, 0
	}
	return abi.OK, uint64(f.ID.Function)
}

// callDMA: (DMAOp, Function, …).
//
// Errors: ENOSYS.
func (k *Kernel) callDMA(t *task.Task, f *arch.Frame) (abi.Errno, uint64) { return abi.ENOSYS, 0 }

// reserveFunction makes fn t's. Errors: EPERM, EBUSY, ENODEV.
func (k *Kernel) reserveFunction(t *task.Task, fn *pci.Function) abi.Errno {
	if fn.Holder == abi.None && fn.Unfit == abi.Fit && !k.confined(fn) && t.Priv.DMA&abi.DMAUnconfined == 0 {
		return abi.EPERM
	}
	return k.pci.Hold(fn, t.Endpoint)
}

// confined tells whether an IOMMU keeps fn's DMA to what its holder may reach.
func (k *Kernel) confined(fn *pci.Function) bool { return fn.Domain != 0 }

// releaseFunction takes fn from t. Errors: EPERM (it is not t's).
func (k *Kernel) releaseFunction(t *task.Task, fn *pci.Function) abi.Errno {
	if fn.Holder != t.Endpoint {
		return abi.EPERM
	}
	k.pci.Quiet(fn)
	k.releaseInterrupts(fn)
	unmapped := false
	for i := range fn.BARs {
		if v := &fn.Views[i]; v.Taken {
			t.Space.UnmapDevice(v.Place, v.Done)
			unmapped = true
		} else if fn.BARs[i].Kind == abi.BARPorts {
			k.takePorts(t, portsOf(&fn.BARs[i]))
		}
	}
	if unmapped {
		k.unmapped(&t.Space)
	}
	k.pci.Drop(fn)
	return abi.OK
}

// dropFunctions makes all of t's functions quiet, and nobody's, at t's end: its memory and its ports go as all others of its do. They are quiet before
// anything else of t's is gone.
func (k *Kernel) dropFunctions(t *task.Task) {
	if !k.pci.Held() {
		return
	}
	all := k.pci.Functions()
	for i := range all {
		if f := &all[i]; f.Holder == t.Endpoint {
			k.pci.Drop(f)
		}
	}
}
