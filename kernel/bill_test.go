package kernel

import (
	"math/rand/v2"
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/sched"
	"bennu/kernel/task"
)

// limited is rights with a budget, at a priority.
func limited(priority uint32, budgetNS, periodNS uint64) grant {
	g := rights()
	g.Priority, g.BudgetNS, g.PeriodNS, g.QuantumNS = priority, budgetNS, periodNS, 100_000
	return g
}

// sum is what all accounts were charged, and what was idle.
func (r *rig) sum() uint64 {
	r.charge(r.m.tsc)
	sum := r.idle
	for a := range abi.AccountID(abi.MaxAccounts) {
		sum += r.sched.Used(a)
	}
	return sum
}

// The time since the kernel's first instruction is on accounts, or was idle, to the last count, whatever happens.
func TestAccountsSumUp(t *testing.T) {
	for seed := range uint64(10) {
		f := rand.New(rand.NewPCG(seed, 1))
		r := newRig(t)
		var tasks []*task.Task
		for i := range 6 {
			g := limited(uint32(i), 50_000+f.Uint64N(100_000), 2_000_000)
			g.NIRQs, g.IRQs[0] = 1, uint32(16+i)
			tasks = append(tasks, r.make(g))
		}
		r.away()
		for i, x := range tasks {
			r.call(x, abi.CallIRQCtl, uint64(abi.IRQSetPolicy), uint64(16+i), 1)
		}
		for range 3000 {
			x := tasks[f.IntN(len(tasks))]
			if !x.Live || x.Wait != 0 || r.m.next[x.Slot] != nil {
				r.m.irq = arch.VectorIRQ + 16 + f.Uint64N(8)
				r.Step()
				continue
			}
			switch f.IntN(6) {
			case 0:
				r.syscall(x, abi.CallReceive, uint64(abi.Any), f.Uint64N(300_000))
			case 1:
				r.syscall(x, abi.CallNotify, uint64(tasks[f.IntN(len(tasks))].Endpoint))
			case 2:
				r.syscall(x, abi.CallSetAlarm, f.Uint64N(500_000))
			case 3:
				r.syscall(x, abi.CallTimes, uint64(abi.Self))
			default:
				r.does(x, func(c *arch.Context) uint64 { r.m.tsc += f.Uint64N(200_000); return arch.VectorSpurious })
			}
			for range 1 + f.IntN(4) {
				r.Step()
			}
			if sum := r.sum(); sum != r.m.tsc-r.cfg.Facts.EntryTSC {
				t.Fatalf("seed %d: accounts and idle time sum up to %d, %d have passed", seed, sum, r.m.tsc-r.cfg.Facts.EntryTSC)
			}
		}
	}
}

// away makes the root task wait for what does not come.
func (r *rig) away() {
	r.t.Helper()
	r.call(r.root, abi.CallReceive, uint64(abi.Hardware), abi.NoTimeout)
}

// server makes a task that works on its clients' accounts.
func (r *rig) server(priority uint32) *task.Task {
	g := limited(priority, 1e9, 1e9)
	g.Flags = abi.AccountServer
	return r.make(g)
}

