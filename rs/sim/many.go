package sim

import (
	"fmt"

	"bennu/kernel/abi"
)

// GCPercent is how seldom who runs many worlds should collect garbage (debug.SetGCPercent): each life of the server leaves its memory behind, and at Go's
// own rate the half of the time is spent on that.
const GCPercent = 400

// Many runs worlds, from a seed on, until they had so many events. It ends with the first one that breaks an invariant: bad is its plan, and res what came of
// it; else bad is nil.
func Many(seed uint64, events int, kills bool, total *Count) (bad *Plan, res Result) {
	for done := 0; done < events; seed++ {
		p := Plan{Seed: seed, Kills: kills, N: min(Steps, events-done)}
		res = Run(p)
		total.add(&res.Count)
		if res.Violation != "" {
			return &p, res
		}
		done += res.Done
	}
	return nil, res
}

// add adds what has happened elsewhere.
func (c *Count) add(o *Count) {
	for i := range c.Steps {
		c.Steps[i] += o.Steps[i]
	}
	for i := range c.Rungs {
		c.Rungs[i] += o.Rungs[i]
	}
	for _, n := range []struct{ to, from *int }{
		{&c.Asked, &o.Asked}, {&c.Answered, &o.Answered}, {&c.Dropped, &o.Dropped}, {&c.Together, &o.Together}, {&c.Events, &o.Events}, {&c.Born, &o.Born},
		{&c.Ends, &o.Ends}, {&c.Reborn, &o.Reborn}, {&c.Inside, &o.Inside}, {&c.Idle, &o.Idle}, {&c.Panics, &o.Panics}, {&c.Damaged, &o.Damaged}, {&c.Lost, &o.Lost}, {&c.Deaf, &o.Deaf}, {&c.Turns, &o.Turns},
	} {
		*n.to += *n.from
	}
	if c.Before == nil {
		c.Before, c.After = map[abi.CallNr]int{}, map[abi.CallNr]int{}
	}
	for nr, n := range o.Before {
		c.Before[nr] += n
	}
	for nr, n := range o.After {
		c.After[nr] += n
	}
}

// String says it in a few lines.
func (c *Count) String() string {
	s := "steps:"
	for op, n := range c.Steps {
		s += fmt.Sprintf(" %s %d", Op(op), n)
	}
	s += fmt.Sprintf("\nrequests: %d asked, %d answered, %d second answers dropped, %d answers to several\n", c.Asked, c.Answered, c.Dropped, c.Together)
	s += fmt.Sprintf("services: %d lives, %d ends; %d events read; %d turns of the server\n", c.Born, c.Ends, c.Events, c.Turns)
	return s + fmt.Sprintf("the server: %d more lives, ended before a call %v, after one %v, inside a KeepStage %d, waiting %d; damaged %d times, told that something is lost %d times, rungs %v, %d panics, %d ends since it heard nobody",
		c.Reborn, c.Before, c.After, c.Inside, c.Idle, c.Damaged, c.Lost, c.Rungs, c.Panics, c.Deaf)
}
