package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/log"
	"bennu/kernel/task"
	"bennu/kernel/timer"
)

// The root task is never asked how it is: that would wake it. It hangs when work for it is not taken for too long. A timer runs while it is doing
// something, or anything but wait for whatever comes; when it comes the kernel looks how old the oldest work is. It hangs, too, when it takes what comes
// and never waits, so that nobody else, who is ready, runs: it is at the highest priority, and nothing limits it but this. While the root task is idle no
// timer runs.

// Limits is when the root task's life is ended for it, and when the machine is started again since its lives do not last.
type Limits struct {
	HangNS  uint64 // the oldest work may be so old; 0: as old as it likes
	Deaths  int    // so many ends by itself, at most MaxDeaths, …
	WithinS uint64 // … within so many seconds are too many; 0: they never are
}

// MaxDeaths is the most that Limits.Deaths can be.
const MaxDeaths = 64

// unsettledReboot is how many lives in a row may end, by themselves, before they have restored what was kept: the snapshot that was dropped
// (unsettledMost) was not why.
const unsettledReboot = 15

// looking is what the kernel knows of the root task's work.
type looking struct {
	watching    bool              // the timer runs, or is never to
	first       uint64            // of the messages that wait for it, the first, by its sender's slot and calls, or its place among messages left
	seen        uint64            // when that was seen for the first time, ns
	ran         uint64            // how long all others have run, together, when the timer came last
	alone       int               // how often in a row it has come since, and none of them had run
	deathTimes  [MaxDeaths]uint64 // of the last ends by itself, ns, a ring
	nDeathTimes uint64
}

// watchRoot has the timer run, if it does not.
func (k *Kernel) watchRoot() {
	if k.watching { // or it is never to
		return
	}
	k.watching = true
	k.timers.Set(timer.Root, addSaturated(k.Now(), k.cfg.Limits.HangNS/2))
}

// look ends the root task's life if it hangs, and has the timer run on as long as it is not idle.
func (k *Kernel) look() {
	t := k.root
	k.watching = false
	if t.Wait&task.Reborn != 0 || idle(t) {
		k.alone = 0
		return
	}
	if k.starves(t) {
		k.finish(t, end{cause: abi.CauseHang, status: mostAlone * k.cfg.Limits.HangNS / 2})
		return
	}
	if since, any := k.oldest(t); any && t.Wait&task.Stopped == 0 && k.Now()-since >= k.cfg.Limits.HangNS {
		k.finish(t, end{cause: abi.CauseHang, status: k.Now() - since})
		return
	}
	k.watchRoot()
}

// mostAlone is how often in a row the timer may come and find that nobody but the root task has run. It is more than once: a machine that stands still in an
// emulator makes one wait long.
const mostAlone = 2

// starves tells whether the root task has left no time to others, who were ready, for mostAlone waits of the timer.
func (k *Kernel) starves(t *task.Task) bool {
	ran, ready := uint64(0), false
	for m := k.tasks.Living(); m != 0; m &= m - 1 {
		if o := k.taskOf(m); o != t {
			ran += o.Ticks
			ready = ready || o.Wait == 0
		}
	}
	if ran != k.ran || !ready || t.Wait != 0 {
		k.ran, k.alone = ran, 0
		return false
	}
	k.alone++
	return k.alone >= mostAlone
}

// idle tells whether the root task waits for whatever comes.
func idle(t *task.Task) bool {
	return t.Wait&^task.LongWay == task.Receiving && t.RecvFrom == abi.Any && !t.InSendRec()
}

// oldest is since when the oldest work waits for the root task, as far as the kernel knows: messages have no time, and count from when they were
// first seen here. ok is false when there is none.
func (k *Kernel) oldest(t *task.Task) (since uint64, ok bool) {
	since = ^uint64(0)
	older := func(waits bool, at uint64) {
		if waits {
			since, ok = min(since, at), true
		}
	}
	if at, flies := k.ipc.Flight(t); flies {
		older(t.Wait&task.Receiving == 0, at)
	}
	older(t.Alarm, t.AlarmNS)
	older(t.SysBits != 0, t.SysNS)
	older(t.Notified != 0, t.NotifiedNS)
	older(t.IRQBits != 0, t.IRQNS)
	if k.nTaken < k.nDead {
		older(true, k.tasks.Tasks[k.dead[(k.firstDead+k.nTaken)%len(k.dead)]].Death.CleanNS)
	}
	older(k.own == recordWaits, t.StartedNS)
	if first := k.firstMessage(t); first == 0 || first != k.first {
		k.first, k.seen = first, k.Now()
	}
	older(k.first != 0, k.seen)
	return since, ok
}

// firstMessage names the first message that waits for t and may be received; 0: none does.
func (k *Kernel) firstMessage(t *task.Task) uint64 {
	for s := t.Senders; s != task.None; s = k.tasks.Tasks[s].NextSend {
		if from := &k.tasks.Tasks[s]; !k.sched.Out(from.Account, k.since, false) {
			return uint64(from.Endpoint)<<32 | from.Calls&(1<<31-1)<<1 | 1
		}
	}
	if a := t.AsyncFirst; a != nil {
		return a.Seq<<1 + 2
	}
	return 0
}

// tooOften counts an end of the root task's life by itself, and starts the machine again when they are too many, or lives do not come to settle.
func (k *Kernel) tooOften(cause abi.Cause) {
	l := &k.cfg.Limits
	k.deathTimes[k.nDeathTimes%MaxDeaths] = k.Now()
	k.nDeathTimes++
	if n := uint64(l.Deaths); l.WithinS != 0 && n > 0 && k.nDeathTimes > n && k.Now()-k.deathTimes[(k.nDeathTimes-n-1)%MaxDeaths] <= l.WithinS*1e9 {
		k.reboot("more than ", n, " times in ", l.WithinS, cause)
	} else if u := uint64(k.kept[abi.AccountRoot].Header.Unsettled); l.WithinS != 0 && u >= unsettledReboot {
		k.reboot("before it was ready, ", u, " times in a row; up for ", k.Now()/1e9, cause)
	}
}

// reboot starts the machine again, with words that say why, on the console and for the next boot.
func (k *Kernel) reboot(how string, n uint64, in string, s uint64, cause abi.Cause) {
	k.consoleTask = false
	l := k.stamp().str("kernel: reboot: the root task has ended by itself ").str(how).dec(n).str(in).dec(s).str(" s, last by ").str(cause.String())
	k.m.Leave(l.buf[:l.n])
	k.emit(log.Own(0), &kernelLabel)
	k.flush()
	k.m.Shutdown(abi.Reset, 0)
}
