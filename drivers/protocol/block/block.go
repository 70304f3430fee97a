// Package block is the protocol of drivers of block devices: ranges of sectors, read and written by the device itself in memory that the client has registered.
package block

import "bennu/kernel/abi"

// A client registers a window once (Open). The device reaches it until Close, or until one of the two dies; the driver's processor never looks at it. Requests
// name pieces of it and a range of sectors, carry the client's tag in Arg[6], and are answered by MsgReply in the order in which they end. Requests that are open
// at the same time have no order among them: who wants one waits for the first's answer.
//
// Each answer has in Arg[0] the Errno, in Arg[1] the Epoch in which it was true, in the upper half of Arg[4] how often the geometry has changed in this life, and, when it is not OK,
// in Arg[5] the Why. Open and Geometry: their other words when OK are a Shape.
const (
	Open     abi.MsgType = 0x1200 // Arg[0]: WindowID, Arg[1]: its bytes, Arg[2]: OpenFlags → Arg[2]: session. Again: the same session. EPERM, EFAULT, EINVAL, ENOSPC, EAGAIN, ENOSYS (no IOMMU)
	Close    abi.MsgType = 0x1201 // Arg[1]: session. Answered when all its requests are; the device reaches the window no more. Again: ESRCH
	Geometry abi.MsgType = 0x1202 // Arg[1]: session → a Shape
	State    abi.MsgType = 0x1203 // → Arg[1]: Epoch, Arg[2]: requests, Arg[3]: requests made again, Arg[4]: resets, Arg[5]: answers of the device that could not be true. Anybody may ask

	Read        abi.MsgType = 0x1210 // Arg[0]: first sector, Arg[1]: Head, Arg[2:6]: Segments → Arg[2]: sectors. EINVAL, EDOM, ESRCH, EPERM, EIO, ENODEV, EAGAIN
	Write       abi.MsgType = 0x1211 // likewise. FUA: answered when it is durable
	Flush       abi.MsgType = 0x1212 // Arg[0]: Epoch of all writes that the client knows answered and not flushed, 0: there are none; Arg[1]: Head. ESTALE: the device may have forgotten them (Arg[1] is the Epoch now)
	Discard     abi.MsgType = 0x1213 // Arg[0]: first sector, Arg[1]: Head, Arg[2]: sectors. What they read as is open. ENOSYS, and those of Read
	WriteZeroes abi.MsgType = 0x1214 // likewise; they read as zeros

	Notice abi.MsgType = 0x1220 // the driver tells: Arg[0]: What, Arg[1]: Epoch, Arg[2]: session, Arg[3]: sectors, Arg[4]: changes. One that is not received is lost: each answer has the number
)

// SectorSize is the unit of positions, lengths and places in a window, in bytes. Blocks of a device may be larger; its ranges begin and end with blocks.
const SectorSize = 512

// Limits.
const (
	MaxSegments   = 8          // of a request
	MaxDepth      = 16         // requests of a session that are open: abi.MaxAsync
	MaxSessions   = 4          // of a client: abi.MaxWindows
	MaxWindow     = 65535      // sectors of a window: what a Segment can name
	MaxSector     = 1<<55 - 1  // sectors of a device: bytes of it fit into 64 bits
	MaxErase      = 1<<32 - 1  // sectors of a Discard or WriteZeroes
	MaxBlockShift = 3          // a block has at most SectorSize << MaxBlockShift bytes
	headBits      = 32 + 8 + 8 // that mean something in a Head
)

// Epoch is a stretch of time in which the device has forgotten no write that was answered: of one life of the driver, between two resets of the device. It is
// compared with others, no more; 0 is none.
type Epoch uint64

// MakeEpoch joins the life of a driver and the number of resets in it. Precondition: life is of a task.
func MakeEpoch(life abi.Endpoint, resets uint32) Epoch { return Epoch(life)<<32 | Epoch(resets) }

// Life is the driver's life.
func (e Epoch) Life() abi.Endpoint { return abi.Endpoint(e >> 32) }

// Resets counts resets of the device in that life: an epoch of the same life with more is a later one.
func (e Epoch) Resets() uint32 { return uint32(e) }

// OpenFlags say what a session is for.
type OpenFlags uint64

const (
	OpenWrite OpenFlags = 1 << 0 // the device changes: the driver's `writes=` must name the client; without, `reads=`
	OpenFill  OpenFlags = 1 << 1 // the device writes into the window (Read). Without, it only reads there, and not even a driver gone mad changes what the client keeps
	openKnown           = OpenWrite | OpenFill
)

// Flags of a request.
type Flags uint8

const (
	FUA   Flags = 1 << 0 // Write, WriteZeroes: the answer comes when it is durable
	Unmap Flags = 1 << 1 // WriteZeroes: the device may give the room back
	flags       = FUA | Unmap
)

// Segment is a piece of the window: its place in sectors, and above that 16 bits of length in sectors, never 0.
type Segment uint32

// MakeSegment makes a Segment. ok is false if it has no sectors, or reaches past MaxWindow.
func MakeSegment(at, sectors uint64) (s Segment, ok bool) {
	if sectors == 0 || at > MaxWindow || sectors > MaxWindow || at+sectors > MaxWindow {
		return 0, false
	}
	return Segment(at | sectors<<16), true
}

// At is its place in the window, in sectors.
func (s Segment) At() uint64 { return uint64(s & 0xffff) }

// Sectors is its length.
func (s Segment) Sectors() uint64 { return uint64(s >> 16) }

// What a Notice tells.
type What uint64

const (
	Resized What = 1 // the device has another number of sectors
	Removed What = 2 // it is gone: all further requests are answered ENODEV
)

// GeometryFlags are properties of a device.
type GeometryFlags uint16

const (
	ReadOnly     GeometryFlags = 1 << 0
	WriteThrough GeometryFlags = 1 << 1 // a write that is answered is durable
	KeepsCache   GeometryFlags = 1 << 2 // a reset, and another life of the driver, forgets no write that was answered: its owner says so
	CanDiscard   GeometryFlags = 1 << 3
	CanZero      GeometryFlags = 1 << 4
	Copies       GeometryFlags = 1 << 5 // no IOMMU: the driver's processor copies, and must see the window (WindowAllow, as OpenFill says)
	geometry                   = ReadOnly | WriteThrough | KeepsCache | CanDiscard | CanZero | Copies
)

// Shape is what is known of a device.
type Shape struct {
	Sectors       uint64 // of SectorSize bytes
	BlockShift    uint8  // a block has SectorSize << BlockShift bytes: 512 to 4096
	PhysicalShift uint8  // a physical block has that many blocks, as a power of two
	Segments      uint8  // of a request, 1 to MaxSegments
	Depth         uint8  // requests of a session that may be open, 1 to MaxDepth
	EraseShift    uint8  // the most sectors of a Discard or WriteZeroes, as a power of two
	Flags         GeometryFlags
	MaxSectors    uint32 // of a Read or Write, not 0
	Identity      uint32 // a hash of what tells it from others; 0: not known. Another life with another one has another device
}

// Block is its blocks' size in sectors.
func (s *Shape) Block() uint64 { return 1 << s.BlockShift }
