package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/log"
	"bennu/kernel/sched"
	"bennu/kernel/task"
)

// The line about a death is work for a person, and a new life comes first: it is written before the next line of the log, before anybody
// reads the log, when nothing else is to be done, or when unloggedMost deaths have none, whichever comes first. So the order of lines
// is that of what happened, nobody sees a log without it, and at most unloggedMost lines are made in one stay in ring 0. It is
// the dead task's account that pays, as for the rest of the end.
const unloggedMost = 2

// logLater has the line about t, which has died, written later.
func (k *Kernel) logLater(t *task.Task) {
	if k.nUnlogged == unloggedMost {
		k.logDeath()
	}
	k.unlogged[k.nUnlogged] = uint8(t.Slot)
	k.nUnlogged++
}

// lineless tells whether the log lacks the line about who died in a slot last.
func (k *Kernel) lineless(slot int) bool {
	for _, s := range k.unlogged[:k.nUnlogged] {
		if int(s) == slot {
			return true
		}
	}
	return false
}

// logDeaths writes the lines that deaths do not have yet.
func (k *Kernel) logDeaths() {
	for k.nUnlogged > 0 {
		k.logDeath()
	}
}

// logDeath writes the oldest of them, on the account of the task that died. Its record may have been consumed, and another task live in its slot: the
// record stays until that dies.
func (k *Kernel) logDeath() {
	r := &k.tasks.Tasks[k.unlogged[0]].Death
	k.nUnlogged--
	copy(k.unlogged[:], k.unlogged[1:])
	payer, how, slot := k.payer, k.how, k.slot
	k.pay(r.Account, k.bearable(r.Account), -1)
	k.deathLine(r)
	k.pay(payer, how, slot)
}

// bearable is how an account pays for what it caused, and is done now.
func (k *Kernel) bearable(a abi.AccountID) sched.How {
	if k.sched.Len() == 0 || k.sched.Out(a, k.since, false) {
		return sched.Alone
	}
	return sched.Whole
}

// deathLine writes the facts of a death that a person wants to know first.
func (k *Kernel) deathLine(r *abi.DeathRecord) {
	l := k.stampAt(r.CleanNS).str("kernel: death label=").label(&r.Label).str(" ep=").dec(uint64(r.Endpoint)).str(" inc=").dec(uint64(r.Incarnation))
	l.str(" cause=").str(r.Cause.String())
	switch r.Cause {
	case abi.CauseException, abi.CauseMemory:
		l.str(" vector=").dec(uint64(r.Vector)).str(" (").str(abi.VectorName(r.Vector)).str(") err=").hex(r.ErrorCode).str(" cr2=").hex(r.CR2)
	case abi.CauseExit, abi.CausePanic, abi.CauseBadCall, abi.CauseHang, abi.CauseDiffers:
		l.str(" status=").dec(r.Status)
	}
	if r.Cause == abi.CauseMemory { // when it had less than its ceiling, the machine had no more for it
		ceiling := k.accounts.Get(r.Account).Frames.Ceiling() // nobody gives an account up, or changes it, before the line is there
		l.str(" memory=").dec(r.Status * abi.PageSize >> 10).str("KiB ceiling=").dec(ceiling * abi.PageSize >> 10).str("KiB")
	}
	l.str(" rip=").hex(r.Regs.RIP).str(" rsp=").hex(r.Regs.GPR[4]).str(" code=").hexBytes(r.Code[:r.CodeLen])
	k.emit(log.About(int(r.Account)), &r.Label)
}
