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
// (no such BAR, message or capability), EEXIST and EIO (claimInterrupt), EINVAL, ENOSPC, ENOMEM, EAGAIN (a reset is on its way), EIO (reset: it does not come back).
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
	case op >= abi.PCIRead && op != abi.PCIReset && fn.ResetNS != 0:
		return abi.EAGAIN, 0
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
	case abi.PCIMaster:
		return k.masterFunction(t, fn, f.DX), 0
	case abi.PCIReset:
		return k.resetFunction(fn, abi.ResetKind(min(f.DX, 31))), 0
	}
	return abi.EINVAL, 0
}

func nameOf(f *pci.Function) (abi.Errno, uint64) {
	if f == nil {
		return abi.ESRCH, 0
	}
	return abi.OK, uint64(f.ID.Function)
}

// reserveFunction makes fn t's, in steps: it is in t's domain, if there is an IOMMU, whatever t may do without. Errors: EPERM, EBUSY, ENODEV, ENOSPC, ENOMEM.
func (k *Kernel) reserveFunction(t *task.Task, fn *pci.Function) abi.Errno {
	h := &k.dma[t.Slot]
	switch {
	case fn.Holder == t.Endpoint:
		return k.reached(t, h)
	case fn.Holder == abi.None && fn.Unfit == abi.Fit && k.iommu == nil && t.Priv.DMA&abi.DMAUnconfined == 0:
		return abi.EPERM
	case fn.Holder == abi.None && fn.ResetNS != 0 && k.endReset(fn) == abi.EAGAIN:
		return abi.EBUSY // of an earlier holder's
	}
	e := k.pci.Hold(fn, t.Endpoint)
	switch {
	case e != abi.OK:
		return e
	case k.iommu == nil:
		h.functions++
		return abi.OK
	}
	if e = k.confine(t, fn); e == abi.OK {
		return k.reached(t, h)
	}
	k.pci.Drop(fn)
	if e == again {
		t.Done++
	}
	return e
}

// reached tells whether the units have done what h waits for: OK or again.
func (k *Kernel) reached(t *task.Task, h *holding) abi.Errno {
	if h.domain != nil && !k.iommu.Reached(h.mark) {
		t.Done++
		return again
	}
	return abi.OK
}

// masterFunction turns the bus mastering of fn, which t holds, on or off. Errors: EINVAL.
func (k *Kernel) masterFunction(t *task.Task, fn *pci.Function, on uint64) abi.Errno {
	if on > 1 {
		return abi.EINVAL
	}
	if e := k.reached(t, &k.dma[t.Slot]); e != abi.OK && on == 1 {
		return e
	}
	k.pci.Master(fn, on == 1)
	return abi.OK
}

// released is a step of the end of what a function has reached: with the last one, the memory for devices goes.
func (k *Kernel) released(t *task.Task) abi.Errno {
	h := &k.dma[t.Slot]
	if h.closing && !k.domainEnds(h) || k.reached(t, h) != abi.OK {
		t.Done++
		return again
	}
	for id, row := k.windows.Owned(t.Endpoint, t.Account, 0); id != 0 && h.functions == 0; id, row = k.windows.Owned(t.Endpoint, t.Account, row) {
		if k.windows.Devices(id).Own {
			k.windows.FreeDevice(id)
		}
	}
	return abi.OK
}

// releaseFunction takes fn from t, in steps. Errors: EPERM (it is not t's).
func (k *Kernel) releaseFunction(t *task.Task, fn *pci.Function) abi.Errno {
	if t.Done > 0 {
		return k.released(t)
	}
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
	k.unconfine(&k.dma[t.Slot], fn)
	return k.released(t)
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
