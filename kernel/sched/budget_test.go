package sched

import (
	"math/big"
	"math/rand/v2"
	"testing"

	"bennu/kernel/abi"
)

// Who runs alone uses its budget up, but not beyond: when others come it begins with what is left, and owes nothing. A turn on
// the last level takes nothing off it.
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
