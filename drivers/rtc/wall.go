package main

import (
	"time"

	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

// What all tasks see of the date (time.Now) begins as this clock's, and follows it where it was set. Between, it goes by the
// processor's own clock: corrections as small as a reading is coarse would only make it jump.

// slack is how far apart the two may be and mean the same: a reading is up to a second old.
const slack = 1500 * time.Millisecond

// tellDate makes the clock's time the date for all, unless that is what they have: an earlier life told them, to the
// instant of an update.
func (r *driver) tellDate(c *sdk.Context) {
	unix, _, e := r.read(c)
	if e != abi.OK {
		return // doubts are told; all keep what they have
	}
	now, known := c.Date()
	if d := time.Duration(unix)*time.Second - now; known && d < slack && d > -slack {
		return
	}
	r.coarse = true
	r.setDate(c, unix)
}

// align sets the date once more at an update, when the clock's seconds are exact.
func (r *driver) align(c *sdk.Context) {
	if unix, _, e := r.read(c); e == abi.OK {
		r.coarse = false
		r.setDate(c, unix)
	}
}

// setDate makes unix the date for all.
func (r *driver) setDate(c *sdk.Context, unix uint64) {
	if e := c.SetDate(time.Duration(unix) * time.Second); e != abi.OK {
		c.Log("event", "date", "errno", e.Name(), "why", "the other tasks do not learn the date")
	}
}
