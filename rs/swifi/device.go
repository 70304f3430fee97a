package main

import (
	"time"

	"bennu/drivers/protocol/swifi"
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
	"bennu/rs/fi/model"
)

// A device that the injector is: the other end of a victim's wire, which on the machine nobody holds.
var devices = map[string]struct {
	base uint16
	line uint32
}{"ctl": {0x2f8, 3}}

// device is the victim's serial port, and who waits for what it sends.
type device struct {
	*model.Line
	asker   sdk.Asker // of swifi.Seen; To 0: nobody
	grant   abi.GrantID
	room    int
	until   time.Duration
	waiting bool
	b       [4 << 10]byte
}

// newDevice is the device of a victim; nil: it drives its own.
func (j *injector) newDevice(label string) *device {
	d, ok := devices[label]
	if !ok {
		return nil
	}
	return &device{Line: model.NewLine(d.base, func() { j.c.TraceRaise(j.ep, d.line) })} // refused: the victim has not asked for its line yet
}

// generalProtection is #GP's vector. Source: Intel SDM Vol. 3A, "Exception and Interrupt Vectors".
const generalProtection = 13

// plays does what a life was stopped for, if that is an access to the device.
func (j *injector) plays(s *abi.TraceStop) bool {
	if j.device == nil || s.Why != abi.StopFault || s.Vector != generalProtection {
		return false
	}
	j.ep = s.Endpoint
	if model.Emulate(&s.Regs, memory{world{j}, s.Endpoint}, j.device) != model.Done {
		return false
	}
	if j.c.TraceSetRegs(s.Endpoint, &s.Regs) != abi.OK || j.c.TraceContinue(s.Endpoint, abi.TraceGo) != abi.OK {
		return false
	}
	j.answer()
	return true
}

// memory is a life's.
type memory struct {
	w  world
	ep abi.Endpoint
}

func (m memory) Read(addr uint64, b []byte) abi.Errno  { return m.w.Read(m.ep, addr, b) }
func (m memory) Write(addr uint64, b []byte) abi.Errno { return m.w.Write(m.ep, addr, b) }

// Message is sdk.Driver.
func (j *injector) Message(c *sdk.Context, m *abi.Msg, _ abi.ReceiveKind) {
	switch {
	case m.Type != swifi.Type && m.Type != swifi.Seen:
		c.Reply(m, abi.ENOSYS)
	case m.Source != j.load:
		c.Reply(m, abi.EPERM)
	case j.device == nil:
		c.Reply(m, abi.ENODEV)
	case m.Type == swifi.Type:
		j.typed(c, m)
	default:
		j.see(c, m)
	}
}

func (j *injector) typed(c *sdk.Context, m *abi.Msg) {
	d := j.device
	b := d.b[:min(m.Arg[1], uint64(len(d.b)))]
	if e := c.CopyFrom(m.Source, abi.GrantID(m.Arg[0]), 0, b); e != abi.OK {
		c.Reply(m, e)
		return
	}
	n := d.Type(b)
	if n == 0 && len(b) > 0 {
		c.Reply(m, abi.EAGAIN)
		return
	}
	c.Reply(m, abi.OK, uint64(n))
}

func (j *injector) see(c *sdk.Context, m *abi.Msg) {
	d := j.device
	if d.waiting {
		c.Reply(m, abi.EBUSY)
		return
	}
	d.waiting, d.asker, d.grant = true, c.Asker(m), abi.GrantID(m.Arg[0])
	d.room, d.until = int(min(m.Arg[1], uint64(len(d.b)))), j.c.Now()+time.Duration(m.Arg[2])
	j.answer()
	j.arm()
}

// answer answers swifi.Seen, when there is what it waits for, or its time is over.
func (j *injector) answer() {
	d := j.device
	if d == nil || !d.waiting || !d.Whole(d.room) && j.c.Now() < d.until {
		return
	}
	d.waiting = false
	b := d.b[:d.Seen(d.b[:d.room])]
	e := abi.OK
	if len(b) > 0 {
		e = j.c.CopyTo(d.asker.To, d.grant, 0, b)
	}
	j.c.ReplyTo(d.asker, e, uint64(len(b)))
	j.arm()
}
