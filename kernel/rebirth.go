package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/mem"
	"bennu/kernel/task"
)

// The root task has no end. Its row, and its endpoint with it, stay: who waits for it, sends to it, has let it something or may send to it notices
// nothing. What ends is its life: its memory, its context, its call page with all its grants, what it traces, what it waits for. The next one begins
// in steps, at the root task's own level and on its account, with the same executable, which stays, as all do that it has made.

// rebirth is what is known of the ends of the root task's lives.
type rebirth struct {
	limbo mem.Addr  // a call page: the root task's between two lives
	own   ownRecord // of the last end
	stage stage     // of the next life
}

// stage is how far the way to the root task's next life is. While it is not lives, the root task waits with task.Reborn.
type stage uint8

const (
	lives   stage = iota
	ended         // it has its old life's memory
	nowhere       // it has none
	made          // it has the next life's
)

// ownRecord is where the record of the root task's own last end is. It is in the root task's slot, as those of others are in theirs.
type ownRecord uint8

const (
	noRecord ownRecord = iota
	recordWaits
	recordTaken
)

// unsettledMost is how many lives of the root task may end in a row, by themselves, before they have restored what was kept. Then the snapshot goes
// that they begin with: it may be why, and costs nothing but time, so that it goes before anything that was kept is given up for (rs/kept, sameMost).
const unsettledMost = 2

// rootEnds ends the root task's life t. Its record is made. The next life begins by steps of reborn.
func (k *Kernel) rootEnds(t *task.Task, why *end) {
	byItself, m := why.cause != abi.CauseKilled, &k.kept[t.Account]
	if k.twin.on {
		k.endTwice(t)
	}
	k.ipc.Died(t, byItself && !t.Traced && why.cause != abi.CauseDiffers)
	if k.keptEnds(t, why); m.Header.Unsettled >= unsettledMost {
		k.dropSnapshot(t.Account)
	}
	k.irqs.ReleaseAll(t.Endpoint)
	k.timers.Cancel(alarmID(t))
	k.untold &^= 1 << (t.Slot & 63)
	k.traced[t.Slot] = traced{}
	t.SysBits, t.Wait, t.Aside, k.stage = 0, task.Reborn, true, ended
	t.Call = callAt(k.phys, k.limbo)
	k.nTaken, k.own = 0, recordWaits
	t.Death.CleanNS = k.clock()
	k.logLater(t)
	k.sched.SetPayer(t.Slot, t.Account)
	k.sched.Ready(t.Slot, k.since)
	k.settled = 0 // it is ready, as before: nothing else tells that it cannot go on
	if byItself {
		k.tooOften(why.cause)
	}
}

// reborn is a step on the way from one life of the root task to the next.
func (k *Kernel) reborn(t *task.Task) {
	switch {
	case k.by>>(t.Slot&63)&1 != 0 && !k.forgetTraces(t):
	case !k.loosenAll(t):
	case !k.windows.Unsee(t.Endpoint, t.Account):
	case k.stage == ended:
		t.Incarnation++
		k.unshare(t)
		k.disembody(t)
	case k.stage == nowhere:
		k.embody(t)
	default:
		k.rootRuns(t)
	}
}

// disembody takes from the root task what it has of a life.
func (k *Kernel) disembody(t *task.Task) {
	if k.twin.on {
		k.disembodyOther(t)
	}
	t.Call, k.stage = callAt(k.phys, k.limbo), nowhere
	t.Space.Free() // frames are zeroed when they are next taken
	k.tasks.Renew(t)
	if k.twin.second {
		k.exchange(t)
	}
}

// embody gives the root task, which has none, memory and a context: its snapshot's, if there is one. Where memory is out for that, what a tracer
// allows is lifted first, and then the snapshot goes.
func (k *Kernel) embody(t *task.Task) {
	a := k.accounts.Get(t.Account)
	s := abi.TaskSpec{Label: t.Label, Image: t.ImageID, Incarnation: t.Incarnation, Init: abi.InitRestart, Account: t.Account, Flags: abi.TaskSnapshot | abi.TaskWarm}
	if t.Space.Begin(k.pool, k.template, &a.Frames, k.images, t.Image) && k.furnish(t, &s, a) && k.furnishRoot(t) {
		if k.twin.on && !k.bothThere(t) {
			return
		}
		t.StartedNS, k.stage = k.Now(), made
		return
	}
	if t.Warm { // it had come to share it
		k.unshare(t)
	}
	k.disembody(t)
	switch {
	case k.tracers[t.Account].ceiling != 0:
		k.tracers[t.Account].ceiling = 0
		k.limitFrames(t.Account)
	case k.snapshots[t.Account].Exists():
		k.dropSnapshot(t.Account)
	default:
		k.Panic("no memory for the next life of the root task")
	}
}

// furnishRoot is what the root task's life has and no other. false when memory is out.
func (k *Kernel) furnishRoot(t *task.Task) bool {
	start := k.startInfo(t)
	start.Root, start.ModuleSize = t.Endpoint, k.module.Size
	return t.Space.MapModule(k.module.tables[:k.module.nTables], k.module.Size)
}

// rootRuns lets the life that was made begin.
func (k *Kernel) rootRuns(t *task.Task) {
	a := k.accounts.Get(t.Account)
	a.Lives++
	k.kept[t.Account].Born()
	t.Space.Ready()
	t.Space.Prefill()
	if k.twin.on {
		k.otherReady(t)
	}
	t.Wait, t.Aside, k.stage = 0, k.twin.on, lives
	t.SysBits |= abi.SystemDeath
	t.SysNS = t.StartedNS
	t.Call.Pending = 1
	t.ReadyTSC = k.entered
	k.watchRoot()
	if k.by != 0 && k.tracers[t.Account].by != 0 {
		k.trace(t)
	}
}

// takeOwn takes the record of the root task's own end. Its slot is its own as before; until it is consumed the next life gets it, too.
func (k *Kernel) takeOwn(kept bool) *abi.DeathRecord {
	r := &k.root.Death
	r.Waiting = uint32(k.nDead - k.nTaken)
	k.own = recordTaken
	if !kept {
		k.consumeDeaths()
	}
	return r
}
