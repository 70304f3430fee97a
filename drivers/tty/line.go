package main

import (
	"unicode/utf8"

	"bennu/drivers/sdk"
	"bennu/kernel/abi/printable"
)

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

// lineEnds are the keys after which nothing of a line is left to come.
const lineEnds = "\n\r\x03\x15"

const (
	// maxLine is the longest line, its newline not counted.
	maxLine = 255
	// maxRub is how many columns are rubbed out; if there are more, a new line is begun.
	maxRub = 80
	// maxEcho is the most that one key has shown: a line with all its bytes escaped, and some words.
	maxEcho = printable.Escaped*maxLine + 128
)

// fault is why a line will be dropped when it ends.
type fault uint8

const (
	faultNone fault = iota
	faultLost
	faultLong
	faultFull
	faultLife
	faultSource
)

func (f fault) String() string {
	return [...]string{"", "some of it was lost on the line", "it is longer than " + sdk.Dec(maxLine) + " bytes", "too many wait to be read",
		"tty died while it was typed", "its keyboard's driver died while it was typed"}[f]
}

// editor is canonical input: bytes typed become lines. A line is handed on as it was typed or not at all: if
// some of it is missing, all of it is dropped at its end, with the bell. Each source of bytes has an editor
// of its own, so that two people's typing is never one line.
type editor struct {
	line  [maxLine]byte
	n     int
	fault fault
	seq   [maxSequence]byte // the escape sequence that has begun
	nseq  int
	wasCR bool // a newline right after a return is the same key
}

// Spoil marks the line that is being typed.
func (e *editor) Spoil(f fault) {
	if e.fault == faultNone {
		e.fault = f
	}
}

// Begun tells whether a line is being typed.
func (e *editor) Begun() bool { return e.n > 0 || e.nseq > 0 || e.fault != faultNone }

// Type takes one byte. It appends the echo to show, at most maxEcho bytes; a complete line goes to ahead, and
// done tells so.
func (e *editor) Type(b byte, ahead *lines, show []byte) (echo []byte, done bool) {
	afterCR := e.wasCR
	e.wasCR = false
	show, taken := e.sequence(b, show)
	if taken {
		return show, false
	}
	switch b {
	case keyNewline, keyReturn:
		e.wasCR = b == keyReturn
		if b == keyNewline && afterCR {
			return show, false
		}
		return e.end(ahead, show)
	case keyInterrupt:
		show = e.forgive(append(show, "^C"...))
		e.n = 0
		ahead.clear()
		return e.end(ahead, show)
	case keyBackspace, keyDelete:
		if e.n > 0 {
			_, size := utf8.DecodeLastRune(e.line[:e.n])
			show = e.rub(e.n-size, "", show)
		}
		return show, false
	case keyKill:
		return e.forgive(e.rub(0, "^U\n", show)), false
	case keyWord:
		return e.rub(e.wordStart(), "^W\n", show), false
	}
	return e.insert(b, show), false
}

// forgive forgets the fault of the line that is typed, and gives its beginning up. The bell tells that there was
// one: it may have been the end of another line.
func (e *editor) forgive(show []byte) []byte {
	if e.fault != faultNone {
		show = append(show, bell)
	}
	e.fault = faultNone
	return show
}

// insert takes a byte as it is; the line's reader judges it.
func (e *editor) insert(b byte, show []byte) []byte {
	if e.n == maxLine {
		e.Spoil(faultLong)
		return append(show, bell)
	}
	e.line[e.n] = b
	e.n++
	return shown(show, b)
}

// Show appends what the console shows of the line that is being typed.
func (e *editor) Show(show []byte) []byte {
	for _, b := range e.line[:e.n] {
		show = shown(show, b)
	}
	return show
}

// shown appends a byte as the console shows it: width columns.
func shown(show []byte, b byte) []byte {
	switch {
	case b == '\t':
		return append(show, ' ')
	case b < ' ':
		return append(show, '^', b+'@')
	}
	return printable.Append(show, []byte{b})
}

func width(b byte) int {
	switch {
	case printable.Safe(b):
		return 1
	case b < ' ':
		return 2
	}
	return printable.Escaped
}

func (e *editor) wordStart() int {
	n := e.n
	for n > 0 && blank(e.line[n-1]) {
		n--
	}
	for n > 0 && !blank(e.line[n-1]) {
		n--
	}
	return n
}

func blank(b byte) bool { return b == ' ' || b == '\t' }

// rub takes away the bytes behind the first n of the line. If these are too many to rub out, sign is shown, and then
// the rest of the line again.
func (e *editor) rub(n int, sign string, show []byte) []byte {
	columns := 0
	for _, b := range e.line[n:e.n] {
		columns += width(b)
	}
	e.n = n
	if columns > maxRub {
		return e.Show(append(show, sign...))
	}
	for range columns {
		show = append(show, "\b \b"...)
	}
	return show
}

// end completes the line, or drops it.
func (e *editor) end(ahead *lines, show []byte) ([]byte, bool) {
	if e.fault == faultNone && !ahead.push(e.line[:e.n]) {
		e.fault = faultFull
	}
	f := e.fault
	e.n, e.fault = 0, faultNone
	show = append(show, '\n')
	if f == faultNone {
		return show, true
	}
	show = append(append(show, "\a[tty: a line was dropped: "...), f.String()...)
	return append(show, "]\n"...), false
}

// lines are complete ones, typed ahead of their reader, each with its '\n'.
type lines struct{ b []byte } // its capacity is the limit

func (l *lines) push(line []byte) bool {
	if len(l.b)+len(line)+1 > cap(l.b) {
		return false
	}
	l.b = append(append(l.b, line...), '\n')
	return true
}

func (l *lines) clear() { l.b = l.b[:0] }

// room tells whether any line has room.
func (l *lines) room() bool { return cap(l.b)-len(l.b) > maxLine }

// first is the oldest line with its '\n'; nil when there is none.
func (l *lines) first() []byte {
	for i, b := range l.b {
		if b == '\n' {
			return l.b[:i+1]
		}
	}
	return nil
}

// drop forgets the oldest line.
func (l *lines) drop() { l.b = l.b[:copy(l.b, l.b[len(l.first()):])] }
