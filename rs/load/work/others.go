package work

import (
	"bytes"
	"math/rand/v2"
	"time"

	"bennu/drivers/protocol/load"
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

// grave is what was known of the victim's last life that died.
type grave struct {
	ep      abi.Endpoint // 0: none has died
	grant   abi.GrantID
	granted bool
}

// bury keeps what is known of the site's life, which is dead.
func (w *Service) bury(s *Site) {
	if s == w.site {
		w.dead = grave{ep: s.Ep}
		if g, ok := s.kind.(Granter); ok {
			w.dead.grant, w.dead.granted = g.Granted()
		}
	}
	s.Ep = abi.None
}

// look takes an Others: each operation is done, whatever came of those before.
func (w *Service) look(c *sdk.Context, m *abi.Msg) {
	if w.run != nil {
		c.Reply(m, abi.EBUSY)
		return
	}
	limit := time.Duration(min(m.Arg[0], uint64(maxLimit)))
	t := tallies{}
	for i, s := range w.others {
		t.add(c, load.Failed(1)<<i, w.lookAt(c, s, limit))
	}
	for _, o := range oracles {
		s := &Site{C: c, Label: c.Label().String(), Ep: c.Root(), Until: c.Now() + limit, Rand: random(c)}
		t.add(c, o.bit, o.do(w, s))
	}
	c.Reply(m, abi.OK, uint64(load.MakeTally(t.n[Right], t.n[Refused]+t.n[Died]+t.n[Unable], t.n[Wrong], t.n[Lost])), uint64(t.failed), uint64(t.first))
}

// random is chance that follows from the time, which is the same in each run.
func random(c *sdk.Context) *rand.Rand { return rand.New(rand.NewPCG(uint64(c.Now()), 1)) }

// tallies counts verdicts.
type tallies struct {
	n      [Unable + 1]int
	failed load.Failed
	first  time.Duration
}

func (t *tallies) add(c *sdk.Context, bit load.Failed, v Verdict) {
	t.n[v]++
	if v == Right {
		return
	}
	if t.failed == 0 {
		t.first = c.Now()
	}
	t.failed |= bit
}

// lookAt does an operation on a service that is not the victim. One that died since the last time is looked up again: that it died, RS tells.
func (w *Service) lookAt(c *sdk.Context, s *Site, limit time.Duration) (v Verdict) {
	s.Rand = random(c)
	for range 2 {
		s.Until, s.Step, s.Errno = c.Now()+limit, 0, abi.OK
		if s.Ep == abi.None {
			ep, e := c.LookupWait(s.Label, limit)
			if e != abi.OK {
				return Died
			}
			s.Ep = ep
		}
		if v = s.kind.Look(s); v == Right {
			return v
		}
		s.Ep = abi.None
		if v != Died {
			return v
		}
	}
	return v
}

// oracles are the operations of Others on what everybody relies on.
var oracles = []struct {
	bit load.Failed
	do  func(w *Service, s *Site) Verdict
}{
	{load.FailedRS, (*Service).rs},
	{load.FailedStore, (*Service).store},
	{load.FailedFresh, (*Service).fresh},
	{load.FailedStale, (*Service).stale},
	{load.FailedCounts, (*Service).counts},
}

// rs asks the reincarnation server for what is known: the workload's own endpoint, and its row among all services.
func (w *Service) rs(s *Site) Verdict {
	ep, inc, e := s.C.Lookup(s.Label)
	if e != abi.OK {
		return s.Asked(e)
	}
	if ep != s.C.Self() || inc != s.C.Incarnation() {
		return Wrong
	}
	if w.rows == nil {
		w.rows = make([]abi.ServiceStatus, abi.MaxTasks)
	}
	n, e := s.C.RS().Status(w.rows)
	if e != abi.OK {
		return s.Asked(e)
	}
	for i := range w.rows[:min(n, len(w.rows))] {
		if r := &w.rows[i]; r.Label == s.C.Label() {
			return Equal(r.Endpoint == ep && r.Incarnation == inc, true)
		}
	}
	return Wrong
}

// Asked is the verdict on a request that the SDK made.
func (s *Site) Asked(e abi.Errno) Verdict {
	if e == abi.ETIMEDOUT {
		return Lost
	}
	return s.Refuse(e)
}

// storeKey is the workload's own key in the data store.
const storeKey = "load.campaign"

// store publishes a value, reads it, deletes it, and finds that it is gone.
func (w *Service) store(s *Site) Verdict {
	v := sdk.Value{s.Rand.Uint64(), s.Rand.Uint64(), s.Rand.Uint64(), s.Rand.Uint64()}
	if e := s.C.Publish(storeKey, v); e != abi.OK {
		return s.Asked(e)
	}
	got, e := s.C.Retrieve(storeKey)
	if e != abi.OK {
		return s.Asked(e)
	}
	if got != v {
		return Wrong
	}
	if e := s.C.Delete(storeKey); e != abi.OK {
		return s.Asked(e)
	}
	switch _, e := s.C.Retrieve(storeKey); e {
	case abi.ESRCH:
		return Right
	case abi.OK:
		return Wrong
	default:
		return s.Asked(e)
	}
}

// freshSize is how much memory is touched for the first time at each look.
const freshSize = 16 << 10

// fresh asks the kernel for memory, which must be zero, and fills it before it gives it back: a frame that is not cleared shows at the next look at the latest.
func (w *Service) fresh(s *Site) Verdict {
	win, e := s.C.NewWindow(freshSize, false)
	if e != abi.OK {
		return s.Refuse(e)
	}
	v := Equal(soil(win.Bytes), true)
	if e := s.C.FreeWindow(win.ID); e != abi.OK {
		return s.Refuse(e)
	}
	return v
}

// clean is what fresh memory holds, dirty what it is left with.
var clean, dirty = make([]byte, freshSize), bytes.Repeat([]byte{0xa5}, freshSize)

// soil tells whether b was zero, and makes it something else. Precondition: it is no larger than freshSize.
func soil(b []byte) bool {
	was := bytes.Equal(b, clean[:len(b)])
	copy(b, dirty)
	return was
}

// stale tries the endpoint, and a grant, of the victim's last life that died. The kernel says of both that the task is dead, and nothing of what
// it had: another error would be of what is left of it.
func (w *Service) stale(s *Site) Verdict {
	if w.dead.ep == 0 {
		return Right
	}
	if e := s.C.Notify(w.dead.ep); e != abi.EDEADSRCDST {
		return Wrong
	}
	var b [8]byte
	id := w.dead.grant
	if !w.dead.granted {
		id = 1 << 8 // the first that anybody gives
	}
	return Equal(s.C.CopyFrom(w.dead.ep, id, 0, b[:]), abi.EDEADSRCDST)
}

const (
	countTries = 4
	countPause = time.Millisecond
)

// counts compares what is free with what was at the first look: a death that leaves a hook, a port, a row or a window behind shows. Where a service is down,
// more is free; while one is on its way, for a moment less.
func (w *Service) counts(s *Site) Verdict {
	for range countTries {
		var c abi.Counts
		if _, e := s.C.Info(abi.InfoCounts, 0, abi.Bytes(&c)); e != abi.OK {
			return s.Refuse(e)
		}
		if w.before == nil {
			w.before = &c
		}
		if whole(&c, w.before) {
			return Right
		}
		if e := s.C.Sleep(countPause); e != abi.OK {
			return s.Cannot(e)
		}
	}
	return Wrong
}

// whole tells whether all is there that was there before, and nothing that nobody has.
func whole(a, before *abi.Counts) bool { return !fewer(a, before) && a.Open == 0 && a.Orphans == 0 }

// fewer tells whether of something that services hold for all their lives less is free.
func fewer(a, b *abi.Counts) bool {
	return a.Tasks < b.Tasks || a.Images < b.Images || a.Hooks < b.Hooks || a.Ports < b.Ports || a.Accounts < b.Accounts || a.HookRows < b.HookRows ||
		a.ImageRows < b.ImageRows || a.Windows < b.Windows || a.Holders < b.Holders || a.Views < b.Views || a.Functions < b.Functions
}
