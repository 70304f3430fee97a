package engine

import (
	"time"

	"bennu/kernel/abi"
	"bennu/rs/fi/plan"
)

// Tally is what came of the operations of a workload.
type Tally struct {
	Right, Errors, Wrong, Lost int
	FirstNS                    uint64 // of the first that was wrong or lost
	Where                      string // the first that was not right
}

func (t Tally) bad() bool { return t.Errors+t.Wrong+t.Lost > 0 }

// slower is how much longer an operation may take where each new instruction is a stop.
const slower = 50

func (e *Engine) work(ops int, p phase) {
	e.phase = p
	limit := e.plan.Limit
	if p == golden {
		limit *= slower
	}
	e.alarm(e.workLimit(ops))
	e.w.Work(ops, limit, e.plan.Seed^uint64(e.block))
}

// Worked is told that the workload has ended.
func (e *Engine) Worked(t Tally) {
	switch e.phase {
	case golden:
		e.shown(t)
	case working:
		e.count(t)
		switch {
		case e.b.seen.Deaths > 0 && !e.alive():
			e.await(lifeLimit)
		case e.b.seen.Deaths > 0:
			e.try()
		case t.Lost > 0: // it may be found out yet
			e.await(grace)
		default:
			e.check()
		}
	case trying:
		e.tried(t)
	case proving:
		e.proved(t)
	}
}

// proved ends the plan where a life without faults does not work either: what a victim has done to others outlives it (it may set the clock),
// and of what came next nobody could tell whose doing it is. Another boot goes on.
func (e *Engine) proved(t Tally) {
	switch {
	case e.b.judges():
		e.judged(t.bad(), t.Where, true)
	case !e.alive():
		e.phase, e.prove = mending, true
		e.alarm(2 * lifeLimit)
	case t.bad():
		e.quit("what the victim has done outlives it: a life without faults is " + t.Where)
	default:
		e.next()
	}
}

func (e *Engine) count(t Tally) {
	b := &e.b
	e.where(t)
	b.end.Ops += uint32(t.Right)
	b.end.Errors += uint32(t.Errors)
	b.end.Wrong += uint32(t.Wrong)
	b.end.Lost += uint32(t.Lost)
	b.seen.Errors += t.Errors
	b.seen.Wrong += t.Wrong
	b.seen.Lost += t.Lost
	if b.end.WrongNS == 0 {
		b.end.WrongNS = t.FirstNS
	}
}

func (e *Engine) alive() bool { return e.ep != abi.None && e.ready }

// await waits for what becomes of the victim.
func (e *Engine) await(limit time.Duration) {
	e.phase = coming
	e.alarm(limit)
}

// maxRounds is how many lives of a block are tried before it is told that none works.
const maxRounds = 8

// try has a life that is ready show that it works.
func (e *Engine) try() {
	if len(e.b.down) > 0 { // by a fault, and the victim may need them
		e.await(lifeLimit)
		return
	}
	if e.b.rounds++; e.b.rounds > maxRounds {
		e.check()
		return
	}
	e.work(tries, trying)
}

// where keeps which operation was not right first.
func (e *Engine) where(t Tally) {
	if e.b.where == "" {
		e.b.where = t.Where
	}
}

func (e *Engine) tried(t Tally) {
	e.where(t)
	e.b.seen.Wrong += t.Wrong // one that is wrong is so whoever gave it
	e.b.end.Wrong += uint32(t.Wrong)
	switch {
	case !e.alive() && !e.b.seen.GaveUp:
		e.await(lifeLimit)
	default:
		e.b.seen.Works = !t.bad() && e.alive()
		if e.b.end.WrongNS == 0 {
			e.b.end.WrongNS = t.FirstNS
		}
		e.check()
	}
}

// checkEach is how often the others are looked at after blocks in which nothing was activated.
const checkEach = 64

// judge has a life without faults show that it works, before it is told what came of the block.
func (e *Engine) judge() {
	e.release()
	e.b.judge, e.prove = judging, true
	e.renew()
}

// judges tells whether the block's judgement goes on.
func (b *block) judges() bool { return b.judge == judging || b.judge == twice }

// judged is what came of that. One life has ended for it: more of them were ended by what the block has left. What was noticed is looked for once more: it may
// have been something that was missed, and not be so any more. answers: the workload has ended, and can be asked again.
func (e *Engine) judged(bad bool, words string, answers bool) {
	first := e.b.judge == judging
	if e.b.ends > 1 && words == "" {
		bad, words = true, "it died"
	}
	switch {
	case bad && first && e.alive() && answers:
		e.persistent("a life without faults: " + words)
		e.b.judge, e.b.ends = twice, 1
		e.work(tries, proving)
		return
	case bad && !first:
		e.b.end.Words += "; and again: " + words
	case bad:
		e.persistent("a life without faults: " + words)
	case !first:
		e.b.healed = true
		e.b.end.Words += "; and then no more"
	}
	e.b.judge, e.prove = judged, false
	if !e.alive() {
		e.finish()
		return
	}
	e.check()
}

