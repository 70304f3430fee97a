package main

// Keys that edit.
const (
	keyInterrupt = 0x03 // ^C
	keyBackspace = 0x08
	keyNewline   = 0x0a
	keyReturn    = 0x0d
	keyKill      = 0x15 // ^U
	keyWord      = 0x17 // ^W
	keyEscape    = 0x1b
	keyDelete    = 0x7f

	bell = 0x07
)

// maxLine is the longest line, its newline not counted.
const maxLine = 255

// editor is canonical input: bytes typed become lines. What the console is to show is appended to
// show by Type; what is complete is in lines until Take.
type editor struct {
	line   [maxLine]byte
	n      int
	escape uint8  // 1: after ESC, 2: within its sequence
	wasCR  bool   // a newline right after a return is the same key
	lines  []byte // complete ones, each with its '\n'; its capacity is the limit
}

// Type takes one byte. show is what to echo, appended to the argument; done tells that a line
// is complete.
func (e *editor) Type(b byte, show []byte) (echo []byte, done bool) {
	afterCR := e.wasCR
	e.wasCR = false
	if e.skipped(b) {
		return show, false
	}
	switch b {
	case keyNewline, keyReturn:
		e.wasCR = b == keyReturn
		if b == keyNewline && afterCR {
			return show, false
		}
		return e.end(show)
	case keyInterrupt:
		e.n = 0
		e.lines = e.lines[:0]
		return e.end(append(show, "^C"...))
	case keyBackspace, keyDelete:
		return e.erase(show), false
	case keyKill:
		for e.n > 0 {
			show = e.erase(show)
		}
		return show, false
	case keyWord:
		for e.n > 0 && e.line[e.n-1] == ' ' {
			show = e.erase(show)
		}
		for e.n > 0 && e.line[e.n-1] != ' ' {
			show = e.erase(show)
		}
		return show, false
	case '\t':
		b = ' '
	}
	if b < ' ' || e.n == maxLine {
		return append(show, bell), false
	}
	e.line[e.n] = b
	e.n++
	return append(show, b), false
}

// skipped tells whether b belongs to the escape sequence of a cursor or function key, none
// of which edits here. Source: ECMA-48, "Control sequences".
func (e *editor) skipped(b byte) bool {
	switch {
	case b == keyEscape:
		e.escape = 1
		return true
	case e.escape == 1:
		e.escape = 0
		if b == '[' || b == 'O' {
			e.escape = 2
			return true
		}
		return b >= ' '
	case e.escape == 2 && b >= ' ':
		if b >= 0x40 {
			e.escape = 0
		}
		return true
	}
	e.escape = 0
	return false
}

// erase takes the last character, which in UTF-8 may be several bytes.
func (e *editor) erase(show []byte) []byte {
	if e.n == 0 {
		return show
	}
	for e.n--; e.n > 0 && e.line[e.n]&0xc0 == 0x80; e.n-- {
	}
	return append(show, "\b \b"...)
}

// end completes the line, if there is room for it.
func (e *editor) end(show []byte) ([]byte, bool) {
	if len(e.lines)+e.n+1 > cap(e.lines) {
		return append(show, bell), false
	}
	e.lines = append(append(e.lines, e.line[:e.n]...), '\n')
	e.n = 0
	return append(show, '\n'), true
}

// First is the oldest complete line, of at most limit bytes; what is longer is read in parts.
func (e *editor) First(limit uint64) []byte {
	for i, b := range e.lines {
		if uint64(i) == limit {
			return e.lines[:i]
		}
		if b == '\n' {
			return e.lines[:i+1]
		}
	}
	return nil
}

// Drop forgets the first n bytes of the complete lines.
func (e *editor) Drop(n int) {
	e.lines = e.lines[:copy(e.lines, e.lines[n:])]
}
