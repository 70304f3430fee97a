package runtime

import "unsafe"

// The official distribution's way to end another goroutine's time.Sleep early.
// A board's Idle hook may use it: it runs on the scheduler's stack, where no
// channel operation is allowed.

// GetG returns the addresses of the current goroutine and of its processor.
func GetG() (gp uint, pp uint) {
	g := getg()
	return uint(uintptr(unsafe.Pointer(g))), uint(g.m.p)
}

// Asleep reports whether the goroutine is in time.Sleep.
func Asleep(gp uint) bool {
	g := (*g)(unsafe.Pointer(uintptr(gp)))
	return g != nil && readgstatus(g) == _Gwaiting && g.waitreason == waitReasonSleep && g.timer != nil
}

// Wake makes the goroutine's time.Sleep end as soon as the scheduler looks, and
// reports whether it was sleeping. It may not be called from an interrupt.
func Wake(gp uint) bool {
	if !Asleep(gp) {
		return false
	}
	(*g)(unsafe.Pointer(uintptr(gp))).timer.reset(1, 0)
	return true
}

// How a program finds the next functions: by linkname of a variable of its own. The official distribution has none
// of these names, and there the program's variable stays nil.
var (
	bareOthers = bareOtherWork
	bareYield  = goyield // Gosched would have the caller wait for 61 turns of others where they keep each other busy
)

// bareOtherWork tells a goroutine that could wait elsewhere than in the scheduler, and stop all others with it, when one of
// them has something to do: 0, one can run now; else the time of the next timer on Nanotime's clock, 1<<63 - 1 if there is
// none. Collecting is no work of theirs (bareCollect).
func bareOtherWork() (when int64) {
	pp := getg().m.p.ptr()
	if !runqempty(pp) || !sched.runq.empty() {
		return 0
	}
	if when = pp.timers.wakeTime(); when == 0 {
		return 1<<63 - 1
	}
	return when
}
