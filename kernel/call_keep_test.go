package kernel

import (
	"bytes"
	"testing"

	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
	"bennu/kernel/keep"
	"bennu/kernel/task"
)

const keptPages = 40

// newKeeper is a service whose account has kept memory.
func newKeeper(t *testing.T) *service {
	r := newRig(t)
	r.level(1)
	g := rights()
	g.KeptFrames, g.ReserveFrames, g.CeilingFrames = keptPages, 100, 200
	return &service{rig: r, g: g, acct: r.account(&g.AccountSpec), image: r.load(code.ELF(code.New().Stop().Text(), code.Pattern(3)))}
}

// kept is what x sees of its kept memory, and what the kernel says in it.
func (s *service) kept(x *task.Task) (h abi.KeptHeader, b []byte) {
	s.t.Helper()
	b = s.memory(x, abi.KeptBase, keptPages*abi.PageSize)
	copy(abi.Bytes(&h), b)
	return h, b
}

// append has x put a line at the end of the log.
func (s *service) append(x *task.Task, line string) abi.Errno {
	s.t.Helper()
	copy(x.Call.Buf[:], line)
	e, _ := s.call(x, abi.CallKeep, uint64(abi.KeepAppend), uint64(len(line)), 0)
	return e
}

// What a life has kept all later ones see, whatever ended it; what it had only staged is in no bank.
func TestKeptOutlivesLives(t *testing.T) {
	s := newKeeper(t)
	x, _ := s.life(0)
	if n := s.startInfo(x).KeptSize; n != keptPages*abi.PageSize {
		t.Fatalf("it is told of %d bytes", n)
	}
	snap := bytes.Repeat([]byte("0123456789abcde\n"), 4096) // 64 KiB: in steps
	for va := uint64(0); va < uint64(len(snap)); va += abi.PageSize {
		b, e := s.bytes(x, abi.RAMBase+va, abi.PageSize, true)
		s.want("buffer", e, abi.OK)
		copy(b, snap[va:])
	}
	steps := x.Calls
	e, _ := s.call(x, abi.CallKeep, uint64(abi.KeepStage), 100, abi.RAMBase+1, 64<<10-1)
	s.want("stage", e, abi.OK)
	if steps = x.Calls - steps; steps < 8 {
		t.Errorf("64 KiB in %d steps", steps)
	}
	e, _ = s.call(x, abi.CallKeep, uint64(abi.KeepFlip), 100+64<<10-1)
	s.want("flip", e, abi.OK)
	s.want("append", s.append(x, "first line"), abi.OK)
	for n, end := range []func(x *task.Task) abi.Cause{
		func(x *task.Task) abi.Cause { s.exception(x, 6, 0, 0); return abi.CauseException },
		func(x *task.Task) abi.Cause { s.call(x, abi.CallExit, 1); return abi.CauseExit },
		func(x *task.Task) abi.Cause {
			s.kill(x, abi.DeathRecord{Cause: abi.CauseKilled})
			return abi.CauseKilled
		},
	} {
		e, _ := s.call(x, abi.CallKeep, uint64(abi.KeepStage), 0, abi.RAMBase, 5)
		s.want("stage more", e, abi.OK)
		s.death(end(x))
		if x, _ = s.life(0); x == nil {
			t.Fatal("no life")
		}
		h, b := s.kept(x)
		k := h.Bank[h.Current]
		if h.Magic != abi.KeptMagic || k.Number != 1 || k.Snapshot != 100+64<<10-1 || k.Log != 16 || h.Bank[h.Current^1].Number != 0 || h.Lives != uint64(n+2) {
			t.Fatalf("life %d: %+v", n+2, h)
		}
		got := b[k.Start:]
		if !bytes.Equal(got[100:k.Snapshot], snap[1:]) || string(got[(k.Snapshot+7)&^7:][:16]) != "first line\x00\x00\x00\x00\x00\x00" {
			t.Fatalf("life %d: other bytes", n+2)
		}
		for _, page := range []uint64{0, 1, keptPages - 1} {
			if _, e := s.page(x, abi.KeptBase+page*abi.PageSize, true); e != abi.EFAULT {
				t.Errorf("life %d may write page %d: %s", n+2, page, e.Name())
			}
		}
	}
}