// persistent is damage that outlives the life that had the faults.
func (e *Engine) persistent(words string) {
	e.b.seen.Persistent = true
	if e.b.seen.Activated == 0 {
		words = "no fault of this block was met, an earlier one's damage: " + words
	}
	if e.b.where != "" {
		words += "; before: " + e.b.where
	}
	if e.b.end.Words == "" {
		e.b.end.Words = words
	}
}

// touched tells whether the block did anything.
func (b *block) touched() bool { return b.seen.Activated > 0 || b.seen.Deaths > 0 || b.where != "" }

// check looks at the other services.
func (e *Engine) check() {
	if e.plan.Prove && e.plan.Kind == plan.Single && e.b.judge == unjudged && e.b.touched() && !e.b.seen.Injector && !e.b.seen.Lie {
		e.judge()
		return
	}
	if e.b.seen.Activated == 0 && e.b.seen.Deaths == 0 && e.done%checkEach != 0 {
		e.finish()
		return
	}
	e.phase = checking
	e.alarm(e.workLimit(tries))
	e.w.Others(e.plan.Limit)
}

// Counts is how Checked is told that something is fewer than before, of what services hold for all their lives.
const Counts = "counts"

// Checked is told which others did not do what they should.
func (e *Engine) Checked(failed []string) {
	if e.phase != checking {
		return
	}
	for _, l := range failed {
		if e.b.judge == judged && (l == e.plan.Victim || l == Counts) { // what it has lost is lost for all blocks to come
			e.b.healed = false
			e.persistent("a life without faults: " + l + ": operation failed")
			continue
		}
		e.collateral(l + ": operation failed")
	}
	if e.b.judge == unjudged && e.b.seen.Deaths > 0 && !e.alive() && !e.b.seen.GaveUp && e.b.rounds < maxRounds { // it died meanwhile
		e.await(lifeLimit)
		return
	}
	e.finish()
}

func (e *Engine) collateral(words string) {
	e.b.seen.Collateral = true
	e.b.end.Collaterals = append(e.b.end.Collaterals, words)
}

// wrong is the injector's own fault.
func (e *Engine) wrong(words string) {
	e.b.seen.Injector = true
	if e.b.end.Words == "" {
		e.b.end.Words = words
	}
}

// lie is a word of the kernel or the reincarnation server that was wrong. Between two blocks it is the next one's, since the last one's end
// was told.
func (e *Engine) lie(words string) {
	if e.phase == starting || e.phase == golden || (e.phase == mending || e.phase == proving) && !e.b.judges() {
		e.lies = words
		return
	}
	e.b.seen.Lie = true
	if e.b.end.Words == "" {
		e.b.end.Words = words
	}
}

// finish tells what came of the block, and makes the victim whole.
func (e *Engine) finish() {
	e.release()
	if e.b.classes != 0 {
		e.w.Trace(0)
	}
	e.uncap()
	for i := range e.b.faults {
		if a := &e.b.faults[i]; a.made {
			e.w.Put(&a.Fault)
		}
	}
	end := &e.b.end
	if end.Words == "" {
		end.Words = e.b.where
	}
	end.Outcome, end.Deaths, end.Works, end.TSC = e.b.seen.Outcome(), uint32(e.b.seen.Deaths), e.b.seen.Works, e.w.TSC()
	e.w.Put(end)
	e.done++
	e.block++
	if e.deserted {
		e.quit(deserted)
		return
	}
	if e.b.seen.Persistent && !e.b.healed {
		e.quit("what the victim has done outlives it: " + end.Words)
		return
	}
	if e.b.seen.Lie { // of what comes next on this machine nobody could tell whose doing it is
		e.quit("the machine has lied: " + end.Words)
		return
	}
	e.mend()
}

// mend has the next block begin on a life without faults, or, where the plan says so, on one that carries those it survived.
func (e *Engine) mend() {
	e.phase = mending
	if e.alive() && (e.mended || e.plan.Kind == plan.Carry) && e.unplant() {
		e.next()
		return
	}
	e.prove = e.b.where != "" && e.b.judge == unjudged && e.done < e.plan.Blocks
	e.renew()
}

// renew has the reincarnation server begin another life, if it does not do so by itself.
func (e *Engine) renew() {
	e.phase, e.refused = mending, abi.OK
	e.alarm(2 * lifeLimit)
	if e.alive() || e.ep == abi.None {
		e.w.Refresh()
	}
}

// unplant takes out the breakpoints that were not reached. false: the life is damaged.
func (e *Engine) unplant() bool {
	for i := range e.b.faults {
		a := &e.b.faults[i]
		if at, ok := e.b.sites[a.Addr]; !ok || at != i {
			continue
		}
		if e.w.Write(e.ep, a.Addr, a.Old) != abi.OK {
			return false
		}
		delete(e.b.sites, a.Addr)
	}
	return true
}
