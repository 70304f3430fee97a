// Package sched decides which task runs: it has a queue of levels, and for each account a budget in a period.
// It is pure; its time is ticks of whatever clock the kernel counts in.
//
// An account's tasks run at its level while its budget lasts, then on the last level, in turns with all others
// that have used theirs up. The budget is a token bucket: it fills at Budget/Period, to Budget at most, so that in
// any window w an account has at most Budget*(1+w/Period) at its level, and beyond that one overrun (a stay in
// ring 0, one request that a server took) before it is noticed. Time on the last level is free. When nobody is
// ready, all budgets are filled: nobody was kept from anything.
//
// Admit holds tables of budgets against the promise that follows from this (docs/decisions/008).
package sched

import (
	"math/bits"

	"bennu/kernel/abi"
)

// Levels: the root task's, one a priority, and the one of those that have used up their budgets.
const (
	RootLevel = 0
	leftOver  = abi.Priorities + 1
	levels    = leftOver + 1
)

// Level is that of a priority.
func Level(priority uint32) int { return 1 + int(priority) }

// Share is what an account may use. Budget = Period is without limit.
type Share struct {
	Level          int
	Budget, Period uint64 // ticks
	Turn           uint64 // among equals
	Serve          uint64 // the most that a client pays for one request: beyond it the server pays
}

// Never is a time that does not come.
const Never = ^uint64(0)

// fill is the part of its budget that an account needs to come back from the last level: a quarter.
const fill = 4

// share is an account.
type share struct {
	Share
	limited bool
	rate    uint64 // ticks of budget a tick, 32 bits of fraction
	grain   uint64 // the bucket is filled in steps of this

	left  int64
	at    uint64 // left is as of then
	epoch uint64
	out   bool   // used up: on the last level until back
	back  uint64 // when it is to be looked at again
	want  bool   // it is out, and somebody waits for it to come back

	used      uint64
	exhausted uint64
}

// Sched is the accounts and the ready slots.
type Sched struct {
	queue
	shares [abi.MaxAccounts]share
	epoch  uint64        // counts the times that nobody was ready
	soon   uint64        // the first back of all; Never: none is out
	due    abi.AccountID // whose it is
	wants  int           // accounts that somebody waits for
}

// New makes a scheduler without accounts.
func New() *Sched {
	s := &Sched{soon: Never}
	s.queue.init()
	return s
}

// Set gives account a its share, full.
func (s *Sched) Set(a abi.AccountID, sh Share, now uint64) {
	h := &s.shares[a]
	h.Share, h.limited = sh, sh.Budget < sh.Period
	h.rate, h.grain = 0, sh.Period/64
	if h.limited {
		h.rate, _ = bits.Div64(sh.Budget>>32, sh.Budget<<32, sh.Period)
	}
	h.left, h.at, h.epoch = int64(sh.Budget), now, s.epoch
	switch {
	case h.want: // Raise is to tell who waits
		h.back, s.soon, s.due = now, now, a
		s.gen++
	case h.out:
		h.out = false
		s.reset()
	}
}

// Clear forgets account a. Its charges are the kernel's from now on, so that the sum stays the same.
// Preconditions: no task is on it.
func (s *Sched) Clear(a abi.AccountID) {
	h := &s.shares[a]
	s.shares[abi.AccountKernel].used += h.used
	if h.want {
		s.wants--
	}
	*h = share{}
	s.reset()
}

// Add puts the task of slot on account a.
func (s *Sched) Add(slot int, a abi.AccountID) {
	s.slots[slot].own, s.slots[slot].pays = uint8(a), uint8(a)
	s.slots[slot].turn = s.shares[a].Turn
}

// Payer is the account that slot works for.
func (s *Sched) Payer(slot int) abi.AccountID { return abi.AccountID(s.slots[slot].pays) }

