package disk

import (
	"slices"
	"time"

	"bennu/drivers/protocol/block"
	"bennu/drivers/virtioblk/virtio"
	"bennu/kernel/abi"
)

// Poll takes what the device has done, looks whose time is over, and gives what has ended. It is called after an interrupt, and when Next says.
func (d *Disk) Poll() []Ended {
	now := d.bus.Now()
	if d.broken && now >= d.retry && !d.gone {
		d.repair()
	}
	if !d.gone && !d.broken {
		d.look(now)
	}
	ended := d.ended
	d.ended = nil
	return ended
}

func (d *Disk) look(now time.Duration) {
	for _, q := range d.queues {
		if !d.take(q) {
			d.Lies++
			d.recover("it says what cannot be of its ring")
			return
		}
	}
	for i, q := range d.queues {
		for s := range q.slots {
			if q.slots[s].job != nil && now >= q.slots[s].due {
				d.Timeouts++
				d.late(i, q)
				return
			}
		}
	}
	d.Kick()
}

// take takes from one ring. False: the device says what cannot be. It may have requests still of which it says that it has done them, so that none is made again
// before it is reset.
func (d *Disk) take(q *queue) bool {
	for {
		i, written, more, lie := q.ring.Next()
		if !more {
			return lie == virtio.Truth
		}
		s := &q.slots[i]
		j := s.job
		status := q.control.Bytes[i*controlSize+statusAt] // once: the device may write another
		want := uint32(1)
		if j.Op == block.Read {
			want += uint32(j.Sectors * block.SectorSize)
		}
		switch {
		case status == statusOK && (written == want || j.Op != block.Read):
			q.resets, d.hard = 0, 0
			*s = slot{}
			d.end(j, true)
		case status == statusUnsupported:
			*s = slot{}
			d.end(j, false)
		case status != statusError:
			return false
		default:
			if s.errors++; s.errors >= errorTries {
				*s = slot{}
				d.end(j, false)
				continue
			}
			d.Again++
			s.due = d.bus.Now() + d.opt.Limit
			d.put(q, i)
		}
	}
}

// late is what comes of a request whose time is over: a reset of its queue, or, where that is not agreed on or was of no use, of the device.
func (d *Disk) late(i int, q *queue) {
	if q.resets == 0 && d.t.ResetQueue(i, resetLimit) == abi.OK {
		q.resets++
		d.QueueResets++
		d.bus.Log("queue-reset", "a request took too long")
		q.ring.Clear()
		if d.give(i, q) == abi.OK {
			d.again(q)
			d.Kick()
			return
		}
	}
	d.recover("a request took too long")
}

// again makes the requests of a queue that was reset again, oldest first. One that was made too often fails: it may be what the device does not survive.
func (d *Disk) again(q *queue) {
	order := make([]int, 0, len(q.slots))
	for i := range q.slots {
		if q.slots[i].job != nil {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		if q.slots[a].seq < q.slots[b].seq {
			return -1
		}
		return 1
	})
	for _, i := range order {
		s := &q.slots[i]
		if s.tries++; s.tries >= lifeTries {
			d.end(s.job, false)
			*s = slot{}
			continue
		}
		d.Again++
		s.due = d.bus.Now() + d.opt.Limit
		d.put(q, i)
	}
}

// recover resets the device and makes its requests again, in a new epoch. If it cannot be reset it is kept from memory before anybody is told anything: nothing of theirs
// is written behind their backs.
func (d *Disk) recover(why string) {
	if d.t.Absent() {
		d.leave()
		return
	}
	d.bus.Log("reset", why)
	d.hard++
	d.resets++
	d.Resets++
	e := abi.EIO
	if d.hard <= lifeTries {
		e = d.start()
	}
	if e != abi.OK && !d.t.Absent() {
		d.bus.Master(false)
		d.BusResets++
		if d.bus.Reset() == abi.OK && d.hard <= 2*lifeTries {
			e = d.start()
		}
	}
	switch {
	case e == abi.OK:
		for _, q := range d.queues {
			d.again(q)
		}
		d.Kick()
	case d.t.Absent():
		d.leave()
	default:
		d.bus.Log("given-up", "it could not be reset: "+e.Name())
		d.bus.Master(false)
		d.broken, d.retry = true, d.bus.Now()+rest
		d.failAll()
	}
}

// repair tries a device again that could not be made to work.
func (d *Disk) repair() {
	d.hard = 0
	d.resets++
	d.Resets++
	if d.start() == abi.OK {
		d.broken = false
		return
	}
	d.bus.Master(false)
	d.retry = d.bus.Now() + rest
}

// leave is the end of a device that was taken away.
func (d *Disk) leave() {
	d.gone = true
	d.changes++
	d.bus.Master(false)
	d.failAll()
}

func (d *Disk) failAll() {
	for _, q := range d.queues {
		for i := range q.slots {
			if j := q.slots[i].job; j != nil {
				q.slots[i] = slot{}
				d.end(j, false)
			}
		}
	}
}

// Reconfigured looks at the device's configuration, which it says has changed, and whether it works. It tells whether clients must hear of it.
func (d *Disk) Reconfigured() bool {
	if d.gone || d.broken {
		return false
	}
	before := d.changes
	switch {
	case d.t.Absent():
		d.leave()
	case !d.t.Works():
		d.recover("it asks for a reset")
	default:
		if s, e := d.configuration(); e == abi.OK {
			if s.Identity = d.shape.Identity; s != d.shape {
				d.shape = s
				d.changes++
			}
		}
	}
	return d.changes != before
}

// Next is when Poll is wanted, if no interrupt comes before; 0: not at all.
func (d *Disk) Next() (at time.Duration) {
	if len(d.ended) > 0 {
		return d.bus.Now()
	}
	if d.broken && !d.gone {
		return d.retry
	}
	for _, q := range d.queues {
		for i := range q.slots {
			if s := &q.slots[i]; s.job != nil && (at == 0 || s.due < at) {
				at = s.due
			}
		}
	}
	return at
}

// Close keeps the device from memory.
func (d *Disk) Close() {
	d.t.Reset(resetLimit)
	d.bus.Master(false)
}

// Line takes why the device has raised its line, where it has no messages; config: its configuration, or it itself, is another.
func (d *Disk) Line() (config bool) { return d.t.Interrupt()&2 != 0 }
