//go:build tamago

package main

import (
	"math/rand/v2"
	"time"

	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

// settled is how many answers a life gives before it may be ended, if it is not ended by the clock.
const settled = 3

// longest is how long a life that is to end after some of its own time may take for that.
const longest = 20 * time.Millisecond

// reaper ends lives of the driver: after a number of counts of its own time, which it may be far into a kernel call, an interrupt or a request, or wherever it is now, which is
// mostly that it waits for its device.
type reaper struct {
	o        *options
	r        *rand.Rand
	label    abi.Label
	aimed    abi.Endpoint  // the life that is to end
	next     time.Duration // when one is to be ended
	doomed   time.Duration // when it is ended at once
	deaths   uint64
	inFlight uint64 // of them, those with requests that had no answer
	ended    time.Duration
	away     []time.Duration // from the last answer of a life to the first of the next
	answers  uint64          // of this life
	last     time.Duration   // of these
}

func (r *reaper) begin(c *sdk.Context, o *options, label string) {
	r.o, r.r = o, rand.New(rand.NewPCG(o.seed, 3))
	r.label, _ = abi.MakeLabel(label)
	r.last = c.Now()
	r.next = c.Now() + o.every
}

func (r *reaper) done() bool { return r.deaths >= r.o.kills }

// answered counts an answer of the life that is there.
func (r *reaper) answered(now time.Duration) {
	if r.answers++; r.answers == 1 && r.ended != 0 {
		r.away = append(r.away, now-r.ended)
		r.ended = 0
	}
	r.last = now
}

// died counts the end of a life.
func (r *reaper) died(open bool) {
	r.deaths++
	if open {
		r.inFlight++
	}
	if r.ended == 0 {
		r.ended = r.last
	}
	r.aimed, r.answers, r.doomed = 0, 0, 0
}

// look ends the life, if it is time.
func (r *reaper) look(c *sdk.Context, life abi.Endpoint) {
	now := c.Now()
	switch {
	case r.o.kills == 0 && r.o.every == 0 || r.o.kills > 0 && r.done() || life == 0:
	case r.aimed != 0:
		if _, e := c.LabelOf(r.aimed); e == abi.OK && r.doomed != 0 && now >= r.doomed {
			r.kill(c)
		}
	case r.o.every > 0 && now < r.next, r.o.every == 0 && r.answers < settled:
	default:
		for r.next += r.o.every; r.o.every > 0 && r.next < now; r.next += r.o.every {
		}
		r.aimed = life
		if r.r.IntN(2) == 0 {
			r.kill(c)
			return
		}
		c.Trace(abi.TraceEnd, life, 1+r.r.Uint64N(r.o.most), 0)
		r.doomed = now + longest
	}
}

// kill asks for the end of the life, and once more after a while: the reincarnation server may have had no life to end, or the kernel no room for the request.
func (r *reaper) kill(c *sdk.Context) {
	r.doomed = c.Now() + longest
	m := sdk.FaultRequest(r.label, abi.FaultKill, 0)
	c.Ask(c.Root(), &m, 1)
}