// What a server does from the receive that took a request to its next receive is its client's, also where it asks another.
func TestServersWorkOnTheirClientsAccounts(t *testing.T) {
	r := newRig(t)
	first, second := r.server(2), r.server(3)
	client := r.make(limited(5, 100_000, 10_000_000))
	rich := r.make(limited(5, 1e9, 1e9))
	r.away()
	r.call(first, abi.CallReceive, uint64(abi.Any), abi.NoTimeout)
	r.call(second, abi.CallReceive, uint64(abi.Any), abi.NoTimeout)
	r.call(rich, abi.CallReceive, uint64(abi.Self), 1_000_000)
	used := func(x *task.Task) uint64 { r.charge(r.m.tsc); return r.sched.Used(x.Account) }
	works := func(x *task.Task, ticks uint64) {
		r.does(x, func(*arch.Context) uint64 { r.m.tsc += ticks; return arch.VectorSpurious })
		r.until("work", func() bool { return r.m.next[x.Slot] == nil })
	}
	before, own := used(client), used(first)
	r.call(client, abi.CallSendRec, uint64(first.Endpoint), abi.NoTimeout)
	works(first, 70_000)
	r.call(first, abi.CallSendRec, uint64(second.Endpoint), abi.NoTimeout)
	works(second, 50_000)
	if d := used(client) - before; d < 120_000 || d > 125_000 {
		t.Errorf("the client was charged %d for 120,000 of its servers' work", d)
	}
	if d := used(first) - own; d > 2_000 {
		t.Errorf("the server was charged %d", d)
	}
	if r.sched.Left(client.Account, r.since) >= 0 || !r.sched.Out(client.Account, r.since, false) {
		t.Error("the client is not overdrawn")
	}
	if r.sched.Out(first.Account, r.since, false) || r.sched.Out(second.Account, r.since, false) {
		t.Error("a server was held up")
	}
	// its next request waits while another's goes on
	r.until("the other wakes", func() bool { return rich.Wait == 0 })
	reply := func(x, to *task.Task) {
		x.Call.Msg.Seq = to.Seq
		r.call(x, abi.CallSendNB, uint64(to.Endpoint))
	}
	reply(second, first)
	reply(first, client)
	r.ipc.SendA(client, first.Endpoint, 1) // while first is at work
	r.ipc.SendA(rich, first.Endpoint, 1)
	r.call(first, abi.CallReceive, uint64(abi.Any), abi.NoTimeout)
	if from := first.Call.Msg.Source; from != rich.Endpoint || first.Wait != 0 {
		t.Errorf("received from %d, want the one in budget, %d", from, rich.Endpoint)
	}
	r.call(first, abi.CallReceive, uint64(abi.Any), 1e12)
	for _, x := range []*task.Task{second, rich, client} {
		r.call(x, abi.CallReceive, uint64(abi.Self), 1e12)
	}
	r.until("the request is taken", func() bool { return first.Wait == 0 })
	if from := first.Call.Msg.Source; from != client.Endpoint {
		t.Errorf("received from %d, want %d when nothing else is to do", from, client.Endpoint)
	}
}

// Of the servers for which something was held back one is looked at in an entry; the next entry comes at once, however
// long the first server runs.
func TestHeldServersDoNotWaitForEachOther(t *testing.T) {
	r := newRig(t)
	r.m.spin = 1_000_000
	low, high := r.server(5), r.server(2)
	client := r.make(limited(6, 100_000, 10_000_000))
	r.away()
	r.call(high, abi.CallReceive, uint64(abi.Any), abi.NoTimeout)
	r.call(low, abi.CallReceive, uint64(abi.Any), abi.NoTimeout)
	r.charge(r.m.tsc)
	r.sched.Charge(client.Account, 200_000, r.m.tsc, sched.Whole)
	r.ipc.SendA(client, low.Endpoint, 1)
	r.ipc.SendA(client, high.Endpoint, 2)
	if low.Wait == 0 || high.Wait == 0 || low.Slot > high.Slot {
		t.Fatal("overdrawn, and its messages were received; or the better server is looked at first")
	}
	r.call(client, abi.CallReceive, uint64(abi.Hardware), abi.NoTimeout)
	var began uint64
	r.does(high, func(*arch.Context) uint64 { began = r.m.tsc; return arch.VectorSpurious })
	r.until("the first has its message", func() bool { return low.Wait == 0 })
	first := r.m.tsc // its first stay is over
	r.until("the second has its message", func() bool { return began != 0 })
	if d := began - first; d > 1000 {
		t.Errorf("%d ns after the first", d)
	}
}

