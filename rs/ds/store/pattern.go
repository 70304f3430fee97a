package store

import (
	"math/bits"

	"bennu/drivers/protocol/ds"
)

// set is a set of places in a pattern.
type set [2]uint64

func (s *set) add(n int)  { s[n>>6] |= 1 << (n & 63) }
func (s *set) or(o set)   { s[0] |= o[0]; s[1] |= o[1] }
func (s set) empty() bool { return s[0]|s[1] == 0 }

func (s set) meets(o set) bool { return s[0]&o[0]|s[1]&o[1] != 0 }

// each calls do for each place.
func (s set) each(do func(n int)) {
	for i, w := range s {
		for ; w != 0; w &= w - 1 {
			do(i<<6 + bits.TrailingZeros64(w))
		}
	}
}

// Pattern is a regular expression for whole keys, of at most ds.MaxKey characters: those of keys mean themselves, `.` any one, `\c` c, `[a-z]` and
// `[^a-z]` one of a set, `(…)` a group, `|` one or the other, and `*`, `+`, `?` behind one of these how often it may stand there. There are no
// counts, no anchors and no back references: `^ $ { }` need a `\`. It is matched by following all ways at once (Glushkov's automaton), so
// that a key of n characters takes at most n times as many steps as the pattern has places, whatever the pattern.
type Pattern struct {
	n      int
	may    [ds.MaxKey]chars // what may stand at a place
	follow [ds.MaxKey]set
	whole  part
}

type chars [4]uint64

func (c *chars) add(b byte)      { c[b>>6] |= 1 << (b & 63) }
func (c *chars) has(b byte) bool { return c[b>>6]>>(b&63)&1 != 0 }

// part is a piece of a pattern: where it may begin and end, and whether it may be nothing.
type part struct {
	empty       bool
	first, last set
}

// Compile reads a pattern; ok is false when it is none.
func Compile(text []byte) (p *Pattern, ok bool) {
	if len(text) == 0 || len(text) > ds.MaxKey {
		return nil, false
	}
	for _, b := range text {
		if !keyByte(b) {
			return nil, false
		}
	}
	r := reader{p: new(Pattern), rest: text}
	r.p.whole = r.either()
	return r.p, !r.wrong && len(r.rest) == 0
}

// Match tells whether the pattern is about a key.
func (p *Pattern) Match(key []byte) bool {
	if len(key) == 0 {
		return p.whole.empty
	}
	at := p.standing(p.whole.first, key[0])
	for _, b := range key[1:] {
		if at.empty() {
			return false
		}
		var next set
		for i, w := range at {
			for ; w != 0; w &= w - 1 {
				next.or(p.follow[i<<6+bits.TrailingZeros64(w)])
			}
		}
		at = p.standing(next, b)
	}
	return at.meets(p.whole.last)
}

// standing is those of places at which b may stand.
func (p *Pattern) standing(places set, b byte) (s set) {
	for i, w := range places {
		for ; w != 0; w &= w - 1 {
			if n := i<<6 + bits.TrailingZeros64(w); p.may[n].has(b) {
				s.add(n)
			}
		}
	}
	return s
}

// reader reads a pattern from left to right. Groups within groups are as many as the pattern has characters at most.
type reader struct {
	p     *Pattern
	rest  []byte
	wrong bool
}

func (r *reader) next() byte {
	if len(r.rest) == 0 {
		r.wrong = true
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

func (r *reader) sees(b byte) bool { return len(r.rest) > 0 && r.rest[0] == b }

func (r *reader) either() part {
	a := r.sequence()
	for !r.wrong && r.sees('|') {
		r.next()
		b := r.sequence()
		a.empty = a.empty || b.empty
		a.first.or(b.first)
		a.last.or(b.last)
	}
	return a
}

func (r *reader) sequence() part {
	a := part{empty: true}
	for !r.wrong && len(r.rest) > 0 && !r.sees('|') && !r.sees(')') {
		b := r.repeated()
		a.last.each(func(n int) { r.p.follow[n].or(b.first) })
		if a.empty {
			a.first.or(b.first)
		}
		if b.empty {
			a.last.or(b.last)
		} else {
			a.last = b.last
		}
		a.empty = a.empty && b.empty
	}
	return a
}

func (r *reader) repeated() part {
	a := r.one()
	for !r.wrong && len(r.rest) > 0 {
		switch r.rest[0] {
		case '*':
			a.empty = true
		case '+':
		case '?':
			a.empty = true
			r.next()
			continue
		default:
			return a
		}
		r.next()
		a.last.each(func(n int) { r.p.follow[n].or(a.first) })
	}
	return a
}

func (r *reader) one() part {
	var c chars
	switch b := r.next(); b {
	case '(':
		a := r.either()
		r.wrong = r.wrong || r.next() != ')'
		return a
	case '[':
		c = r.class()
	case '.':
		c = chars{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}
	case '*', '+', '?', ']', '{', '}', '^', '$':
		r.wrong = true
	case '\\':
		c.add(r.next())
	default:
		c.add(b)
	}
	n := r.p.n
	if n == ds.MaxKey { // never: each place took a character
		r.wrong = true
		return part{}
	}
	r.p.n++
	r.p.may[n] = c
	a := part{}
	a.first.add(n)
	a.last.add(n)
	return a
}

// class reads a set behind its `[`.
func (r *reader) class() (c chars) {
	not := r.sees('^')
	if not {
		r.next()
	}
	for n := 0; !r.wrong && (n == 0 || !r.sees(']')); n++ {
		from := r.member()
		to := from
		if len(r.rest) > 1 && r.rest[0] == '-' && r.rest[1] != ']' {
			r.next()
			to = r.member()
		}
		r.wrong = r.wrong || to < from
		for b := int(from); b <= int(to); b++ {
			c.add(byte(b))
		}
	}
	r.next()
	if not {
		for i := range c {
			c[i] = ^c[i]
		}
	}
	return c
}

func (r *reader) member() byte {
	b := r.next()
	switch b {
	case '\\':
		b = r.next()
	case ']', '[':
		r.wrong = true
	}
	return b
}
