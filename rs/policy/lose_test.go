package policy

import (
	"bytes"
	"time"

	"bennu/kernel/abi"
)

// record writes the event down, as who replays events does, and takes it back from there.
func (w *world) record(e *Event) {
	var got Event
	w.buf = AppendEvent(w.buf[:0], w.now, e)
	now, rest, err := ReadEvent(w.buf, &got)
	if err != nil || now != w.now || len(rest) != 0 || got != *e || !w.s.Fits(e) {
		w.fail("an event is written and read: %v, at %v, %d bytes behind, %+v, was %+v", err, now, len(rest), got, *e)
	}
}

// keep puts, now and then, the State through a snapshot; or it is one of some time ago from then on, or knows nothing any more, and is told
// what lives.
func (w *world) keep() {
	switch n := w.r.IntN(200); {
	case n == 0:
		w.older = w.s.Snapshot(w.older[:0])
	case n < 4:
		b := w.s.Snapshot(w.buf[:0])
		if err := w.restore(b); err != nil {
			w.fail("%v", err)
		}
		if again := w.s.Snapshot(nil); !bytes.Equal(b, again) {
			w.fail("restored, it is another State")
		}
	case n == 4 && w.loses && !w.off:
		fresh := w.r.IntN(3) == 0 || len(w.older) == 0
		if fresh {
			w.s = New(w.configs)
		} else if err := w.restore(w.older); err != nil {
			w.fail("%v", err)
		}
		w.reconcile(fresh)
	}
}

func (w *world) restore(b []byte) (err error) {
	if w.r.IntN(2) == 0 {
		w.s, err = Restore(w.configs, b)
		return err
	}
	_, err = w.s.Restore(b)
	return err
}

// reconcile tells a State that has lost something what there is.
func (w *world) reconcile(fresh bool) {
	w.blind = true
	w.heard, w.deafAt = w.s.heardAt, w.s.deafAt
	w.open = map[uint64]Asker{} // who is in the State is answered again, others ask again
	for i := range w.s.waiters {
		w.open[w.s.waiters[i].asker.Tag] = w.s.waiters[i].asker
	}
	w.boots = 0
	if !fresh && w.s.booting == -1 {
		w.boots = 1
	}
	for i := range w.bodies {
		b, r := &w.bodies[i], &w.s.rows[i]
		if b.alive && b.doomed { // it is dead, and nobody knows any more
			*b = body{snapshot: b.snapshot}
		}
		b.asked, b.doomed, b.old, b.due, b.lastPing, b.mayStart, b.early = false, false, false, false, -time.Hour, false, 0
		if r.endpoint == b.endpoint && r.alive {
			b.asked = r.state == abi.ServiceStopping && r.ended == abi.ReasonStopped
			b.warm, b.ready = r.warm, r.readyAt != never
		}
		if r.alive && r.warm {
			b.snapshot = !r.gone
		}
	}
	w.step(Event{Kind: Reborn})
	for i := range w.bodies {
		b, id := &w.bodies[i], ID(i)
		if b.alive && w.s.Living(id) != b.endpoint {
			b.ready, b.warm = true, b.warm && b.snapshot
			w.forget(id)
			w.step(Event{Kind: Adopt, ID: id, Incarnation: b.incarnation, Warm: b.warm, Record: Record{Endpoint: b.endpoint, Started: w.now}})
		}
	}
	for i := range w.bodies {
		if id := ID(i); w.s.Alive(id) && !w.bodies[i].alive {
			w.forget(id)
			w.step(Event{Kind: Lost, ID: id, Record: Record{Endpoint: w.s.Living(id)}})
		}
	}
	w.blind = false
	if fresh {
		w.step(Event{Kind: Boot})
	}
	w.step(Event{Kind: Tick})
}
