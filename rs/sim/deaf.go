package sim

import (
	"strings"
	"time"

	"bennu/kernel/abi"
	"bennu/rs/kept"
	"bennu/rs/server"
)

// deafRest is how long the server does not suspect itself again.
const deafRest = uint64(2 * time.Second)

// endedDeaf begins the next life of a server that has ended since it heard nobody. It may do that when two or more services live that could have
// answered, and seldom.
func (w *World) endedDeaf() {
	if !w.deaf {
		w.fail("the server has ended itself")
	}
	now, others := w.m.Now(), 0
	for _, c := range w.clients {
		if c != nil && c.of != &w.services[operator] {
			others++
		}
	}
	if others < 2 || w.Kind == Calm || w.deafAt != 0 && now-w.deafAt < deafRest && !w.lossy() {
		w.fail("the server suspects itself, %d services could have answered, the last time was at %d", others, w.deafAt)
	}
	w.deaf, w.deafAt = false, now
	w.killIn, w.staged = 0, 0
	w.lives++
	w.lastEnd = now
	w.count.Reborn++
	w.count.Deaf++
	rung := kept.Choose(w.m.Kept(abi.AccountRoot), server.Patience)
	w.count.Rungs[rung]++
	if rung > kept.Latest {
		w.damaged = true
	}
	w.begin()
}

// line is one of the server's log.
func (w *World) line(_ uint64, b []byte) {
	w.deaf = w.deaf || strings.Contains(string(b), "it hears nobody")
	w.note("rs %d: %s", w.lives, b)
}
