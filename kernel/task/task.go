// Package task is the table of tasks: slots, generations, and what the kernel knows of each.
package task

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/image"
	"bennu/kernel/space"
)

// Wait says why a task does not run. It is runnable when it is 0.
type Wait uint32

const (
	NoPriv    Wait = 1 << 0 // not yet allowed, or disallowed
	Sending   Wait = 1 << 1 // in SendTo's queue
	Receiving Wait = 1 << 2 // from RecvFrom
	Stopped   Wait = 1 << 3 // for its tracer

	// LongWay stands beside Sending or Receiving in a task that is traced, and goes with them: no short way ends such a wait, since it would
	// let the task run as if nobody traced it.
	LongWay Wait = 1 << 4

	// Reborn is the root task's between two lives: it has neither memory nor context.
	Reborn Wait = 1 << 5
)

// None ends the links of a queue.
const None = -1

// Task is one slot. Memory of a task is reached by direct-map pointers, so that nothing that
// the kernel does to one can fault.
type Task struct {
	life
	Priv abi.Privilege

	// What stands here is not cleared for a new life: messages are free when a life has ended, the record is that of an end, and who makes a
	// snapshot begins with nothing.
	Async  [abi.MaxAsync]Async
	Death  abi.DeathRecord // while Dying or Dead, and until its line is in the log
	Making space.Making    // of its snapshot: what is done of it
}

// life is what a slot begins anew with.
type life struct {
	Slot       int
	Generation uint32
	Live       bool
	Dying      bool // dead for everybody; its end is not finished
	Dead       bool // its end is finished; the slot is the record of it, until that is consumed
	Aside      bool // it is not just let run when its turn comes: it is dying, or traced
	Endpoint   abi.Endpoint
	Account    abi.AccountID
	Server     bool // works on its client's account

	Label       abi.Label
	Incarnation uint32
	Image       *image.Image
	ImageID     uint32
	Space       space.Space
	Ctx         *arch.Context
	Call        *abi.CallArea
	SendTo      uint64 // bits by slot: whom it may send to
	Peers       uint64 // bits by slot: who may send to it, or it to them; who has waited for it, or it for them (Table.Meet)
	PrivSet     bool
	Root        bool

	MaySnapshot bool   // it may hand its memory over to later lives
	Warm        bool   // it began with a snapshot
	Traced      bool   // a tracer has changed its memory or where it goes on
	Made        uint64 // bit n: it has made a call whose number is n, modulo 64

	Wait      Wait
	SendingTo abi.Endpoint // while Sending
	RecvFrom  abi.Endpoint // while Receiving
	Asked     uint64       // a server's: bits by slot of those it sent a message to and had no answer from since
	Seq       uint64       // the number of the sendrec that it is in; 0: it is in none
	Heard     uint32       // which life of the root task has received that; 0: none. It says nothing of a sendrec to another
	Late      uint64       // the number of the last one that has timed out after it was received
	Limited   bool         // the wait has a time limit: it ends by itself
	Kind      abi.ReceiveKind
	Senders   int // first of the tasks that send to this one
	LastSend  int
	NextSend  int // link in the queue of the task that this one sends to

	Notified   uint64 // bits by slot of the notifier
	NotifiedNS uint64
	IRQBits    uint64 // notify bits of hooks that fired
	IRQNS      uint64
	SysBits    uint64
	SysNS      uint64
	Alarm      bool
	AlarmNS    uint64

	AsyncFirst *Async // the oldest of others' messages that wait for this task
	AsyncLast  *Async
	AsyncFails int // how many of its own have a result to take

	Done   uint64 // the part of its call that is done, if that works in steps
	DoneIP uint64 // the instruction that makes it: a tracer can send the task elsewhere in between, to another call

	Ticks      uint64 // in ring 3
	ReadyTSC   uint64 // when it became ready; 0: it runs, or has run since
	StartedNS  uint64
	FirstRunNS uint64
	Calls      uint64
	Faults     uint64
	Preempted  uint64
	WorstWait  uint64 // TSC counts
	FramesPeak uint64

	Forgotten int // slots that its end has been told to
}

// AsyncState is where a senda message is.
type AsyncState uint8

const (
	AsyncFree AsyncState = iota
	AsyncWaiting
	AsyncFailed // the result waits to be taken
)

// Async is a senda message that the kernel keeps for its sender. Those that wait for one task are on its list, in the
// order in which they came.
type Async struct {
	State AsyncState
	To    abi.Endpoint
	Errno abi.Errno
	From  int // slot of its sender
	Next  *Async
	Prev  *Async
	Tag   uint64
	Seq   uint64
	Msg   abi.Msg
}

