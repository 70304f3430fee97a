// Package sched is the run queue: strict priorities, round robin among equals. It holds
// slots, not tasks, and decides nothing but the order.
package sched

import (
	"math/bits"

	"bennu/kernel/abi"
)

const none = -1

// Queue holds the slots that are ready. The zero value is not usable: New.
type Queue struct {
	head, tail [abi.Priorities]int16
	next, prev [abi.MaxTasks]int16
	prio       [abi.MaxTasks]int8 // none: not queued
	filled     uint32             // bit n: priority n has slots
	n          int
}

// New makes an empty queue.
func New() *Queue {
	q := new(Queue)
	for p := range q.head {
		q.head[p], q.tail[p] = none, none
	}
	for s := range q.prio {
		q.prio[s] = none
	}
	return q
}

// Push puts slot behind its equals. A slot that is queued stays where it is.
func (q *Queue) Push(slot int, prio uint32) {
	if q.prio[slot] != none {
		return
	}
	s, t := int16(slot), q.tail[prio]
	q.next[s], q.prev[s], q.prio[s] = none, t, int8(prio)
	if t == none {
		q.head[prio] = s
		q.filled |= 1 << prio
	} else {
		q.next[t] = s
	}
	q.tail[prio] = s
	q.n++
}

// PushFront puts slot before its equals: it was interrupted and has time left.
func (q *Queue) PushFront(slot int, prio uint32) {
	if q.prio[slot] != none {
		return
	}
	s, h := int16(slot), q.head[prio]
	q.next[s], q.prev[s], q.prio[s] = h, none, int8(prio)
	if h == none {
		q.tail[prio] = s
		q.filled |= 1 << prio
	} else {
		q.prev[h] = s
	}
	q.head[prio] = s
	q.n++
}

// Remove takes slot out, if it is queued.
func (q *Queue) Remove(slot int) {
	p := q.prio[slot]
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
	q.prio[s] = none
	q.n--
}

// Len is how many slots are ready.
func (q *Queue) Len() int { return q.n }

// Queued tells whether slot is ready.
func (q *Queue) Queued(slot int) bool { return q.prio[slot] != none }

// First is the slot that runs next, and stays queued; -1 when nothing is ready.
func (q *Queue) First() int {
	if q.filled == 0 {
		return none
	}
	return int(q.head[bits.TrailingZeros32(q.filled)])
}

// Best is the priority of First; abi.Priorities when nothing is ready.
func (q *Queue) Best() uint32 {
	if q.filled == 0 {
		return abi.Priorities
	}
	return uint32(bits.TrailingZeros32(q.filled))
}

// Shared tells whether slots of slot's priority wait beside it.
func (q *Queue) Shared(slot int) bool {
	p := q.prio[slot]
	return p != none && q.head[p] != q.tail[p]
}
