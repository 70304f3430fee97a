package kernel

import (
	"math/bits"

	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/log"
	"bennu/kernel/task"
)

// callGetInfo: (InfoKind, index) → bytes put into Buf.
//
// Errors: EINVAL (unknown kind), ESRCH (the row is free), EDOM (past the last row), EAGAIN (nothing
// to take), EPERM (deaths and a reset of the latency are the root task's).
//
//check:size a switch over kinds
func (k *Kernel) callGetInfo(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	switch index := f.SI; abi.InfoKind(f.DI) {
	case abi.InfoMachine:
		m := k.cfg.Facts
		k.charge(k.cpu.TSC())
		m.NowTSC, m.IdleNS, m.Handover = k.since, k.ns(k.idle), k.cpu.Offered()
		if k.iommu != nil {
			m.Confined = 1
		}
		return put(t, abi.OK, &m)
	case abi.InfoCounts:
		c := k.counts()
		return put(t, abi.OK, &c)
	case abi.InfoTask:
		if index >= abi.MaxTasks {
			return abi.EDOM, 0
		}
		o := &k.tasks.Tasks[index]
		if !o.Live {
			return abi.ESRCH, 0
		}
		i := k.taskInfo(o)
		return put(t, abi.OK, &i)
	case abi.InfoDeath:
		if t != k.root {
			return abi.EPERM, 0
		}
		r, e := k.takeDeath(index == 1)
		return put(t, e, r)
	case abi.InfoLives:
		if t != k.root {
			return abi.EPERM, 0
		}
		return abi.OK, k.lives(livesAt(t.Call))
	case abi.InfoAsync:
		var r abi.AsyncResult
		return put(t, k.ipc.TakeResult(t, &r), &r)
	case abi.InfoLog:
		source, at := index>>56, index&(1<<56-1)
		if source >= abi.LogSources {
			return abi.EDOM, 0
		}
		k.logDeaths()
		return abi.OK, uint64(k.log.Read(log.Source(source), at, t.Call.Buf[:]))
	case abi.InfoImage:
		var r abi.ImageInfo
		return put(t, k.images.Info(int(min(index, abi.MaxImages)), &r), &r)
	case abi.InfoLatency:
		l := k.delays()
		if index == 1 && t != k.root {
			return abi.EPERM, 0
		}
		if index == 1 {
			k.latency, k.longest, k.worstWait = abi.Latency{}, 0, 0
		}
		return put(t, abi.OK, &l)
	case abi.InfoCheck:
		if t != k.root {
			return abi.EPERM, 0
		}
		var c abi.Check
		k.checkInfo(&c)
		return put(t, abi.OK, &c)
	case abi.InfoAccount:
		k.charge(k.cpu.TSC())
		var a abi.AccountInfo
		return put(t, k.accountInfo(index, &a), &a)
	case abi.InfoHeap:
		var h abi.Heap
		h.InUse, h.Allocs = k.m.HeapAllocs()
		return put(t, abi.OK, &h)
	case abi.InfoDMA:
		var r abi.DMAFaults
		return put(t, k.dmaInfo(t, index, &r), &r)
	case abi.InfoWindow:
		var w abi.WindowInfo
		return put(t, k.windows.Info(index, &w), &w)
	case abi.InfoPCI:
		return k.functionInfo(t, index)
	case abi.InfoBuses:
		return k.bridgeInfo(t, index)
	}
	return abi.EINVAL, 0
}

func put[T any](t *task.Task, e abi.Errno, v *T) (abi.Errno, uint64) {
	if e != abi.OK {
		return e, 0
	}
	return abi.OK, uint64(copy(t.Call.Buf[:], abi.Bytes(v)))
}

