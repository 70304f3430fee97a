package main

import (
	"time"

	"bennu/drivers/sdk"
	"bennu/drivers/virtioblk/disk"
	"bennu/drivers/virtioblk/virtio"
	"bennu/kernel/abi"
)

// function is a PCI function that the driver has reserved, as far as it needs it.
type function interface {
	Read(offset, width uint32) (uint32, abi.Errno)
	// Size is bytes of a memory BAR, 0 if it is none. Registers has the driver see it.
	Size(bar uint8) uint64
	Registers(bar uint8) (virtio.Region, abi.Errno)
	// Message asks for an interrupt: one of its messages, or, as 0, its line. Messages is how many it has.
	Message(n uint32) (bit uint64, e abi.Errno)
	Messages() int
	NewDMA(size uint64) (virtio.Memory, abi.Errno)
	// Map has the device reach a window. Errors: EPERM (no IOMMU).
	Map(w abi.WindowID, write bool) (device uint64, e abi.Errno)
	Unmap(w abi.WindowID) abi.Errno
	Master(on bool) abi.Errno
	Reset() abi.Errno
}

// config is its configuration space: what cannot be read is what is read where nothing is.
type config struct{ f function }

func (c config) Read(offset, width uint32) uint32 {
	v, e := c.f.Read(offset, width)
	if e != abi.OK {
		return 0xffff_ffff >> (32 - 8*width)
	}
	return v
}

// part is a structure within a BAR.
type part struct {
	r  virtio.Region
	at uint32
}

func (p part) Load(offset, width uint32) uint32 { return p.r.Load(p.at+offset, width) }
func (p part) Store(offset, width, v uint32)    { p.r.Store(p.at+offset, width, v) }

// bus is the function and the kernel, as disk.Bus.
type bus struct {
	f function
	c *sdk.Context
}

const pause = 50 * time.Microsecond

func (b bus) Now() time.Duration { return b.c.Now() }
func (b bus) Pause()             { b.c.Sleep(pause) }

func (b bus) Alloc(bytes int) (virtio.Memory, abi.Errno) { return b.f.NewDMA(uint64(bytes)) }

// Attach has the device reach a window of a client's: nobody else does, the driver's processor included.
func (b bus) Attach(w abi.WindowID, _ abi.Endpoint, _ uint64, fill bool) (uint64, abi.Errno) {
	return b.f.Map(w, fill)
}

func (b bus) Detach(w abi.WindowID, _ abi.Endpoint) { b.f.Unmap(w) }
func (b bus) Master(on bool) abi.Errno              { return b.f.Master(on) }
func (b bus) Reset() abi.Errno                      { return b.f.Reset() }
func (b bus) Log(event, why string)                 { b.c.Log("event", event, "why", why) }

// open finds the structures of a modern device, and makes it work.
func open(f function, c *sdk.Context, o disk.Options) (*disk.Disk, error) {
	l, e := virtio.FindLayout(config{f}, f.Size)
	if e != abi.OK {
		return nil, sdk.Fail(e, "no modern virtio device: a register structure is missing")
	}
	var regions [4]virtio.Region
	for i, p := range [...]virtio.Place{l.Common, l.Notify, l.ISR, l.Device} {
		r, e := f.Registers(p.BAR)
		if e != abi.OK {
			return nil, sdk.Fail(e, "BAR ", sdk.Dec(uint64(p.BAR)))
		}
		regions[i] = part{r, p.Offset}
	}
	b := bus{f, c}
	d, e := disk.Open(virtio.NewTransport(l, regions[0], regions[1], regions[2], regions[3], b), b, o)
	if e != abi.OK {
		return nil, sdk.Fail(e, "the device cannot be made to work")
	}
	return d, nil
}
