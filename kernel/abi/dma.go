package abi

// DMAOp is the first argument of CallDMA; the second is a Function that the caller has reserved (ESRCH).
type DMAOp uint64

const (
	DMAAlloc DMAOp = 1 // (Function, size, flags) → address; Buf: DMAView. Zeros, one piece to the device, at the caller's expense
	DMAFree  DMAOp = 2 // (Function, address)
	DMAMap   DMAOp = 3 // (Function, WindowID, WindowRights, its owner) → device address; Buf: DMAView. The whole of a window of the caller's, or one that it is let. EPERM: no IOMMU, or more than it is let with
	DMAUnmap DMAOp = 4 // (Function, WindowID): when it returns, the device does not reach the window
)

// DMA32 is a flag of DMAAlloc: the device address has no more than 32 bits.
const DMA32 = 1 << 0

// DMAView is memory that a device and its holder share.
type DMAView struct {
	Address uint64 // in the caller's memory; DMAMap: 0
	Device  uint64 // the same, as the device says it. No physical address, if an IOMMU confines the device
	Size    uint64 // bytes, whole pages
}

// DMAFaults is what one function has asked for and not got, a row of those that did (InfoDMA).
type DMAFaults struct {
	Function Function // the last fault's requester id
	Flags    uint32   // DMAWrite, DMAMuted
	Count    uint64   // since boot
	Address  uint64   // of the last one's page, as the device said it
	Label    Label    // of the task that had the function at the last one; kernel: nobody
	Why      [32]byte // in words
}

// MaxDMAFaults is how many functions have a row.
const MaxDMAFaults = 64

// Flags of DMAFaults.
const (
	DMAWrite = 1 << 0 // the last one was a write
	DMAMuted = 1 << 1 // there were many: no more are recorded until somebody reserves the function again
)
