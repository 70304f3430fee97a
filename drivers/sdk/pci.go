package sdk

import (
	"time"

	"bennu/kernel/abi"
	"bennu/kernel/usys"
)

// PCI is a function that the driver has reserved: its alone until Release, or the driver's end. Then its bus mastering is off, and its interrupts
// are, before anybody else has it.
type PCI struct {
	Function abi.Function
	Info     abi.FunctionInfo
	c        *Context
	asked    []asked
}

// asked is an interrupt that the driver has asked for.
type asked struct {
	message uint32
	n       uint // its notify bit
}

// Functions calls each for the functions that system.conf shows the driver, in their order, until it returns false. Errors: ECALLDENIED (no PCI in
// its `system`), ENOSYS.
func (c *Context) Functions(each func(i *abi.FunctionInfo) bool) abi.Errno {
	f, e := c.k.PCIFirst()
	for more := true; more && e == abi.OK; {
		var i abi.FunctionInfo
		if c.k.PCIInfo(f, &i) == abi.OK { // else it has gone meanwhile
			more = each(&i)
		}
		if more {
			f, e = c.k.PCINext(f)
		}
	}
	if e == abi.ESRCH {
		return abi.OK
	}
	return e
}

// Reserve reserves a function. Errors: ESRCH (there is none, or system.conf does not show it), EBUSY (another has it), ENODEV (nobody can have
// it: FunctionInfo.Unfit), EPERM (no IOMMU, and no `dma unconfined`), ECALLDENIED, ENOSYS.
func (c *Context) Reserve(f abi.Function) (*PCI, abi.Errno) {
	p := &PCI{Function: f, c: c}
	if e := c.k.PCIReserve(f); e != abi.OK {
		return nil, e
	}
	if e := c.k.PCIInfo(f, &p.Info); e != abi.OK {
		c.k.PCIRelease(f)
		return nil, e
	}
	return p, abi.OK
}

// ReserveAny reserves the first function that can be had of those that system.conf shows. Errors: ESRCH (it shows none), those of Reserve for the last one
// that it shows.
func (c *Context) ReserveAny() (p *PCI, e abi.Errno) {
	e = abi.ESRCH
	if failed := c.Functions(func(i *abi.FunctionInfo) bool {
		p, e = c.Reserve(i.ID.Function)
		return e != abi.OK
	}); failed != abi.OK {
		return nil, failed
	}
	return p, e
}

// Release gives the function back, with its registers, interrupts and DMA memory. None of them must be used any more.
func (p *PCI) Release() abi.Errno { return p.c.k.PCIRelease(p.Function) }

// Read reads 1, 2 or 4 bytes of configuration space. Errors: EINVAL (another width, not aligned, past the end).
func (p *PCI) Read(offset, width uint32) (uint32, abi.Errno) {
	return p.c.k.PCIRead(p.Function, offset, width)
}

// Write writes them. What concerns others, the kernel writes only in calls of its own: addresses, interrupts, bus mastering. Errors: as Read, EPERM.
func (p *PCI) Write(offset, width, value uint32) abi.Errno {
	return p.c.k.PCIWrite(p.Function, offset, width, value)
}

// Capability is where the first capability with this id behind another one (0: the first of all) begins; of the extended list with
// abi.CapExtended. Errors: EDOM (there is none).
func (p *PCI) Capability(id, after uint32) (offset uint32, e abi.Errno) {
	return p.c.k.PCICap(p.Function, id, after)
}

// Interrupt asks for one of the function's messages (MSI-X, MSI; else, as message 0, its line): from now on it may come. bit is what Interrupter.Interrupt will have set for it.
// Errors: ENODEV (it has none), EDOM (it has not so many), ENOSPC.
func (p *PCI) Interrupt(message uint32) (bit uint64, e abi.Errno) {
	return p.c.hook("PCI.Interrupt", func(n uint) (uint32, abi.Errno) {
		hook, e := p.c.k.PCIInterrupt(p.Function, message, n, abi.InterruptBest)
		if e == abi.OK {
			p.asked = append(p.asked, asked{message, n})
		}
		return hook, e
	})
}

