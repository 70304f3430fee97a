package uart16550

// ring is a queue. The size of b is a power of two; r and w count on for ever.
type ring[T any] struct {
	b    []T
	r, w uint32
}

func (q *ring[T]) len() int { return int(q.w - q.r) }

func (q *ring[T]) full() bool { return q.len() == len(q.b) }

func (q *ring[T]) put(x T) bool {
	if q.full() {
		return false
	}
	q.b[q.w&uint32(len(q.b)-1)] = x
	q.w++
	return true
}

func (q *ring[T]) get() (x T, ok bool) {
	if q.r == q.w {
		return x, false
	}
	x = q.b[q.r&uint32(len(q.b)-1)]
	q.r++
	return x, true
}

// puts is put of as many of x as there is room for.
func (q *ring[T]) puts(x []T) int {
	x = x[:min(len(x), len(q.b)-q.len())]
	n := copy(q.b[q.w&uint32(len(q.b)-1):], x)
	copy(q.b, x[n:])
	q.w += uint32(len(x))
	return len(x)
}

// next is the oldest, at most most, that lie side by side. drop takes them out.
func (q *ring[T]) next(most int) []T {
	at := int(q.r & uint32(len(q.b)-1))
	return q.b[at:min(len(q.b), at+min(q.len(), most))]
}

// drop takes out the oldest n. Precondition: there are that many.
func (q *ring[T]) drop(n int) { q.r += uint32(n) }
