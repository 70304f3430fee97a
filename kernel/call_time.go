package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/task"
)

// callSetAlarm: (ns from now; 0 cancels) → the time that the old one had left. An alarm that has come but was
// not received yet is taken back.
func (k *Kernel) callSetAlarm(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	left := uint64(0)
	if at, ok := k.timers.Deadline(alarmID(t)); ok && at > k.Now() {
		left = at - k.Now()
	}
	t.Alarm = false
	if f.DI == 0 {
		k.timers.Cancel(alarmID(t))
	} else {
		k.timers.Set(alarmID(t), addSaturated(k.Now(), f.DI))
	}
	return abi.OK, left
}

// callTimes: (endpoint or Self) → ns in ring 3. Errors: EDEADSRCDST.
func (k *Kernel) callTimes(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	if abi.Endpoint(f.DI) == abi.Self {
		return abi.OK, k.ns(t.Ticks)
	}
	o := k.tasks.Lookup(abi.Endpoint(f.DI))
	if o == nil {
		return abi.EDEADSRCDST, 0
	}
	return abi.OK, k.ns(o.Ticks)
}

// callSetClock: (Unix time in ns of the system clock's time 0). What all tasks see at ClockPage from now on. Errors: EDOM
// (0, or past what 64 bits hold for as long as a machine may run).
func (k *Kernel) callSetClock(_ *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	if f.DI == 0 || f.DI > abi.MaxUnixNS {
		return abi.EDOM, 0
	}
	k.wall.UnixNS = f.DI
	return abi.OK, 0
}
