package sched

import (
	"math/bits"

	"bennu/kernel/abi"
)

const none = -1

// queue holds the slots that are ready: strict levels, first come first served within each.
type queue struct {
	head, tail [levels]int16
	next, prev [abi.MaxTasks]int16
	level      [abi.MaxTasks]int8   // level; none: not queued
	seat       [abi.MaxTasks]uint64 // of the slot on the last level: the one that sat down first has its turn first
	seats      uint64
	filled     uint32 // bit n: level n has slots
	n          int    // slots that are ready
	gen        uint64 // counts changes of the slot that runs next, or of the account that it works for
}

func (q *queue) init() {
	for p := range q.head {
		q.head[p], q.tail[p] = none, none
	}
	for s := range q.level {
		q.level[s] = none
	}
}

// push puts slot behind its equals. A slot that is queued stays where it is.
func (q *queue) push(slot int, level int) {
	if q.level[slot] != none {
		return
	}
	s, t := int16(slot), q.tail[level]
	q.next[s], q.prev[s], q.level[s] = none, t, int8(level)
	if t == none {
		q.head[level] = s
		q.filled |= 1 << level
	} else {
		q.next[t] = s
	}
	q.tail[level] = s
	q.n++
	q.gen++
}

// stand gives slot a new seat, behind all others.
func (q *queue) stand(slot int) {
	q.seats++
	q.seat[slot] = q.seats
}

// sit puts slot on the last level, at its seat: a slot that ran at its own level meanwhile has not lost its place.
func (q *queue) sit(slot int) {
	at := q.tail[leftOver]
	for at != none && q.seat[at] > q.seat[slot] {
		at = q.prev[at]
	}
	if at == q.tail[leftOver] {
		q.push(slot, leftOver)
		return
	}
	s, next := int16(slot), q.head[leftOver]
	if at != none {
		next = q.next[at]
		q.next[at] = s
	} else {
		q.head[leftOver] = s
	}
	q.next[s], q.prev[s], q.prev[next], q.level[s] = next, at, s, leftOver
	q.n++
	q.gen++
}

// remove takes slot out, if it is queued.
func (q *queue) remove(slot int) {
	p := q.level[slot]
	if p == none {
		return
	}
	s := int16(slot)
	next, prev := q.next[s], q.prev[s]
	if prev == none {
		q.head[p] = next
	} else {
		q.next[prev] = next
	}
	if next == none {
		q.tail[p] = prev
	} else {
		q.prev[next] = prev
	}
	if q.head[p] == none {
		q.filled &^= 1 << uint(p)
	}
	q.level[s] = none
	q.n--
	q.gen++
}

// queued tells whether slot is ready.
func (q *queue) queued(slot int) bool { return q.level[slot] != none }

// first is the slot that runs next, and stays queued; -1 when nothing is ready.
func (q *queue) first() int {
	if q.filled == 0 {
		return none
	}
	return int(q.head[bits.TrailingZeros32(q.filled)])
}

// others tells whether slots of slot's level wait beside it.
func (q *queue) others(slot int) bool {
	p := q.level[slot]
	return p != none && q.head[p] != q.tail[p]
}
