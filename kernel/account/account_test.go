package account

import (
	"math/rand/v2"
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/mem"
)

// table is a table over a pool of n frames.
func table(t *testing.T, n int) (*Table, *mem.Pool) {
	t.Helper()
	phys, size := mem.Simulated(make([]byte, (n+1)*abi.PageSize))
	pool := mem.NewPool(phys)
	pool.Add(1, size)
	if pool.Free() != uint64(n) {
		t.Fatalf("%d frames, want %d", pool.Free(), n)
	}
	return NewTable(pool), pool
}

// usual is a spec that can be.
func usual() abi.AccountSpec {
	return abi.AccountSpec{Priority: 3, BudgetNS: 1e6, PeriodNS: 1e7, QuantumNS: 5e5, ReserveFrames: 2, CeilingFrames: 4, Images: 1}
}

// Each value of a spec has an edge: what stands on it can be, one further cannot, whatever the others are.
func TestEdges(t *testing.T) {
	for _, c := range []struct {
		what string
		set  func(s *abi.AccountSpec)
		want abi.Errno
	}{
		{"the usual", func(s *abi.AccountSpec) {}, abi.OK},
		{"the last priority", func(s *abi.AccountSpec) { s.Priority = abi.Priorities - 1 }, abi.OK},
		{"one more", func(s *abi.AccountSpec) { s.Priority = abi.Priorities }, abi.EINVAL},
		{"a server", func(s *abi.AccountSpec) { s.Flags = abi.AccountServer }, abi.OK},
		{"an unknown flag", func(s *abi.AccountSpec) { s.Flags = abi.AccountServer << 1 }, abi.EINVAL},
		{"the smallest budget", func(s *abi.AccountSpec) { s.BudgetNS = 1 }, abi.OK},
		{"none", func(s *abi.AccountSpec) { s.BudgetNS = 0 }, abi.EINVAL},
		{"all of the period", func(s *abi.AccountSpec) { s.BudgetNS = s.PeriodNS }, abi.OK},
		{"more", func(s *abi.AccountSpec) { s.BudgetNS = s.PeriodNS + 1 }, abi.EINVAL},
		{"the longest period", func(s *abi.AccountSpec) { s.PeriodNS = 1e9 }, abi.OK},
		{"a longer one", func(s *abi.AccountSpec) { s.PeriodNS = 1e9 + 1 }, abi.EINVAL},
		{"a reserve of all", func(s *abi.AccountSpec) { s.ReserveFrames = s.CeilingFrames }, abi.OK},
		{"a reserve above the ceiling", func(s *abi.AccountSpec) { s.ReserveFrames = s.CeilingFrames + 1 }, abi.EINVAL},
		{"every frame", func(s *abi.AccountSpec) { s.ReserveFrames, s.CeilingFrames = 20, 20 }, abi.OK},
		{"more than there are", func(s *abi.AccountSpec) { s.ReserveFrames, s.CeilingFrames = 21, 21 }, abi.ENOMEM},
		{"every image", func(s *abi.AccountSpec) { s.Images = abi.MaxImages - 1 }, abi.OK},
		{"more images than there are", func(s *abi.AccountSpec) { s.Images = abi.MaxImages }, abi.ENOSPC},
	} {
		tab, pool := table(t, 20)
		s := usual()
		c.set(&s)
		a, e := tab.Set(abi.AccountKernel, &s)
		if e != c.want {
			t.Errorf("%s: %s, want %s", c.what, e.Name(), c.want.Name())
		}
		if e != abi.OK && (a != nil || pool.Owed() != 0 || tab.Free() != abi.MaxAccounts-2 || tab.ImageRows() != abi.MaxImages-1) {
			t.Errorf("%s: refused, and something is taken: %v, %d frames, %d accounts, %d rows", c.what, a, pool.Owed(), tab.Free(), tab.ImageRows())
		}
	}
}

// Who names no quantum has the usual one; who names one has that.
func TestQuantum(t *testing.T) {
	tab, _ := table(t, 20)
	for _, c := range [][2]uint64{{0, abi.DefaultQuantumNS}, {1, 1}, {7e5, 7e5}} {
		s := usual()
		s.QuantumNS = c[0]
		if a, e := tab.Set(abi.AccountKernel, &s); e != abi.OK || a.Spec.QuantumNS != c[1] {
			t.Errorf("quantum %d: %+v, %s", c[0], a, e.Name())
		}
	}
}