// Lives that end by themselves before they have settled are counted, others are not.
func TestUnsettled(t *testing.T) {
	s := newKeeper(t)
	for i, c := range []struct {
		settle, killed bool
		want           uint32
	}{{false, false, 1}, {false, true, 1}, {false, false, 2}, {true, false, 0}, {false, true, 0}, {false, false, 1}} {
		x, _ := s.life(0)
		h := &s.Kernel.kept[s.acct].Header
		if c.settle {
			e, _ := s.call(x, abi.CallKeep, uint64(abi.KeepSettled))
			s.want("settle", e, abi.OK)
			if h.Unsettled != 0 {
				t.Errorf("%d: settled, and %d", i, h.Unsettled)
			}
		}
		if c.killed {
			s.kill(x, abi.DeathRecord{Cause: abi.CauseKilled})
			s.death(abi.CauseKilled)
		} else {
			s.exception(x, 6, 0, 0)
			s.death(abi.CauseException)
		}
		if h.Unsettled != c.want {
			t.Errorf("%d: %d unsettled, want %d", i, h.Unsettled, c.want)
		}
	}
}

// What lives that end were reading is noted: of those that end by themselves, and of those that are ended because they hang and wait for nobody; not of
// those that a tracer has changed.
func TestBlame(t *testing.T) {
	s := newKeeper(t)
	h := &s.Kernel.kept[s.acct].Header
	const there = 1<<abi.WayShift | 5
	kill := func(x *task.Task, why uint64) {
		e, _ := s.call(s.root, abi.CallTaskKill, uint64(x.Endpoint), why)
		s.want("kill", e, abi.OK)
		s.death(abi.CauseKilled)
	}
	for i, c := range []struct {
		what    string
		end     func(x *task.Task)
		counted bool
	}{
		{"exception", func(x *task.Task) { s.exception(x, 6, 0, 0); s.death(abi.CauseException) }, true},
		{"killed", func(x *task.Task) { kill(x, 0) }, false},
		{"hung", func(x *task.Task) { kill(x, abi.KillHung) }, true},
		{"hung, and waits for others", func(x *task.Task) {
			s.call(x, abi.CallReceive, uint64(abi.Any), abi.NoTimeout)
			kill(x, abi.KillHung)
		}, false},
		{"changed, then an exception", func(x *task.Task) {
			e, _ := s.call(s.root, abi.CallTrace, uint64(abi.TraceSetPC), uint64(x.Endpoint), abi.RAMBase)
			s.want("trace", e, abi.OK)
			s.exception(x, 6, 0, 0)
			s.death(abi.CauseException)
		}, false},
		{"changed, then hung", func(x *task.Task) {
			e, _ := s.call(s.root, abi.CallTrace, uint64(abi.TraceSetPC), uint64(x.Endpoint), abi.RAMBase)
			s.want("trace", e, abi.OK)
			kill(x, abi.KillHung)
		}, false},
	} {
		x, _ := s.life(0)
		x.Call.Reading = there
		before := h.Blame.Deaths
		c.end(x)
		if got := h.Blame.Deaths != before; got != c.counted || got && h.Blame.Reading != there {
			t.Errorf("%d, %s: %+v", i, c.what, h.Blame)
		}
	}
	if h.Unsettled != 1 {
		t.Errorf("%d unsettled: that is of those that end by themselves", h.Unsettled)
	}
}

