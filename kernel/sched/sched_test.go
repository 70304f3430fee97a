package sched

import (
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"bennu/kernel/abi"
)

// A tick is a microsecond here.
const tick = uint64(time.Microsecond)

const us, ms = uint64(time.Microsecond), uint64(time.Millisecond)

func ticks(ns uint64) uint64 { return ns / tick }

// player is a service in the simulation: what it does when it runs.
type player struct {
	slot    int
	account abi.AccountID
	demand  Demand
	hog     int    // how it behaves; 0: it sleeps and works by turns
	work    uint64 // left of what it does before it sleeps
	wake    uint64 // when it wakes; Never: it is ready
	ready   uint64 // since when it waits
	worst   uint64
	waiting bool
	had     []use // at its own level
}

type use struct{ at, ticks uint64 }

// machine plays a table against the scheduler: one CPU, stays in ring 0 of up to an overrun, timers.
type machine struct {
	t   *testing.T
	s   *Sched
	r   *rand.Rand
	now uint64
	all []*player
}

const (
	sleeper = iota
	spinner
	caller   // long stays in ring 0, on its own account
	asker    // has a server of a better level work for it
	twitcher // sleeps for a moment again and again
	hogs
)

const overrun = uint64(Overrun) / tick

func newMachine(t *testing.T, r *rand.Rand, demands []Demand, level func(i int) int, kind func(i int) int) *machine {
	m := &machine{t: t, s: New(), r: r}
	for i, d := range demands {
		p := &player{slot: i + 1, account: abi.AccountID(i + 2), demand: d, hog: kind(i), wake: Never}
		m.s.Set(p.account, Share{Level: level(i), Budget: ticks(d.Budget), Period: ticks(d.Period), Turn: 1000}, 0)
		m.s.Add(p.slot, p.account)
		m.all = append(m.all, p)
		m.ready(p)
	}
	return m
}

func (m *machine) ready(p *player) {
	p.wake, p.ready, p.waiting = Never, m.now, true
	p.work = 1 + m.r.Uint64N(ticks(p.demand.Budget))
	m.s.Ready(p.slot, m.now)
}

// wakeUps makes those ready whose time has come, and gives the next such time.
func (m *machine) wakeUps() uint64 {
	next := uint64(Never)
	for _, p := range m.all {
		if p.wake != Never && p.wake <= m.now {
			m.ready(p)
		}
		next = min(next, p.wake)
	}
	if m.s.Next() <= m.now {
		m.s.Raise(m.now)
	}
	return min(next, m.s.Next())
}

func (m *machine) step() {
	next := m.wakeUps()
	slot := m.s.First()
	if slot < 0 {
		if m.s.Idle(); next == Never {
			m.t.Fatal("nothing will ever happen")
		}
		for _, p := range m.all { // all are full again: a bucket says nothing over this
			m.windows(p)
			p.had = p.had[:0]
		}
		m.now = max(next, m.now+1)
		return
	}
	p := m.all[slot-1]
	if p.waiting {
		p.worst, p.waiting = max(p.worst, m.now-p.ready), false
	}
	_, how := m.s.Bill(slot)
	slice := m.s.Slice(slot, 0)
	if m.s.Len() == 1 {
		slice = Never // no timer is set for one who is alone
	}
	ran := m.run(p, min(slice, max(next, m.now+1)-m.now))
	m.now += ran
	m.s.Charge(p.account, ran, m.now, how)
	if how == Whole {
		p.had = append(p.had, use{m.now, ran})
	}
	if m.s.Ran(slot, ran); !p.waiting && p.wake == Never {
		if m.s.First() != slot {
			p.ready, p.waiting = m.now, true // it lost the CPU
		}
	}
}

