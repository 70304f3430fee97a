package kernel

import (
	"testing"

	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
	"bennu/kernel/arch"
)

// What is poked is peeked, to the byte, over the border of two pages too; of what is beside the task's memory nothing is.
func TestPeekAndPoke(t *testing.T) {
	r := newRig(t)
	x := r.make(rights())
	trace := func(op abi.TraceOp, va, v uint64) (abi.Errno, uint64) {
		return r.call(r.root, abi.CallTrace, uint64(op), uint64(x.Endpoint), va, v)
	}
	for _, va := range []uint64{code.Data, code.Data + 100, code.Data + abi.PageSize - 3} {
		trace(abi.TracePoke, va, 0xfedcba9876543210)
		_, before := trace(abi.TracePeek, va, 0)
		e, _ := trace(abi.TracePoke1, va+2, 0x1234)
		r.want("poke of a byte", e, abi.OK)
		if e, v := trace(abi.TracePeek, va, 0); e != abi.OK || v != before&^0xff0000|0x340000 {
			t.Errorf("%#x: %s, %#x after a byte was poked into %#x", va, e.Name(), v, before)
		}
		e, _ = trace(abi.TracePoke, va, 0x1122334455667788)
		r.want("poke", e, abi.OK)
		if e, v := trace(abi.TracePeek, va, 0); e != abi.OK || v != 0x1122334455667788 {
			t.Errorf("%#x: %s, %#x after a poke", va, e.Name(), v)
		}
	}
	for _, op := range []abi.TraceOp{abi.TracePeek, abi.TracePoke, abi.TracePoke1} {
		e, _ := trace(op, abi.TaskBase-8, 1)
		r.want("beside", e, abi.EFAULT)
	}
	for _, pc := range []struct {
		at   uint64
		want abi.Errno
	}{{abi.TaskBase, abi.OK}, {abi.TaskBase - 1, abi.EFAULT}, {abi.TaskEnd - 1, abi.OK}, {abi.TaskEnd, abi.EFAULT}, {1 << 47, abi.EFAULT}} {
		x.Done = 7
		if e, _ := trace(abi.TraceSetPC, pc.at, 0); e != pc.want || e == abi.OK && (x.Ctx.Frame.IP != pc.at || x.Done != 0) {
			t.Errorf("to go on at %#x: %s, it goes on at %#x", pc.at, e.Name(), x.Ctx.Frame.IP)
		}
	}
	for _, op := range []abi.TraceOp{0, 99} {
		e, _ := trace(op, code.Data, 0)
		r.want("no operation", e, abi.EINVAL)
	}
	e, _ := r.call(r.root, abi.CallTrace, uint64(abi.TracePeek), uint64(r.root.Endpoint), code.Data)
	r.want("itself", e, abi.EINVAL)
}

// What a task has used, whom it waits for and when it was let run are told; to be stopped and let run again is no new start.
func TestTaskInfo(t *testing.T) {
	r := newRig(t)
	x, y := r.make(rights()), r.make(rights())
	r.away()
	if i := r.taskInfo(x); i.StartedNS == 0 || i.Peer != abi.None {
		t.Errorf("%+v", i)
	}
	before := r.taskInfo(x)
	const ran = 54321
	r.does(x, func(*arch.Context) uint64 { r.m.tsc += ran; return arch.VectorSpurious })
	r.until("it ran", func() bool { return r.m.next[x.Slot] == nil })
	if d := r.taskInfo(x).CPUNS - before.CPUNS; d < ran || d > ran+ran/2+2*r.m.spin {
		t.Errorf("it ran for %d, and %d are told", ran, d)
	}
	r.call(x, abi.CallSend, uint64(y.Endpoint))
	r.call(y, abi.CallReceive, uint64(r.root.Endpoint), abi.NoTimeout)
	if i, j := r.taskInfo(x), r.taskInfo(y); i.Peer != y.Endpoint || j.Peer != r.root.Endpoint {
		t.Errorf("they wait for %#x and %#x", i.Peer, j.Peer)
	}
	started := r.taskInfo(x).StartedNS
	r.ipc.WaitOver(r.root)
	for _, op := range []abi.PrivOp{abi.PrivDisallow, abi.PrivAllow} {
		e, _ := r.call(r.root, abi.CallPrivCtl, uint64(op), uint64(x.Endpoint))
		r.want("stop and go", e, abi.OK)
	}
	if s := r.taskInfo(x).StartedNS; s != started {
		t.Errorf("started at %d, now at %d", started, s)
	}
}