// The kernel's account and the root task's are there from the start, and nobody gives them up or is given them.
func TestFixed(t *testing.T) {
	tab, _ := table(t, 20)
	if k := tab.Get(abi.AccountKernel); k == nil || k.ID != abi.AccountKernel || k.Spec.Label.String() != "kernel" {
		t.Errorf("the kernel's: %+v", k)
	}
	s := usual()
	if a, e := tab.Set(abi.AccountRoot, &s); e != abi.OK || a != tab.Get(abi.AccountRoot) || a.ID != abi.AccountRoot || a.Spec != s {
		t.Errorf("the root task's: %+v, %s", a, e.Name())
	}
	for _, id := range []abi.AccountID{abi.AccountKernel, abi.AccountRoot} {
		if e := tab.Close(id); e != abi.EPERM || tab.Get(id) == nil {
			t.Errorf("account %d is given up: %s", id, e.Name())
		}
	}
}

// An account on which one task, one image or one frame is cannot be given up; then it can, once.
func TestCloseWaits(t *testing.T) {
	tab, pool := table(t, 20)
	s := usual()
	a, _ := tab.Set(abi.AccountKernel, &s)
	id := a.ID
	for what, on := range map[string]func() func(){
		"a task":   func() func() { a.Tasks++; return func() { a.Tasks-- } },
		"an image": func() func() { a.Images++; return func() { a.Images-- } },
		"a frame": func() func() {
			f := pool.Get(&a.Frames)
			return func() { pool.Put(&a.Frames, f) }
		},
	} {
		off := on()
		if e := tab.Close(id); e != abi.EBUSY || tab.Get(id) == nil {
			t.Errorf("given up with %s on it: %s", what, e.Name())
		}
		off()
	}
	for _, want := range []abi.Errno{abi.OK, abi.ESRCH} {
		if e := tab.Close(id); e != want {
			t.Errorf("%s, want %s", e.Name(), want.Name())
		}
	}
	if _, e := tab.Set(id, &s); e != abi.ESRCH {
		t.Errorf("set when it is gone: %s", e.Name())
	}
}

// Accounts that are made, changed and given up at random: those that there are have what was last set, and what they have and what is
// free make up what there is.
func TestAgainstModel(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	tab, pool := table(t, 150)
	model := map[abi.AccountID]abi.AccountSpec{}
	full := 0
	for range 20_000 {
		var id abi.AccountID // 0: a new one
		if r.IntN(3) > 0 {
			id = 2 + abi.AccountID(r.IntN(abi.MaxAccounts))
		}
		before, there := model[id]
		if there && r.IntN(8) == 0 {
			if e := tab.Close(id); e != abi.OK {
				t.Fatalf("close %d: %s", id, e.Name())
			}
			delete(model, id)
			continue
		}
		s := usual()
		s.ReserveFrames, s.Images = r.Uint32N(5), r.Uint32N(4)
		rows, owed := uint32(0), uint64(0)
		for _, m := range model {
			rows, owed = rows+m.Images, owed+uint64(m.ReserveFrames)
		}
		want := abi.OK
		switch {
		case id != 0 && !there:
			want = abi.ESRCH
		case id == 0 && len(model) == abi.MaxAccounts-2:
			want = abi.ENOSPC
			full++
		case rows-before.Images+s.Images > abi.MaxImages-1:
			want = abi.ENOSPC
		case owed-uint64(before.ReserveFrames)+uint64(s.ReserveFrames) > pool.Free():
			want = abi.ENOMEM
		}
		a, e := tab.Set(id, &s)
		if e != want {
			t.Fatalf("set %d: %s, want %s", id, e.Name(), want.Name())
		}
		if e == abi.OK {
			if _, taken := model[a.ID]; id == 0 && taken || id != 0 && a.ID != id || a != tab.Get(a.ID) {
				t.Fatalf("set %d gave account %d", id, a.ID)
			}
			model[a.ID] = s
		}
		rows, owed = 0, 0
		for id, m := range model {
			rows, owed = rows+m.Images, owed+uint64(m.ReserveFrames)
			if a := tab.Get(id); a == nil || a.Spec != m {
				t.Fatalf("account %d is %+v, want %+v", id, a, m)
			}
		}
		if tab.Free() != uint64(abi.MaxAccounts-2-len(model)) || tab.ImageRows() != uint64(abi.MaxImages-1-rows) || pool.Owed() != owed {
			t.Fatalf("%d accounts, %d rows, %d frames owed; the model has %d, %d, %d", tab.Free(), tab.ImageRows(), pool.Owed(), len(model), rows, owed)
		}
	}
	if full == 0 {
		t.Error("there was always an account left")
	}
}
