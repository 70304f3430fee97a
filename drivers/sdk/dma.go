package sdk

import "bennu/kernel/abi"

// DMA is memory that the driver and its device share. The device may change it between any two instructions: take a value out once, and check the
// copy; words that the device waits for are for sync/atomic.
type DMA struct {
	Bytes  []byte // begins a page; whole pages
	Device uint64 // the same memory, as the device is told it
	at     uint64
}

// NewDMA makes memory that the function reaches, zeros, at least so large; narrow: the device takes addresses of 32 bits only. Errors: EINVAL (0
// bytes, or too many), EPERM (nothing confines the DMA), ENOMEM, ENOSPC, ECALLDENIED (no DMA in its `system`), ENOSYS.
func (p *PCI) NewDMA(size uint64, narrow bool) (DMA, abi.Errno) {
	flags := uint64(0)
	if narrow {
		flags = abi.DMA32
	}
	v, e := p.c.k.DMAAlloc(p.Function, size, flags)
	if e != abi.OK {
		return DMA{}, e
	}
	return DMA{Bytes: p.c.k.Memory(&abi.WindowView{Address: v.Address, Size: v.Size}), Device: v.Device, at: v.Address}, abi.OK
}

// FreeDMA gives it back: the device does not reach it any more. Its Bytes must not be used. Errors: EINVAL.
func (p *PCI) FreeDMA(m DMA) abi.Errno { return p.c.k.DMAFree(p.Function, m.at) }

// MapWindow has the device reach a window that the driver sees: all of it, from the address on that it returns. Errors: EINVAL (no such window),
// EPERM (no IOMMU: copy instead), EEXIST, ENOMEM, ENOSPC.
func (p *PCI) MapWindow(id abi.WindowID, write bool) (device uint64, e abi.Errno) {
	rights := abi.WindowRead
	if write {
		rights |= abi.WindowWrite
	}
	return p.c.k.DMAMap(p.Function, id, rights)
}

// UnmapWindow ends that; when it returns, the device does not reach the window. Errors: EINVAL.
func (p *PCI) UnmapWindow(id abi.WindowID) abi.Errno { return p.c.k.DMAUnmap(p.Function, id) }