// run is how long p keeps the CPU, at most until slice, but for a stay in ring 0.
func (m *machine) run(p *player, slice uint64) uint64 {
	ran := min(slice, 1+m.r.Uint64N(1000))
	switch p.hog {
	case caller:
		return max(1, min(ran, overrun)) + m.r.Uint64N(overrun-min(ran, overrun-1))
	case asker: // the server works at its level, whatever the asker has left
		return 1 + m.r.Uint64N(overrun)
	case sleeper:
		ran = min(ran, p.work)
		if p.work -= ran; p.work == 0 {
			m.s.Block(p.slot)
			p.wake = m.now + ran + 1 + m.r.Uint64N(30_000)
		}
	case twitcher:
		ran = min(ran, 1+m.r.Uint64N(50))
		m.s.Block(p.slot)
		p.wake = m.now + ran + 1 + m.r.Uint64N(20)
	}
	return max(ran, 1)
}

// table draws demands that Admit takes.
func table(r *rand.Rand) (all []Demand) {
	for range 40 {
		d := Demand{Period: (5 + r.Uint64N(20)) * ms}
		d.Budget = d.Period / (5 + r.Uint64N(200))
		if _, _, ok := Admit(append(all, d)); ok {
			all = append(all, d)
		}
	}
	return all
}

// No service waits longer than Wait says, whatever the others do, in any mix that Admit takes; and in no window
// between two moments when nobody is ready has an account more at its own level than its bucket and one overrun.
func TestPromise(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		demands := table(r)
		if len(demands) < 3 {
			t.Fatalf("seed %d: a table of %d", seed, len(demands))
		}
		quiet := r.IntN(3) // of a hundred that are no hogs, beside the last
		m := newMachine(t, r, demands, func(int) int { return Level(uint32(r.IntN(abi.Priorities))) }, func(i int) int {
			if i == len(demands)-1 || r.IntN(100) < 30*quiet {
				return sleeper
			}
			return 1 + r.IntN(hogs-1)
		})
		for m.now < ticks(3000*ms) {
			m.step()
		}
		for i, p := range m.all {
			others := append(append([]Demand(nil), demands[:i]...), demands[i+1:]...)
			bound, _ := Wait(p.demand, others)
			if w := p.worst * tick; p.hog == sleeper && w > bound {
				t.Errorf("seed %d: service %d of %d, %v, waited %d ns, more than %d", seed, i, len(demands), p.demand, w, bound)
			}
			m.windows(p)
		}
	}
}

// windows holds what p had at its level against its bucket, for windows of many lengths.
func (m *machine) windows(p *player) {
	budget, period := ticks(p.demand.Budget), ticks(p.demand.Period)
	for _, w := range []uint64{period / 7, period, 3 * period, 10 * period} {
		sum, from := uint64(0), 0
		for _, u := range p.had {
			sum += u.ticks
			for p.had[from].at+w < u.at {
				sum -= p.had[from].ticks
				from++
			}
			if most := budget + budget/32 + budget*w/period + 2*overrun + 1000; p.hog != asker && sum > most {
				m.t.Fatalf("an account of %d in %d had %d within %d, more than %d", budget, period, sum, w, most)
			}
		}
	}
}

// With nobody else there, an account has all of the CPU; with one spinner beside it, about half of what is left
// over, whatever the levels.
func TestLeftOverIsShared(t *testing.T) {
	for _, kinds := range [][]int{{spinner}, {spinner, spinner}, {spinner, spinner, spinner, spinner}} {
		r := rand.New(rand.NewPCG(7, 7))
		demands := make([]Demand, len(kinds))
		for i := range demands {
			demands[i] = Demand{100 * us, 10 * ms}
		}
		m := newMachine(t, r, demands, func(i int) int { return Level(uint32(i)) }, func(i int) int { return kinds[i] })
		for m.now < ticks(2000*ms) {
			m.step()
		}
		for i, p := range m.all {
			if share := m.s.Used(p.account) * 100 * uint64(len(kinds)) / m.now; share < 90 || share > 110 {
				t.Errorf("%d spinners: number %d had %d %% of its even share", len(kinds), i, share)
			}
		}
	}
}

