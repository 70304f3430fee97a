package sched

import "testing"

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
