package kernel

import (
	"math/bits"

	"bennu/kernel/abi"
	"bennu/kernel/account"
	"bennu/kernel/sched"
	"bennu/kernel/task"
)

// Time is charged from entry to entry of ring 0, to the account that caused it: a task pays for its running, its
// calls and faults, the switch to it and its end; the owner of a line for its interrupts; the owner of a deadline
// for its coming. A server works on its client's account. The kernel pays for what nobody caused; time with
// nothing to do is idle. The sum of all is the time since the kernel's first instruction (TestAccountsSumUp).

// bill is the account that time is put on now. It is put there when the payer changes, or when the time is as
// long as somebody's right to be looked at: not at each entry.
type bill struct {
	payer     abi.AccountID
	how       sched.How
	slot      int    // the slot whose turn the time counts for; -1: none
	since     uint64 // TSC up to which time is charged
	due       uint64 // TSC at which it must be
	unclaimed bool   // ring 0 was entered for an event whose cause is not known yet
	settled   uint64 // sum of the generations when the next task was picked and the timer set; 0: look again
	idle      uint64 // TSC counts
}

// charge puts the time until TSC at on the account that it is for.
func (k *Kernel) charge(at uint64) {
	d := at - k.since
	if k.slot >= 0 && k.sched.Ran(k.slot, d) {
		k.tasks.Tasks[k.slot].Preempted++
	}
	k.sched.Charge(k.payer, d, at, k.how)
	k.since, k.settled = at, 0
}

// pay has another account pay for the time from now on.
func (k *Kernel) pay(a abi.AccountID, how sched.How, slot int) {
	k.charge(k.cpu.TSC())
	k.payer, k.how, k.slot = a, how, slot
}

// cause names the account that caused the event which ring 0 is handling. The first one named pays for the entry, too.
// Where nobody is ready nobody is kept from anything by it. An account that is overdrawn does not get deeper into debt by it: its tasks run only when nobody else has to, and each
// of them can have an alarm and a limit to a wait under way, once.
func (k *Kernel) cause(a abi.AccountID) {
	k.blame(a, k.bearable(a))
}

// blame is cause for a caller that knows how much is taken off the budget.
func (k *Kernel) blame(a abi.AccountID, how sched.How) {
	switch {
	case k.unclaimed:
		k.payer, k.how, k.slot, k.unclaimed = a, how, -1, false
	case a != k.payer || k.how != how:
		k.pay(a, how, -1)
	}
}

// share tells the scheduler what account a may use.
func (k *Kernel) share(a *account.Account, level int) {
	s := &a.Spec
	k.sched.Set(a.ID, sched.Share{Level: level, Budget: max(k.ticks(s.BudgetNS), 1), Period: max(k.ticks(s.PeriodNS), 64), Turn: k.ticks(s.QuantumNS),
		Serve: k.ticks(sched.Overrun)}, k.since)
}

// ticks converts ns to counts of the TSC. Preconditions: ns is at most some seconds.
func (k *Kernel) ticks(ns uint64) uint64 {
	hi, lo := bits.Mul64(ns, k.cfg.TSCHz)
	q, _ := bits.Div64(hi, lo, 1e9)
	return q
}

// ns converts a difference of the TSC.
func (k *Kernel) ns(tsc uint64) uint64 {
	hi, lo := bits.Mul64(tsc, k.cfg.TSCMult)
	return hi<<32 | lo>>32
}

// Ready implements ipc.Machine.
func (k *Kernel) Ready(t *task.Task) {
	if k.sched.Queued(t.Slot) {
		return // it runs: its request was there
	}
	if t.Root && !k.watching {
		k.watchRoot()
	}
	t.ReadyTSC = k.entered
	k.sched.Ready(t.Slot, k.since)
}

// Block implements ipc.Machine.
func (k *Kernel) Block(t *task.Task) { k.sched.Block(t.Slot) }

// Held implements ipc.Machine: messages from an account that has used up its budget wait, as long as there is
// anything else to do.
func (k *Kernel) Held(to, from *task.Task) bool {
	if !k.sched.Out(from.Account, k.since, true) {
		return false
	}
	k.held |= 1 << to.Slot
	return true
}

// Repeats is what KeptHeader.Again is to say.
func (k *Kernel) Repeats(n uint32) { k.kept[abi.AccountRoot].Again(n) }

// Pays implements ipc.Machine: a server works on the account that its client works on.
func (k *Kernel) Pays(t, by *task.Task) {
	a := t.Account
	if by != nil && !by.Root { // the root task asks nothing but how the server is
		a = k.sched.Payer(by.Slot)
	}
	k.sched.SetPayer(t.Slot, a)
}

// release looks again at messages that were held back, for one server at a time: the next one has an entry of
// its own.
func (k *Kernel) release() {
	if k.retry == 0 {
		return
	}
	slot := bits.TrailingZeros64(k.retry)
	k.retry &= k.retry - 1
	if t := &k.tasks.Tasks[slot]; t.Live {
		k.ipc.Retry(t)
	}
}

// chore has pick look at what is left to do before anybody runs again.
func (k *Kernel) chore() { k.chores, k.settled = true, 0 }

// refilled is called when budgets that somebody waited for are filled.
func (k *Kernel) refilled() {
	k.retry |= k.held
	k.chore()
	k.held = 0
	k.irqs.Resume(k.tell)
}

// waited notes how long t was ready before it runs, at TSC at: the moment from which on it is charged.
// Preconditions: t was ready.
func (k *Kernel) waited(t *task.Task, at uint64) {
	d := at - t.ReadyTSC
	if t.ReadyTSC = 0; int64(d) <= int64(min(t.WorstWait, k.worstWait)) {
		return
	}
	t.WorstWait = max(t.WorstWait, d)
	a := k.accounts.Get(t.Account)
	a.WorstWait = max(a.WorstWait, d)
	if d > k.worstWait {
		k.worstWait, k.latency.MaxReadyTask = d, t.Endpoint
	}
}

// delays is the record of the worst.
func (k *Kernel) delays() abi.Latency {
	l := k.latency
	l.MaxKernelNS, l.MaxReadyNS = k.ns(k.longest), k.ns(k.worstWait)
	return l
}

// arm sets the timer for the first of these: a deadline, a budget that is filled, and, when others are ready, the
// end of t's turn or of its budget. A timer that is set for an earlier time is left alone: arm is called again
// then.
func (k *Kernel) arm(t *task.Task) {
	at := k.timers.Next()
	if t != nil {
		if k.due = k.sched.Slice(t.Slot, k.since); k.due != sched.Never && k.sched.Len() > 1 {
			at = min(at, k.sinceBoot(k.due))
		}
	}
	if next := k.sched.Next(); next != sched.Never {
		at = min(at, k.sinceBoot(next))
	}
	if k.retry != 0 {
		at = k.Now()
	}
	if at >= k.armed {
		return
	}
	k.armed = at
	d := uint64(1)
	if now := k.Now(); at > now {
		d = at - now
	}
	k.m.ArmTimer(d)
}

// generation changes with everything that decides which task runs next, on which account, and until when. It is
// never 0.
func (k *Kernel) generation() uint64 { return *k.changes + 1 }

// sinceBoot is a reading of the TSC in ns since boot.
func (k *Kernel) sinceBoot(tsc uint64) uint64 { return k.ns(tsc - k.cfg.Facts.EntryTSC) }
