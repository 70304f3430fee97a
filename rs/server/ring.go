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
	e     [abi.EventsKept]abi.Event
	next  [abi.EventsKept]abi.EventKind // what follows a death
	owner [abi.EventsKept]uint8

	// All events, and those of each owner, are linked from the oldest to the newest, so that none has to be searched for.
	newer, older   [abi.EventsKept]spot
	oldest, newest spot
	later          [abi.EventsKept]spot // the owner's next one
	first, last    [1 + abi.MaxTasks]spot

	n    int                      // how many there are
	kept [1 + abi.MaxTasks]uint16 // by owner: how many events it has
	seq  uint64                   // number of the next event
	top  uint8                    // no owner above it has ever had one

	logged uint64 // number of the first event without a log line

	past               []byte // older events, as bytes: they are taken over when somebody asks for them; nil: there are none
	skipped, skippedAt uint64 // so many numbers from there on were never given

	begun uint64 // number of the first event that is not among those
}

// spot is an index of ring.e, plus 1; 0: none.
type spot uint16

// reset makes a ring without events, and leaves what nobody reads of such a one.
func (r *ring) reset() {
	r.oldest, r.newest, r.n = 0, 0, 0
	clear(r.first[:])
	clear(r.last[:])
	clear(r.kept[:])
	r.seq, r.logged, r.past, r.skipped, r.skippedAt, r.begun = 0, 0, nil, 0, 0, 0
}

// add makes room for the next event, which is zero but for its number. id is the owner; Nobody: RS itself. It
// returns the index too.
func (r *ring) add(id policy.ID) (*abi.Event, int) {
	if r.past != nil && r.n == aside {
		r.load()
	}
	at := r.put(r.seq, uint8(id+1))
	r.seq++
	return &r.e[at], at
}

// put is add of an event with a number that is above all others'.
func (r *ring) put(seq uint64, owner uint8) (at int) {
	at = r.n
	r.top = max(r.top, owner)
	r.kept[owner]++ // before one has to go: it may be the owner's
	if r.n == len(r.e) {
		at = r.evict()
	}
	r.e[at], r.next[at], r.owner[at] = abi.Event{Seq: seq}, 0, owner
	r.link(spot(at+1), owner)
	r.n++
	return at
}

// link makes p the newest event, owner's.
func (r *ring) link(p spot, owner uint8) {
	r.newer[p-1], r.older[p-1], r.later[p-1] = 0, r.newest, 0
	if r.newest == 0 {
		r.oldest = p
	} else {
		r.newer[r.newest-1] = p
	}
	r.newest = p
	if l := r.last[owner]; l == 0 {
		r.first[owner] = p
	} else {
		r.later[l-1] = p
	}
	r.last[owner] = p
}

// evict takes away the oldest event of the owner that has the most, and returns its index. Of several such owners it is the one with
// the oldest event.
func (r *ring) evict() (at int) {
	most, p := uint16(0), spot(0)
	for owner, n := range r.kept[:r.top+1] {
		if f := r.first[owner]; f != 0 && (n > most || n == most && r.e[f-1].Seq < r.e[p-1].Seq) {
			most, p = n, f
		}
	}
	at = int(p - 1)
	owner := r.owner[at]
	r.kept[owner]--
	if r.first[owner] = r.later[at]; r.first[owner] == 0 {
		r.last[owner] = 0
	}
	older, newer := r.older[at], r.newer[at]
	if older == 0 {
		r.oldest = newer
	} else {
		r.newer[older-1] = newer
	}
	if newer == 0 {
		r.newest = older
	} else {
		r.older[newer-1] = older
	}
	r.n--
	return at
}

// from is the first event with a number of seq or above; 0: none. Mostly it is among the newest.
func (r *ring) from(seq uint64) (found spot) {
	if r.past != nil && seq < r.begun {
		r.load()
	}
	for p := r.newest; p != 0 && r.e[p-1].Seq >= seq; p = r.older[p-1] {
		found = p
	}
	return found
}

// copy fills rows with events from number first on, and tells how many, the number that comes next, and how many between the
// two are gone.
func (r *ring) copy(rows []abi.Event, first uint64) (n int, next, lost uint64) {
	first = min(first, r.seq)
	p := r.from(first)
	for next = r.seq; p != 0 && n < len(rows); p = r.newer[p-1] {
		rows[n] = r.e[p-1]
		n++
	}
	if p != 0 { // there are more
		next = first
		if n > 0 {
			next = rows[n-1].Seq + 1
		}
	}
	return n, next, next - first - uint64(n)
}
