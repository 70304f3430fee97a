package kernel

import (
	"fmt"
	"testing"

	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
	"bennu/kernel/paging"
	"bennu/kernel/task"
)

// service is a rig with an account and an executable of which lives are made.
type service struct {
	*rig
	g     grant
	acct  abi.AccountID
	image uint32
}

func newService(t *testing.T) *service {
	r := newRig(t)
	r.level(1)
	g := rights()
	return &service{rig: r, g: g, acct: r.account(&g.AccountSpec), image: r.load(code.ELF(code.New().Stop().Text(), code.Pattern(3)))}
}

// life makes a life with the flags of a TaskSpec and lets it run. It tells what the kernel says: whether it is warm.
func (s *service) life(flags uint32) (x *task.Task, warm bool) {
	s.t.Helper()
	spec := abi.TaskSpec{Image: s.image, Account: s.acct, Flags: flags}
	spec.Label, _ = abi.MakeLabel("life")
	copy(s.root.Call.Buf[:], abi.Bytes(&spec))
	e, v := s.call(s.root, abi.CallTaskCreate)
	s.want("create", e, abi.OK)
	ep := abi.Endpoint(v)
	copy(s.root.Call.Buf[:], abi.Bytes(&s.g.Privilege))
	e, _ = s.call(s.root, abi.CallPrivCtl, uint64(abi.PrivSet), uint64(ep))
	s.want("set", e, abi.OK)
	e, _ = s.call(s.root, abi.CallPrivCtl, uint64(abi.PrivAllow), uint64(ep))
	s.want("allow", e, abi.OK)
	return s.tasks.Lookup(ep), v&abi.TaskIsWarm != 0
}

// store writes a byte as the task does.
func (s *service) store(x *task.Task, va uint64, b byte) {
	s.t.Helper()
	a, e := s.bytes(x, va, 1, true)
	s.want("store", e, abi.OK)
	a[0] = b
}

// worn is a life that has used some of its memory.
func (s *service) worn(flags uint32) *task.Task {
	s.t.Helper()
	x, _ := s.life(flags)
	s.store(x, abi.RAMBase, 1)
	s.store(x, abi.RAMBase+3<<20, 2)
	s.store(x, code.StatePattern, 3)
	return x
}

func (s *service) snapshot(x *task.Task) abi.Errno {
	s.t.Helper()
	e, v := s.call(x, abi.CallSnapshot)
	if v != 0 {
		s.t.Errorf("the life that the snapshot is taken of is told %d", v)
	}
	return e
}

// op is an AccountOp of the root task.
func (s *service) op(op abi.AccountOp) abi.Errno {
	s.t.Helper()
	e, _ := s.call(s.root, abi.CallAccount, uint64(op), uint64(s.acct))
	return e
}

func (s *service) end(x *task.Task) {
	s.t.Helper()
	s.kill(x, abi.DeathRecord{Cause: abi.CauseKilled})
	s.until("death", func() bool { return s.nDead > 0 })
	s.death(abi.CauseKilled)
}

// A warm life finds the memory and the registers of the one that the snapshot was taken of, and its own start page, call page and seed;
// it is told so, and what it writes is its own.
func TestWarmLife(t *testing.T) {
	s := newService(t)
	free := s.pool.Free()
	first := s.worn(abi.TaskSnapshot)
	first.Ctx.Frame.BX, first.Ctx.FSBase, first.Ctx.GSBase = 0x1234, 0x5000, 0x6000
	told := func() uint32 { // of the snapshot, to whoever reads the table of accounts
		var a abi.AccountInfo
		s.accountInfo(uint64(s.acct), &a)
		return a.Snapshot
	}
	before := told()
	used := s.accounts.Get(s.acct).Frames.Used() - first.Space.Used()
	s.want("snapshot", s.snapshot(first), abi.OK)
	if n := uint64(told()); before != 0 || n == 0 || n != s.accounts.Get(s.acct).Frames.Used()-first.Space.Used()-used {
		t.Errorf("a snapshot of %d frames before it was taken, of %d after it", before, n)
	}
	at, limit := first.Ctx.Frame.IP, (uint64(s.g.CeilingFrames)-s.snapshots[s.acct].Frames())*abi.PageSize
	if l := s.startInfo(first).MemoryLimit; l != limit {
		t.Errorf("the first life's limit is %d, want %d", l, limit)
	}
	s.store(first, abi.RAMBase, 99)
	first.Call.Buf[5] = 77
	seed := s.startInfo(first).Seed
	s.end(first)
	for n := range 3 {
		x, warm := s.life(abi.TaskSnapshot | abi.TaskWarm)
		f := &x.Ctx.Frame
		if !warm || f.BX != 0x1234 || x.Ctx.FSBase != 0x5000 || x.Ctx.GSBase != 0x6000 || f.IP != at || f.AX != uint64(abi.OK) || f.DX != 1 {
			t.Errorf("life %d: warm %v, frame %+v", n, warm, *f)
		}
		for va, want := range map[uint64]byte{abi.RAMBase: 1, abi.RAMBase + 3<<20: 2, code.StatePattern: 3, abi.RAMBase + 1: 0, abi.CallPage + 0x105: 0} {
			if got := s.memory(x, va, 1)[0]; got != want {
				t.Errorf("life %d: %#x holds %d, want %d", n, va, got, want)
			}
		}
		if i := s.startInfo(x); i.MemoryLimit != limit || i.Seed == seed || i.Endpoint != x.Endpoint || i.Magic != abi.StartMagic {
			t.Errorf("life %d: start page of another life", n)
		}
		s.store(x, abi.RAMBase, byte(10+n))
		if e := s.snapshot(x); e != abi.EBUSY {
			t.Errorf("a warm life takes a snapshot: %s", e.Name())
		}
		s.end(x)
	}
	if x, warm := s.life(abi.TaskSnapshot); warm || s.memory(x, abi.RAMBase, 1)[0] != 0 {
		t.Error("a life that was to begin cold is warm")
	} else {
		s.end(x)
	}
	s.want("drop", s.op(abi.AccountDropSnapshot), abi.OK)
	if n := told(); n != 0 {
		t.Errorf("a snapshot of %d frames when it is dropped", n)
	}
	if s.pool.Free() != free {
		t.Errorf("%d frames lost", free-s.pool.Free())
	}
	if _, warm := s.life(abi.TaskWarm); warm {
		t.Error("warm, and there is no snapshot")
	}
}