func TestKeepRefuses(t *testing.T) {
	s := newKeeper(t)
	x, _ := s.life(0)
	size := s.Kernel.kept[s.acct].Header.BankSize
	bare := s.make(rights())
	for _, c := range []struct {
		what string
		by   *task.Task
		args []uint64
		want abi.Errno
	}{
		{"op 0", x, []uint64{0}, abi.EINVAL},
		{"op 6", x, []uint64{6}, abi.EINVAL},
		{"append before a flip", x, []uint64{uint64(abi.KeepAppend), 8, 0}, abi.ENOSPC},
		{"append too much", x, []uint64{uint64(abi.KeepAppend), abi.MaxKeptLine + 1, 0}, abi.EINVAL},
		{"append far too much", x, []uint64{uint64(abi.KeepAppend), 1<<64 - 1, 0}, abi.EINVAL},
		{"append, consume 2", x, []uint64{uint64(abi.KeepAppend), 8, 2}, abi.EPERM},
		{"the root task consumes twice", s.root, []uint64{uint64(abi.KeepAppend), 8, 2}, abi.EINVAL},
		{"append and consume", x, []uint64{uint64(abi.KeepAppend), 8, 1}, abi.EPERM},
		{"consume", x, []uint64{uint64(abi.KeepConsume)}, abi.EPERM},
		{"stage past the end", x, []uint64{uint64(abi.KeepStage), size - 3, abi.RAMBase, 4}, abi.EINVAL},
		{"stage far past the end", x, []uint64{uint64(abi.KeepStage), 1<<64 - 4, abi.RAMBase, 8}, abi.EINVAL},
		{"stage to the end", x, []uint64{uint64(abi.KeepStage), size - 4, abi.RAMBase, 4}, abi.OK},
		{"stage too much at once", x, []uint64{uint64(abi.KeepStage), 0, abi.RAMBase, abi.MaxCopy + 1}, abi.E2BIG},
		{"stage nothing", x, []uint64{uint64(abi.KeepStage), size, 0, 0}, abi.OK},
		{"stage of a window that is not there", x, []uint64{uint64(abi.KeepStage), 0, abi.WindowBase + 1<<38, 8}, abi.EFAULT},
		{"stage of what is kept", x, []uint64{uint64(abi.KeepStage), 0, abi.KeptBase, 100}, abi.OK},
		{"flip past the end", x, []uint64{uint64(abi.KeepFlip), size + 1}, abi.EINVAL},
		{"flip", x, []uint64{uint64(abi.KeepFlip), size}, abi.OK},
		{"append to a full bank", x, []uint64{uint64(abi.KeepAppend), 1, 0}, abi.ENOSPC},
		{"append nothing to a full bank", x, []uint64{uint64(abi.KeepAppend), 0, 0}, abi.OK},
		{"append without kept memory", bare, []uint64{uint64(abi.KeepAppend), 8, 0}, abi.EINVAL},
		{"stage without kept memory", bare, []uint64{uint64(abi.KeepStage), 0, abi.RAMBase, 8}, abi.EINVAL},
		{"flip without kept memory", bare, []uint64{uint64(abi.KeepFlip), 0}, abi.EINVAL},
		{"settle without kept memory", bare, []uint64{uint64(abi.KeepSettled)}, abi.EINVAL},
		{"the root task consumes", s.root, []uint64{uint64(abi.KeepConsume)}, abi.OK},
	} {
		e, _ := s.call(c.by, abi.CallKeep, c.args...)
		s.want(c.what, e, c.want)
	}
	for what, at := range map[string][2]uint64{"its own memory": {1 << 20, 8}, "the end of addresses": {1<<64 - 4, 8}} {
		y, _ := s.life(0)
		s.call(y, abi.CallKeep, uint64(abi.KeepStage), 0, at[0], at[1])
		if d := s.death(abi.CauseBadCall); d.Status != uint64(abi.CallKeep) {
			t.Errorf("not %s: %+v", what, d)
		}
	}
}

