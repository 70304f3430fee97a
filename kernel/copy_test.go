package kernel

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
	"bennu/kernel/task"
	"bennu/tools/seed"
)

// Random copies between two tasks against two plain byte slices, over data pages, pages on demand and page
// borders, in and out of bounds.
func TestCopiesAgainstModel(t *testing.T) {
	seed := seed.Of(t)
	f := rand.New(rand.NewPCG(seed, 0))
	r := newRig(t)
	tasks := [2]*task.Task{r.make(rights()), r.make(rights())}
	const size, base = 5 * abi.PageSize, code.Data
	var model [2][]byte
	for i := range model {
		model[i] = make([]byte, size)
		copy(model[i], code.Pattern(3)) // the image's data
	}
	for range 3000 {
		g := f.IntN(2)
		granter, grantee := tasks[g], tasks[1-g]
		start, length := f.Uint64N(size), f.Uint64N(3*abi.PageSize)
		length = min(length, size-start)
		flags := uint32(abi.GrantValid) | uint32(f.IntN(4))<<1
		granter.Call.Grants[5] = abi.CopyGrant{Flags: flags, Seq: 9, To: grantee.Endpoint, Start: base + start, Len: length}
		offset, n, at := f.Uint64N(length+2), f.Uint64N(length+2), f.Uint64N(size)
		n = min(n, size-at)
		nr, access := abi.CallCopyFrom, uint32(abi.GrantRead)
		if f.IntN(2) == 0 {
			nr, access = abi.CallCopyTo, abi.GrantWrite
		}
		want := abi.OK
		if flags&access == 0 || offset+n > length {
			want = abi.EPERM
		}
		e, _ := r.call(grantee, nr, uint64(granter.Endpoint), 5|9<<8, offset, base+at, n)
		if e != want {
			t.Fatalf("%d: %s, want %s (start %d length %d offset %d n %d)", nr, e.Name(), want.Name(), start, length, offset, n)
		}
		theirs, mine := model[g][start:], model[1-g][at:]
		switch {
		case want != abi.OK:
		case nr == abi.CallCopyFrom:
			copy(mine[:n], theirs[offset:])
		default:
			copy(theirs[offset:][:n], mine)
		}
	}
	for i, x := range tasks {
		if !bytes.Equal(r.memory(x, base, size), model[i]) {
			t.Errorf("task %d's memory differs from the model", i)
		}
	}
}

// A call that works in steps goes on where it was for as long as its task is at it. The task's next call begins at the
// beginning, at the same place or at another, where a tracer may have sent it, and so does one that a tracer begins anew.
func TestCallsInSteps(t *testing.T) {
	r := newRig(t)
	granter, x := r.make(rights()), r.make(rights())
	const n, at = copyStep + abi.PageSize, uint64(abi.RAMBase)
	granter.Call.Grants[0] = abi.CopyGrant{Flags: abi.GrantValid | abi.GrantRead, Seq: 1, To: x.Endpoint, Start: at, Len: n}
	args := []uint64{uint64(granter.Endpoint), 1 << 8, 0, at, n}
	give := func(b byte) { r.want("fill", r.poke(granter, at, bytes.Repeat([]byte{b}, n)), abi.OK) }
	begin := func() {
		give('a')
		r.syscall(x, abi.CallCopyFrom, args...)
		r.until("a step", func() bool { return r.m.next[x.Slot] == nil })
		if x.Done != copyStep {
			t.Fatalf("%d bytes in a step, want %d", x.Done, copyStep)
		}
	}
	for _, c := range []struct {
		what    string
		between func()
		old     int // bytes from before
	}{
		{"goes on", begin, copyStep},
		{"once more from the same place", func() { x.Ctx.Frame.IP -= syscallSize }, 0},
		{"from another place", func() { begin(); x.Ctx.Frame.IP += 0x100 }, 0},
		{"begun anew", func() {
			begin()
			e, _ := r.call(r.root, abi.CallTrace, uint64(abi.TraceSetPC), uint64(x.Endpoint), x.Ctx.Frame.IP)
			r.want("set PC", e, abi.OK)
		}, 0},
	} {
		c.between()
		give('b')
		e, _ := r.call(x, abi.CallCopyFrom, args...)
		r.want(c.what, e, abi.OK)
		if got := r.memory(x, at, n); bytes.Count(got, []byte("a")) != c.old || bytes.Count(got, []byte("b")) != n-c.old {
			t.Errorf("%s: %d bytes from before, want %d", c.what, bytes.Count(got, []byte("a")), c.old)
		}
	}
}

// What is poked into one task's text is in no other task of the image, older or newer.
func TestImageIsNotWritten(t *testing.T) {
	r := newRig(t)
	id := r.load(code.New().Stop().ELF())
	text := func(x *task.Task) [16]byte { return [16]byte(r.memory(x, code.Text, 16)) }
	var tasks [3]*task.Task
	for i := range tasks {
		if i == 2 {
			for va := uint64(code.Text); va < code.Text+8; va++ {
				e, _ := r.call(r.root, abi.CallTrace, uint64(abi.TracePoke1), uint64(tasks[0].Endpoint), va, 0xcc)
				r.want("poke", e, abi.OK)
			}
		}
		tasks[i], _ = r.create(&abi.TaskSpec{Image: id, Account: abi.AccountRoot})
	}
	poked, want := text(tasks[0]), [16]byte(code.New().Stop().Text()[:16])
	if text(tasks[1]) != want || text(tasks[2]) != want || poked == want || poked[7] != 0xcc {
		t.Errorf("text % x, % x, % x", poked, text(tasks[1]), text(tasks[2]))
	}
	// Its own a task cannot change: its page tables are in force.
	e, _ := r.call(r.root, abi.CallTrace, uint64(abi.TracePoke1), uint64(r.root.Endpoint), code.Text, 0xcc)
	r.want("poke its own", e, abi.EINVAL)
}

// What one call has done in steps does not count for a call that the task makes elsewhere: one that is interrupted and whose task
// goes on at another place (a trace may do that) begins the next from its beginning.
func TestStepsOfAnotherCall(t *testing.T) {
	r := newRig(t)
	granter, x := r.make(rights()), r.make(rights())
	r.away()
	granter.Call.Grants[0] = abi.CopyGrant{Flags: abi.GrantValid | abi.GrantRead, To: x.Endpoint, Start: code.StatePattern, Len: abi.MaxCopy}
	long := []uint64{uint64(granter.Endpoint), 0, 0, abi.RAMBase, abi.MaxCopy}
	r.syscall(x, abi.CallCopyFrom, long...)
	r.until("the first step", func() bool { return r.m.next[x.Slot] == nil })
	if x.Done == 0 || x.Done == abi.MaxCopy {
		t.Fatalf("%d bytes done after one step", x.Done)
	}
	x.Ctx.Frame.IP += 100
	const n = 64
	e, _ := r.call(x, abi.CallCopyFrom, uint64(granter.Endpoint), 0, 0, abi.RAMBase+1<<20, n)
	r.want("the short copy", e, abi.OK)
	if want := r.memory(granter, code.StatePattern, n); bytes.Equal(want, make([]byte, n)) || !bytes.Equal(r.memory(x, abi.RAMBase+1<<20, n), want) {
		t.Error("nothing was copied: the long copy's bytes counted for the short one")
	}
}