// Table is all slots. Free ones are taken first in, first out: an endpoint is seen again as late as can be.
type Table struct {
	Tasks  [abi.MaxTasks]Task
	Seq    uint64              // of the newest sendrec
	living uint64              // bits by slot
	dying  uint64              // of buried ones, until they are laid
	free   [abi.MaxTasks]uint8 // a ring of slots
	oldest int
	nFree  int
}

// NewTable makes an empty table.
func NewTable() *Table {
	t := &Table{nFree: abi.MaxTasks}
	for i := range t.Tasks {
		t.Tasks[i].Slot, t.free[i] = i, uint8(i)
	}
	return t
}

// Lookup finds the living task that ep names; nil when there is none.
func (t *Table) Lookup(ep abi.Endpoint) *Task {
	if k := &t.Tasks[ep.Slot()]; k.Live && k.Endpoint == ep {
		return k
	}
	return nil
}

// Free is how many slots there are left.
func (t *Table) Free() uint64 { return uint64(t.nFree) }

// Take gives a slot its next generation; nil when all are taken. The task has no rights and
// does not run.
func (t *Table) Take() *Task {
	if t.nFree == 0 {
		return nil
	}
	k := &t.Tasks[t.free[t.oldest]]
	t.oldest = (t.oldest + 1) % len(t.free)
	t.nFree--
	gen := k.Generation + 1
	if gen > abi.MaxGeneration {
		gen = 1
	}
	t.Settle(abi.MakeEndpoint(k.Slot, gen))
	return k
}

// Settle gives a slot, in which nobody is, the life ep. It has no rights and does not run.
func (t *Table) Settle(ep abi.Endpoint) *Task {
	k := &t.Tasks[ep.Slot()]
	k.life = life{}
	k.Priv = abi.Privilege{} // in one statement with the other it would be cleared elsewhere, and copied
	k.Slot, k.Generation, k.Live, k.Endpoint, k.Wait = ep.Slot(), ep.Generation(), true, ep, NoPriv
	k.Senders, k.LastSend, k.NextSend = None, None, None
	t.living |= 1 << k.Slot
	return k
}

// Living is the slots of living tasks, by bit.
func (t *Table) Living() uint64 { return t.living }

// Ending is the slots of tasks that are buried and not laid, by bit.
func (t *Table) Ending() uint64 { return t.dying }

// Bury makes k dead for everybody. Its slot is not free before Release.
func (t *Table) Bury(k *Task) {
	k.Live, k.Dying, k.Aside = false, true, true
	t.living &^= 1 << k.Slot
	t.dying |= 1 << k.Slot
}

// Lay ends the end of a buried task: nothing of it is left but its record.
func (t *Table) Lay(k *Task) {
	k.Dying, k.Aside, k.Dead = false, false, true
	t.dying &^= 1 << k.Slot
}

// Renew takes from the root task's row what was its life's: the next one begins in the same slot, under the same endpoint. What
// others have with it stays.
func (t *Table) Renew(k *Task) {
	k.Space, k.Ctx = space.Space{}, nil
	k.MaySnapshot, k.Warm, k.Traced, k.Made = false, false, false, 0
	k.IRQBits, k.Alarm, k.Done, k.DoneIP = 0, false, 0, 0
	k.Ticks, k.ReadyTSC, k.StartedNS, k.FirstRunNS, k.Calls, k.Faults, k.Preempted, k.WorstWait, k.FramesPeak = 0, 0, 0, 0, 0, 0, 0, 0, 0
}

// Release gives the slot of a buried task back, its record with it.
func (t *Table) Release(k *Task) {
	k.Live, k.Dying, k.Aside, k.Dead = false, false, false, false
	t.dying &^= 1 << k.Slot
	t.free[(t.oldest+t.nFree)%len(t.free)] = uint8(k.Slot)
	t.nFree++
}

// State is k.Wait in the ABI's words.
func (k *Task) State() abi.TaskState {
	switch {
	case k.Wait&(NoPriv|Reborn) != 0:
		return abi.StateNoPriv
	case k.Wait&Stopped != 0:
		return abi.StateStopped
	case k.Wait&Sending != 0:
		return abi.StateSending
	case k.Wait&Receiving != 0:
		return abi.StateReceiving
	}
	return abi.StateReady
}

// InSendRec tells whether k waits for the answer to a request, or for that to be received first.
func (k *Task) InSendRec() bool { return k.Seq != 0 }

// Result is what the call that k made returns.
func (k *Task) Result(e abi.Errno, value uint64) {
	k.Ctx.Frame.AX, k.Ctx.Frame.DX = uint64(e), value
}