// A task that has been given anything, that a tracer has touched, or that may not, has no snapshot; it goes on.
func TestSnapshotRefused(t *testing.T) {
	for _, c := range []struct {
		name  string
		flags uint32
		do    func(s *service, x *task.Task)
		want  abi.Errno
	}{
		{"may not", 0, func(*service, *task.Task) {}, abi.EPERM},
		{"traced", abi.TaskSnapshot, func(s *service, x *task.Task) {
			e, _ := s.call(s.root, abi.CallTrace, uint64(abi.TracePoke1), uint64(x.Endpoint), abi.RAMBase, 1)
			s.want("poke", e, abi.OK)
		}, abi.EPERM},
		{"has received", abi.TaskSnapshot, func(s *service, x *task.Task) { s.call(x, abi.CallReceive, uint64(abi.Any), 0) }, abi.EBUSY},
		{"has sent", abi.TaskSnapshot, func(s *service, x *task.Task) { s.call(x, abi.CallNotify, uint64(s.root.Endpoint)) }, abi.EBUSY},
		{"has an alarm", abi.TaskSnapshot, func(s *service, x *task.Task) { s.call(x, abi.CallSetAlarm, 1e9) }, abi.EBUSY},
		{"knows something", abi.TaskSnapshot, func(s *service, x *task.Task) { s.call(x, abi.CallGetInfo, uint64(abi.InfoCounts), 0) }, abi.EBUSY},
		{"has a grant", abi.TaskSnapshot, func(s *service, x *task.Task) { x.Call.Grants[63].Flags = abi.GrantValid }, abi.EBUSY},
		{"has told something", abi.TaskSnapshot, func(s *service, x *task.Task) { s.call(x, abi.CallDiag, 3, 0) }, abi.OK},
		{"has set its FS base", abi.TaskSnapshot, func(s *service, x *task.Task) { s.call(x, abi.CallArchPrctl, abi.ArchSetFS, 8) }, abi.OK},
		{"has one", abi.TaskSnapshot, func(s *service, x *task.Task) { s.snapshot(x) }, abi.EBUSY},
		{"too large", abi.TaskSnapshot, func(s *service, x *task.Task) {
			for i := range uint64(17) {
				s.store(x, abi.RAMBase+i<<21, 1)
			}
		}, abi.E2BIG},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newService(t)
			x := s.worn(c.flags)
			c.do(s, x)
			s.want("snapshot", s.snapshot(x), c.want)
			for va := range map[uint64]byte{abi.RAMBase: 1, abi.RAMBase + 3<<20: 2, code.StatePattern: 3} {
				s.store(x, va, 50)
			}
		})
	}
}

