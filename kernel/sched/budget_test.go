package sched

import (
	"math/big"
	"math/rand/v2"
	"testing"

	"bennu/kernel/abi"
)

// A task that runs alone uses its budget up, but not beyond: when others come it begins with the rest, and owes nothing. A
// turn on the last level takes nothing off it.
func TestWhatIsTakenOff(t *testing.T) {
	for _, c := range []struct {
		how   How
		ticks uint64
		left  int64
	}{{Whole, 30, 70}, {Whole, 130, -30}, {Alone, 30, 70}, {Alone, 130, 0}, {Free, 30, 100}, {Free, 130, 100}} {
		s := New()
		s.Set(2, Share{Level: Level(1), Budget: 100, Period: 1 << 40, Turn: 1000}, 0)
		s.Add(1, 2)
		s.Ready(1, 0)
		s.Charge(2, c.ticks, c.ticks, c.how)
		if left := s.Left(2, c.ticks); left != c.left || s.Used(2) != c.ticks {
			t.Errorf("%d ticks, how %d: %d left, %d used; want %d, %d", c.ticks, c.how, left, s.Used(2), c.left, c.ticks)
		}
		if out := s.Out(2, c.ticks, false); out != (c.left <= 0) || (s.Exhausted(2) == 1) != out || s.Exhausted(2) > 1 {
			t.Errorf("%d ticks, how %d: used up %v, %d times", c.ticks, c.how, out, s.Exhausted(2))
		}
		if s.Charge(2, 1, c.ticks+1, Whole); c.left <= 0 && s.Exhausted(2) != 1 {
			t.Errorf("%d ticks more: used up %d times", c.ticks, s.Exhausted(2))
		}
	}
}

// A budget fills in steps of a 64th of its period, to the tick at Budget/Period, for any clock that counts: what was had, is owed.
func TestFill(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		period := 64 + r.Uint64N(1<<r.Uint64N(36)+1)
		budget := 1 + r.Uint64N(period)
		if budget == period {
			continue // without limit
		}
		s := New()
		start := r.Uint64N(1 << 40)
		s.Set(2, Share{Level: Level(1), Budget: budget, Period: period, Turn: 1}, start)
		owed := budget + r.Uint64N(1<<40)
		s.Charge(2, owed, start, Whole)
		d := r.Uint64N(2 * period)
		if r.IntN(3) == 0 {
			d = period / 64 * r.Uint64N(3) // on the edge
		}
		want := new(big.Int).Mul(new(big.Int).SetUint64(d), new(big.Int).SetUint64(budget))
		want.Div(want, new(big.Int).SetUint64(period)).Add(want, big.NewInt(int64(budget)-int64(owed)))
		if d < period/64 {
			want.SetInt64(int64(budget) - int64(owed)) // not yet
		}
		if got := s.Left(2, start+d); got > want.Int64() || got < want.Int64()-1-int64(d>>32) {
			t.Fatalf("budget %d in %d, owed %d: after %d ticks %d, want %d", budget, period, owed, d, got, want)
		}
	}
}

// Nobody looks at budgets while one task is ready and nobody waits for another's.
func TestNextWhenAlone(t *testing.T) {
	s := New()
	for a := range abi.AccountID(3) {
		s.Set(2+a, Share{Level: Level(1), Budget: 100, Period: 10_000, Turn: 50}, 0)
		s.Add(int(a), 2+a)
	}
	s.Ready(0, 0)
	s.Ready(1, 0)
	s.Charge(2, 200, 0, Whole)
	back := s.Next()
	if back == Never || s.Due() != 2 {
		t.Fatalf("with two ready the next time is %d, account %d", back, s.Due())
	}
	s.Block(1)
	if at := s.Next(); at != Never {
		t.Errorf("with one ready the next time is %d", at)
	}
	if s.Out(2, 10, true); s.Next() != back {
		t.Errorf("when somebody waits for it the next time is %d, want %d", s.Next(), back)
	}
}

