package kernel

import (
	"strings"
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/task"
	"bennu/kernel/timer"
)

const hang = 2_000_000 // ns

// newWatched is a rig whose root task may not hang, and may not end too often.
func newWatched(t *testing.T) *rig {
	r := newRig(t)
	r.cfg.Limits, r.watching = Limits{HangNS: hang, Deaths: 5, WithinS: 1}, false
	return r
}

// passes lets so many ns go by, of which the root task makes what it is doing.
func (r *rig) passes(ns uint64) {
	r.t.Helper()
	for end := r.m.tsc + ns; r.m.tsc < end && r.stage == lives && len(r.m.shutdown) == 0; {
		r.Step()
	}
}

// The root task's life ends when work for it is as old as that, whatever work it is, and not when it takes it.
func TestHangs(t *testing.T) {
	for what, work := range map[string]func(r *rig, x *task.Task){
		"a request": func(r *rig, x *task.Task) { r.call(x, abi.CallSendRec, uint64(r.root.Endpoint), abi.NoTimeout) },
		"a message": func(r *rig, x *task.Task) { r.call(x, abi.CallSendA, uint64(r.root.Endpoint), 1) },
		"a notification": func(r *rig, x *task.Task) {
			r.call(x, abi.CallNotify, uint64(r.root.Endpoint))
			r.call(x, abi.CallReceive, uint64(abi.Any), abi.NoTimeout)
		},
		"an alarm": func(r *rig, x *task.Task) { r.call(r.root, abi.CallSetAlarm, 1) },
		"a record": func(r *rig, x *task.Task) {
			r.kill(x, abi.DeathRecord{Cause: abi.CauseKilled})
			r.call(r.root, abi.CallReceive, uint64(abi.System), 0)
		},
		"what it was given": func(r *rig, x *task.Task) {
			r.call(x, abi.CallSendRec, uint64(r.root.Endpoint), abi.NoTimeout)
			r.call(r.root, abi.CallReceive, uint64(abi.Any), 0)
		},
	} {
		r := newWatched(t)
		x := r.make(rights())
		r.watchRoot()
		work(r, x)
		r.passes(hang / 3)
		if r.stage != lives {
			t.Errorf("%s: it ends too soon", what)
		}
		r.passes(4 * hang)
		if r.stage == lives {
			t.Errorf("%s: it lives", what)
			continue
		}
		r.born()
		if d := r.death(abi.CauseHang); d.Status < hang || d.Status > 3*hang || d.Endpoint != r.root.Endpoint {
			t.Errorf("%s: record %+v", what, d)
		}
	}
}

// Work that is taken is no hang, however much there is; nor is a life that waits for whatever comes, for which no timer runs, nor one that is stopped.
func TestNoHang(t *testing.T) {
	r := newWatched(t)
	x := r.make(rights())
	r.watchRoot()
	for range 40 {
		r.call(x, abi.CallNotify, uint64(r.root.Endpoint))
		r.passes(hang / 4)
		e, _ := r.call(r.root, abi.CallReceive, uint64(abi.Any), 0)
		r.want("receive", e, abi.OK)
	}
	if r.stage != lives || r.nDeathTimes != 0 {
		t.Fatal("it has ended")
	}
	g := rights()
	g.MayTrace(abi.AccountRoot)
	by := r.make(g)
	r.call(by, abi.CallTrace, uint64(abi.TraceAttach), uint64(abi.AccountRoot), uint64(abi.TraceCalls))
	r.call(x, abi.CallNotify, uint64(r.root.Endpoint))
	r.syscall(r.root, abi.CallReceive, uint64(abi.Any), 0)
	r.until("a stop", func() bool { return r.root.Wait&task.Stopped != 0 })
	r.passes(10 * hang)
	if r.stage != lives {
		t.Fatal("it has ended while its tracer had stopped it")
	}
	r.call(by, abi.CallTrace, uint64(abi.TraceDetach), uint64(abi.AccountRoot))
	r.until("it goes on", func() bool { return r.root.Wait == 0 })
	r.call(r.root, abi.CallReceive, uint64(abi.Any), 0)
	r.call(r.root, abi.CallReceive, uint64(abi.Any), abi.NoTimeout)
	r.passes(2 * hang)
	if _, set := r.timers.Deadline(timer.Root); set || r.watching || r.stage != lives {
		t.Error("a timer runs for an idle root task")
	}
	r.call(x, abi.CallNotify, uint64(r.root.Endpoint))
	if _, set := r.timers.Deadline(timer.Root); !set {
		t.Error("no timer runs when it has work")
	}
}

