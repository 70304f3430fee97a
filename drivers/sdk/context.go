package sdk

import (
	"time"

	"bennu/kernel/abi"
	"bennu/kernel/usys"
)

// Forever is the limit of a Call that has none.
const Forever = time.Duration(1<<63 - 1)

// Context is a driver's task: its identity, and everything that it may ask for. Handlers run on the goroutine of Run, the driver's own.
// Other goroutines may use what does not say otherwise; Alarm, IRQ, IgnorePings, Permits and Exit are the driver's own, and a panic
// elsewhere.
type Context struct {
	k      usys.Gate
	d      Driver
	root   abi.Endpoint
	start  *abi.StartInfo
	ports  guardedPorts
	irqs   [2 * abi.MaxIRQs]uint32 // hooks, of lines and messages; the index is the notify bit
	nIRQs  uint
	over   bool // Exit, a panic or RSStop ended the loop
	status uint64
	kind   abi.ExitKind
	mute   bool   // pings are not answered
	unread bool   // the kernel has results of asynchronous requests
	calls  uint64 // numbers the tags of Call
	stop   bool   // RSStop waits in later

	sched    scheduler
	owner    uint          // the driver's own goroutine
	pending  *uint32       // abi.CallArea.Pending
	waits    []*waiting    // Calls of other goroutines, and among them
	receives bool          // the driver's own goroutine receives, or is about to
	pumps    bool          // the pump receives
	wanted   chan struct{} // the pump is

	// The handlers that d has; looked up once. Where it is looked up again and again, the run-time makes a table for it, at a time that it
	// draws: memory that a life takes when nobody expects it. To look is dear, so what may never be wanted is looked up when it is.
	interrupter Interrupter
	replier     Replier
	alarmer     once[Alarmer]
	notifier    once[Notifier]
	newser      once[Newser]
	tracer      once[Tracer]
	changer     once[Changer]

	ds storeState

	in     abi.Msg // what the handler that runs was given; the compiler must take it that a handler keeps it
	later  later
	answer abi.Msg      // of the handler that has returned, or will
	asker  abi.Endpoint // for whom it is; 0: there is none
	await  awaited      // by the Call that goes on
	asks   asks         // that the reincarnation server has not answered
	owed   []owed       // answers that the kernel has no room for
	pause  time.Duration
	fetch  bool // the reincarnation server keeps messages for which there was no room
	line   [lineSize]byte
	words  [abi.RSMaxLen]byte
}

func newContext(k usys.Gate, d Driver) *Context {
	c := &Context{k: k, d: d, start: k.Start()}
	c.ports = guardedPorts{k, c.start}
	c.pending = k.Pending()
	c.sched = newScheduler()
	c.owner = c.sched.self()
	c.root = c.start.Root
	c.interrupter, _ = d.(Interrupter)
	c.replier, _ = d.(Replier)
	return c
}

// Self is the driver's endpoint.
func (c *Context) Self() abi.Endpoint { return c.start.Endpoint }

// Root is the reincarnation server's endpoint.
func (c *Context) Root() abi.Endpoint { return c.root }

// Label is the service's name.
func (c *Context) Label() abi.Label { return c.start.Label }

// Incarnation is the number of this life, 0 first.
func (c *Context) Incarnation() uint32 { return c.start.Incarnation }

// Restarted tells whether this is not the first life: state may be in the data store, and
// the device may be in the middle of something.
func (c *Context) Restarted() bool { return c.start.Init != abi.InitFresh }

// Args are the words that system.conf gives it.
func (c *Context) Args() []string {
	var words []string
	b := c.start.Args[:min(c.start.ArgsLen, abi.ArgsSize)]
	for from, i := -1, 0; i <= len(b); i++ {
		blank := i == len(b) || b[i] == ' ' || b[i] == '\t' || b[i] == 0
		switch {
		case !blank && from < 0:
			from = i
		case blank && from >= 0:
			words = append(words, string(b[from:i]))
			from = -1
		}
	}
	return words
}

// Now is the time since boot. It makes no kernel call.
func (c *Context) Now() time.Duration { return time.Duration(c.k.Now()) }

// TSC is the processor's time-stamp counter: where an emulator counts instructions, their number. It makes no kernel call.
func (c *Context) TSC() uint64 { return c.k.TSC() }

