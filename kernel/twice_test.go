package kernel

import (
	"bytes"
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/task"
)

// double is a rig whose root task runs twice.
type double struct{ *rig }

func newDouble(t testing.TB) *double { return &double{newRigOf(t, true)} }

// store puts b at va of both bodies of the root task.
func (d *double) store(va uint64, b []byte) {
	d.t.Helper()
	for range 2 {
		a, _, e := d.root.Space.Page(va, true)
		d.want("store", e, abi.OK)
		copy(d.phys.Bytes(a, abi.PageSize)[va%abi.PageSize:], b)
		d.exchange(d.root)
	}
}

// both is n bytes of the root task's memory at va, which both bodies must have.
func (d *double) both(va uint64, n int) []byte {
	d.t.Helper()
	var got [2][]byte
	for i := range got {
		a, _, e := d.root.Space.Page(va, false)
		d.want("memory", e, abi.OK)
		got[i] = bytes.Clone(d.phys.Bytes(a, abi.PageSize)[va%abi.PageSize:][:n])
		d.exchange(d.root)
	}
	if !bytes.Equal(got[0], got[1]) {
		d.t.Errorf("at %#x the two have %x and %x", va, got[0], got[1])
	}
	return got[0]
}

// goOn lets both bodies have what came of their last call.
func (d *double) goOn() {
	d.t.Helper()
	d.until("both are told", func() bool { return d.twin.phase == apart })
}

// A call that both make is made once, and both have what comes of it: value, call page, memory.
func TestTwiceMakesACallOnce(t *testing.T) {
	d := newDouble(t)
	x := d.make(rights())
	e, _ := d.call(d.root, abi.CallKeep, uint64(abi.KeepFlip), 0)
	d.want("flip", e, abi.OK)
	copy(d.root.Call.Buf[:], "record")
	e, _ = d.call(d.root, abi.CallKeep, uint64(abi.KeepAppend), 6, 0)
	d.want("append", e, abi.OK)
	if n := d.kept[abi.AccountRoot].Header.Appended; n != 1 {
		t.Errorf("it is appended %d times", n)
	}
	e, v := d.call(d.root, abi.CallGetInfo, uint64(abi.InfoCounts), 0)
	d.want("info", e, abi.OK)
	d.goOn()
	if f := &d.twin.ctx.Frame; f.AX != 0 || f.DX != v || v == 0 {
		t.Errorf("the other one is told %d, %d, not %d", f.AX, f.DX, v)
	}
	if a, b := said(d.twin.mine), said(d.twin.page); !bytes.Equal(a, b) || !bytes.Equal(d.twin.page.Buf[:v], d.root.Call.Buf[:v]) {
		t.Error("their call pages differ")
	}
	x.Call.Grants[0] = abi.CopyGrant{Flags: abi.GrantValid | abi.GrantRead, To: d.root.Endpoint, Start: abi.RAMBase + 100, Len: 3 * abi.PageSize}
	want := make([]byte, 3*abi.PageSize)
	for i := range want {
		want[i] = byte(i * 7 / 3)
	}
	for at := 0; at < len(want); {
		b, e := d.bytes(x, abi.RAMBase+100+uint64(at), uint64(len(want)-at), true)
		d.want("theirs", e, abi.OK)
		at += copy(b, want[at:])
	}
	to := uint64(abi.RAMBase + 0x5678)
	e, _ = d.call(d.root, abi.CallCopyFrom, uint64(x.Endpoint), 0, 0, to, uint64(len(want)))
	d.want("copy", e, abi.OK)
	d.goOn()
	for at := 0; at < len(want); at += 256 {
		n := min(256, abi.PageSize-int(to+uint64(at))%abi.PageSize)
		if got := d.both(to+uint64(at), n); !bytes.Equal(got, want[at:][:n]) {
			t.Fatalf("at %d both have %x", at, got)
		}
	}
}