// counts is how much of everything is free.
func (k *Kernel) counts() abi.Counts {
	domains, waiting := k.dmaCounts() // first: frames of domains that are over come back with it
	c := abi.Counts{Domains: domains, Waiting: waiting, Frames: k.pool.Free(), Tasks: k.tasks.Free(), Images: k.images.Free(), Hooks: k.irqs.Free(), Ports: 65536 - k.ports.taken,
		Alarms: uint64(abi.MaxTasks), Async: k.ipc.FreeAsync(), Deaths: uint64(len(k.dead) - k.nDead), Accounts: k.accounts.Free(),
		HookRows: abi.MaxHooks - k.hookRows, ImageRows: k.accounts.ImageRows(), Reserved: k.pool.Owed()}
	c.Windows, c.Holders, c.Views = k.windows.Room()
	c.Functions = k.pci.Free()
	for i := range k.tasks.Tasks {
		if _, ok := k.timers.Deadline(alarmID(&k.tasks.Tasks[i])); ok {
			c.Alarms--
		}
	}
	c.Open, c.Orphans = k.irqs.Open(k), k.orphans()
	return c
}

// orphans is how much there is of tasks that are gone.
func (k *Kernel) orphans() (n uint64) {
	free, ports, rows := uint64(0), k.ports.taken, k.hookRows
	for i := range k.tasks.Tasks {
		t := &k.tasks.Tasks[i]
		if _, ok := k.timers.Deadline(alarmID(t)); ok && !there(t) {
			n++
		}
		if !there(t) {
			free |= 1 << i
			continue
		}
		for _, r := range t.Priv.Ports[:t.Priv.NPorts] {
			ports -= uint64(r.Last) - uint64(r.First) + 1
		}
		rows -= uint64(t.Priv.NIRQs)
	}
	for m := k.tasks.Living(); m != 0; m &= m - 1 {
		n += uint64(bits.OnesCount64(k.taskOf(m).SendTo & free))
	}
	for id := range abi.MaxHooks {
		if owner, used := k.irqs.Owner(id); used && k.tasks.Lookup(owner) == nil {
			n++
		}
	}
	return n + ports + rows
}

// lives fills rows with a Life of each task that lives, or is ending, by slot, and tells how many bytes that are.
func (k *Kernel) lives(rows *[abi.MaxTasks]abi.Life) uint64 {
	n := 0
	for m := k.tasks.Living() | k.tasks.Ending(); m != 0; m &= m - 1 {
		o, l := k.taskOf(m), &rows[n&(abi.MaxTasks-1)]
		n++
		l.Endpoint, l.Account, l.Incarnation, l.StartedNS, l.Flags = o.Endpoint, o.Account, o.Incarnation, o.StartedNS, 0
		if o.Dying {
			l.Flags = abi.LifeDying
			continue
		}
		if o.PrivSet {
			l.Flags |= abi.LifeSet
		}
		if o.StartedNS != 0 {
			l.Flags |= abi.LifeAllowed
		}
		if o.Warm {
			l.Flags |= abi.LifeWarm
		}
		if o.Seq != 0 {
			if seq := k.ipc.Asks(k.root, o); seq != 0 {
				l.Ask(seq)
			}
		}
	}
	return uint64(n) * uint64(len(abi.Bytes(&rows[0])))
}

func (k *Kernel) taskInfo(o *task.Task) abi.TaskInfo {
	i := abi.TaskInfo{Endpoint: o.Endpoint, State: o.State(), Label: o.Label, Incarnation: o.Incarnation, Account: o.Account, Priority: k.accounts.Get(o.Account).Spec.Priority,
		Image: o.ImageID, Peer: abi.None, Windows: k.windows.Seen(o.Slot), Frames: o.Space.Used(), FramesPeak: max(o.FramesPeak, o.Space.Used()), SharedPages: o.Space.SharedPages,
		CPUNS: k.ns(o.Ticks), StartedNS: o.StartedNS, FirstRunNS: o.FirstRunNS, Calls: o.Calls, Faults: o.Faults, Preempted: o.Preempted, WorstWaitNS: k.ns(o.WorstWait)}
	switch {
	case o.Wait&task.Sending != 0:
		i.Peer = o.SendingTo
	case o.Wait&task.Receiving != 0:
		i.Peer = o.RecvFrom
	}
	return i
}