// A root task that takes all that comes, and never waits, hangs when nobody else, who is ready, runs meanwhile. It does not as long as anybody does, and nobody is to
// run who waits.
func TestStarves(t *testing.T) {
	for _, c := range []struct {
		name         string
		ready, turns bool // another task is ready, and has its turns
		ends         bool
	}{
		{"nobody else runs", true, false, true},
		{"another one has its turns", true, true, false},
		{"nobody else is ready", false, false, false},
	} {
		r := newWatched(t)
		g := rights()
		if c.ready { // and has no time that it is sure of
			g.Priority, g.BudgetNS = 7, 1
		}
		x := r.make(g)
		if !c.ready {
			r.call(x, abi.CallReceive, uint64(abi.Any), abi.NoTimeout)
		}
		r.watchRoot()
		took := uint64(0)
		for range 40 {
			if c.turns {
				x.Ticks++
			}
			r.call(r.root, abi.CallReceive, uint64(abi.Any), 0)
			if r.passes(hang / 4); r.stage != lives {
				break
			}
			took += hang / 4
		}
		if (r.stage != lives) != c.ends {
			t.Errorf("%s: it ends %v", c.name, r.stage != lives)
			continue
		}
		if c.ends {
			r.born()
			if r.death(abi.CauseHang); took < hang/2 || took > 3*hang {
				t.Errorf("%s: after %d ns", c.name, took)
			}
		}
	}
}

// A root task that ends by itself too often has the machine start again, with words on the console and for the next boot; one that is killed does not.
func TestRebootLimit(t *testing.T) {
	r := newWatched(t)
	r.cfg.Limits.HangNS = 1 << 60 // the clock jumps
	g := rights()
	g.MayTrace(abi.AccountRoot)
	by := r.make(g)
	again := func(kill bool) {
		if kill {
			r.call(by, abi.CallTaskKill, uint64(r.root.Endpoint))
		} else {
			r.call(r.root, abi.CallKeep, uint64(abi.KeepSettled))
			r.exception(r.root, 6, 0, 0)
		}
		if len(r.m.shutdown) == 0 {
			r.born()
			r.takeDeath(false)
		}
	}
	for range 20 {
		again(true)
	}
	for range 5 {
		again(false)
	}
	r.m.tsc += 2e9
	for range 5 {
		again(false)
	}
	if len(r.m.shutdown) != 0 {
		t.Fatalf("%q", r.m.console)
	}
	again(false)
	const words = "kernel: reboot: the root task has ended by itself more than 5 times in 1 s, last by exception"
	if len(r.m.shutdown) != 2 || r.m.shutdown[0] != uint64(abi.Reset) || !strings.Contains(string(r.m.console), words+"\n") || len(r.m.left) != 1 || !strings.HasSuffix(r.m.left[0], words) {
		t.Errorf("%v, %q, left %q", r.m.shutdown, r.m.console, r.m.left)
	}
	r = newWatched(t)
	r.cfg.Limits.HangNS = 1 << 60
	for n := 0; len(r.m.shutdown) == 0 && n < 20; n++ {
		r.m.tsc += 3e9
		r.exception(r.root, 6, 0, 0)
		if len(r.m.shutdown) == 0 {
			r.born()
			r.takeDeath(false)
		}
	}
	if h := &r.Kernel.kept[abi.AccountRoot].Header; h.Unsettled != unsettledReboot || len(r.m.left) != 1 || !strings.Contains(r.m.left[0], "before it was ready, 15 times in a row; up for 45 s") {
		t.Errorf("after %d: left %q", h.Unsettled, r.m.left)
	}
}