// A message is received once, by both; what is left for them while one is behind the other is told to both at the same place.
func TestTwiceReceives(t *testing.T) {
	d := newDouble(t)
	x := d.make(rights())
	d.call(d.root, abi.CallReceive, uint64(abi.Any), abi.NoTimeout)
	if d.root.Wait != task.Receiving|task.LongWay {
		t.Fatalf("it waits with %#x", d.root.Wait)
	}
	x.Call.Msg = abi.Msg{Type: 0x700, Arg: [7]uint64{1, 2, 3}}
	d.call(x, abi.CallSendRec, uint64(d.root.Endpoint), abi.NoTimeout)
	d.goOn()
	for _, p := range []*abi.CallArea{d.twin.mine, d.twin.page} {
		if m := &p.Msg; m.Source != x.Endpoint || m.Arg[1] != 2 || m.Seq != x.Seq || p.Stamp == 0 || p.Stamp != d.twin.mine.Stamp {
			t.Errorf("received %+v, at %d", *m, p.Stamp)
		}
	}
	if f, g := &d.root.Ctx.Frame, &d.twin.ctx.Frame; f.DX != uint64(abi.KindSendRec) || *f != *g {
		t.Errorf("told %+v and %+v", f, g)
	}
	d.m.spoil = func(_ *arch.Context, v uint64) uint64 {
		d.ipc.Alarm(d.root, d.Now())
		return v
	}
	d.twin.mine.Pending, d.twin.page.Pending = 0, 0
	at := d.twin.mine.Stamp
	if e, _ := d.call(d.root, abi.CallTimes, uint64(abi.Self)); e != abi.OK {
		t.Fatalf("it ends with what came meanwhile: %s", e.Name())
	}
	d.goOn()
	if a, b := d.twin.mine, d.twin.page; a.Pending != 1 || b.Pending != 1 || a.Stamp <= at || b.Stamp != a.Stamp {
		t.Errorf("pending %d and %d, at %d and %d", a.Pending, b.Pending, a.Stamp, b.Stamp)
	}
}

// spoils is what one body may do that the other one does not.
var spoils = []struct {
	name  string
	what  abi.Differs
	spoil func(d *double, c *arch.Context, v uint64) uint64
}{
	{"call", abi.DiffersState, func(_ *double, c *arch.Context, v uint64) uint64 { c.Frame.AX++; return v }},
	{"argument", abi.DiffersState, func(_ *double, c *arch.Context, v uint64) uint64 { c.Frame.SI ^= 1 << 40; return v }},
	{"another register", abi.DiffersState, func(_ *double, c *arch.Context, v uint64) uint64 { c.Frame.R15 ^= 1; return v }},
	{"stack", abi.DiffersState, func(_ *double, c *arch.Context, v uint64) uint64 { c.Frame.SP ^= 8; return v }},
	{"place", abi.DiffersState, func(_ *double, c *arch.Context, v uint64) uint64 { c.Frame.IP++; return v }},
	{"thread", abi.DiffersState, func(_ *double, c *arch.Context, v uint64) uint64 { c.FSBase++; return v }},
	{"message", abi.DiffersPage, func(d *double, _ *arch.Context, v uint64) uint64 { d.twin.mine.Msg.Arg[6] ^= 1; return v }},
	{"buffer", abi.DiffersPage, func(d *double, _ *arch.Context, v uint64) uint64 { d.twin.mine.Buf[0x6ff]++; return v }},
	{"time read once more", abi.DiffersPage, func(d *double, _ *arch.Context, v uint64) uint64 { d.twin.mine.Stamp++; return v }},
	{"grant", abi.DiffersPage, func(d *double, _ *arch.Context, v uint64) uint64 { d.twin.mine.Grants[63].Len++; return v }},
	{"memory that is kept", abi.DiffersMemory, func(d *double, _ *arch.Context, v uint64) uint64 {
		a, _, _ := d.root.Space.Page(abi.RAMBase+8<<10, true)
		d.phys.Bytes(a, 8)[7] ^= 4
		return v
	}},
	{"exception", abi.DiffersState, func(_ *double, c *arch.Context, _ uint64) uint64 { c.Frame.Vector = 6; return 6 }},
	{"page fault", abi.DiffersState, func(d *double, c *arch.Context, _ uint64) uint64 {
		c.Frame.Vector, c.Frame.Err, d.m.cr2 = arch.VectorPageFault, 7, 0x1000
		return arch.VectorPageFault
	}},
	{"nothing", abi.DiffersTime, func(d *double, _ *arch.Context, _ uint64) uint64 { return arch.VectorSpurious }},
}