// The sum of what accounts were charged is the time that was not idle.
func TestChargesSumUp(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 9))
	m := newMachine(t, r, table(r), func(int) int { return Level(4) }, func(i int) int { return i % hogs })
	idle := uint64(0)
	for m.now < ticks(1000*ms) {
		before, ready := m.now, m.s.Len()
		if m.step(); ready == 0 && m.s.Len() == 0 {
			idle += m.now - before
		}
	}
	sum := idle
	for _, p := range m.all {
		sum += m.s.Used(p.account)
	}
	last := m.all[0].account
	before := m.s.Used(abi.AccountKernel)
	had := m.s.Used(last)
	if m.s.Clear(last); m.s.Used(last) != 0 || m.s.Used(abi.AccountKernel) != before+had || had == 0 {
		t.Errorf("an account that ended took %d with it; the kernel's has %d", had, m.s.Used(abi.AccountKernel))
	}
	if sum > m.now || sum < m.now-idle/50 {
		t.Errorf("charged and idle %d, passed %d", sum, m.now)
	}
}

// A table that could not keep the promise is refused, and which row breaks it is told.
func TestAdmit(t *testing.T) {
	def := Demand{abi.DefaultBudgetNS, abi.DefaultPeriodNS}
	all := make([]Demand, 0, abi.MaxTasks)
	for {
		if _, _, ok := Admit(append(all, def)); !ok {
			break
		}
		all = append(all, def)
	}
	if len(all) != 45 { // as decision 009 says
		t.Errorf("%d services with nothing said are admitted, want 45", len(all))
	}
	if _, w, ok := Admit([]Demand{def, {9 * ms, 10 * ms}, {2 * ms, 10 * ms}}); ok || w != 0 {
		t.Errorf("more than the whole CPU: admitted %v, wait %v", ok, w)
	}
	if i, w, ok := Admit([]Demand{def, {us, 10 * ms}}); ok || i != 1 || w <= Promise {
		t.Errorf("a budget that one overrun uses up for seconds: row %d, %v, %v", i, w, ok)
	}
}

// A task that runs while nobody else is ready uses its budget up, and gets into no debt: it took the time from
// nobody.
func TestAlone(t *testing.T) {
	s := New()
	for slot := range 2 {
		a := abi.AccountID(slot + 2)
		s.Set(a, Share{Level: Level(3), Budget: 100, Period: 1000, Turn: 50}, 0)
		s.Add(slot, a)
	}
	for _, c := range []struct{ ready, left int }{{1, 0}, {2, -400}} {
		s.Idle()
		for slot := range c.ready {
			s.Ready(slot, 0)
		}
		a, how := s.Bill(0)
		before := s.Used(a)
		s.Charge(a, 500, 0, how)
		if left, used := s.Left(a, 0), s.Used(a)-before; left != int64(c.left) || used != 500 || !s.Out(a, 0, false) {
			t.Errorf("%d ready: %d left after 500 of 100, %d used, want %d and 500", c.ready, left, used, c.left)
		}
	}
}

// A server that hangs while it works for a client does so on its own account after Serve, and then behind everybody.
func TestHungServer(t *testing.T) {
	s := New()
	s.Set(2, Share{Level: Level(1), Budget: 100, Period: 10_000, Turn: 1000, Serve: 50}, 0)
	s.Set(3, Share{Level: Level(5), Budget: 100, Period: 10_000, Turn: 1000, Serve: 50}, 0)
	s.Add(1, 2)
	s.Add(2, 3)
	s.SetPayer(1, 3)
	s.Ready(1, 0)
	now, other := uint64(0), uint64(0)
	for now < 100_000 {
		slot := s.First()
		a, how := s.Bill(slot)
		ran := min(s.Slice(slot, 0), s.Next()-now, 1000)
		now += ran
		s.Charge(a, ran, now, how)
		s.Ran(slot, ran)
		if now > 1000 {
			s.Ready(2, now) // it wants all that it can have
		}
		if slot == 2 {
			other += ran
		}
		s.Raise(now)
	}
	if used := s.Used(3) - other; used < 50 || used > 52 {
		t.Errorf("the client was charged %d of its server's hanging, want 50", used)
	}
	if other < 40_000 {
		t.Errorf("the other had %d of %d beside a server that hangs", other, now)
	}
}