// No priority is the root task's level, or that of those who have nothing left.
func TestLevels(t *testing.T) {
	for p := range uint32(abi.Priorities) {
		if l := Level(p); l <= RootLevel || l >= leftOver || p > 0 && l != Level(p-1)+1 {
			t.Errorf("priority %d is level %d", p, l)
		}
	}
}

// Who keeps what First, Bill and Next answered may keep it as long as Gen is the same.
func TestGen(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 9))
		s := New()
		const tasks = 6
		for i := range tasks {
			sh := Share{Level: Level(uint32(r.IntN(3))), Budget: 100 + r.Uint64N(400), Period: 5000, Turn: 50, Serve: 200}
			if r.IntN(4) == 0 {
				sh.Budget = sh.Period
			}
			s.Set(abi.AccountID(2+i), sh, 0)
			s.Add(i, abi.AccountID(2+i))
		}
		type answers struct {
			first int
			payer abi.AccountID
			how   How
			next  uint64
		}
		now, was, gen := uint64(0), answers{first: -1, next: Never}, *s.Changes()
		for step := range 400 {
			slot, what := r.IntN(tasks), r.IntN(7)
			a := abi.AccountID(2 + r.IntN(tasks))
			now += r.Uint64N(100)
			switch what {
			case 0, 1:
				s.Ready(slot, now)
			case 2:
				s.Block(slot)
			case 3:
				if f := s.First(); f >= 0 {
					payer, how := s.Bill(f)
					d := r.Uint64N(150)
					now += d
					s.Ran(f, d)
					s.Charge(payer, d, now, how)
				}
			case 4:
				s.SetPayer(slot, a)
			case 5:
				s.Raise(now)
			case 6:
				s.Out(a, now, true)
			}
			is := answers{first: s.First(), next: s.Next()}
			if is.first >= 0 {
				is.payer, is.how = s.Bill(is.first)
			} else {
				s.Idle()
				is.next = s.Next()
			}
			if is != was && *s.Changes() == gen {
				t.Fatalf("seed %d, step %d: after action %d it is %+v, before %+v, and Gen the same", seed, step, what, is, was)
			}
			was, gen = is, *s.Changes()
		}
	}
}

// Time that no task can have used, since its turn had ended before, puts no account into debt for long: it is charged once, and only
// as far as a task may overrun. What tasks use is owed, however much it becomes.
func TestStolenTime(t *testing.T) {
	const budget, period, serve = 100, 10_000, 200
	for _, c := range []struct {
		name    string
		charges []uint64
		left    int64
	}{
		{"an overrun is owed", []uint64{budget, serve}, -serve},
		{"and all of them", []uint64{budget, serve, serve, serve, serve, serve, serve, serve, serve}, -8 * serve},
		{"a hypervisor had the processor for 20 budgets", []uint64{20 * budget * 100}, -debtAtOnce * serve},
		{"beside a debt", []uint64{budget + serve, 1 << 40}, -serve - debtAtOnce*serve},
		{"it had it for ever", []uint64{1 << 62}, -debtAtOnce * serve},
	} {
		s := New()
		s.Set(2, Share{Level: 3, Budget: budget, Period: period, Turn: 1000, Serve: serve}, 0)
		s.Add(1, 2)
		s.Ready(1, 0)
		used := uint64(0)
		for _, ticks := range c.charges {
			s.Charge(2, ticks, 0, Whole)
			used += ticks
		}
		if left := s.Left(2, 0); left != c.left || s.Used(2) != used || !s.Out(2, 0, false) || s.Exhausted(2) != 1 {
			t.Errorf("%s: %d left, want %d; used %d, want %d; exhausted %d times", c.name, left, c.left, s.Used(2), used, s.Exhausted(2))
		}
		if at := s.Next(); c.left > -2000 && s.soon > 300_000 {
			t.Errorf("%s: back at %d (%d)", c.name, s.soon, at)
		}
	}
}
