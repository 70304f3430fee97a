// Package timer is the kernel's list of deadlines: a binary heap of fixed size. Each id has at
// most one deadline; setting it again moves it.
package timer

// Size is how many ids there are: two a task (alarm, and limit of a wait), and Root.
const Size = Root + 1

// Root is the id of what looks after the root task.
const Root = 128

const none = -1

// Heap orders ids by deadline. The zero value is not usable: New.
type Heap struct {
	n    int
	gen  *uint64      // counts changes
	id   [Size]int16  // heap order → id
	at   [Size]uint64 // by id, ns
	spot [Size]int16  // by id: place in the heap
}

// New makes an empty heap, which counts in changes whenever Next may answer otherwise than before.
func New(changes *uint64) *Heap {
	h := &Heap{gen: changes}
	for i := range h.spot {
		h.spot[i] = none
	}
	return h
}

// Len is how many deadlines are set.
func (h *Heap) Len() int { return h.n }

// Next is the earliest deadline; ^0 when there is none.
func (h *Heap) Next() uint64 {
	if h.n == 0 {
		return ^uint64(0)
	}
	return h.at[h.id[0]]
}

// Deadline is what id has; ok is false when it has none.
func (h *Heap) Deadline(id int) (at uint64, ok bool) { return h.at[id], h.spot[id] != none }

// Set gives id the deadline at.
func (h *Heap) Set(id int, at uint64) {
	h.at[id] = at
	*h.gen++
	if h.spot[id] == none {
		h.id[h.n], h.spot[id] = int16(id), int16(h.n)
		h.n++
		h.up(int(h.spot[id])) // what it passes on the way is later than all below
		return
	}
	h.up(int(h.spot[id]))
	h.down(int(h.spot[id]))
}

// Cancel takes id's deadline away, if it has one.
func (h *Heap) Cancel(id int) {
	i := int(h.spot[id])
	if i == none {
		return
	}
	h.n--
	*h.gen++
	h.spot[id] = none
	if i == h.n {
		return
	}
	h.id[i] = h.id[h.n]
	h.spot[h.id[i]] = int16(i)
	h.up(i)
	h.down(int(h.spot[h.id[i]]))
}

// Expired takes out one id whose deadline is not after now; -1 when there is none.
func (h *Heap) Expired(now uint64) int {
	if h.n == 0 || h.at[h.id[0]] > now {
		return none
	}
	id := int(h.id[0])
	h.Cancel(id)
	return id
}

func (h *Heap) swap(i, j int) {
	h.id[i], h.id[j] = h.id[j], h.id[i]
	h.spot[h.id[i]], h.spot[h.id[j]] = int16(i), int16(j)
}

func (h *Heap) less(i, j int) bool { return h.at[h.id[i]] < h.at[h.id[j]] }

func (h *Heap) up(i int) {
	for i > 0 && h.less(i, (i-1)/2) {
		h.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
}

func (h *Heap) down(i int) {
	for {
		c := 2*i + 1
		if c >= h.n {
			return
		}
		if c+1 < h.n && h.less(c+1, c) {
			c++
		}
		if !h.less(c, i) {
			return
		}
		h.swap(i, c)
		i = c
	}
}