// Nobody writes kept memory but the kernel: no call of its owner's, no tracer. All may read it who may read the task's memory.
func TestKeptIsReadOnly(t *testing.T) {
	s := newKeeper(t)
	x, _ := s.life(0)
	e, _ := s.call(x, abi.CallKeep, uint64(abi.KeepFlip), 0)
	s.want("flip", e, abi.OK)
	s.want("append", s.append(x, "what is kept"), abi.OK)
	_, before := s.kept(x)
	at := uint64(abi.KeptBase + bytes.Index(before, []byte("what is kept")))
	for what, args := range map[string][]uint64{
		"TracePoke":  {uint64(abi.TracePoke), uint64(x.Endpoint), at, 0},
		"TracePoke1": {uint64(abi.TracePoke1), uint64(x.Endpoint), at, 0},
		"TraceWrite": {uint64(abi.TraceWrite), uint64(x.Endpoint), at, abi.RAMBase, 8},
		"header":     {uint64(abi.TracePoke), uint64(x.Endpoint), abi.KeptBase, 0},
	} {
		e, _ := s.call(s.root, abi.CallTrace, args...)
		s.want(what, e, abi.EFAULT)
	}
	e, v := s.call(s.root, abi.CallTrace, uint64(abi.TracePeek), uint64(x.Endpoint), at)
	if s.want("TracePeek", e, abi.OK); byte(v) != 'w' {
		t.Errorf("peeked %#x", v)
	}
	e, _ = s.call(s.root, abi.CallTrace, uint64(abi.TraceRegion), uint64(x.Endpoint), abi.KeptBase+5)
	var a abi.TraceArea
	copy(abi.Bytes(&a), s.root.Call.Buf[:])
	if want := (abi.TraceArea{Start: abi.KeptBase, End: abi.KeptBase + keptPages*abi.PageSize, Rights: abi.AreaRead, Kind: abi.AreaKept}); e != abi.OK || a != want {
		t.Errorf("region: %s, %+v, want %+v", e.Name(), a, want)
	}
	other := s.make(rights())
	x.Call.Grants[0] = abi.CopyGrant{Flags: abi.GrantValid | abi.GrantRead | abi.GrantWrite, To: other.Endpoint, Start: at, Len: 12}
	e, _ = s.call(other, abi.CallCopyFrom, uint64(x.Endpoint), 0, 0, abi.RAMBase, 12)
	if s.want("copy from a grant of it", e, abi.OK); string(s.memory(other, abi.RAMBase, 12)) != "what is kept" {
		t.Error("other bytes")
	}
	e, _ = s.call(other, abi.CallCopyTo, uint64(x.Endpoint), 0, 0, abi.RAMBase+20, 12)
	s.want("copy to a grant of it", e, abi.EFAULT)
	other.Call.Grants[0] = abi.CopyGrant{Flags: abi.GrantValid | abi.GrantRead | abi.GrantWrite, To: x.Endpoint, Start: abi.RAMBase, Len: 100}
	e, _ = s.call(x, abi.CallCopyTo, uint64(other.Endpoint), 0, 50, at, 12)
	if s.want("copy from it", e, abi.OK); string(s.memory(other, abi.RAMBase+50, 12)) != "what is kept" {
		t.Error("other bytes")
	}
	if _, after := s.kept(x); !bytes.Equal(before, after) {
		t.Error("it has changed")
	}
	s.call(x, abi.CallCopyFrom, uint64(other.Endpoint), 0, 0, at, 12)
	s.death(abi.CauseBadCall)
	x, _ = s.life(0)
	s.exception(x, 14, 7, at)
	s.death(abi.CauseException)
	x, _ = s.life(0)
	if _, after := s.kept(x); !bytes.Equal(before[abi.PageSize:], after[abi.PageSize:]) {
		t.Error("it has changed in the end")
	}
}

