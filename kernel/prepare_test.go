package kernel

import (
	"testing"

	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
)

// prepared is a service whose snapshot has spares: a life has written some pages, and then there was time.
func prepared(t *testing.T) *service {
	t.Helper()
	s := newService(t)
	s.want("snapshot", s.snapshot(s.worn(abi.TaskSnapshot)), abi.OK)
	x, _ := s.life(abi.TaskWarm)
	s.store(x, abi.RAMBase+9, 1)
	s.store(x, code.StatePattern, 2)
	s.end(x)
	s.rests()
	if n := s.pool.Spares(); n < 4 {
		t.Fatalf("%d spares, want those of two pages and of their tables", n)
	}
	return s
}

// rests lets the kernel do all that it does when nothing else is to be done.
func (s *service) rests() {
	for s.prepare() {
	}
	s.whole()
}

func (s *service) whole() {
	s.t.Helper()
	if f := s.check(); f.Broken() {
		s.t.Fatalf("%s: %#x, %#x", f.What, f.A, f.B)
	}
}

// Idle time goes into preparations, and then into nothing.
func TestIdlePrepares(t *testing.T) {
	r := newRig(t)
	free, used := r.pool.Free(), r.sched.Used(abi.AccountRoot)
	r.call(r.root, abi.CallReceive, uint64(abi.System), 1<<20)
	r.until("rest", func() bool { return !r.pool.CanClean() })
	if r.prepare() || r.pool.Free() != free {
		t.Errorf("more to do: %v; %d frames free, before %d", r.prepare(), r.pool.Free(), free)
	}
	if now := r.sched.Used(abi.AccountRoot); now-used > 2000 {
		t.Errorf("the root task paid %d for it", now-used)
	}
}

// A life with spares is the life that it would be without: its memory, its frames, what is free.
func TestLifeWithSpares(t *testing.T) {
	var frames, free [2]uint64
	for i := range frames {
		s := prepared(t)
		if i == 1 {
			s.snapshots[s.acct].DropSpares(s.pool)
		}
		before := s.pool.Spares()
		x, _ := s.life(abi.TaskWarm)
		if left := s.pool.Spares(); i == 0 && left+4 > before {
			t.Errorf("%d of %d spares are left", left, before)
		}
		s.whole()
		frames[i], free[i] = x.Space.Used(), s.pool.Free()
		for va, want := range map[uint64]byte{abi.RAMBase: 1, abi.RAMBase + 9: 0, abi.RAMBase + 3<<20: 2, code.StatePattern: 3} {
			if got := s.memory(x, va, 1)[0]; got != want {
				t.Errorf("%#x holds %d, want %d", va, got, want)
			}
		}
		s.store(x, abi.RAMBase, 77)
		s.rests() // the next ones are copies of the snapshot, not of what x has
		y, _ := s.life(abi.TaskWarm)
		if got := s.memory(y, abi.RAMBase, 1)[0]; got != 1 {
			t.Errorf("the next life finds %d, want 1", got)
		}
	}
	if frames[0] != frames[1] || free[0] != free[1] {
		t.Errorf("frames with and without spares: %v, free %v", frames, free)
	}
}

// Spares are nobody's: a snapshot that is changed, dropped or gone has none, and who asks for the last frame has it.
func TestSparesGo(t *testing.T) {
	s := prepared(t)
	x, _ := s.life(abi.TaskWarm)
	s.rests()
	e, _ := s.call(s.root, abi.CallTrace, uint64(abi.TracePokeSnapshot), uint64(x.Endpoint), abi.RAMBase, 0xee)
	s.want("damage", e, abi.OK)
	s.whole()
	if y, _ := s.life(abi.TaskWarm); s.memory(y, abi.RAMBase, 1)[0] != 0xee {
		t.Error("the life begins with the page as it was before it was changed")
	}
	s.rests()
	s.want("drop", s.op(abi.AccountDropSnapshot), abi.OK)
	s.whole()
	if s.prepare() || s.pool.Spares() != 0 {
		t.Errorf("dropped, and it has %d spares", s.pool.Spares())
	}
	s = prepared(t)
	n := uint64(0)
	for free := s.pool.Free(); s.pool.Get(nil) != 0; n++ {
		if n > free {
			t.Fatal("more frames than there are")
		}
	}
	if left := s.pool.Free(); left != s.pool.Owed() || s.pool.Spares() != 0 && left < s.pool.Spares() {
		t.Errorf("%d frames are left, %d are owed, %d spares", left, s.pool.Owed(), s.pool.Spares())
	}
	s.broken = true // frames are lost on purpose
}

// What copies for a service's lives cost, the service pays, and nothing of its budget.
func TestPreparationIsPaid(t *testing.T) {
	s := prepared(t)
	s.snapshots[s.acct].DropSpares(s.pool)
	s.lacks = true
	s.charge(s.m.tsc)
	used, left := s.sched.Used(s.acct), s.sched.Left(s.acct, s.m.tsc)
	s.prepare()
	s.m.tsc += 500
	s.charge(s.m.tsc)
	if d := s.sched.Used(s.acct) - used; d != 500 || s.sched.Left(s.acct, s.m.tsc) < left {
		t.Errorf("it paid %d, want 500; of its budget %d are left, before %d", d, s.sched.Left(s.acct, s.m.tsc), left)
	}
}
