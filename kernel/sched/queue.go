package sched

import (
	"math/bits"

	"bennu/kernel/abi"
)

const (
	none = -1
	// What the compiler sees to be in range by a mask alone: levels, and slots.
	places = 16
	last   = abi.MaxTasks - 1
)

// queue holds the slots that are ready: strict levels, first come first served within each.
type queue struct {
	head, tail [places]int16
	slots      [abi.MaxTasks]slot
	seats      uint64
	filled     uint32 // bit n: level n has slots
	n          int    // slots that are ready
	gen        uint64 // counts changes of the slot that runs next, or of the account that it works for
}

// slot is a task's place, and its turn.
type slot struct {
	next, prev int16
	level      int8   // none: not queued
	own        uint8  // account
	pays       uint8  // account that it works for now
	seat       uint64 // on the last level: who sat down first has its turn first
	turn       uint64 // ticks left of it
	served     uint64 // ticks that it has worked for who pays now
}

func (q *queue) init() {
	for p := range q.head {
		q.head[p], q.tail[p] = none, none
	}
	for s := range q.slots {
		q.slots[s].level = none
	}
}

// push puts slot behind its equals. A slot that is queued stays where it is.
func (q *queue) push(slot int, level int) {
	x := &q.slots[slot&last]
	if x.level != none {
		return
	}
	p := uint(level) % places
	s, t := int16(slot), q.tail[p]
	x.next, x.prev, x.level = none, t, int8(p)
	if t == none {
		q.head[p] = s
		q.filled |= 1 << p
	} else {
		q.slots[t&last].next = s
	}
	q.tail[p] = s
	q.n++
	q.gen++
}

// stand gives slot a new seat, behind all others.
func (q *queue) stand(slot int) {
	q.seats++
	q.slots[slot&last].seat = q.seats
}

// sit puts slot on the last level, at its seat: a slot that ran at its own level meanwhile has not lost its place.
func (q *queue) sit(slot int) {
	at := q.tail[leftOver]
	for at != none && q.slots[at].seat > q.slots[slot].seat {
		at = q.slots[at].prev
	}
	if at == q.tail[leftOver] {
		q.push(slot, leftOver)
		return
	}
	s, next := int16(slot), q.head[leftOver]
	if at != none {
		next = q.slots[at].next
		q.slots[at].next = s
	} else {
		q.head[leftOver] = s
	}
	q.slots[s].next, q.slots[s].prev, q.slots[next].prev, q.slots[s].level = next, at, s, leftOver
	q.n++
	q.gen++
}

// remove takes slot out, if it is queued.
func (q *queue) remove(slot int) {
	s := &q.slots[slot&last]
	if s.level == none {
		return
	}
	p, next, prev := uint(s.level)%places, s.next, s.prev
	if prev == none {
		q.head[p] = next
	} else {
		q.slots[prev&last].next = next
	}
	if next == none {
		if q.tail[p] = prev; prev == none {
			q.filled &^= 1 << p
		}
	} else {
		q.slots[next&last].prev = prev
	}
	s.level = none
	q.n--
	q.gen++
}

// queued tells whether slot is ready.
func (q *queue) queued(slot int) bool { return q.slots[slot&last].level != none }

// first is the slot that runs next, and stays queued; -1 when nothing is ready.
func (q *queue) first() int {
	if q.filled == 0 {
		return none
	}
	return int(q.head[bits.TrailingZeros32(q.filled)%places])
}

// others tells whether slots of slot's level wait beside it.
func (q *queue) others(slot int) bool {
	p := q.slots[slot&last].level
	return p != none && q.head[p%places] != q.tail[p%places]
}
