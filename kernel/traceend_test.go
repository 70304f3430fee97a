package kernel

import (
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/arch"
)

// A life ends when it has had so much of its own time, however that is cut; not before, and one without an end does not.
func TestTraceEnd(t *testing.T) {
	for _, ticks := range []uint64{1, 100, 5000, 1_000_000} {
		for _, root := range []bool{false, true} {
			r := newRig(t)
			g := rights()
			g.MayTrace(abi.AccountRoot)
			by, x := r.make(g), r.make(rights())
			by.Priv.MayTrace(x.Account)
			if root {
				x = r.root
			}
			e, _ := r.call(by, abi.CallTrace, uint64(abi.TraceEnd), uint64(x.Endpoint), 1)
			r.want("end", e, abi.OK)
			e, _ = r.call(by, abi.CallTrace, uint64(abi.TraceEnd), uint64(x.Endpoint), 0)
			r.want("no end", e, abi.OK)
			r.call(x, abi.CallTimes, uint64(abi.Self))
			e, _ = r.call(by, abi.CallTrace, uint64(abi.TraceEnd), uint64(x.Endpoint), ticks)
			r.want("end", e, abi.OK)
			from, last := x.Ticks, uint64(0)
			r.m.spin = 700 // stays of so many counts, and the timer's
			r.until("the end", func() bool {
				if x.Ticks >= from {
					last = x.Ticks - from
				}
				return r.nDead > 0 || r.own == recordWaits
			})
			if root {
				r.born()
			}
			d := r.death(abi.CauseKilled)
			if d.Endpoint != x.Endpoint || d.CPUNS < from+ticks || d.CPUNS > from+ticks+700 || last >= ticks+700 {
				t.Errorf("%d ticks (root %v): it had %d, seen %d", ticks, root, d.CPUNS-from, last)
			}
			if h := &r.Kernel.kept[abi.AccountRoot].Header; h.Unsettled != 0 {
				t.Error("it counts as if it had ended by itself")
			}
			if root {
				if r.root.Aside {
					t.Error("the next life runs as if it were traced")
				}
				e, _ = r.call(by, abi.CallTrace, uint64(abi.TraceEnd), uint64(r.root.Endpoint), 1)
				r.want("end", e, abi.OK)
				r.call(r.root, abi.CallReceive, uint64(abi.Any), abi.NoTimeout) // it waits, and its time stands still
				if r.stage != lives && r.root.Wait == 0 {
					t.Error("it does not wait")
				}
			}
		}
	}
}

// Who may not trace a task may not have it end so.
func TestTraceEndRefused(t *testing.T) {
	r := newRig(t)
	by, x := r.make(rights()), r.make(rights())
	for _, ep := range []abi.Endpoint{x.Endpoint, r.root.Endpoint} {
		e, _ := r.call(by, abi.CallTrace, uint64(abi.TraceEnd), uint64(ep), 1)
		r.want("end", e, abi.EPERM)
	}
	e, _ := r.call(r.root, abi.CallTrace, uint64(abi.TraceEnd), uint64(r.root.Endpoint), 1)
	r.want("of itself", e, abi.EINVAL)
	r.exception(x, arch.VectorBreakpoint, 0, 0)
	r.death(abi.CauseException)
}

// A life that has its end at a kernel call ends like others: the call is no interrupt that nobody wants.
func TestTraceEndAtCall(t *testing.T) {
	r := newRig(t)
	g := rights()
	g.MayTrace(abi.AccountRoot)
	by, x := r.make(g), r.make(rights())
	by.Priv.MayTrace(x.Account)
	e, _ := r.call(by, abi.CallTrace, uint64(abi.TraceEnd), uint64(x.Endpoint), 1)
	r.want("end", e, abi.OK)
	before := r.irqs.Stray
	r.syscall(x, abi.CallTimes, uint64(abi.Self))
	r.until("the end", func() bool { return r.nDead > 0 })
	if r.death(abi.CauseKilled); r.irqs.Stray != before {
		t.Errorf("%d interrupts that nobody wants", r.irqs.Stray-before)
	}
}