// Whatever differs ends the life: nothing of the call is done, and the next one, of two again, goes on from what there was.
func TestTwiceDiffers(t *testing.T) {
	for _, c := range spoils {
		t.Run(c.name, func(t *testing.T) {
			d := newDouble(t)
			x := d.make(rights())
			d.call(x, abi.CallReceive, uint64(abi.Any), abi.NoTimeout)
			e, _ := d.call(d.root, abi.CallKeep, uint64(abi.KeepFlip), 0)
			d.want("flip", e, abi.OK)
			d.store(abi.RAMBase+8<<10, []byte("what is k"))
			before, kept, way := d.counts(), d.kept[abi.AccountRoot].Header, d.root.Endpoint
			d.m.spoil = func(ctx *arch.Context, v uint64) uint64 { return c.spoil(d, ctx, v) }
			if c.what == abi.DiffersMemory {
				d.syscall(d.root, abi.CallKeep, uint64(abi.KeepStage), 0, abi.RAMBase+8<<10, 9)
			} else {
				d.syscall(d.root, abi.CallNotify, uint64(x.Endpoint))
			}
			d.until("its end", func() bool { return d.stage != lives })
			d.born()
			r := d.death(abi.CauseDiffers)
			if abi.Differs(r.Status) != c.what || r.Endpoint != way {
				t.Errorf("the record: %+v, want status %d", r, c.what)
			}
			if x.Wait&task.Receiving == 0 {
				t.Error("the call was made")
			}
			now := d.kept[abi.AccountRoot].Header
			kept.Lives++
			kept.Unsettled++
			if now != kept { // it speaks against nothing that is kept
				t.Errorf("kept: %+v, was %+v", now, kept)
			}
			e, _ = d.call(d.root, abi.CallNotify, uint64(x.Endpoint))
			d.want("the next life's notification", e, abi.OK)
			if x.Wait&task.Receiving != 0 {
				t.Error("the next life's call was not made")
			}
			d.until("its next life is two", func() bool { return d.twin.ctx != nil && d.twin.space.Used() != 0 })
			if after := d.counts(); after.Images != before.Images || after.Tasks != before.Tasks || after.Deaths != before.Deaths {
				t.Errorf("counts %+v\nbefore %+v", after, before)
			}
		})
	}
}

// What both do alike is no difference: the life ends as any other's does.
func TestTwiceEndsAlike(t *testing.T) {
	for _, c := range []struct {
		cause abi.Cause
		end   func(d *double)
	}{
		{abi.CauseExit, func(d *double) { d.call(d.root, abi.CallExit, 3) }},
		{abi.CauseException, func(d *double) { d.exception(d.root, 6, 0, 0) }},
		{abi.CauseException, func(d *double) { d.exception(d.root, arch.VectorPageFault, 7, 0x1000) }},
		{abi.CauseBadCall, func(d *double) { d.call(d.root, 9) }},
		{abi.CauseBadCall, func(d *double) { d.call(d.root, abi.CallKeep, uint64(abi.KeepStage), 0, 0x1000, 8) }},
		{abi.CauseKilled, func(d *double) { d.finish(d.root, end{cause: abi.CauseKilled}) }},
		{abi.CauseMemory, func(d *double) {
			a := d.accounts.Get(abi.AccountRoot)
			a.Frames.Limit(a.Frames.Used())
			d.exception(d.root, arch.VectorPageFault, 6, abi.RAMBase+1<<20)
			d.limitFrames(abi.AccountRoot)
		}},
	} {
		d := newDouble(t)
		c.end(d)
		d.born()
		d.death(c.cause)
		e, _ := d.call(d.root, abi.CallTimes, uint64(abi.Self))
		d.want("the next life's call", e, abi.OK)
	}
}

// A body that has come to nothing for longer than the other one gives it its turn: the one that hangs is found by the one that does not.
func TestTwiceFirstHangs(t *testing.T) {
	d := newDouble(t)
	d.m.did = nil
	n := 0
	d.does(d.root, func(c *arch.Context) uint64 {
		if n++; n == 1 {
			return arch.VectorSpurious
		}
		c.Frame.AX, c.Frame.Vector = uint64(abi.CallTimes), arch.VectorSyscall
		return arch.VectorSyscall
	})
	begun := d.m.tsc
	d.until("its end", func() bool { return d.stage != lives })
	if d.born(); d.m.tsc-begun > 10*sliceNS {
		t.Errorf("found after %d", d.m.tsc-begun)
	}
	if r := d.death(abi.CauseDiffers); abi.Differs(r.Status) != abi.DiffersTime {
		t.Errorf("the record: %+v", r)
	}
}

