package main

import (
	"time"

	"bennu/drivers/protocol/rtc"
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

const (
	irqLine    = 8
	maxWaiters = 2 * abi.MaxTasks
	// updateLimit is the longest time between two updates: they come once a second.
	updateLimit = 1500 * time.Millisecond
)

type driver struct {
	chip       chip
	memory     memory
	sets       sdk.Permit // who may set the clock
	waiters    [maxWaiters]sdk.Asker
	n          int
	interrupts uint64
	updates    uint64
	coarse     bool // the date that all see came from a reading between two updates
}

// Init is sdk.Driver.
func (r *driver) Init(c *sdk.Context) error {
	if err := c.Permits(map[string]*sdk.Permit{"sets": &r.sets}); err != nil {
		return err
	}
	r.chip = chip{p: c.Ports(), now: c.Now}
	if e := r.findCentury(c); e != abi.OK {
		return sdk.Fail(e, "the kernel does not tell where the clock keeps its century")
	}
	found, e := r.chip.init()
	if e != abi.OK {
		return sdk.Fail(e, "no clock at ", sdk.Hex(portIndex))
	}
	r.memory.load(c)
	if r.memory.known && r.memory.mode != r.chip.mode {
		found |= rtc.Mode
	}
	r.memory.save = !r.memory.known || r.memory.mode != r.chip.mode
	r.memory.mode = r.chip.mode
	r.memory.suspect(c, found)
	r.tellDate(c)
	r.memory.store(c)
	if _, e := c.IRQ(irqLine); e != abi.OK {
		return sdk.Fail(e, "irq ", sdk.Dec(irqLine))
	}
	r.chip.enable()
	return nil
}

// findCentury asks the firmware's tables where the century is. The register's contents do not tell: they differ
// in each century, and may be anything if it is no century register.
func (r *driver) findCentury(c *sdk.Context) abi.Errno {
	var m abi.Machine
	if _, e := c.Info(abi.InfoMachine, 0, abi.Bytes(&m)); e != abi.OK {
		return e
	}
	switch n := m.CMOSCentury; {
	case n == 0:
	case n < firstCentury || n > lastCentury:
		c.Log("event", "century", "register", sdk.Hex(n), "why", "the firmware names a register that holds no century, going on without")
	default:
		r.chip.century = uint8(n)
	}
	return abi.OK
}

// read is the time, and why it is not to be trusted or is none.
func (r *driver) read(c *sdk.Context) (unix uint64, doubt rtc.Doubt, e abi.Errno) {
	if !r.chip.powered() {
		r.memory.suspect(c, rtc.Battery)
	}
	unix, why, e := r.chip.get()
	if e == abi.OK && !r.memory.passed(unix, c.Now()) {
		r.memory.suspect(c, rtc.Back)
	}
	return unix, r.memory.doubt | why, e
}

// Message is sdk.Driver.
func (r *driver) Message(c *sdk.Context, m *abi.Msg, _ abi.ReceiveKind) {
	switch m.Type {
	case rtc.Get:
		now, doubt, e := r.read(c)
		c.Reply(m, e, now, r.updates, uint64(doubt))
	case rtc.Set:
		if !r.sets.Holds(c, m.Source) {
			c.Reply(m, abi.EPERM)
			return
		}
		c.Reply(m, r.set(c, m.Arg[0]))
	case rtc.Wait:
		r.wait(c, m)
	case rtc.State:
		c.Reply(m, abi.OK, r.interrupts, uint64(r.chip.read(regB)), uint64(r.chip.century), r.chip.last())
	default:
		c.Reply(m, abi.ENOSYS)
		return
	}
	r.memory.store(c)
}

// set sets the clock. Errors: EDOM (it cannot keep that), EIO (it did not take it, and is doubtful now).
func (r *driver) set(c *sdk.Context, unix uint64) abi.Errno {
	if unix > r.chip.last() {
		return abi.EDOM
	}
	r.memory.begin(c)
	if !r.chip.set(unix) {
		c.Log("event", "not-set", "why", "the clock did not take the time")
		return abi.EIO
	}
	r.memory.set(unix, c.Now())
	r.coarse = false // the instant at which an operator set the clock counts, and not the update after it
	r.setDate(c, unix)
	r.memory.store(c) // before the answer: its receiver may end this life
	return abi.OK
}

// wait answers at the next update. A task has one place: its next request takes it, and the one before is
// answered EAGAIN.
func (r *driver) wait(c *sdk.Context, m *abi.Msg) {
	for i := range r.waiters[:r.n] {
		if r.waiters[i].To == m.Source {
			c.ReplyTo(r.waiters[i], abi.EAGAIN)
			r.waiters[i] = c.Asker(m)
			return
		}
	}
	if r.n == maxWaiters { // more than can live at a time: some have died
		c.Reply(m, abi.EAGAIN)
		return
	}
	r.waiters[r.n] = c.Asker(m)
	if r.n++; r.n == 1 {
		c.Alarm(updateLimit)
	}
}

// Interrupt is sdk.Interrupter.
func (r *driver) Interrupt(c *sdk.Context, _ uint64) {
	r.interrupts++
	if r.chip.acknowledge() {
		r.updated(c)
	}
}

func (r *driver) updated(c *sdk.Context) {
	r.updates++
	if r.coarse {
		r.align(c)
	}
	if r.n > 0 {
		now, doubt, e := r.read(c)
		r.release(c, e, now, doubt)
		r.memory.store(c)
	}
}

// release answers all who wait. Those who died meanwhile are forgotten with the others.
func (r *driver) release(c *sdk.Context, e abi.Errno, now uint64, doubt rtc.Doubt) {
	for _, a := range r.waiters[:r.n] {
		c.ReplyTo(a, e, now, r.updates, uint64(doubt))
	}
	r.n = 0
}

// Alarm is sdk.Alarmer: somebody waits, and no interrupt has come.
func (r *driver) Alarm(c *sdk.Context) {
	switch {
	case r.n == 0:
	case r.chip.acknowledge():
		c.Log("event", "lost-interrupt")
		r.updated(c)
	default:
		c.Log("event", "no-update", "errno", abi.EIO.Name(), "b", sdk.Hex(uint64(r.chip.read(regB))))
		r.release(c, abi.EIO, 0, rtc.Update)
		r.chip.enable()
	}
}

// Stop is sdk.Stopper.
func (r *driver) Stop(c *sdk.Context) {
	r.release(c, abi.EINTR, 0, 0)
	r.chip.disable()
}