// Master lets the function begin transfers of its own, or no more. Errors: EPERM.
func (p *PCI) Master(on bool) abi.Errno {
	v := uint64(0)
	if on {
		v = 1
	}
	return p.c.k.PCIMaster(p.Function, v)
}

// Reset resets the function, for a device that its own reset does not bring back. It takes a tenth of a second; then bus mastering is off. With a reset the kernel
// takes the function's interrupts from its holder: those that Interrupt gave are asked for again here, and keep their bits. Errors: ENODEV (it has no reset), EIO (it
// does not come back), those of Sleep and of Interrupt.
func (p *PCI) Reset() abi.Errno {
	for {
		e := p.c.k.PCIReset(p.Function, 0)
		if e == abi.EAGAIN {
			e = p.c.Sleep(resetPause)
			if e == abi.OK {
				continue
			}
		}
		for i := 0; i < len(p.asked) && e == abi.OK; i++ {
			a := p.asked[i]
			p.c.irqs[a.n], e = p.c.k.PCIInterrupt(p.Function, a.message, a.n, abi.InterruptBest)
		}
		return e
	}
}

const resetPause = 20 * time.Millisecond

// Registers has the driver see memory of the device: BAR number. Errors: EDOM (it has none of that number), EINVAL (those are ports), ENOMEM, ENOSPC.
func (p *PCI) Registers(number uint32) (r Registers, e abi.Errno) {
	v, e := p.c.k.PCIBar(p.Function, number, abi.BARUncached)
	if e == abi.OK && v.Kind != abi.BARMemory {
		e = abi.EINVAL
	}
	if e != abi.OK {
		return Registers{}, e
	}
	return Registers{p.c.k, v.Address, v.Size}, abi.OK
}

// Ports opens the ports of a BAR to the driver (Context.Ports): the first, and how many. Errors: EDOM, EINVAL (it is memory), ENOMEM.
func (p *PCI) Ports(number uint32) (first uint16, n uint32, e abi.Errno) {
	v, e := p.c.k.PCIBar(p.Function, number, abi.BARUncached)
	if e == abi.OK && v.Kind != abi.BARPorts {
		e = abi.EINVAL
	}
	if e != abi.OK {
		return 0, 0, e
	}
	return uint16(v.Address), uint32(v.Size), abi.OK
}

// Registers is memory of a device. Each access is one, in the program's order and of its width. An offset past the end is a panic; one that
// the width does not divide, too.
type Registers struct {
	k    usys.Gate
	at   uint64
	size uint64
}

// Size is how many bytes there are.
func (r Registers) Size() uint64 { return r.size }

func (r Registers) place(offset, width uint64) uint64 {
	if offset%width != 0 || offset >= r.size { // which any width of a register divides
		panic("no register of " + Dec(width) + " bytes at " + Hex(offset) + " of " + Hex(r.size))
	}
	return r.at + offset
}

// Load8 and the others read a register.

func (r Registers) Load8(offset uint64) uint8   { return r.k.Load8(r.place(offset, 1)) }
func (r Registers) Load16(offset uint64) uint16 { return r.k.Load16(r.place(offset, 2)) }
func (r Registers) Load32(offset uint64) uint32 { return r.k.Load32(r.place(offset, 4)) }
func (r Registers) Load64(offset uint64) uint64 { return r.k.Load64(r.place(offset, 8)) }

// Store8 and the others write one.

func (r Registers) Store8(offset uint64, v uint8)   { r.k.Store8(r.place(offset, 1), v) }
func (r Registers) Store16(offset uint64, v uint16) { r.k.Store16(r.place(offset, 2), v) }
func (r Registers) Store32(offset uint64, v uint32) { r.k.Store32(r.place(offset, 4), v) }
func (r Registers) Store64(offset uint64, v uint64) { r.k.Store64(r.place(offset, 8), v) }
