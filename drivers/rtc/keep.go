package main

import (
	"time"

	"bennu/drivers/protocol/rtc"
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

// memory is one life's message to the next, in the data store: the chip alone does not show that it was set
// back, that its number format changed, or that its battery failed.
type memory struct {
	known bool      // there was a life before this one
	mode  uint8     // of the chip
	doubt rtc.Doubt // not cleared by setting the clock yet
	seen  moment    // a reading that was right, if there was one
	save  bool      // the data store has something else
}

// moment is a reading of the clock and its own time, since boot.
type moment struct {
	known bool
	unix  uint64
	at    time.Duration
}

const (
	memoryKey  = "clock"
	memoryMark = 0x7274630000000000 // "rtc"
	memorySeen = 1 << 8
)

// Two clocks are not equally fast: one may lose driftSeconds and a driftShare of the time against the other.
const (
	driftSeconds = 2
	driftShare   = 32
)

func (m *memory) load(c *sdk.Context) {
	v, e := c.Retrieve(memoryKey)
	switch {
	case e == abi.ESRCH:
	case e != abi.OK:
		c.Log("event", "store", "errno", e.Name(), "why", "what the last life knew of the clock is lost")
	case v[0]&^0xffff == memoryMark:
		m.known, m.mode, m.doubt = true, uint8(v[0]), rtc.Doubt(v[3])
		m.seen = moment{v[0]&memorySeen != 0, v[1], time.Duration(v[2])}
	}
}

// store keeps it for the next life, if it has changed.
func (m *memory) store(c *sdk.Context) {
	if !m.save {
		return
	}
	v := sdk.Value{memoryMark | uint64(m.mode), m.seen.unix, uint64(m.seen.at), uint64(m.doubt)}
	if m.seen.known {
		v[0] |= memorySeen
	}
	if e := c.Publish(memoryKey, v); e != abi.OK {
		c.Log("event", "store", "errno", e.Name(), "why", "the next life will not know what this one knows of the clock")
		return
	}
	m.known, m.save = true, false
}

// suspect adds doubts, and says which are new.
func (m *memory) suspect(c *sdk.Context, d rtc.Doubt) {
	d &^= m.doubt
	if d != 0 {
		c.Log("event", "doubt", "why", d.String())
	}
	m.doubt, m.save = m.doubt|d, m.save || d != 0
}

// passed tells whether unix can be the time now, after the last reading, and keeps it as the last reading.
func (m *memory) passed(unix uint64, now time.Duration) bool {
	was := m.seen
	m.seen = moment{true, unix, now}
	if !was.known {
		return true
	}
	elapsed := uint64(max(now-was.at, 0) / time.Second)
	return unix+driftSeconds+elapsed/driftShare >= was.unix+elapsed
}

// begin leaves word for the next life that this one was setting the clock, in case it dies.
func (m *memory) begin(c *sdk.Context) {
	m.doubt, m.seen, m.save = m.doubt|rtc.HalfSet, moment{}, true
	m.store(c)
}

// set forgets the doubts: the clock was set to unix now.
func (m *memory) set(unix uint64, now time.Duration) {
	m.doubt, m.seen, m.save = 0, moment{true, unix, now}, true
}
