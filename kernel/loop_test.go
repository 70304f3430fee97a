package kernel

import (
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/task"
)

// A task of high priority that was woken while one of low priority ran waited for as long as the machine
// took to come to it, and no longer.
func TestReadyLatency(t *testing.T) {
	r := newRig(t)
	p := rights()
	p.Priority = 0
	high := r.make(p)
	r.call(high, abi.CallReceive, uint64(abi.Self), 1_000_000)
	p.Priority, p.QuantumNS = 5, 1e9
	r.make(p)                                                            // runs for ever, without calls
	r.call(r.root, abi.CallReceive, uint64(abi.Hardware), abi.NoTimeout) // out of the way
	for range 3 {
		r.until("sleep", func() bool { return high.Wait == 0 })
		r.call(high, abi.CallReceive, uint64(abi.Self), 1_000_000)
	}
	if l := r.delays(); l.MaxReadyNS > 1000 {
		t.Errorf("ready for %d ns (task %d): it ran at once", l.MaxReadyNS, l.MaxReadyTask)
	}
}

// What a task does for itself makes it no later: a receive that finds something at once, then a long run,
// then a task that takes the CPU for a moment.
func TestReadyLatencyOfRunning(t *testing.T) {
	r := newRig(t)
	p := rights()
	a := r.make(p)
	r.call(r.root, abi.CallReceive, uint64(abi.Hardware), abi.NoTimeout)
	r.ipc.SystemEvent(a, abi.SystemAsync)
	if e, _ := r.call(a, abi.CallReceive, uint64(abi.Any), abi.NoTimeout); e != abi.OK {
		t.Fatal("nothing received")
	}
	r.does(a, func(*arch.Context) uint64 { r.m.tsc += 700_000_000; return arch.VectorSpurious })
	r.until("long run", func() bool { return r.m.next[a.Slot] == nil })
	r.ipc.Interrupt(r.root, 0, r.Now()) // of equal priority: takes the CPU when a's time is up
	r.until("root runs", func() bool { return r.current() == r.root })
	r.call(r.root, abi.CallReceive, uint64(abi.Hardware), abi.NoTimeout)
	r.until("a runs", func() bool { return r.current() == a })
	if l := r.delays(); l.MaxReadyNS > 20_000_000 {
		t.Errorf("ready for %d ns (task %d), of which it ran 700 ms", l.MaxReadyNS, l.MaxReadyTask)
	}
}

// A ready task that loses the CPU waits: that counts.
func TestReadyLatencyOfPreempted(t *testing.T) {
	r := newRig(t)
	p := rights()
	a := r.make(p)
	p.Priority = 0
	b := r.make(p)
	r.call(b, abi.CallReceive, uint64(abi.Self), 10_000_000)
	r.call(r.root, abi.CallReceive, uint64(abi.Hardware), abi.NoTimeout)
	r.until("a runs", func() bool { return r.current() == a })
	r.until("b takes over", func() bool { return r.current() == b })
	r.does(b, func(*arch.Context) uint64 { r.m.tsc += 300_000_000; return arch.VectorSpurious })
	r.until("long run", func() bool { return r.m.next[b.Slot] == nil })
	r.call(b, abi.CallReceive, uint64(abi.Self), abi.NoTimeout-1)
	r.until("a runs again", func() bool { return r.current() == a })
	if l := r.delays(); l.MaxReadyNS < 300_000_000 || l.MaxReadyTask != a.Endpoint {
		t.Errorf("longest %d ns of task %d, want task %d's 300 ms", l.MaxReadyNS, l.MaxReadyTask, a.Endpoint)
	}
}

// The timer is set for the first deadline, for the end of a slice when equals wait, and not otherwise.
func TestTimerIsSetForWhatIsDue(t *testing.T) {
	r := newRig(t)
	r.m.armed = 0
	r.Step()
	if r.m.armed != 0 {
		t.Error("a timer, though the root task is alone and nothing is due")
	}
	p := rights()
	p.Priority = 1
	p.QuantumNS = 3_000_000
	r.make(p)
	r.Step()
	if r.m.armed == 0 || r.m.armed > r.m.tsc+abi.DefaultQuantumNS {
		t.Errorf("timer in %d ns with an equal that waits", int64(r.m.armed-r.m.tsc))
	}
}