// SetPayer makes slot work for account a. For another account than its own it works at its own level and is not
// held up; after Serve it works for itself: a server that hangs is treated as any task that does.
func (s *Sched) SetPayer(slot int, a abi.AccountID) {
	if s.slots[slot].pays == uint8(a) {
		return
	}
	s.slots[slot].pays, s.slots[slot].served = uint8(a), 0
	s.gen++
	if s.queued(slot) && (s.others(slot) || int(s.slots[slot].level) != s.levelOf(slot)) { // else it would come back to where it is
		s.requeue(slot)
	}
}

// requeue puts slot where it belongs.
func (s *Sched) requeue(slot int) {
	s.remove(slot)
	if level := s.levelOf(slot); level == leftOver {
		s.sit(slot)
	} else {
		s.push(slot, level)
	}
}

// levelOf is where slot belongs.
func (s *Sched) levelOf(slot int) int {
	h := &s.shares[s.slots[slot].own]
	if h.out && s.slots[slot].pays == s.slots[slot].own {
		return leftOver
	}
	return h.Level
}

// fillUp brings h's budget up to now.
func (s *Sched) fillUp(h *share, now uint64) {
	if h.epoch != s.epoch {
		h.epoch, h.left, h.at, h.out = s.epoch, int64(h.Budget), now, false
		return
	}
	d := now - h.at
	if d < h.grain || now < h.at {
		return
	}
	h.at = now
	hi, lo := bits.Mul64(d, h.rate)
	h.left = min(h.left+int64(hi<<32|lo>>32), int64(h.Budget))
}

// Ready queues slot, behind its equals. It stays where it is if it is queued.
func (s *Sched) Ready(slot int, now uint64) {
	if h := &s.shares[s.slots[slot].own]; h.out && !h.want { // Raise is to tell who waits
		s.fillUp(h, now)
		h.out = h.out && h.left < int64(h.Budget/fill)
	}
	if !s.queued(slot) {
		s.stand(slot)
		s.push(slot, s.levelOf(slot))
	}
}

// Block takes slot out of the queue.
func (s *Sched) Block(slot int) { s.remove(slot) }

// Changes counts whenever First, Bill or Next may answer otherwise than before. Others may count in it, too.
func (s *Sched) Changes() *uint64 { return &s.gen }

// Queued tells whether slot is ready.
func (s *Sched) Queued(slot int) bool { return s.queued(slot) }

// Len is how many slots are ready.
func (s *Sched) Len() int { return s.n }

// First is the slot that runs next; -1 when none is ready.
func (s *Sched) First() int {
	for {
		slot := s.first()
		if slot < 0 {
			return slot
		}
		if int(s.slots[slot].level) == s.levelOf(slot) {
			return slot
		}
		s.requeue(slot) // its budget was used up since it was queued
	}
}

// Turn is First, and Bill of that slot.
func (s *Sched) Turn() (slot int, a abi.AccountID, how How) {
	if slot = s.first(); slot < 0 {
		return slot, 0, Free
	}
	x := &s.slots[slot&last]
	if h := &s.shares[x.own]; x.pays == x.own && !h.out && int(x.level) == h.Level { // it is where it belongs
		if s.n == 1 {
			how = Alone
		}
		return slot, abi.AccountID(x.own), how
	}
	if int(x.level) != s.levelOf(slot) {
		slot = s.First()
	}
	a, how = s.Bill(slot)
	return slot, a, how
}

// How says how much of a charged time is taken off the budget.
type How uint8

const (
	Whole How = iota // all of it
	Alone            // as much as there is: nobody else was ready
	Free             // nothing: a turn on the last level
)

// Bill is the account that pays for slot if it runs now, and how.
func (s *Sched) Bill(slot int) (abi.AccountID, How) {
	switch a := s.slots[slot].pays; {
	case a != s.slots[slot].own:
		return abi.AccountID(a), Whole
	case s.slots[slot].level == leftOver:
		return abi.AccountID(a), Free
	case s.n == 1:
		return abi.AccountID(a), Alone
	default:
		return abi.AccountID(a), Whole
	}
}

