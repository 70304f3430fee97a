package uart16550

// ring is a queue of bytes. The size of b is a power of two; r and w count on for ever.
type ring struct {
	b    []byte
	r, w uint32
}

func (q *ring) len() int { return int(q.w - q.r) }

func (q *ring) put(x byte) bool {
	if q.len() == len(q.b) {
		return false
	}
	q.b[q.w&uint32(len(q.b)-1)] = x
	q.w++
	return true
}

func (q *ring) get() (x byte, ok bool) {
	if q.r == q.w {
		return 0, false
	}
	x = q.b[q.r&uint32(len(q.b)-1)]
	q.r++
	return x, true
}
