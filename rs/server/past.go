package server

import "bennu/kernel/abi"

// The events are most of what is kept, and the last that a new life of the server needs. So it leaves them where they are until somebody asks.

// aside is how many events may come before older ones are taken over.
const aside = 32

// append appends all events for take; of those that do not fit into limit bytes the newest.
func (r *ring) append(b []byte, limit int) []byte {
	r.load()
	b = le.AppendUint64(b, r.seq)
	p, left := r.oldest, limit-len(b)
	if left < r.n*maxEventRow {
		p = 0
		for q := r.newest; q != 0; q = r.older[q-1] {
			if left -= eventRowSize(&r.e[q-1]); left < 0 {
				break
			}
			p = q
		}
	}
	for ; p != 0; p = r.newer[p-1] {
		b = appendEventRow(b, &r.e[p-1], r.next[p-1], r.owner[p-1])
	}
	return b
}

// take is the inverse of append, into a ring without events. b stays the ring's until load.
func (r *ring) take(b []byte) bool {
	q := reader{b: b}
	r.seq = q.u64()
	r.begun = r.seq
	if len(q.b) > 0 {
		r.past = q.b
	}
	return !q.bad
}

// load takes the older events over. What cannot be read is missing, as others are that are gone.
func (r *ring) load() {
	if r.past == nil {
		return
	}
	old := reader{b: r.past}
	r.past = nil
	var newer [aside]row
	n := 0
	for p := r.oldest; p != 0; p = r.newer[p-1] {
		newer[n] = row{r.e[p-1], r.next[p-1], r.owner[p-1]}
		n++
	}
	seq, begun := r.seq, r.begun
	*r = ring{logged: r.logged, skipped: r.skipped, skippedAt: r.skippedAt}
	for at := uint64(0); len(old.b) > 0; {
		var n row
		if n.next, n.owner = old.event(&n.e); old.bad || n.e.Seq < at || n.e.Seq >= begun {
			break
		}
		r.again(&n)
		at = n.e.Seq + 1
	}
	for i := range newer[:n] {
		r.again(&newer[i])
	}
	r.seq = seq
}

// row is an event with what the ring knows of it.
type row struct {
	e     abi.Event
	next  abi.EventKind
	owner uint8
}

func (r *ring) again(n *row) {
	at := r.put(n.e.Seq, n.owner)
	r.e[at], r.next[at] = n.e, n.next
}

// skip leaves numbers out, up to seq: they may have been given.
func (r *ring) skip(seq uint64) {
	if seq > r.seq {
		r.skipped, r.skippedAt = seq-r.seq, r.seq
		r.seq = seq
	}
}

// unlogged is how many events there were from the first one without a line up to seq, which is one.
func (r *ring) unlogged(seq uint64) uint64 {
	n := seq - r.logged
	if r.logged <= r.skippedAt && seq > r.skippedAt {
		n -= min(n, r.skipped) // those numbers were nobody's
	}
	return n
}

// same tells whether two rings have the same events.
func (r *ring) same(o *ring) bool {
	r.load()
	o.load()
	if r.n != o.n || r.seq != o.seq {
		return false
	}
	p, q := r.oldest, o.oldest
	for ; p != 0 && q != 0; p, q = r.newer[p-1], o.newer[q-1] {
		if r.e[p-1] != o.e[q-1] || r.next[p-1] != o.next[q-1] || r.owner[p-1] != o.owner[q-1] {
			return false
		}
	}
	return p == q
}
