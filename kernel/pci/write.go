package pci

import "bennu/kernel/abi"

// writable is the bits that the holder of a function may write: what concerns its device alone, and does not move it, or have it do DMA or
// interrupt. Vendors' capabilities are not among them: virtio's has a way to all BARs, and so to the addresses of MSI-X.
//
// Source: PCI Local Bus Specification, "Device Control", "Device Status"; PCI Express Base Specification, "Device Control Register", "Device Status
// Register".
var writable = [...]struct {
	cap, offset uint32 // of a capability, or 0
	mask        uint32 // of the dword
}{
	{0, regCommand, 0xf900<<16 | cmdPorts | cmdMemory | 1<<4}, // errors that the status tells are cleared by ones; memory write and invalidate
	{0, 0x0c, 0xffff},                    // cache line size, latency timer
	{CapExpress, 8, 0x000f<<16 | 0x7810}, // likewise; relaxed ordering, no snoop, size of read requests
}

// Writable is the bits of a register that f's holder may write.
func (f *Function) Writable(offset, width uint32) uint32 {
	mask := uint32(0)
	for i := range writable {
		w := &writable[i]
		at := w.offset
		if w.cap != 0 {
			c := f.Cap(w.cap)
			if c == 0 {
				continue
			}
			at += c
		}
		if at == offset&^3 {
			mask |= w.mask
		}
	}
	return mask >> (offset & 3 * 8) & bits(width)
}

func bits(width uint32) uint32 { return uint32(1<<(8*width) - 1) }

// inSpace tells whether a register can be read and written at once.
func inSpace(offset, width uint64) bool {
	return (width == 1 || width == 2 || width == 4) && offset%width == 0 && offset < endOfSpace
}

// Read is a register of f's. Errors: EINVAL (there is none of that width).
func (t *Table) Read(f *Function, offset, width uint64) (uint32, abi.Errno) {
	if !inSpace(offset, width) {
		return 0, abi.EINVAL
	}
	return t.read(f.ID.Function, uint32(offset), uint32(width)), abi.OK
}

// Write writes a register of f's, for its holder. Errors: EINVAL (as Read; the value has more bits), EPERM (it changes bits that are not the
// holder's to change).
func (t *Table) Write(f *Function, offset, width, value uint64) abi.Errno {
	if !inSpace(offset, width) || value>>(8*width) != 0 {
		return abi.EINVAL
	}
	at, w, v := uint32(offset), uint32(width), uint32(value)
	mask, now := f.Writable(at, w), t.read(f.ID.Function, at, w)
	if (v^now)&^mask != 0 {
		return abi.EPERM
	}
	t.space.Write(f.ID.Function, at, w, v&mask|now&^mask)
	return abi.OK
}
