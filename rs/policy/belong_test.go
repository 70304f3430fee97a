package policy

import (
	"math/rand/v2"
	"time"

	"bennu/kernel/abi"
)

// belong makes some services of a random world belong together: without a circle, whatever their order in the table.
func belong(r *rand.Rand, configs []Config) {
	place := r.Perm(len(configs))
	all, burst, window := r.IntN(2) == 0, r.IntN(10), time.Duration(1+r.IntN(300))*ms
	for i := range configs {
		c := &configs[i]
		for n := range configs {
			if place[n] < place[i] {
				switch r.IntN(6) {
				case 0:
					c.After |= 1 << n
				case 1:
					c.Requires |= 1 << n
				}
			}
		}
		if r.IntN(2) == 0 {
			c.Group, c.AllForOne, c.GroupBurst, c.GroupWindow = 1, all, burst, window
		}
		c.Lacks = r.IntN(20) == 0
	}
}

// mayBegin checks that those are there that a life needs.
func (w *world) mayBegin(a *Action) {
	r := &w.s.rows[a.ID]
	if r.cfg.Lacks {
		w.fail("%d is started, and requires one that there is not", a.ID)
	}
	for n := range w.bodies {
		o := &w.s.rows[n]
		if r.cfg.Requires>>n&1 != 0 && o.state != abi.ServiceRunning {
			w.fail("%d is started, and requires %d, which is %v", a.ID, n, o.state)
		}
		if r.cfg.After>>n&1 != 0 && a.Init == abi.InitFresh && o.state != abi.ServiceRunning && o.state != abi.ServiceFailed && o.state != abi.ServiceDown {
			w.fail("%d is started after %d, which is %v", a.ID, n, o.state)
		}
		if r.cfg.Group != 0 && o.cfg.Group == r.cfg.Group && w.bodies[n].alive && w.bodies[n].old {
			w.fail("%d begins with its group, and %d has not ended", a.ID, n)
		}
	}
}

// ends notes the death of one of a group that is all-for-one.
func (w *world) ends(a *Action, e *Event) {
	r := &w.s.rows[a.ID]
	if e.Kind != Death || a.Next != abi.EventStart || !r.cfg.AllForOne || w.asked[a.ID] {
		return
	}
	for n := range w.bodies {
		o, b := &w.s.rows[n], &w.bodies[n]
		if n == int(a.ID) || o.cfg.Group != r.cfg.Group || !b.alive || o.then == followDown || o.then == followFail {
			continue
		}
		if b.old = true; o.state != abi.ServiceStopping {
			w.fail("%d died, all of its group begin again, and %d is %v", a.ID, n, o.state)
		}
	}
}

// checkTogether is what holds after each step of those that belong together.
func (w *world) checkTogether() {
	for i := range w.s.rows {
		r := &w.s.rows[i]
		if w.loses || r.state != abi.ServiceStarting && r.state != abi.ServiceRunning {
			continue
		}
		for n := range w.s.rows {
			if r.cfg.Requires>>n&1 != 0 && !w.s.rows[n].alive {
				w.fail("%d is %v, and requires %d, which is %v", i, r.state, n, w.s.rows[n].state)
			}
		}
	}
}

// groupGivenUp checks that a group is given up whole.
func (w *world) groupGivenUp(a *Action) {
	r := &w.s.rows[a.ID]
	if a.Why != abi.WhyGroup && !(r.cfg.Group != 0 && r.cfg.AllForOne) {
		return
	}
	for n := range w.s.rows {
		o := &w.s.rows[n]
		if o.cfg.Group == r.cfg.Group && o.state != abi.ServiceFailed && o.state != abi.ServiceDown && o.state != abi.ServiceStopping {
			w.fail("the group of %d is given up, and %d is %v", a.ID, n, o.state)
		}
	}
}
