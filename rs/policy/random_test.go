package policy

import (
	"time"

	"bennu/kernel/abi"
)

func (w *world) asker(from ID) Asker {
	w.tag++
	a := Asker{From: from, Endpoint: 77, Tag: w.tag}
	w.open[a.Tag] = a
	return a
}

// die is the end of a body: what it waited for is nobody's any more.
func (w *world) die(id ID, cause abi.Cause, status uint64) {
	b := &w.bodies[id]
	b.alive = false
	if w.r.IntN(50) == 0 { // nobody looks at this one closer
		b.early = 0 // of a snapshot nothing is said
		w.forget(id)
		w.step(Event{Kind: GiveUp, ID: id, Record: Record{Endpoint: b.endpoint, Died: w.now}})
		return
	}
	if w.s.Suspect(id) != (b.warm && !b.ready && b.snapshot) {
		w.fail("%d: warm %v, ready %v, suspect %v", id, b.warm, b.ready, w.s.Suspect(id))
	}
	found := abi.OK
	if w.s.Suspect(id) {
		if w.r.IntN(4) == 0 && b.snapshot {
			found = abi.EIO
		}
		if why := w.s.rows[id].reasonFor(cause); why != abi.ReasonStopped && why != abi.ReasonInjected && b.snapshot {
			b.early++
		}
	}
	w.forget(id)
	w.step(Event{Kind: Death, ID: id, Errno: found, Record: Record{
		Endpoint: b.endpoint, Cause: cause, Vector: w.r.Uint32N(32), ErrorCode: w.r.Uint64(), RIP: w.r.Uint64(), CR2: w.r.Uint64(),
		Status: status, Died: max(w.now-time.Duration(w.r.IntN(3)), 0),
	}})
}

// forget ends the waits of a body that is no more.
func (w *world) forget(id ID) {
	for tag, a := range w.open {
		if a.From == id {
			delete(w.open, tag)
		}
	}
}

// random does one random thing.
func (w *world) random(shutdown bool) {
	id := ID(w.r.IntN(len(w.bodies)))
	b := &w.bodies[id]
	from := Nobody
	if other := w.r.IntN(len(w.bodies)); w.r.IntN(3) == 0 && w.bodies[other].alive && !w.bodies[other].doomed {
		from = ID(other)
	}
	switch n := w.r.IntN(100); {
	case n < 8:
		w.step(Event{Kind: Up, ID: id, Asker: w.asker(from)})
	case n < 11:
		w.step(Event{Kind: Down, ID: id, Asker: w.asker(from)})
	case n < 16:
		w.step(Event{Kind: Refresh, ID: id, Asker: w.asker(from)})
	case n < 20:
		w.step(Event{Kind: Restart, ID: id, Asker: w.asker(from)})
	case n < 40 && b.alive && !b.hung:
		w.step(Event{Kind: Ready, ID: id, Errno: [...]abi.Errno{0, 0, 0, 0, abi.EIO}[w.r.IntN(5)]})
	case n < 62 && b.alive && !b.hung:
		b.due = false
		w.step(Event{Kind: Heartbeat, ID: id})
	case n < 72 && b.alive:
		w.die(id, abi.Cause(1+w.r.IntN(6)), uint64(w.r.IntN(2)))
	case n < 90 && b.alive && (b.doomed || b.asked):
		w.end(id)
	case n < 93 && b.alive:
		kind := abi.FaultKind(1 + w.r.IntN(4))
		b.hung = b.hung || kind == abi.FaultHang
		w.step(Event{Kind: Fault, ID: id, Fault: kind})
	case n < 96: // what comes too late
		if !b.alive {
			w.step(Event{Kind: [...]Kind{Ready, Heartbeat, Death, Fault, StartFailed, Started}[w.r.IntN(6)], ID: id, Record: Record{Cause: abi.CauseExit}, Fault: abi.FaultKill, Why: abi.WhyTask})
		}
	case n < 97:
		b.hung = true
	case n == 97 && shutdown && w.r.IntN(20) == 0:
		w.step(Event{Kind: Shutdown, Asker: w.asker(from)})
	}
}

// end lets a body that was killed or asked end.
func (w *world) end(id ID) {
	if w.bodies[id].doomed {
		w.die(id, abi.CauseKilled, 0)
	} else {
		w.die(id, abi.CauseExit, 0)
	}
}

// pass lets time go by, and ticks come when they are due (or later).
func (w *world) pass() {
	to := w.now + time.Duration(w.r.IntN(int(3*ms)))
	if w.r.IntN(50) == 0 {
		to += time.Duration(w.r.IntN(100)) * ms
	}
	for {
		at, ok := w.s.Next()
		if !ok || at > to {
			break
		}
		if w.now = max(at, w.now); w.late {
			w.now = max(w.now, to)
		}
		w.step(Event{Kind: Tick})
	}
	w.now = to
}

// settle lets everything run to its end, and then everybody has an answer.
func (w *world) settle() {
	for n := 0; n < 2000; n++ {
		for i := range w.bodies {
			b, r := &w.bodies[i], &w.s.rows[i]
			switch {
			case b.alive && (b.doomed || b.asked):
				w.end(ID(i))
			case b.alive && r.state == abi.ServiceStarting && !b.hung:
				w.step(Event{Kind: Ready, ID: ID(i)})
			case b.alive && !b.hung:
				b.due = false
				w.step(Event{Kind: Heartbeat, ID: ID(i)})
			}
		}
		if at, ok := w.s.Next(); ok {
			w.now = max(at, w.now)
			w.step(Event{Kind: Tick})
		}
	}
	if len(w.open) != 0 {
		w.fail("%d askers never heard", len(w.open))
	}
	for i := range w.s.rows {
		if st := w.s.rows[i].state; st == abi.ServiceBackoff || st == abi.ServiceStopping || st == abi.ServiceWaiting {
			w.fail("%d is still %v at the end", i, st)
		}
		if r := &w.s.rows[i]; r.state == abi.ServiceRunning && r.cfg.Period > 0 && w.bodies[i].hung {
			w.fail("%d hangs, is pinged, and lives", i)
		}
	}
	if w.s.stopping != w.off || w.boots == 0 && !w.s.stopping {
		w.fail("at the end: stopping %v, off %v, boots %d", w.s.stopping, w.off, w.boots)
	}
}