// Charge puts ticks, which end now, on account a: all as used.
func (s *Sched) Charge(a abi.AccountID, ticks, now uint64, how How) {
	h := &s.shares[a]
	h.used += ticks
	if how == Free || !h.limited {
		return
	}
	s.fillUp(h, now)
	if how == Alone {
		ticks = min(ticks, uint64(max(h.left, 0)))
	}
	if h.left -= int64(ticks); h.left <= 0 && (!h.out || ticks > debtAtOnce*h.Serve) {
		s.usedUp(a, h, int64(ticks), now)
	}
}

// later notes when h will have come back.
func (s *Sched) later(a int, h *share, now uint64) {
	need := uint64(int64(h.Budget/fill) - h.left + 1)
	hi, lo := bits.Mul64(need, h.Period)
	d := uint64(1 << 62) // overdrawn by more than a clock can count
	if hi < h.Budget {
		d, _ = bits.Div64(hi, lo, h.Budget)
		d = min(d, 1<<62)
	}
	if h.back = now + d + h.grain; h.back < s.soon {
		s.soon, s.due = h.back, abi.AccountID(a)
	}
}

// Ran takes ticks off slot's turn and puts it behind its equals when that is over: true if there are any.
func (s *Sched) Ran(slot int, ticks uint64) bool {
	x := &s.slots[slot]
	if x.pays != x.own {
		h := &s.shares[x.own]
		if x.served += ticks; h.limited && x.served >= h.Serve {
			s.SetPayer(slot, abi.AccountID(x.own))
		}
	}
	if ticks < x.turn {
		x.turn -= ticks
		return false
	}
	x.turn = s.shares[x.own].Turn
	s.stand(slot)
	if !s.others(slot) {
		return false
	}
	level := int(x.level)
	s.remove(slot)
	s.push(slot, level)
	return true
}

// Slice is the time at which slot, running since then, has to be charged, because its turn or its budget is over.
// Never: it need not be.
func (s *Sched) Slice(slot int, since uint64) uint64 {
	d, x := Never, &s.slots[slot]
	if s.others(slot) {
		d = x.turn
	}
	switch h := &s.shares[x.own]; {
	case !h.limited || x.level == leftOver:
	case x.pays != x.own:
		d = min(d, h.Serve-min(x.served, h.Serve)+1)
	default:
		d = min(d, uint64(max(h.left, 1)))
	}
	if d == Never {
		return d
	}
	return since + d
}

// Next is when Raise has something to do; Never: not before something else happens.
func (s *Sched) Next() uint64 {
	if s.n <= 1 && s.wants == 0 {
		return Never
	}
	return s.soon
}

// Due is the account for which Raise is to be called first.
func (s *Sched) Due() abi.AccountID { return s.due }

// Raise lets accounts with filled budgets run at their own levels again. wanted tells whether somebody waited
// for one of them.
func (s *Sched) Raise(now uint64) (wanted bool) {
	if now < s.soon {
		return false
	}
	raised := false
	for a := range s.shares {
		h := &s.shares[a]
		if !h.out || h.back > now {
			continue
		}
		s.fillUp(h, now)
		if h.out && h.left < int64(h.Budget/fill) { // a server overdrew it since
			s.later(a, h, now)
			continue
		}
		h.out, raised = false, true
		if h.want {
			h.want, wanted = false, true
			s.wants--
		}
	}
	s.reset()
	s.gen++
	for slot := s.head[leftOver]; raised && slot != none; {
		next := s.slots[slot].next
		if s.levelOf(int(slot)) != leftOver {
			s.requeue(int(slot))
		}
		slot = next
	}
	return wanted
}

// reset finds the first back.
func (s *Sched) reset() {
	s.soon = Never
	for a := range s.shares {
		if h := &s.shares[a]; h.out && h.epoch == s.epoch && h.back < s.soon {
			s.soon, s.due = h.back, abi.AccountID(a)
		}
	}
}

// Idle is called when nobody is ready: all budgets are full again. wanted tells whether somebody waited for that.
func (s *Sched) Idle() (wanted bool) {
	s.epoch++
	s.gen++
	s.soon = Never
	if s.wants == 0 {
		return false
	}
	for a := range s.shares {
		s.shares[a].want = false
	}
	s.wants = 0
	return true
}
