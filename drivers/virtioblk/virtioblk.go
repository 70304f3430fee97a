package main

import (
	"time"

	"bennu/drivers/protocol/block"
	"bennu/drivers/sdk"
	"bennu/drivers/sdk/block/server"
	"bennu/drivers/virtioblk/disk"
	"bennu/kernel/abi"
)

// answerPause is how long answers wait that found no room.
const answerPause = 2 * time.Millisecond

type driver struct {
	disk      *disk.Disk
	server    *server.Server
	reads     sdk.Permit
	writes    sdk.Permit
	configBit uint64        // of a message of its own; 0: the line tells
	alarm     time.Duration // when one comes; 0: none is set. One that is too early does no harm, and to set one is a kernel call
}

// Init is sdk.Driver. The device may be in any state, its requests on their way: the kernel has kept it from memory since the last life ended.
func (d *driver) Init(c *sdk.Context) error {
	var cache sdk.Permit
	if err := c.Permits(map[string]*sdk.Permit{"reads": &d.reads, "writes": &d.writes, "cache": &cache}); err != nil {
		return err
	}
	o := disk.Options{Life: c.Self()}
	for _, arg := range c.Args() {
		switch arg {
		case "cache=through":
			o.Through = true
		case "cache=kept":
			o.Keeps = true
		default:
			if len(arg) > 6 && arg[:6] == "cache=" {
				return sdk.Fail(abi.EINVAL, "args: ", arg, ": expected cache=through or cache=kept")
			}
		}
	}
	f, e := c.ReserveAny()
	if e != abi.OK {
		return sdk.Fail(e, "no function that system.conf shows can be had")
	}
	if o.Vectors = f.Info.MSIX >= 2; o.Vectors { // one for the configuration, one for the queues
		if d.configBit, e = f.Interrupt(0); e == abi.OK {
			_, e = f.Interrupt(1)
		}
	} else {
		_, e = f.Interrupt(0)
	}
	if e != abi.OK {
		return sdk.Fail(e, "no interrupt")
	}
	x, err := open(f, c, o)
	if err != nil {
		return err
	}
	d.disk, d.server = x, server.New(x, port{d, c})
	s := x.Shape()
	c.Log("event", "disk", "sectors", sdk.Dec(s.Sectors), "block", sdk.Dec(s.Block()*block.SectorSize), "flags", sdk.Hex(uint64(s.Flags)))
	return nil
}

// Message is sdk.Driver.
func (d *driver) Message(c *sdk.Context, m *abi.Msg, _ abi.ReceiveKind) {
	switch {
	case m.Type == block.State:
		s := &d.disk.Statistics
		c.Reply(m, abi.OK, uint64(d.disk.Epoch()), s.Done+s.Failed, s.Again, s.Resets+s.QueueResets, s.Lies)
	case d.server.Message(m, c.Asker(m)):
		d.work(c)
	default:
		c.Reply(m, abi.ENOSYS)
	}
}

// Interrupt is sdk.Interrupter.
func (d *driver) Interrupt(c *sdk.Context, bits uint64) {
	config := bits&d.configBit != 0
	if d.configBit == 0 {
		config = d.disk.Line()
	}
	if config {
		d.disk.Reconfigured()
	}
	d.work(c)
}

// Alarm is sdk.Alarmer.
func (d *driver) Alarm(c *sdk.Context) {
	d.alarm = 0
	d.server.Tick()
	d.work(c)
}

// work takes what the device has done, and gives it what it has room for, until there is neither.
func (d *driver) work(c *sdk.Context) {
	for {
		d.disk.Kick()
		ended := d.disk.Poll()
		for _, e := range ended {
			d.server.Done(e.Job, e.OK)
		}
		d.server.Pump()
		if len(ended) == 0 {
			break
		}
	}
	d.disk.Kick()
	d.server.Changed()
	next := d.disk.Next()
	if d.server.Waits() && (next == 0 || next > c.Now()+answerPause) {
		next = c.Now() + answerPause
	}
	if next != 0 && (d.alarm == 0 || next < d.alarm) {
		d.alarm = next
		c.Alarm(max(next-c.Now(), 1))
	}
}

// Stop is sdk.Stopper: the device is left as it is when it was not used.
func (d *driver) Stop(*sdk.Context) { d.disk.Close() }

// port is the kernel, as server.Port.
type port struct {
	d *driver
	c *sdk.Context
}

func (p port) Answer(to sdk.Asker, e abi.Errno, w *[5]uint64) abi.Errno {
	return p.c.Offer(to, e, w[:]...)
}

func (p port) Reply(to sdk.Asker, e abi.Errno, w *[5]uint64) abi.Errno {
	return p.c.ReplyTo(to, e, w[:]...)
}

func (p port) Tell(to abi.Endpoint, m *abi.Msg) { p.c.Tell(to, m) }

func (p port) Permitted(ep abi.Endpoint, write bool) bool {
	return p.d.writes.Holds(p.c, ep) || !write && p.d.reads.Holds(p.c, ep)
}

func (p port) Alive(ep abi.Endpoint) bool {
	_, e := p.c.LabelOf(ep)
	return e == abi.OK
}
