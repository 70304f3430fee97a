package main

import (
	"time"

	"bennu/drivers/sdk"
	"bennu/drivers/virtioblk/disk"
	"bennu/drivers/virtioblk/virtio"
	"bennu/kernel/abi"
)

// config is its configuration space: what cannot be read is what is read where nothing is.
type config struct{ f *sdk.PCI }

func (c config) Read(offset, width uint32) uint32 {
	v, e := c.f.Read(offset, width)
	if e != abi.OK {
		return 0xffff_ffff >> (32 - 8*width)
	}
	return v
}

// part is a structure within a BAR: its places are inside (virtio.FindLayout).
type part struct {
	r  sdk.Registers
	at uint32
}

// Load is virtio.Region's, and so is Store.
func (p part) Load(offset, width uint32) uint32 {
	at := uint64(p.at) + uint64(offset)
	switch width {
	case 1:
		return uint32(p.r.Load8(at))
	case 2:
		return uint32(p.r.Load16(at))
	}
	return p.r.Load32(at)
}

func (p part) Store(offset, width, v uint32) {
	at := uint64(p.at) + uint64(offset)
	switch width {
	case 1:
		p.r.Store8(at, uint8(v))
	case 2:
		p.r.Store16(at, uint16(v))
	default:
		p.r.Store32(at, v)
	}
}

// bus is the function and the kernel, as disk.Bus.
type bus struct {
	f       *sdk.PCI
	c       *sdk.Context
	windows map[abi.WindowID]*window
}

// window is one that the device reaches, for as many sessions as there are: the kernel maps it once.
type window struct {
	device, bytes uint64
	fill          bool
	sessions      int
}

const pause = 50 * time.Microsecond

func (b bus) Now() time.Duration { return b.c.Now() }
func (b bus) Pause()             { b.c.Sleep(pause) }

func (b bus) Alloc(bytes int) (virtio.Memory, abi.Errno) {
	m, e := b.f.NewDMA(uint64(bytes), false)
	return virtio.Memory{Bytes: m.Bytes, Device: m.Device}, e
}

// Attach has the device reach a window of a client's: nobody else does, the driver's processor included. It is the owner's own, and as large as the owner says: a
// device that finds nothing at an address may do nothing more for anybody.
func (b bus) Attach(w abi.WindowID, owner abi.Endpoint, bytes uint64, fill bool) (uint64, abi.Errno) {
	device, size, e := b.f.MapWindow(w, owner, fill)
	x := b.windows[w]
	switch {
	case e == abi.OK:
		if x == nil {
			x = new(window)
			b.windows[w] = x
		}
		x.device, x.bytes, x.fill = device, size, fill
	case e == abi.EPERM && b.f.Info.Domain == 0:
		return 0, abi.ENOSYS // no IOMMU: a device that is told an address may as well take any other
	case e != abi.EEXIST || x == nil || fill && !x.fill:
		return 0, e
	}
	x.sessions++
	if bytes > x.bytes {
		b.Detach(w, owner)
		return 0, abi.EDOM
	}
	return x.device, abi.OK
}

func (b bus) Detach(w abi.WindowID, _ abi.Endpoint) {
	x := b.windows[w]
	if x.sessions--; x.sessions == 0 {
		delete(b.windows, w)
		b.f.UnmapWindow(w)
	}
}
func (b bus) Master(on bool) abi.Errno { return b.f.Master(on) }
func (b bus) Reset() abi.Errno         { return b.f.Reset() }
func (b bus) Log(event, why string)    { b.c.Log("event", event, "why", why) }

// memory is bytes of a memory BAR, 0 if it is none.
func memory(f *sdk.PCI, bar uint8) uint64 {
	if b := &f.Info.BARs[bar]; b.Kind == abi.BARMemory {
		return b.Size
	}
	return 0
}

// open finds the structures of a modern device, and makes it work.
func open(f *sdk.PCI, c *sdk.Context, o disk.Options) (*disk.Disk, error) {
	l, e := virtio.FindLayout(config{f}, func(bar uint8) uint64 { return memory(f, bar) })
	if e != abi.OK {
		return nil, sdk.Fail(e, "no modern virtio device: a register structure is missing")
	}
	var regions [4]virtio.Region
	var seen [abi.MaxBARs]sdk.Registers
	for i, p := range [...]virtio.Place{l.Common, l.Notify, l.ISR, l.Device} {
		if seen[p.BAR].Size() == 0 {
			if seen[p.BAR], e = f.Registers(uint32(p.BAR)); e != abi.OK {
				return nil, sdk.Fail(e, "BAR ", sdk.Dec(uint64(p.BAR)))
			}
		}
		regions[i] = part{seen[p.BAR], p.Offset}
	}
	b := bus{f, c, map[abi.WindowID]*window{}}
	d, e := disk.Open(virtio.NewTransport(l, regions[0], regions[1], regions[2], regions[3], b), b, o)
	if e != abi.OK {
		return nil, sdk.Fail(e, "the device cannot be made to work")
	}
	return d, nil
}