// The two share no page but what is not theirs, with a snapshot and without.
func TestTwiceSharesNothing(t *testing.T) {
	d := newDouble(t)
	apart := func(what string) {
		t.Helper()
		frames := map[uint64]bool{}
		for i := range 2 {
			for va := uint64(abi.ImageBase); va < abi.RAMBase+4*abi.PageSize; va += abi.PageSize {
				if a, ok := d.root.Space.Peek(va); ok {
					if i == 1 && frames[uint64(a)] {
						t.Errorf("%s: both have the same frame at %#x", what, va)
					}
					frames[uint64(a)] = true
				}
			}
			d.exchange(d.root)
		}
		if len(frames) < 4 {
			t.Errorf("%s: %d frames", what, len(frames))
		}
	}
	d.store(abi.RAMBase, []byte("from the first life"))
	apart("cold")
	e, v := d.call(d.root, abi.CallSnapshot)
	if d.want("snapshot", e, abi.OK); v != 0 {
		t.Errorf("the first life is told %d", v)
	}
	apart("the first")
	d.exception(d.root, 6, 0, 0)
	d.born()
	d.death(abi.CauseException)
	d.goOn()
	for range 2 {
		if !d.root.Warm || d.root.Ctx.Frame.DX != 1 {
			t.Error("a body of the next life is not warm")
		}
		d.exchange(d.root)
	}
	if got := d.both(abi.RAMBase, 19); string(got) != "from the first life" {
		t.Errorf("it has %q", got)
	}
	apart("warm")
	if a, b := *d.startInfo(d.root), *d.otherStart(); a != b {
		t.Errorf("start pages %+v\n%+v", a, b)
	}
	d.dropSnapshot(abi.AccountRoot)
	d.exception(d.root, 6, 0, 0)
	d.born()
	if d.root.Warm || d.twin.warm || d.snapshots[secondBody].Exists() {
		t.Error("there is a snapshot")
	}
}

// Lives leave nothing behind, warm or cold, wherever memory ends between the two.
func TestTwiceLeavesNothing(t *testing.T) {
	d := newDouble(t)
	life := func(takes bool) {
		d.exception(d.root, 6, 0, 0)
		d.born()
		d.death(abi.CauseException)
		if takes {
			e, _ := d.call(d.root, abi.CallSnapshot)
			d.want("snapshot", e, abi.OK)
		}
		e, _ := d.call(d.root, abi.CallKeep, uint64(abi.KeepSettled))
		d.want("settled", e, abi.OK)
	}
	life(false)
	for i := range 2 {
		life(i > 0)
		life(false)
		before := d.counts()
		for n := range 10 {
			if life(false); d.counts() != before || d.root.Warm != (i > 0) || d.twin.warm != d.root.Warm {
				t.Fatalf("life %d: counts %+v\nbefore %+v", n, d.counts(), before)
			}
		}
	}
	a := d.accounts.Get(abi.AccountRoot)
	for more := uint64(0); ; more++ {
		d.finish(d.root, end{cause: abi.CauseKilled})
		d.until("no memory", func() bool { return d.stage == nowhere })
		a.Frames.Limit(a.Frames.Used() + more)
		warm := d.snapshots[abi.AccountRoot].Exists()
		d.until("its next life, or no memory", func() bool { return d.stage == lives || len(d.m.shutdown) > 0 })
		if d.limitFrames(abi.AccountRoot); d.stage == lives {
			if d.death(abi.CauseKilled); warm && d.root.Warm && d.twin.warm || !warm {
				break
			}
		}
		d.m.shutdown = nil
		if f := d.check(); f.Broken() {
			t.Fatalf("%d frames: %s: %#x, %#x", more, f.What, f.A, f.B)
		}
		if more > 200 {
			t.Fatal("never")
		}
		d.born()
	}
}

// What cannot be the same for both is refused.
func TestTwiceRefuses(t *testing.T) {
	d := newDouble(t)
	g := rights()
	g.MayTrace(abi.AccountRoot)
	x := d.make(g)
	e, _ := d.call(d.root, abi.CallWindow, uint64(abi.WindowCreate), 8192, 0)
	d.want("window", e, abi.ECALLDENIED)
	e, _ = d.call(x, abi.CallTrace, uint64(abi.TraceAttach), uint64(abi.AccountRoot), uint64(abi.TraceExceptions))
	d.want("attach", e, abi.EINVAL)
	d.goOn()
	d.twin.mine.Grants[0] = abi.CopyGrant{Flags: abi.GrantValid | abi.GrantRead, To: x.Endpoint, Start: abi.RAMBase, Len: 8}
	d.twin.page.Grants[0] = d.twin.mine.Grants[0]
	e, _ = d.call(d.root, abi.CallTimes, uint64(abi.Self))
	d.want("times", e, abi.OK)
	e, _ = d.call(x, abi.CallCopyFrom, uint64(d.root.Endpoint), 0, 0, abi.RAMBase, 8)
	d.want("copy", e, abi.EPERM)
}