// Of the deadlines that are due at once an entry handles eight; the others follow at once.
func TestDeadlinesDueAtOnce(t *testing.T) {
	r := newRig(t)
	var tasks []*task.Task
	for range 10 {
		tasks = append(tasks, r.make(rights()))
	}
	r.away()
	for _, x := range tasks {
		r.call(x, abi.CallReceive, uint64(abi.Hardware), abi.NoTimeout)
	}
	at := r.Now() + 10_000_000
	for _, x := range tasks {
		r.timers.Set(alarmID(x), at)
		r.timers.Set(limitID(x), at)
	}
	for entries := 0; r.timers.Len() > 0; {
		before := r.timers.Len()
		r.Step()
		if n := before - r.timers.Len(); n > 8 {
			t.Errorf("%d deadlines in one entry", n)
		} else if n > 0 {
			entries++
		}
		if entries > 3 || r.m.tsc > at+r.cfg.Facts.EntryTSC+10_000 {
			t.Fatalf("%d of 20 deadlines are left after %d entries, %d ns after their time", r.timers.Len(), entries, r.sinceBoot(r.m.tsc)-at)
		}
	}
}

// FirstRunNS is the moment at which ring 0 was left for the task's first instruction, and stays that.
func TestFirstRun(t *testing.T) {
	r := newRig(t)
	p := rights()
	p.Priority = 0
	a := r.make(p)
	if a.FirstRunNS != 0 {
		t.Fatalf("%d ns before it ran", a.FirstRunNS)
	}
	var began uint64
	r.does(a, func(*arch.Context) uint64 { began = r.m.tsc - 100; return arch.VectorSpurious }) // stay has counted 100
	r.until("first run", func() bool { return began != 0 })
	first := r.taskInfo(a).FirstRunNS
	if want := r.ns(began - r.cfg.Facts.EntryTSC); first != want || first == 0 {
		t.Errorf("it began at %d ns, the kernel says %d", want, first)
	}
	r.call(a, abi.CallTimes, uint64(abi.Self))
	if again := r.taskInfo(a).FirstRunNS; again != first {
		t.Errorf("%d ns after another entry, was %d", again, first)
	}
}

// An unknown call ends its caller, a known one that is not allowed does not.
func TestCalls(t *testing.T) {
	r := newRig(t)
	p := rights()
	p.CallMask = 0
	a := r.make(p)
	for nr := abi.CallBase + 1; nr <= abi.CallMax; nr++ {
		e, _ := r.call(a, nr)
		r.want("without its bit", e, abi.ECALLDENIED)
	}
	e, _ := r.call(a, abi.CallArchPrctl, abi.ArchSetFS, 1<<47-1)
	r.want("arch_prctl", e, abi.OK)
	for _, bad := range [][2]uint64{{0}, {8}, {31}, {uint64(abi.CallMax) + 1}, {1 << 63}, {uint64(abi.CallArchPrctl), 1 << 47}, {uint64(abi.CallArchPrctl), 1<<64 - 1}} {
		b := r.make(p)
		r.call(b, abi.CallNr(bad[0]), abi.ArchSetFS, bad[1])
		if d := r.death(abi.CauseBadCall); d.Status != bad[0] || d.Endpoint != b.Endpoint {
			t.Errorf("call %d: record of %d, status %d", bad[0], d.Endpoint, d.Status)
		}
	}
}

// What the call mask lets through may still be others' to ask.
func TestWhoMayAsk(t *testing.T) {
	r := newRig(t)
	x, server := r.make(limited(2, 1e9, 1e9)), r.server(2) // in turns
	r.away()
	for _, c := range []struct {
		what string
		t    *task.Task
		nr   abi.CallNr
		args []uint64
		want abi.Errno
	}{
		{"the worst latency", x, abi.CallGetInfo, []uint64{uint64(abi.InfoLatency), 0}, abi.OK},
		{"a reset of it", x, abi.CallGetInfo, []uint64{uint64(abi.InfoLatency), 1}, abi.EPERM},
		{"a death", x, abi.CallGetInfo, []uint64{uint64(abi.InfoDeath)}, abi.EPERM},
		{"no server works for others", x, abi.CallAccount, []uint64{uint64(abi.AccountPay), uint64(server.Account)}, abi.EPERM},
		{"a server for the kernel", server, abi.CallAccount, []uint64{uint64(abi.AccountPay), uint64(abi.AccountKernel)}, abi.EPERM},
		{"a server for nobody", server, abi.CallAccount, []uint64{uint64(abi.AccountPay), abi.MaxAccounts - 1}, abi.ESRCH},
		{"a server for another", server, abi.CallAccount, []uint64{uint64(abi.AccountPay), uint64(x.Account)}, abi.OK},
	} {
		e, _ := r.call(c.t, c.nr, c.args...)
		r.want(c.what, e, c.want)
	}
	if got := r.sched.Payer(server.Slot); got != x.Account {
		t.Errorf("account %d pays for the server, want %d", got, x.Account)
	}
}
