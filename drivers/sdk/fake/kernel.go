package fake

import (
	"bennu/kernel/abi"
	kernel "bennu/kernel/fake"
)

// own is the kernel as the driver has it: that of its task, but what a test may change at any time.
type own struct {
	*kernel.Task
	k *Kernel
}

func (o own) In(port uint16, size int) uint32     { return o.k.in(port, size) }
func (o own) Out(port uint16, size int, v uint32) { o.k.out(port, size, v) }

// Date is what all tasks see of it.
func (k *Kernel) Date() *abi.ClockInfo { return &k.m.Wall }

// watch is where the test's fields have their effect on the driver's calls.
func (k *Kernel) watch() *kernel.Hooks {
	return &kernel.Hooks{Before: k.before, After: k.after, Stuck: k.stuck, Line: func(_ uint64, line []byte) {
		k.Lines = append(k.Lines, string(line))
	}}
}

func (k *Kernel) before(c kernel.Call) (e abi.Errno, value uint64, instead bool) {
	if k.Made[c.Nr]++; c.Nr < abi.CallBase {
		k.reach(c.To())
	}
	switch c.Nr {
	case abi.CallSendA:
		p := k.m.Find(c.To())
		return abi.EAGAIN, 0, k.Full && p != nil && !p.Receives(k.driver.Endpoint)
	case abi.CallSend, abi.CallSendRec, abi.CallReceive, abi.CallReplyReceive:
		if !k.driver.Running() && k.driver.WaitsForAny() {
			k.driver.GiveUp() // it only rested: the test makes a call for it
		}
		if c.Nr == abi.CallReceive && c.To() == abi.Any {
			k.Waits = append(k.Waits, c.Arg[1])
		}
	case abi.CallWindow:
		if op := abi.WindowOp(c.Arg[0]); op == abi.WindowAllow || op == abi.WindowMap {
			k.reach(abi.Endpoint(c.Arg[2]))
		}
	case abi.CallIRQCtl:
		return k.NoIRQs, 0, k.NoIRQs != abi.OK && abi.IRQOp(c.Arg[0]) == abi.IRQSetPolicy
	case abi.CallPCI:
		e, value = k.pci(c.Arg)
		return e, value, true
	case abi.CallDMA:
		e, value = k.dma(c.Arg)
		return e, value, true
	case abi.CallGetInfo:
		k.name(int(min(c.Arg[1], abi.MaxTasks-1)))
		k.m.Facts = k.Machine
	}
	return 0, 0, false
}

// name gives the task in a slot the label that Names has for it.
func (k *Kernel) name(slot int) {
	t := k.m.At(slot)
	if t == nil || t == k.driver {
		return
	}
	label := k.Names[t.Endpoint]
	if label == "" {
		label = "client"
	}
	l, _ := abi.MakeLabel(label)
	t.SetLabel(l)
}

func (k *Kernel) after(c kernel.Call, e abi.Errno, value uint64) {
	switch {
	case c.Nr < abi.CallBase:
		k.settle()
	case c.Nr == abi.CallSetClock && e == abi.OK:
		k.Dates++
	case c.Nr != abi.CallIRQCtl || e != abi.OK:
	case abi.IRQOp(c.Arg[0]) == abi.IRQSetPolicy:
		k.hooks[uint32(value)], k.enables[uint32(c.Arg[1])] = uint32(c.Arg[1]), 0
	case abi.IRQOp(c.Arg[0]) == abi.IRQEnable:
		k.enables[k.hooks[uint32(c.Arg[1])]]++
	}
}

// stuck has something happen while the driver waits in a call that the test makes for it.
func (k *Kernel) stuck(kernel.Call) {
	if k.settle(); k.driver.Waits() && !k.nextEvent(1<<63-1) {
		k.TB.Fatal("fake: the call waits, and nothing is to come")
	}
}

// Now is the time since boot in ns.
func (k *Kernel) Now() uint64 { return k.m.Now() }