// Whoever is killed between two steps leaves nothing behind; who is short of a frame goes on without.
func TestSnapshotTorn(t *testing.T) {
	for steps := 0; ; steps++ {
		s := newService(t)
		free := s.pool.Free()
		x := s.worn(abi.TaskSnapshot)
		for range steps {
			s.syscall(x, abi.CallSnapshot)
			s.until("step", func() bool { return s.m.next[x.Slot] == nil })
		}
		made := s.snapshots[s.acct].Exists()
		if f := s.check(); f.Broken() {
			t.Fatalf("after %d steps: %s: %#x, %#x", x.Done, f.What, f.A, f.B)
		}
		s.end(x)
		if made {
			if steps < 3 {
				t.Errorf("made in %d steps", steps)
			}
			break
		}
		if _, warm := s.life(abi.TaskWarm); warm {
			t.Fatalf("a life begins with a torn snapshot, after %d steps", steps)
		}
		s.end(&s.tasks.Tasks[s.lastSlot()])
		if s.pool.Free() != free {
			t.Fatalf("killed after %d steps: %d frames lost", steps, free-s.pool.Free())
		}
	}
	s := newService(t)
	x := s.worn(abi.TaskSnapshot)
	a := s.accounts.Get(s.acct)
	s.pool.Promise(&a.Frames, 0, a.Frames.Used())
	s.want("without a frame", s.snapshot(x), abi.ENOMEM)
	s.pool.Promise(&a.Frames, 0, a.Frames.Used()+x.Space.Used()-1)
	s.want("without room for copies", s.snapshot(x), abi.ENOMEM)
	s.pool.Promise(&a.Frames, 0, 200)
	s.store(x, abi.RAMBase, 7)
	s.want("with one", s.snapshot(x), abi.OK)
}

// lastSlot is that of the task that lives beside the root task.
func (s *service) lastSlot() int {
	for i := range s.tasks.Tasks {
		if o := &s.tasks.Tasks[i]; o.Live && o != s.root {
			return i
		}
	}
	s.t.Fatal("nobody lives")
	return 0
}

// A snapshot that was changed is found at the next check and never used again; one that is whole is not.
func TestSnapshotDamaged(t *testing.T) {
	for _, va := range []uint64{abi.RAMBase, abi.RAMBase + 3<<20 + 5, code.StatePattern + 100} {
		t.Run(fmt.Sprintf("%#x", va), func(t *testing.T) {
			s := newService(t)
			s.want("none yet", s.op(abi.AccountCheckSnapshot), abi.ESRCH)
			s.want("snapshot", s.snapshot(s.worn(abi.TaskSnapshot)), abi.OK)
			s.want("first check", s.op(abi.AccountCheckSnapshot), abi.OK)
			x, _ := s.life(abi.TaskWarm)
			s.store(x, abi.RAMBase+9, 1)                                             // a copy of its own
			for i := range s.phys.Words(x.Space.Part(abi.RAMBase + 3<<20).Frame()) { // as the processor does
				if e := &s.phys.Words(x.Space.Part(abi.RAMBase + 3<<20).Frame())[i]; *e != 0 {
					*e |= uint64(paging.Accessed | paging.Dirty)
				}
			}
			s.want("second check", s.op(abi.AccountCheckSnapshot), abi.OK)
			y, _ := s.life(abi.TaskWarm)
			e, _ := s.call(s.root, abi.CallTrace, uint64(abi.TracePokeSnapshot), uint64(y.Endpoint), va, 0xee)
			s.want("damage", e, abi.OK)
			s.want("third check", s.op(abi.AccountCheckSnapshot), abi.EIO)
			if _, warm := s.life(abi.TaskWarm); warm {
				t.Error("a damaged snapshot is used")
			}
			for range 4 {
				if f := s.check(); f.Broken() {
					t.Fatalf("lives of a dropped snapshot: %s: %#x, %#x", f.What, f.A, f.B)
				}
				s.end(&s.tasks.Tasks[s.lastSlot()])
			}
			if s.snapshots[s.acct].Exists() {
				t.Error("dropped, shared by nobody, and still there")
			}
		})
	}
	s := newService(t)
	x := s.worn(abi.TaskSnapshot)
	for _, va := range []uint64{0, abi.RAMBase, code.Text, abi.StartPage, 1 << 40, 1 << 63} {
		e, _ := s.call(s.root, abi.CallTrace, uint64(abi.TracePokeSnapshot), uint64(x.Endpoint), va, 1)
		s.want(fmt.Sprintf("%#x is no snapshot's", va), e, abi.EFAULT)
	}
}

// Another executable has nothing of the snapshot, even one that has come into the row of the first.
func TestSnapshotOfAnother(t *testing.T) {
	s := newService(t)
	x := s.worn(abi.TaskSnapshot)
	s.want("snapshot", s.snapshot(x), abi.OK)
	s.end(x)
	old := s.image
	s.images.Unref(int(old))
	if s.image = s.load(code.ELF(code.New().Stop().Text(), code.Pattern(4))); s.image != old {
		t.Fatalf("image %d, want it in the row of %d", s.image, old)
	}
	if x, warm := s.life(abi.TaskWarm); warm || s.memory(x, code.StatePattern, 1)[0] == 3 {
		t.Error("a life of another executable begins with the snapshot")
	} else {
		s.end(x)
	}
	s.want("close", s.op(abi.AccountFree), abi.OK)
}