// An account that servers overdrew stays out until time has paid for it, and is as good as new when the machine
// was idle.
func TestOverdrawn(t *testing.T) {
	s := New()
	s.Set(2, Share{Level: Level(1), Budget: 100, Period: 10_000, Turn: 1000}, 0)
	s.Set(3, Share{Level: Level(5), Budget: 100, Period: 10_000, Turn: 1000}, 0)
	s.Add(1, 2)
	s.Add(2, 3)
	s.Ready(1, 0)
	s.Ready(2, 0)
	s.Charge(2, 600, 600, Whole)
	if s.First() != 2 || !s.Out(2, 600, true) {
		t.Fatalf("overdrawn, and first in the queue: %d", s.First())
	}
	s.Charge(2, 20, 700, Whole) // a server's work, after it was said when to look
	for now := uint64(600); ; now = s.Next() {
		if now > 70_000 {
			t.Fatal("it never came back")
		}
		if s.Raise(now) {
			if left := s.Left(2, now); now < 50_000 || left < 25 {
				t.Errorf("back at %d with %d", now, left)
			}
			break
		}
	}
	if s.First() != 1 || s.Out(2, 60_000, false) {
		t.Error("it did not come back to its level")
	}
	s.Charge(2, 10_000, 70_000, Whole)
	s.Block(1)
	s.Block(2)
	if !s.Out(2, 70_000, true) || !s.Idle() || s.Out(2, 70_001, false) || s.Left(2, 70_001) != 100 {
		t.Error("an idle machine did not fill its budget")
	}
}

// Who waits for an account to be in budget is told, whatever finds out first that it is: a task of it that becomes ready,
// or a new share.
func TestWantedIsTold(t *testing.T) {
	for name, find := range map[string]func(s *Sched, now uint64){
		"time":  func(*Sched, uint64) {},
		"ready": func(s *Sched, now uint64) { s.Ready(1, now) },
		"set": func(s *Sched, now uint64) {
			s.Set(2, Share{Level: Level(1), Budget: 200, Period: 10_000, Turn: 1000}, now)
		},
	} {
		s := New()
		s.Set(2, Share{Level: Level(1), Budget: 100, Period: 10_000, Turn: 1000}, 0)
		s.Set(3, Share{Level: Level(5), Budget: 1, Period: 1, Turn: 1000}, 0)
		s.Add(1, 2)
		s.Add(2, 3)
		s.Ready(2, 0) // and it stays so: the machine is never idle
		s.Charge(2, 100, 100, Whole)
		if !s.Out(2, 100, true) {
			t.Fatal("not overdrawn")
		}
		now := s.Next() - 1 // it has enough, and nobody has looked
		find(s, now)
		told := false
		for range 3 {
			if now = max(now, s.Next()); now == Never {
				break
			}
			told = told || s.Raise(now)
		}
		if !told || s.Out(2, now, false) {
			t.Errorf("%s: told %v, out %v", name, told, s.Out(2, now, false))
		}
	}
}

// An account comes back when its budget will have filled to a quarter, however deep it is in debt: not before, and never in
// a past into which a sum ran over.
func TestComingBack(t *testing.T) {
	const now = 1000
	for _, budget := range []uint64{1, 3, 1000, 1 << 32} {
		for _, period := range []uint64{budget + 1, 64 * budget, 5_000_000_000} {
			for _, debt := range []uint64{0, 1, 1 << 20, 1 << 40, 1 << 61} {
				s := New()
				s.Set(2, Share{Level: 1, Budget: budget, Period: period, Turn: 1}, now)
				s.Charge(2, budget+debt, now, Whole)
				need := new(big.Int).SetUint64(budget/fill + debt + 1)
				need.Mul(need, new(big.Int).SetUint64(period)).Div(need, new(big.Int).SetUint64(budget))
				want := uint64(1 << 62) // centuries
				if need.IsUint64() {
					want = min(want, need.Uint64())
				}
				if got := s.soon - now; got < want || got > want+period/64 {
					t.Errorf("budget %d of %d, debt %d: back in %d, want %d or a little later", budget, period, debt, got, want)
				}
			}
		}
	}
}
