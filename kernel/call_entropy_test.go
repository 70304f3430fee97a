package kernel

import (
	"bytes"
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/entropy"
	"bennu/kernel/paging"
	"bennu/kernel/task"
)

// A machine without a generator gives nothing out before enough interrupts have come; the processor's words and the
// interrupts' times count from then on.
func TestEntropyOfInterrupts(t *testing.T) {
	r := newRig(t)
	x := r.make(rights())
	r.away()
	draw := func() (abi.Errno, []byte) {
		e, _ := r.call(x, abi.CallEntropy, 32)
		return e, bytes.Clone(x.Call.Buf[:32])
	}
	e, _ := draw()
	r.want("at once", e, abi.EAGAIN)
	for range entropy.Enough {
		r.does(x, func(*arch.Context) uint64 { return arch.VectorSpurious })
		r.until("interrupt", func() bool { return r.m.next[x.Slot] == nil })
	}
	e, a := draw()
	r.want("after enough interrupts", e, abi.OK)
	if _, b := draw(); bytes.Equal(a, b) {
		t.Error("the same twice")
	}
}

// With a given seed nothing but the seed and the requests counts.
func TestEntropyReplays(t *testing.T) {
	draw := func(replay bool, tsc uint64, words ...uint64) []byte {
		r := newRig(t)
		r.m.random, r.m.tsc = words, tsc
		r.entropy = entropy.New([4]uint64{1, 2, 3, 4}, replay, r.m)
		x := r.make(rights())
		r.away()
		e, _ := r.call(x, abi.CallEntropy, abi.MaxEntropy)
		r.want("entropy", e, abi.OK)
		return bytes.Clone(x.Call.Buf[:abi.MaxEntropy])
	}
	if !bytes.Equal(draw(true, 1000, 1, 2, 3, 4), draw(true, 5000, 5, 6, 7, 8)) {
		t.Error("one seed, two outputs")
	}
	if bytes.Equal(draw(false, 1000, 1, 2, 3, 4), draw(false, 1000, 1, 2, 3, 5)) {
		t.Error("what the processor gives does not count")
	}
}

func TestEntropyRefused(t *testing.T) {
	r := newRig(t)
	g := rights()
	g.CallMask &^= abi.CallBit(abi.CallEntropy) | abi.CallBit(abi.CallSetClock)
	x, y := r.make(g), r.make(rights())
	r.away()
	e, _ := r.call(x, abi.CallEntropy, 1)
	r.want("without the right", e, abi.ECALLDENIED)
	e, _ = r.call(x, abi.CallSetClock, 1)
	r.want("without the right", e, abi.ECALLDENIED)
	e, _ = r.call(y, abi.CallEntropy, abi.MaxEntropy+1)
	r.want("too many", e, abi.E2BIG)
}

// The date is one page in all tasks, which none can write; it changes for all at once, and lies outside of everybody's memory.
func TestClockPage(t *testing.T) {
	r := newRig(t)
	x, y := r.make(rights()), r.make(rights())
	r.away()
	for _, v := range []uint64{1_700_000_000e9, 1, abi.MaxUnixNS} {
		e, _ := r.call(x, abi.CallSetClock, v)
		r.want("set", e, abi.OK)
		for _, k := range []*task.Task{x, y, r.root} {
			if got := word(r, k, abi.ClockPage); got != v {
				t.Errorf("task %d sees %d, want %d", k.Slot, got, v)
			}
			if _, e := r.page(k, abi.ClockPage, true); e != abi.EFAULT {
				t.Errorf("task %d may write the clock page: %s", k.Slot, e.Name())
			}
		}
	}
	for _, v := range []uint64{0, abi.MaxUnixNS + 1, ^uint64(0)} {
		e, _ := r.call(x, abi.CallSetClock, v)
		r.want("out of range", e, abi.EDOM)
	}
	// The walker takes no other frame for it.
	p := y.Space.Lookup(abi.ClockPage)
	was := *p
	*p = paging.Entry(x.Space.Lookup(abi.StartPage).Frame(), paging.Present|paging.User|paging.NX|paging.Shared)
	if f := r.check(); !f.Broken() {
		t.Error("another frame at the clock page, and the kernel's check says nothing")
	}
	*p = was
	r.kill(x, abi.DeathRecord{Cause: abi.CauseKilled})
	r.kill(y, abi.DeathRecord{Cause: abi.CauseKilled})
	r.until("buried", func() bool { return !x.Dying && !y.Dying })
	if word(r, r.root, abi.ClockPage) != abi.MaxUnixNS {
		t.Error("the page went with a task")
	}
}

// word is eight bytes of k's memory.
func word(r *rig, k *task.Task, va uint64) (v uint64) {
	for i, b := range r.memory(k, va, 8) {
		v |= uint64(b) << (8 * i)
	}
	return v
}