// What the root task asks a server is the server's own to do, whatever it is and whoever pays for the root task: its pings are all alike, and no
// server may work on the account that has no limit.
func TestRootAsksOnServersAccounts(t *testing.T) {
	for name, ask := range map[string]func(k *Kernel, x *task.Task){
		"ping":    func(k *Kernel, x *task.Task) { k.ipc.Notify(k.root, x.Endpoint) },
		"sendnb":  func(k *Kernel, x *task.Task) { k.ipc.SendNB(k.root, x.Endpoint) },
		"send":    func(k *Kernel, x *task.Task) { k.ipc.Send(k.root, x.Endpoint) },
		"senda":   func(k *Kernel, x *task.Task) { k.ipc.SendA(k.root, x.Endpoint, 0) },
		"sendrec": func(k *Kernel, x *task.Task) { k.ipc.SendRec(k.root, x.Endpoint, abi.NoTimeout) },
	} {
		for n := range 4 {
			waits, own := n&1 == 0, n&2 == 0
			if name == "sendnb" && !waits {
				continue // who does not wait does not get it
			}
			r := newRig(t)
			x := r.server(2)
			client := r.make(limited(5, 1e9, 1e9))
			r.away()
			r.call(x, abi.CallReceive, uint64(abi.Any), abi.NoTimeout)
			r.call(client, abi.CallNotify, uint64(x.Endpoint))
			if got := r.sched.Payer(x.Slot); got != client.Account {
				t.Errorf("account %d pays for a client's notification, want %d", got, client.Account)
			}
			if waits {
				r.call(x, abi.CallReceive, uint64(abi.Any), abi.NoTimeout)
			}
			r.ipc.WaitOver(r.root)
			if r.sched.SetPayer(r.root.Slot, abi.AccountRoot); !own {
				r.sched.SetPayer(r.root.Slot, client.Account)
			}
			r.root.Call.Msg = abi.Msg{Type: abi.RSNews}
			if ask(r.Kernel, x); !waits {
				r.ipc.Receive(x, abi.Any, 0)
			}
			if got := r.sched.Payer(x.Slot); x.Wait != 0 || got != x.Account {
				t.Errorf("%s, received at once %v, the root task pays itself %v: account %d pays, want the server's, %d", name, waits, own, got, x.Account)
			}
		}
	}
}

// An interrupt on a line that nobody has is on the kernel's account, not on that of the task that ran.
func TestStrayInterruptIsTheKernels(t *testing.T) {
	r := newRig(t)
	x := r.make(limited(3, 1e9, 1e9))
	r.away()
	r.does(x, func(*arch.Context) uint64 { return arch.VectorIRQ + 19 })
	r.until("an interrupt", func() bool { return r.m.next[x.Slot] == nil })
	if r.payer != abi.AccountKernel || r.slot != -1 {
		t.Errorf("account %d pays, slot %d, want the kernel's and none", r.payer, r.slot)
	}
}

// The line of a task that has used up its budget is masked; the interrupt comes when the budget is filled.
func TestLineOfTheOverdrawn(t *testing.T) {
	r := newRig(t)
	g := limited(3, 100_000, 10_000_000)
	g.NIRQs, g.IRQs[0] = 1, 17
	x := r.make(g)
	hog := r.make(limited(6, 1e9, 1e9))
	r.away()
	r.call(x, abi.CallIRQCtl, uint64(abi.IRQSetPolicy), 17, 1)
	for a, want := range map[abi.AccountID]uint32{x.Account: 1, hog.Account: 0} {
		var v abi.AccountInfo
		if r.accountInfo(uint64(a), &v); v.Hooks != want {
			t.Errorf("%d hooks of account %d, want %d", v.Hooks, a, want)
		}
	}
	r.waits(x, 300_000, abi.CallReceive, abi.Hardware)
	r.until("x uses up its budget and waits", func() bool { return x.Wait != 0 })
	r.does(hog, func(*arch.Context) uint64 { return arch.VectorIRQ + 17 })
	r.until("an interrupt", func() bool { return r.m.next[hog.Slot] == nil })
	if x.Wait == 0 || r.m.open[17] {
		t.Fatalf("overdrawn, and told of an interrupt; line open: %v", r.m.open[17])
	}
	began := r.Now()
	r.until("it is told", func() bool { return x.Wait == 0 })
	if d := r.Now() - began; d < 10_000_000 || d > 40_000_000 {
		t.Errorf("told after %d ns, for a debt of twice a budget of 100 µs in 10 ms", d)
	}
}

