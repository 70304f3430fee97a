// edu is the driver of QEMU's edu device, which computes factorials, has memory of its own, and moves it by DMA: it answers drivers/protocol/edu. It
// is the second walk-through of docs/DRIVER.md.
//
// Documents referenced:
//
//	[1] QEMU, docs/specs/edu: "EDU device", "MMIO area spec"
package main

import (
	"time"

	"bennu/drivers/protocol/edu"
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

// Registers. Those of the DMA have 64 bits, the others 32.
//
// Source: [1], "MMIO area spec".
const (
	regID          = 0x00
	regLive        = 0x04 // reads as the complement of what was written
	regFactorial   = 0x08
	regStatus      = 0x20
	regRaised      = 0x24 // what it interrupts for
	regAcknowledge = 0x64
	regSource      = 0x80
	regDestination = 0x88
	regCount       = 0x90
	regCommand     = 0x98

	identity     = 0x010000ed
	computing    = 0x01 // status
	interrupts   = 0x80 // status: when it has computed
	start        = 0x1  // command
	fromDevice   = 0x2  // command
	interruptEnd = 0x4  // command

	buffer = 0x40000 // its memory, where its DMA finds it
)

// limit is far more than any request takes, polls what a loop may look for the end of one.
const (
	limit = time.Second
	polls = 1_000_000
)

type driver struct {
	pci   *sdk.PCI
	r     sdk.Registers
	dma   sdk.DMA
	asker sdk.Asker
	work  abi.MsgType // the request that the device works on; 0: none
	grant abi.GrantID // Carry's
	n     uint64      // its bytes
	back  bool        // they are on their way back
}

// Init is sdk.Driver. What an earlier life has begun is waited for: the device cannot be told to stop.
func (d *driver) Init(c *sdk.Context) (err error) {
	var e abi.Errno
	if d.pci, e = c.ReserveAny(); e != abi.OK {
		return sdk.Fail(e, "no function that system.conf shows can be had")
	}
	if d.r, e = d.pci.Registers(0); e != abi.OK {
		return sdk.Fail(e, "registers")
	}
	const word = 0x5aa51234
	if d.r.Store32(regLive, word); d.r.Load32(regID) != identity || d.r.Load32(regLive) != ^uint32(word) {
		return sdk.Fail(abi.ENODEV, "no edu at ", d.pci.Function.String())
	}
	for n := 0; d.r.Load32(regStatus)&computing != 0 || d.r.Load64(regCommand)&start != 0; n++ {
		if n == polls {
			return sdk.Fail(abi.EIO, "it never ends what it does")
		}
	}
	d.r.Store32(regStatus, interrupts)
	d.r.Store32(regAcknowledge, d.r.Load32(regRaised))
	if d.dma, e = d.pci.NewDMA(edu.MaxLength, true); e != abi.OK {
		return sdk.Fail(e, "memory")
	}
	if _, e = d.pci.Interrupt(0); e != abi.OK {
		return sdk.Fail(e, "interrupt")
	}
	if e = d.pci.Master(true); e != abi.OK {
		return sdk.Fail(e, "bus mastering")
	}
	return nil
}

// Message is sdk.Driver.
func (d *driver) Message(c *sdk.Context, m *abi.Msg, _ abi.ReceiveKind) {
	switch {
	case m.Type != edu.Factorial && m.Type != edu.Carry:
		c.Reply(m, abi.ENOSYS)
		return
	case d.work != 0:
		c.Reply(m, abi.EBUSY)
		return
	case m.Type == edu.Factorial:
		d.r.Store32(regFactorial, uint32(m.Arg[0]))
	default:
		d.grant, d.n, d.back = abi.GrantID(m.Arg[0]), m.Arg[1], false
		if d.n == 0 || d.n > edu.MaxLength {
			c.Reply(m, abi.E2BIG)
			return
		}
		if e := c.CopyFrom(m.Source, d.grant, 0, d.dma.Bytes[:d.n]); e != abi.OK {
			c.Reply(m, e)
			return
		}
		d.transfer(d.dma.Device, buffer, start|interruptEnd)
	}
	d.asker, d.work = c.Asker(m), m.Type
	c.Alarm(limit)
}

// transfer has the device move the bytes. The command begins it: it is last.
func (d *driver) transfer(from, to, command uint64) {
	d.r.Store64(regSource, from)
	d.r.Store64(regDestination, to)
	d.r.Store64(regCount, d.n)
	d.r.Store64(regCommand, command)
}

// Interrupt is sdk.Interrupter. It acknowledges what the device has raised, and may come for nothing.
func (d *driver) Interrupt(c *sdk.Context, _ uint64) {
	d.r.Store32(regAcknowledge, d.r.Load32(regRaised))
	switch {
	case d.work == 0 || d.r.Load32(regStatus)&computing != 0 || d.r.Load64(regCommand)&start != 0:
	case d.work == edu.Factorial:
		d.done(c, abi.OK, uint64(d.r.Load32(regFactorial)))
	case !d.back:
		d.back = true
		clear(d.dma.Bytes[:d.n]) // what comes back is what the device had
		d.transfer(buffer, d.dma.Device, start|fromDevice|interruptEnd)
	default:
		d.done(c, c.CopyTo(d.asker.To, d.grant, 0, d.dma.Bytes[:d.n]))
	}
}

func (d *driver) done(c *sdk.Context, e abi.Errno, args ...uint64) {
	d.work = 0
	c.Alarm(0)
	c.ReplyTo(d.asker, e, args...)
}

// Alarm is sdk.Alarmer. A device that does not answer is for the next life, whose Init looks at it.
func (d *driver) Alarm(*sdk.Context) { panic("the device has not done what it was told") }
