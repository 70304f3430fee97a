package server

import (
	"bennu/kernel/abi"
	"bennu/rs/policy"
)

// ring keeps the newest events, in the order in which they happened. When all places are taken, the next event takes the
// place of the oldest event of the service that has the most: one that dies again and again forgets its own past, and
// nobody else's newest EventsShare events. The numbers of lost events are missing, so a reader sees how many it missed,
// and where.
type ring struct {
	e      [abi.EventsKept]abi.Event
	next   [abi.EventsKept]abi.EventKind // what follows a death
	owner  [abi.EventsKept]uint8
	order  [abi.EventsKept]uint16   // places, the oldest event first
	n      int                      // how many there are
	kept   [1 + abi.MaxTasks]uint16 // by owner: how many events it has
	seq    uint64                   // number of the next event
	logged uint64                   // number of the first event without a log line
}

// add makes room for the next event, which is zero but for its number. id is the owner; Nobody: RS itself. It
// returns the place too.
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

// evict takes away the oldest event of the owner that has the most, and returns its place.
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

// find is the place in the order of the first event with a number of seq or above.
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
