package usys

import "bennu/kernel/abi"

// Each of these is ESRCH for a function that is not there, or that the privilege does not show.

// PCIFirst is the first function that the privilege shows; PCINext is the one behind another. Errors: ESRCH (no more).
func (g Gate) PCIFirst() (abi.Function, abi.Errno) {
	e, v := g.call1(abi.CallPCI, uint64(abi.PCIFirst))
	return abi.Function(v), e
}

// PCINext is the one behind f.
func (g Gate) PCINext(f abi.Function) (abi.Function, abi.Errno) {
	e, v := g.call2(abi.CallPCI, uint64(abi.PCINext), uint64(f))
	return abi.Function(v), e
}

// PCIInfo reads what the kernel knows of f.
func (g Gate) PCIInfo(f abi.Function, i *abi.FunctionInfo) abi.Errno {
	e, _ := g.call2(abi.CallPCI, uint64(abi.PCIInfo), uint64(f))
	if e == abi.OK {
		copy(abi.Bytes(i), g.area().Buf[:])
	}
	return e
}

// PCIReserve makes f the caller's. Errors: EBUSY (it is another's), ENODEV (it is nobody's), EPERM (nothing confines its DMA).
func (g Gate) PCIReserve(f abi.Function) abi.Errno {
	e, _ := g.call2(abi.CallPCI, uint64(abi.PCIReserve), uint64(f))
	return e
}

// PCIRelease gives f back, and all that came with it. Errors: EPERM (it is not the caller's: so with what follows).
func (g Gate) PCIRelease(f abi.Function) abi.Errno {
	e, _ := g.call2(abi.CallPCI, uint64(abi.PCIRelease), uint64(f))
	return e
}

// PCIRead reads 1, 2 or 4 bytes of configuration space. Errors: EINVAL.
func (g Gate) PCIRead(f abi.Function, offset, width uint32) (uint32, abi.Errno) {
	e, v := g.call4(abi.CallPCI, uint64(abi.PCIRead), uint64(f), uint64(offset), uint64(width))
	return uint32(v), e
}

// PCIWrite writes them. Errors: EINVAL, EPERM (also: bits that are not a holder's).
func (g Gate) PCIWrite(f abi.Function, offset, width, value uint32) abi.Errno {
	e, _ := g.call5(abi.CallPCI, uint64(abi.PCIWrite), uint64(f), uint64(offset), uint64(width), uint64(value))
	return e
}

// PCICap is where a capability is, behind another one or 0. Errors: EDOM (there is none).
func (g Gate) PCICap(f abi.Function, id, after uint32) (offset uint32, e abi.Errno) {
	e, v := g.call4(abi.CallPCI, uint64(abi.PCICap), uint64(f), uint64(id), uint64(after))
	return uint32(v), e
}

// PCIBar has the caller see memory of f, or opens its ports. Errors: EDOM (no such BAR), EINVAL, ENOMEM, ENOSPC.
func (g Gate) PCIBar(f abi.Function, number uint32, cache abi.BARCache) (v abi.BARView, e abi.Errno) {
	e, _ = g.call4(abi.CallPCI, uint64(abi.PCIBar), uint64(f), uint64(number), uint64(cache))
	if e == abi.OK {
		copy(abi.Bytes(&v), g.area().Buf[:])
	}
	return v, e
}

// PCIInterrupt asks for an interrupt of f: its hook is one for IRQEnable, IRQDisable and IRQRmPolicy. Errors: ENODEV (it has none of that kind),
// EDOM (it has not so many messages), ENOSPC, EEXIST.
func (g Gate) PCIInterrupt(f abi.Function, message uint32, bit uint, kind abi.InterruptKind) (hook uint32, e abi.Errno) {
	e, v := g.call5(abi.CallPCI, uint64(abi.PCIInterrupt), uint64(f), uint64(message), uint64(bit), uint64(kind))
	return uint32(v), e
}

// PCIMaster turns bus mastering on (1) or off (0).
func (g Gate) PCIMaster(f abi.Function, on uint64) abi.Errno {
	e, _ := g.call3(abi.CallPCI, uint64(abi.PCIMaster), uint64(f), on)
	return e
}

// PCIReset resets f; kind 0: in the mildest way that it has. Errors: ENODEV (it has none).
func (g Gate) PCIReset(f abi.Function, kind abi.ResetKind) abi.Errno {
	e, _ := g.call3(abi.CallPCI, uint64(abi.PCIReset), uint64(f), uint64(kind))
	return e
}

// DMAAlloc makes memory of zeros that f reaches; flags 0 or abi.DMA32. Errors: EINVAL, EPERM, ENOMEM, ENOSPC.
func (g Gate) DMAAlloc(f abi.Function, size, flags uint64) (v abi.DMAView, e abi.Errno) {
	e, _ = g.call4(abi.CallDMA, uint64(abi.DMAAlloc), uint64(f), size, flags)
	if e == abi.OK {
		copy(abi.Bytes(&v), g.area().Buf[:])
	}
	return v, e
}

// DMAFree gives that memory back. Errors: EINVAL, EPERM.
func (g Gate) DMAFree(f abi.Function, address uint64) abi.Errno {
	e, _ := g.call3(abi.CallDMA, uint64(abi.DMAFree), uint64(f), address)
	return e
}

// DMAMap has f reach a window of the caller's, or one that owner lets it see. Errors: EPERM (no IOMMU), EINVAL, EEXIST, ENOMEM, ENOSPC.
func (g Gate) DMAMap(f abi.Function, id abi.WindowID, owner abi.Endpoint, rights abi.WindowRights) (v abi.DMAView, e abi.Errno) {
	e, _ = g.call5(abi.CallDMA, uint64(abi.DMAMap), uint64(f), uint64(id), uint64(rights), uint64(owner))
	if e == abi.OK {
		copy(abi.Bytes(&v), g.area().Buf[:])
	}
	return v, e
}

// DMAUnmap ends that: when it returns, f does not reach the window. Errors: EINVAL, EPERM.
func (g Gate) DMAUnmap(f abi.Function, id abi.WindowID) abi.Errno {
	e, _ := g.call3(abi.CallDMA, uint64(abi.DMAUnmap), uint64(f), uint64(id))
	return e
}
