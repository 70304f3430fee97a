package main

import (
	"time"

	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

const (
	irqLine    = 8
	maxWaiters = 16
	// updateLimit is how long an update may be away: they come once a second.
	updateLimit = 1500 * time.Millisecond
)

type rtc struct {
	chip       chip
	waiters    [maxWaiters]sdk.Asker
	n          int
	interrupts uint64
	updates    uint64
}

// Init is sdk.Driver.
func (r *rtc) Init(c *sdk.Context) error {
	wasSet, e := r.chip.init(c.Ports())
	if e != abi.OK {
		return sdk.Fail(e, "no clock at ", sdk.Hex(portIndex))
	}
	if wasSet {
		c.Log("event", "half-set", "why", "the last life died while it set the clock")
	}
	if r.chip.read(regD)&dValid == 0 {
		c.Log("event", "battery", "why", "it failed, the time is not to be trusted")
	}
	if _, e := c.IRQ(irqLine); e != abi.OK {
		return sdk.Fail(e, "irq ", sdk.Dec(irqLine))
	}
	r.chip.enable()
	return nil
}

// Message is sdk.Driver.
func (r *rtc) Message(c *sdk.Context, m *abi.Msg, _ abi.ReceiveKind) {
	switch m.Type {
	case abi.RTCGet:
		now, e := r.chip.get()
		c.Reply(m, e, now, r.updates)
	case abi.RTCSet:
		c.Reply(m, r.chip.set(m.Arg[0]))
	case abi.RTCWait:
		r.wait(c, m)
	case abi.RTCState:
		century := uint64(0)
		if r.chip.century {
			century = regCentury
		}
		c.Reply(m, abi.OK, r.interrupts, uint64(r.chip.read(regB)), century)
	default:
		c.Reply(m, abi.ENOSYS)
	}
}

func (r *rtc) wait(c *sdk.Context, m *abi.Msg) {
	if r.n == maxWaiters {
		c.Reply(m, abi.EAGAIN)
		return
	}
	r.waiters[r.n] = c.Asker(m)
	if r.n++; r.n == 1 {
		c.Alarm(updateLimit)
	}
}

// Interrupt is sdk.Interrupter.
func (r *rtc) Interrupt(c *sdk.Context, _ uint64) {
	r.interrupts++
	if r.chip.acknowledge() {
		r.updated(c)
	}
}

func (r *rtc) updated(c *sdk.Context) {
	r.updates++
	if r.n > 0 {
		now, e := r.chip.get()
		r.release(c, e, now)
	}
}

// release answers all who wait. Those who died meanwhile are forgotten with the others.
func (r *rtc) release(c *sdk.Context, e abi.Errno, now uint64) {
	for _, a := range r.waiters[:r.n] {
		c.ReplyTo(a, e, now, r.updates)
	}
	r.n = 0
}

// Alarm is sdk.Alarmer: somebody waits, and no interrupt has come.
func (r *rtc) Alarm(c *sdk.Context) {
	switch {
	case r.n == 0:
	case r.chip.acknowledge():
		c.Log("event", "lost-interrupt")
		r.updated(c)
	default:
		c.Log("event", "no-update", "errno", abi.EIO.Name(), "b", sdk.Hex(uint64(r.chip.read(regB))))
		r.release(c, abi.EIO, 0)
		r.chip.enable()
	}
}

// Stop is sdk.Stopper.
func (r *rtc) Stop(c *sdk.Context) {
	r.release(c, abi.EINTR, 0)
	r.chip.write(regB, r.chip.read(regB)&^bUpdate)
	r.chip.read(regC)
}
