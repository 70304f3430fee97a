package ipc

import (
	"fmt"
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/task"
)

// rig is message passing among tasks without a kernel around it: who is ready, whose wait is limited, a
// clock that stands still.
type rig struct {
	*IPC
	t      testing.TB
	table  *task.Table
	ready  map[int]bool
	limits map[int]uint64
	holds  map[int]bool // what these leave for a server waits
	asked  int          // how often that was asked
	payers map[int]int  // who pays for a server
	now    uint64
	again  uint32 // as told
}

func (r *rig) Ready(t *task.Task)                    { r.ready[t.Slot] = true }
func (r *rig) Block(t *task.Task)                    { delete(r.ready, t.Slot) }
func (r *rig) SetLimit(t *task.Task, timeout uint64) { r.limits[t.Slot] = timeout }
func (r *rig) ClearLimit(t *task.Task)               { delete(r.limits, t.Slot) }
func (r *rig) Now() uint64                           { return r.now }
func (r *rig) Held(to, from *task.Task) bool {
	r.asked++
	return r.holds[from.Slot]
}
func (r *rig) Repeats(n uint32) { r.again = n }
func (r *rig) Pays(t, by *task.Task) {
	if r.payers[t.Slot] = t.Slot; by != nil {
		r.payers[t.Slot] = by.Slot
	}
}

func newRig(t testing.TB, tasks int) *rig {
	r := &rig{t: t, table: task.NewTable(), ready: map[int]bool{}, limits: map[int]uint64{}, holds: map[int]bool{}, payers: map[int]int{}, now: 1000}
	r.IPC = New(r.table, r)
	for range tasks {
		r.add()
	}
	return r
}

// add makes a task that may send to all, and all to it.
func (r *rig) add() *task.Task {
	k := r.table.Take()
	k.Ctx, k.Call = new(arch.Context), new(abi.CallArea)
	k.Wait = 0
	k.Priv = abi.Privilege{TrapMask: abi.AllTraps}
	k.SendTo = ^uint64(0)
	for i := range r.table.Tasks {
		r.table.Tasks[i].SendTo |= 1 << k.Slot
		task.Meet(k, &r.table.Tasks[i])
	}
	r.ready[k.Slot] = true
	return k
}

// addAt makes a task in a slot that is free: slots are taken in turn.
func (r *rig) addAt(slot int) {
	var others []*task.Task
	for k := r.add(); k.Slot != slot; k = r.add() {
		others = append(others, k)
	}
	for _, k := range others {
		r.die(k)
	}
}

// die is what the kernel does at a death, as far as message passing goes.
func (r *rig) die(k *task.Task) {
	r.table.Bury(k)
	for !r.Forget(k) {
	}
	delete(r.ready, k.Slot)
	r.table.Release(k)
}

func (r *rig) task(n int) *task.Task { return &r.table.Tasks[n] }

func (r *rig) msg(n int, typ abi.MsgType, arg uint64) {
	r.task(n).Call.Msg = abi.Msg{Source: 0xbad, Type: typ, Arg: [7]uint64{arg}}
	r.task(n).Result(0xbad, 0xbad)
}

func (r *rig) send(from, to int, typ abi.MsgType) {
	r.msg(from, typ, 0)
	r.Send(r.task(from), r.task(to).Endpoint)
}

// answer answers the request of to, which n has received, as servers do: with a message.
func (r *rig) answer(n, to int, typ abi.MsgType) {
	r.msg(n, typ, 0)
	r.task(n).Call.Msg.Seq = r.task(to).Seq
	r.Send(r.task(n), r.task(to).Endpoint)
}

func (r *rig) sendrec(from, to int, typ abi.MsgType, timeout uint64) {
	r.msg(from, typ, 0)
	r.SendRec(r.task(from), r.task(to).Endpoint, timeout)
}

func (r *rig) receive(n int, from abi.Endpoint, timeout uint64) {
	r.msg(n, 0, 0)
	r.Receive(r.task(n), from, timeout)
}

// from is the endpoint of a task, or Any for -1.
func (r *rig) from(n int) abi.Endpoint {
	if n < 0 {
		return abi.Any
	}
	return r.task(n).Endpoint
}

// state is what can be seen of a task: that it waits, or what its call returned.
func (r *rig) state(n int) string {
	k := r.task(n)
	if r.ready[n] != (k.Wait == 0) {
		r.t.Errorf("task %d: ready %v, wait %d", n, r.ready[n], k.Wait)
	}
	switch {
	case k.Wait&task.Sending != 0:
		return "sending"
	case k.Wait&task.Receiving != 0:
		return "receiving"
	}
	return abi.Errno(k.Ctx.Frame.AX).Name()
}

func (r *rig) want(n int, state string) {
	r.t.Helper()
	if s := r.state(n); s != state {
		r.t.Errorf("task %d: %s, want %s", n, s, state)
	}
}

// got checks what a receive received.
func (r *rig) got(n int, kind abi.ReceiveKind, from abi.Endpoint, typ abi.MsgType) {
	r.t.Helper()
	k := r.task(n)
	g := fmt.Sprintf("%s kind %d from %d type %#x", r.state(n), k.Ctx.Frame.DX, k.Call.Msg.Source, k.Call.Msg.Type)
	if w := fmt.Sprintf("OK kind %d from %d type %#x", kind, from, typ); g != w {
		r.t.Errorf("task %d: %s, want %s", n, g, w)
	}
}