// Kept memory is no part of a snapshot: a warm life sees it as it is.
func TestKeptIsNotOfTheSnapshot(t *testing.T) {
	s := newKeeper(t)
	x := s.worn(abi.TaskSnapshot)
	s.want("snapshot", s.snapshot(x), abi.OK)
	e, _ := s.call(x, abi.CallKeep, uint64(abi.KeepFlip), 0)
	s.want("flip", e, abi.OK)
	s.want("append", s.append(x, "later"), abi.OK)
	s.end(x)
	y, warm := s.life(abi.TaskWarm)
	if _, b := s.kept(y); !warm || !bytes.Contains(b, []byte("later")) || s.startInfo(y).KeptSize != keptPages*abi.PageSize {
		t.Errorf("warm %v: it does not see what was kept after the snapshot", warm)
	}
}

// An account says once how much it keeps, within limits and as a part of its reserve; what it took is free again in the end.
func TestKeptOfAccounts(t *testing.T) {
	r := newRig(t)
	before := r.counts()
	set := func(id abi.AccountID, kept, reserve uint32) (abi.Errno, abi.AccountID) {
		g := rights()
		g.KeptFrames, g.ReserveFrames, g.CeilingFrames = kept, reserve, 300
		copy(r.root.Call.Buf[:], abi.Bytes(&g.AccountSpec))
		e, v := r.call(r.root, abi.CallAccount, uint64(abi.AccountSet), uint64(id))
		return e, abi.AccountID(v)
	}
	for _, c := range []struct {
		kept, reserve uint32
		want          abi.Errno
	}{{1, 300, abi.EINVAL}, {2, 300, abi.EINVAL}, {3, 4, abi.EINVAL}, {3, 5, abi.OK}, {256, 258, abi.OK}, {256, 257, abi.EINVAL}, {257, 300, abi.EINVAL}, {1 << 31, 300, abi.EINVAL}} {
		e, id := set(0, c.kept, c.reserve)
		if r.want("set", e, c.want); e != abi.OK {
			continue
		}
		for _, other := range []uint32{0, c.kept - 1, c.kept + 1} {
			e, _ := set(id, other, 300)
			r.want("another size", e, abi.EINVAL)
		}
		e, _ = set(id, c.kept, c.reserve+1)
		r.want("set again", e, abi.OK)
		if n := r.accounts.Get(id).Frames.Used(); n != 0 {
			t.Errorf("%d frames before the first life", n)
		}
		x := r.begin(id, rights())
		if n := r.accounts.Get(id).Frames.Used() - x.Space.Used(); n != keep.Frames(uint64(c.kept)) {
			t.Errorf("%d pages take %d frames", c.kept, n)
		}
		e, _ = r.call(r.root, abi.CallAccount, uint64(abi.AccountFree), uint64(id))
		r.want("free with a task", e, abi.EBUSY)
		if !r.Kernel.kept[id].Whole() {
			t.Fatal("kept memory is gone with that")
		}
		r.kill(x, abi.DeathRecord{Cause: abi.CauseKilled})
		r.death(abi.CauseKilled)
		e, _ = r.call(r.root, abi.CallAccount, uint64(abi.AccountFree), uint64(id))
		r.want("free", e, abi.OK)
	}
	if after := r.counts(); after != before {
		t.Errorf("counts before %+v\nafter  %+v", before, after)
	}
}

// A life that cannot have its account's kept memory is not made, and is when it can.
func TestKeptWithoutFrames(t *testing.T) {
	s := newKeeper(t)
	a := s.accounts.Get(s.acct)
	spec := abi.TaskSpec{Image: s.image, Account: s.acct}
	a.Frames.Limit(20)
	before := s.counts()
	for range 2 {
		copy(s.root.Call.Buf[:], abi.Bytes(&spec))
		e, _ := s.call(s.root, abi.CallTaskCreate)
		s.want("create", e, abi.ENOMEM)
	}
	if now := s.counts(); now.Tasks != before.Tasks {
		t.Errorf("%d slots, before %d", now.Tasks, before.Tasks)
	}
	s.limitFrames(s.acct)
	if x, _ := s.life(0); x == nil {
		t.Error("no life")
	}
}
