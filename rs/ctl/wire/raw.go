package wire

import "strconv"

// any reads a value of any kind and keeps its text.
func (r *reader) any() Value {
	r.blanks()
	from := r.i
	r.skip(0)
	if r.err != nil {
		return Value{}
	}
	return Value{Kind: Raw, Text: string(r.b[from:r.i])}
}

// skip goes past a value of any kind. Source: RFC 8259.
func (r *reader) skip(depth int) {
	const want = "a value"
	r.blanks()
	if r.err != nil || r.i == len(r.b) {
		r.fail(want)
		return
	}
	switch c := r.b[r.i]; {
	case c == '"':
		r.text(want)
	case c == '-' || c >= '0' && c <= '9':
		r.skipNumber()
	case (c == '[' || c == '{') && depth == maxDepth:
		r.fail("at most " + strconv.Itoa(maxDepth) + " lists and objects in each other")
	case c == '[':
		r.skipList(depth+1, ']', false)
	case c == '{':
		r.skipList(depth+1, '}', true)
	case r.word("true") || r.word("false") || r.word("null"):
	default:
		r.fail(want)
	}
}

// skipList goes past a list, or an object, whose values have names.
func (r *reader) skipList(depth int, end byte, names bool) {
	r.i++
	r.blanks()
	if r.take(end) {
		return
	}
	for r.err == nil {
		if names {
			r.blanks()
			r.text("a field's name in quotes")
			r.blanks()
			if r.err == nil && !r.take(':') {
				r.fail("a colon")
			}
		}
		r.skip(depth)
		r.blanks()
		if r.take(end) {
			return
		}
		if !r.take(',') {
			r.fail("a comma or " + string(end))
		}
	}
}

func (r *reader) skipNumber() {
	r.take('-')
	if !r.take('0') {
		r.digits()
	}
	if r.take('.') {
		r.digits()
	}
	if r.take('e') || r.take('E') {
		if !r.take('+') {
			r.take('-')
		}
		r.digits()
	}
}

// digits goes past at least one.
func (r *reader) digits() {
	from := r.i
	for r.i < len(r.b) && r.b[r.i] >= '0' && r.b[r.i] <= '9' {
		r.i++
	}
	if r.i == from {
		r.fail("a digit")
	}
}
