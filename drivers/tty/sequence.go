package main

// maxSequence is the longest escape sequence that is a key; "\x1b[15;2~" is a long one.
const maxSequence = 16

// sequence takes the bytes of cursor and function keys: none of them edits here, so the bell answers a
// whole one. What begins like one and is none is taken as bytes that were typed: they are seen in
// the line, and nothing is cut out of it. taken is false when b is still to be looked at.
//
// Source: ECMA-48, "Control sequences" and "Single shift three"; console_codes(4) for "\x1b[[A".
func (e *editor) sequence(b byte, show []byte) (echo []byte, taken bool) {
	if e.nseq > 0 {
		switch more, whole := continues(e.seq[:e.nseq], b); {
		case whole:
			e.nseq = 0
			return append(show, bell), true
		case more && e.nseq < maxSequence:
			e.seq[e.nseq] = b
			e.nseq++
			return show, true
		}
		n := e.nseq
		e.nseq = 0
		for _, x := range e.seq[:n] {
			show = e.insert(x, show)
		}
	}
	if b != keyEscape {
		return show, false
	}
	e.seq[0], e.nseq = b, 1
	return show, true
}

// continues tells whether b carries the sequence on, or is its last byte.
func continues(seq []byte, b byte) (more, whole bool) {
	switch {
	case len(seq) == 1:
		return b == '[' || b == 'O', false
	case len(seq) == 2 && seq[1] == '[' && b == '[':
		return true, false
	}
	return b >= ' ' && b < '@', b >= '@' && b <= '~'
}
