// Package task is the table of tasks: slots, generations, and what the kernel knows of each.
package task

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/image"
	"bennu/kernel/paging"
)

// Wait says why a task does not run. It is runnable when it is 0.
type Wait uint32

const (
	NoPriv    Wait = 1 << 0 // not yet allowed, or disallowed
	Sending   Wait = 1 << 1 // in SendTo's queue
	Receiving Wait = 1 << 2 // from RecvFrom
)

// None ends the links of a queue.
const None = -1

// Task is one slot. Memory of a task is reached by direct-map pointers, so that nothing that
// the kernel does to one can fault.
type Task struct {
	Slot       int
	Generation uint32
	Live       bool
	Endpoint   abi.Endpoint

	Label       abi.Label
	Incarnation uint32
	Image       *image.Image
	ImageID     uint32
	Space       paging.Space
	Ctx         *arch.Context
	Call        *abi.CallArea
	Priv        abi.Privilege
	PrivSet     bool
	Root        bool

	Wait      Wait
	SendTo    abi.Endpoint // while Sending
	RecvFrom  abi.Endpoint // while Receiving
	InSendRec bool         // what follows the send is the receive of its answer
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

	Async      [abi.MaxAsync]Async
	AsyncToMe  int    // how many messages of others wait for this task
	AsyncFrom  uint64 // bits by slot of those that may have one waiting: a bit too many costs a look
	AsyncFails int    // how many of its own have a result to take

	Level       uint32 // priority that it has now: its own, or the last when its budget is used up
	SliceNS     uint64 // left of its turn among equals
	BudgetNS    uint64 // left of what it may use at its own priority
	WindowNS    uint64 // when the budget is full again
	CPUNS       uint64
	ReadyNS     uint64 // when it became ready
	StartedNS   uint64
	FirstRunNS  uint64
	Calls       uint64
	Faults      uint64
	Preempted   uint64
	WorstWaitNS uint64
	FramesPeak  uint64
	SharedPages uint64
}

// AsyncState is where a senda message is.
type AsyncState uint8

const (
	AsyncFree AsyncState = iota
	AsyncWaiting
	AsyncFailed // the result waits to be taken
)

// Async is a senda message that the kernel keeps for its sender.
type Async struct {
	State AsyncState
	To    abi.Endpoint
	Errno abi.Errno
	Tag   uint64
	Seq   uint64
	Msg   abi.Msg
}

// Table is all slots.
type Table struct {
	Tasks [abi.MaxTasks]Task
	live  int
}

// NewTable makes an empty table.
func NewTable() *Table {
	t := new(Table)
	for i := range t.Tasks {
		t.Tasks[i].Slot = i
	}
	return t
}

// Lookup finds the living task that ep names; nil when there is none.
func (t *Table) Lookup(ep abi.Endpoint) *Task {
	s := ep.Slot()
	if s >= abi.MaxTasks {
		return nil
	}
	if k := &t.Tasks[s]; k.Live && k.Endpoint == ep {
		return k
	}
	return nil
}

// Free is how many slots there are left.
func (t *Table) Free() uint64 { return uint64(abi.MaxTasks - t.live) }

// Take gives a slot its next generation; nil when all are taken. The task has no rights and
// does not run.
func (t *Table) Take() *Task {
	for i := range t.Tasks {
		k := &t.Tasks[i]
		if k.Live {
			continue
		}
		gen := k.Generation + 1
		if gen > abi.MaxGeneration {
			gen = 1
		}
		*k = Task{Slot: i, Generation: gen, Live: true, Endpoint: abi.MakeEndpoint(i, gen), Wait: NoPriv,
			Senders: None, LastSend: None, NextSend: None}
		t.live++
		return k
	}
	return nil
}

// Release gives the slot back. Its endpoint names nothing from now on.
func (t *Table) Release(k *Task) {
	k.Live = false
	t.live--
}

// State is k.Wait in the ABI's words.
func (k *Task) State() abi.TaskState {
	switch {
	case k.Wait&NoPriv != 0:
		return abi.StateNoPriv
	case k.Wait&Sending != 0:
		return abi.StateSending
	case k.Wait&Receiving != 0:
		return abi.StateReceiving
	}
	return abi.StateReady
}

// Result is what the call that k made returns.
func (k *Task) Result(e abi.Errno, value uint64) {
	k.Ctx.Frame.AX, k.Ctx.Frame.DX = uint64(e), value
}
