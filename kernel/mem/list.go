package mem

import "bennu/kernel/abi"

// List is the frames of one owner, kept in frames of its own, so that all go back to the pool at once, however
// many they are. Its zero value is empty.
//
// A list frame's first word is the list frame before it and, in the low bits, how many addresses that
// holds; then come addresses.
type List struct {
	newest, oldest Addr
	last           uint64 // index of the newest address in newest; 0: none
	n              uint64 // frames, those of the list included
}

// PerList is how many frames one frame of a list names.
const PerList = abi.PageSize/8 - 1

// Full tells whether the list must Grow before it takes another frame.
func (l *List) Full() bool { return l.newest == 0 || l.last == PerList }

// Grow gives the list a frame to write into; it belongs to the list from now on.
func (l *List) Grow(phys Physical, frame Addr) {
	if l.newest == 0 {
		l.oldest = frame
	}
	phys.Words(frame)[0] = uint64(l.newest) | l.last
	l.newest, l.last = frame, 0
	l.n++
}

// Add puts a frame on the list. Preconditions: not Full.
func (l *List) Add(phys Physical, frame Addr) {
	l.last++
	phys.Words(l.newest)[l.last] = uint64(frame)
	l.n++
}

// Len is how many frames there are, those of the list included.
func (l *List) Len() uint64 { return l.n }

// Split leaves on l the first n frames that were put on it and gives the others, on a list of their own. frame, which neither has
// yet, is what l keeps them in. Preconditions: n is at most PerList, and l has at least as many.
func (l *List) Split(phys Physical, n uint64, frame Addr) (rest List) {
	rest = *l
	*l = List{}
	l.Grow(phys, frame)
	first := phys.Words(rest.oldest)
	for _, f := range first[1 : 1+n] {
		l.Add(phys, Addr(f))
	}
	rest.n -= n
	for i := range n { // their places are for the last ones; past rest's end it does not matter
		first[1+i] = uint64(rest.pop(phys))
	}
	return rest
}

// pop takes the frame that is named last; a list frame that names none is itself taken. It counts nothing.
func (l *List) pop(phys Physical) Addr {
	w := phys.Words(l.newest)
	if l.last > 0 {
		l.last--
		return Addr(w[l.last+1])
	}
	a := l.newest
	l.newest, l.last = Addr(w[0])&^(abi.PageSize-1), w[0]&(abi.PageSize-1)
	return a
}

// Named is how many frames there are, but for those of the list.
func (l *List) Named() uint64 {
	if l.newest == 0 {
		return 0
	}
	return l.n - (l.n-l.last+PerList)/(PerList+1)
}

// Room is how many frames it takes before it must Grow.
func (l *List) Room() uint64 {
	if l.newest == 0 {
		return 0
	}
	return PerList - l.last
}

// Newest is the list frame that Add writes into; 0: none. Its words from 1 on are the frames that it names.
func (l *List) Newest() Addr { return l.newest }

// PutList gives all frames of l, which are h's, back, and empties it. Preconditions: nothing maps them any more.
func (p *Pool) PutList(h *Holder, l *List) {
	p.credit(h, l.n)
	if l.newest != 0 {
		p.phys.Words(l.oldest)[0] = uint64(p.lists.newest) | p.lists.last
		p.lists.newest, p.lists.last = l.newest, l.last
		p.free += l.n
	}
	*l = List{}
}

// Cursor is a place in a list.
type Cursor struct {
	frame Addr   // of the list
	index uint64 // of the next address in it
}

// First is the list's beginning: the frame named last.
func (l *List) First() Cursor { return Cursor{l.newest, l.last} }

// Next is the frame at c, which moves on; 0 at the end. Frames of the list itself are left out.
func (c *Cursor) Next(phys Physical) Addr {
	for c.frame != 0 {
		w := phys.Words(c.frame)
		if c.index > 0 {
			c.index--
			return Addr(w[c.index+1])
		}
		c.frame, c.index = Addr(w[0])&^(abi.PageSize-1), w[0]&(abi.PageSize-1)
	}
	return 0
}
