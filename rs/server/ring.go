package server

import (
	"bennu/kernel/abi"
	"bennu/rs/policy"
)

// ring keeps the newest events, in the order in which they happened. When all places are taken the next one takes that of
// the oldest event of whoever has the most: a service that dies again and again forgets its own past, and nobody else's
// newest EventsShare events. Numbers of events that are gone are missing, so a reader sees what it missed, and where.
type ring struct {
	e      [abi.EventsKept]abi.Event
	next   [abi.EventsKept]abi.EventKind // what follows a death
	owner  [abi.EventsKept]uint8
	order  [abi.EventsKept]uint16   // places, the oldest event first
	n      int                      // how many there are
	kept   [1 + abi.MaxTasks]uint16 // by owner: how many of its own
	seq    uint64                   // number of the next event
	logged uint64                   // number of the first event without a log line
}

// add makes room for the next event, zero but for its number. id is whose it is; Nobody: RS's own. It returns the
// place too.
func (r *ring) add(id policy.ID) (*abi.Event, int) {
	at, owner := r.n, uint8(id+1)
	r.kept[owner]++ // before one has to go: it may be the owner's
	if r.n == len(r.e) {
		at = r.evict()
	}
	r.e[at], r.next[at], r.owner[at] = abi.Event{Seq: r.seq}, 0, owner
	r.order[r.n] = uint16(at)
	r.n++
	r.seq++
	return &r.e[at], at
}

// evict takes the oldest event of whoever has the most of them away, and returns its place.
func (r *ring) evict() (at int) {
	most := uint16(0)
	for _, n := range r.kept {
		most = max(most, n)
	}
	i := 0
	for r.kept[r.owner[r.order[i]]] < most {
		i++
	}
	at = int(r.order[i])
	r.kept[r.owner[at]]--
	copy(r.order[i:], r.order[i+1:])
	r.n--
	return at
}

// find is where in the order the events with numbers from seq on begin.
func (r *ring) find(seq uint64) int {
	low, high := 0, r.n
	for low < high {
		if mid := (low + high) / 2; r.e[r.order[mid]].Seq < seq {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

// copy fills rows with events from number first on, and tells how many, the number that comes next, and how many between the
// two are gone.
func (r *ring) copy(rows []abi.Event, first uint64) (n int, next, lost uint64) {
	first = min(first, r.seq)
	from := r.find(first)
	n, next = min(len(rows), r.n-from), r.seq
	for i := range n {
		rows[i] = r.e[r.order[from+i]]
	}
	if n == len(rows) && from+n < r.n {
		next = first
		if n > 0 {
			next = rows[n-1].Seq + 1
		}
	}
	return n, next, next - first - uint64(n)
}