// Alarms do not take an account that is overdrawn deeper into debt: it comes back when it has paid for what it did.
func TestAlarmsOfTheOverdrawn(t *testing.T) {
	r := newRig(t)
	x := r.make(limited(3, 100_000, 10_000_000))
	other := r.make(limited(6, 100_000, 10_000_000))
	r.away()
	r.does(x, func(c *arch.Context) uint64 { r.m.tsc += 200_000; return arch.VectorSpurious })
	r.until("it is overdrawn", func() bool { r.charge(r.m.tsc); return r.sched.Out(x.Account, r.since, false) })
	r.charge(r.m.tsc)
	before, used := r.sched.Left(x.Account, r.since), r.sched.Used(x.Account)
	for _, first := range []bool{true, false} { // of the events that are handled at once
		r.unclaimed = first
		r.cause(x.Account)
		r.m.tsc += 500
		r.cause(other.Account)
	}
	if left := r.sched.Left(x.Account, r.since); before >= 0 || left < before || r.sched.Used(x.Account) != used+1000 {
		t.Errorf("%d were left, %d are after alarms of which %d was charged, want 1000", before, left, r.sched.Used(x.Account)-used)
	}
	left := r.sched.Left(other.Account, r.since)
	r.cause(other.Account)
	r.m.tsc += 500
	if r.charge(r.m.tsc); left-r.sched.Left(other.Account, r.since) != 500 {
		t.Errorf("%d were left of a budget, %d are after an alarm of 500", left, r.sched.Left(other.Account, r.since))
	}
}

// An account comes back also where the interrupt that lets it costs more than its budget grows between two of them, as
// the small budgets do on a slow processor, and however often a server overdraws it once more.
func TestComesBackWhereInterruptsCost(t *testing.T) {
	r := newRig(t)
	r.m.handling = 4_000 // a 64th of the budget is 1,562
	x := r.make(limited(3, 100_000, 10_000_000))
	server := r.server(2)
	r.make(limited(6, 1e9, 1e9)) // it spins
	r.away()
	r.call(server, abi.CallReceive, uint64(abi.Any), abi.NoTimeout)
	r.waits(x, 100_000, abi.CallSendRec, server.Endpoint)
	r.until("x uses up its budget and asks", func() bool { return x.Wait != 0 })
	r.charge(r.m.tsc)
	r.sched.Charge(x.Account, 10_000, r.m.tsc, sched.Whole) // as a server does that works for it
	if server.Wait == 0 || !r.sched.Out(x.Account, r.since, false) {
		t.Fatal("overdrawn, and its request was taken")
	}
	began := r.Now()
	r.until("its request is taken", func() bool { return server.Wait == 0 })
	if d := r.Now() - began; d > 10_000_000 {
		t.Errorf("taken after %d ns, with a third of a budget of 100 µs in 10 ms to fill", d)
	}
}

// From taking a death record until it receives again the root task works on the dead task's account.
func TestRestartIsTheDeadOnesCost(t *testing.T) {
	r := newRig(t)
	x := r.make(rights())
	a := x.Account
	r.exception(x, 6, 0, 0)
	e, _ := r.call(r.root, abi.CallGetInfo, uint64(abi.InfoDeath), 0)
	r.want("death record", e, abi.OK)
	if got := r.sched.Payer(r.root.Slot); got != a {
		t.Errorf("the root task works for account %d, want %d", got, a)
	}
	r.call(r.root, abi.CallReceive, uint64(abi.Any), 0)
	if got := r.sched.Payer(r.root.Slot); got != abi.AccountRoot {
		t.Errorf("after its receive it works for account %d, want its own", got)
	}
}

// waits has t run for so long and then wait for ever in a call about a peer.
func (r *rig) waits(t *task.Task, tsc uint64, nr abi.CallNr, peer abi.Endpoint) {
	r.does(t, func(c *arch.Context) uint64 {
		r.m.tsc += tsc
		f := &c.Frame
		f.AX, f.DI, f.SI, f.Vector = uint64(nr), uint64(peer), abi.NoTimeout, arch.VectorSyscall
		return arch.VectorSyscall
	})
}
