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

// MapWindow has the device reach a window of the driver's, or one that owner has let to it: all of it, size bytes from device on. A window that is named in a
// message is the sender's, or nobody's: owner is the message's Source, so that no client has the device reach what another has let. Errors: EINVAL (owner has no
// such window, or has not let it), EPERM (no IOMMU: copy instead; or it is let for less), EEXIST, ENOMEM, ENOSPC.
func (p *PCI) MapWindow(id abi.WindowID, owner abi.Endpoint, write bool) (device, size uint64, e abi.Errno) {
	rights := abi.WindowRead
	if write {
		rights |= abi.WindowWrite
	}
	v, e := p.c.k.DMAMap(p.Function, id, owner, rights)
	return v.Device, v.Size, e
}

// UnmapWindow ends that; when it returns, the device does not reach the window. Errors: EINVAL.
func (p *PCI) UnmapWindow(id abi.WindowID) abi.Errno { return p.c.k.DMAUnmap(p.Function, id) }