// Date is Unix time, by what all tasks see (abi.ClockInfo); known is false when nobody has set it in this boot. time.Now tells the
// same.
func (c *Context) Date() (unix time.Duration, known bool) {
	base := c.k.Clock().UnixNS
	return time.Duration(base + c.k.Now()), base != 0
}

// SetDate makes unix the date for all tasks, at once. It is the clock driver's. Errors: ECALLDENIED (no SETTIME in its `system`), EDOM.
func (c *Context) SetDate(unix time.Duration) abi.Errno {
	return c.k.SetClock(uint64(unix) - c.k.Now())
}

// Ports is the I/O address space.
func (c *Context) Ports() Ports {
	if c.start.NGuarded == 0 {
		return c.k
	}
	return &c.ports
}

// IRQ asks for an interrupt line: from now on it may come. bit is what Interrupter.Interrupt will
// have set for it. Errors: EPERM (not in the privilege), EBUSY, ENOSPC, EINVAL.
func (c *Context) IRQ(line uint32) (bit uint64, e abi.Errno) {
	return c.hook("Context.IRQ", func(n uint) (uint32, abi.Errno) { return c.k.IRQSetPolicy(line, n) })
}

// hook keeps what ask asks for under the next notify bit.
func (c *Context) hook(who string, ask func(n uint) (hook uint32, e abi.Errno)) (bit uint64, e abi.Errno) {
	c.mine(who)
	if c.nIRQs == uint(len(c.irqs)) {
		return 0, abi.ENOSPC
	}
	n := c.nIRQs
	hook, e := ask(n)
	if e == abi.OK {
		c.irqs[n] = hook
		c.nIRQs++
	}
	return 1 << n, e
}

// Alarm has Alarmer.Alarm called once after d; it replaces an alarm that is set. 0 cancels.
// left is what the previous one had to go. Errors: ECALLDENIED.
func (c *Context) Alarm(d time.Duration) (left time.Duration, e abi.Errno) {
	c.mine("Context.Alarm")
	ns, e := c.k.SetAlarm(uint64(max(d, 0)))
	return time.Duration(ns), e
}

// Grant lets to copy from and to b, as flags say (abi.GrantRead, abi.GrantWrite), until
// Revoke. ok is false when all grants are taken.
func (c *Context) Grant(to abi.Endpoint, b []byte, flags uint32) (id abi.GrantID, ok bool) {
	return c.k.Grant(to, b, flags)
}

// Revoke ends a grant.
func (c *Context) Revoke(id abi.GrantID) { c.k.Revoke(id) }

// CopyFrom copies from another task's grant into b. Errors: EPERM, EDEADSRCDST, E2BIG, EFAULT.
func (c *Context) CopyFrom(granter abi.Endpoint, id abi.GrantID, offset uint64, b []byte) abi.Errno {
	return c.k.CopyFrom(granter, id, offset, b)
}

// CopyTo copies b into another task's grant. Errors: as CopyFrom.
func (c *Context) CopyTo(granter abi.Endpoint, id abi.GrantID, offset uint64, b []byte) abi.Errno {
	return c.k.CopyTo(granter, id, offset, b)
}

// Info asks the kernel (abi.InfoKind says what type out is to hold).
// Errors: EINVAL, ESRCH, EDOM, EAGAIN, EPERM, ECALLDENIED.
func (c *Context) Info(kind abi.InfoKind, index uint64, out []byte) (int, abi.Errno) {
	return c.k.GetInfo(kind, index, out)
}

// Notify makes a notification pending at a task. Errors: EDEADSRCDST, ECALLDENIED, ETRAPDENIED.
func (c *Context) Notify(to abi.Endpoint) abi.Errno { return c.k.Notify(to) }

// IgnorePings leaves pings unanswered from now on, so that the reincarnation server takes
// the driver for hung. For fault injection.
func (c *Context) IgnorePings(yes bool) {
	c.mine("Context.IgnorePings")
	c.mute = yes
}

// Stopping tells whether the reincarnation server has asked the driver to end. A waiting method notices it;
// Stop follows when the handler returns.
func (c *Context) Stopping() bool { return c.stop }

// exitNow unwinds from a handler to the loop.
type exitNow struct{ status uint64 }

// Exit ends the driver with a status, at once. It does not return.
func (c *Context) Exit(status uint64) {
	c.mine("Context.Exit")
	panic(exitNow{status})
}
