package main

import (
	"strings"
	"testing"
)

// typist is an editor with the lines that it has made.
type typist struct {
	editor
	ahead lines
}

func newTypist(room int) *typist { return &typist{ahead: lines{make([]byte, 0, room)}} }

func (e *typist) keys(keys string) (echo string) {
	var b []byte
	for i := range len(keys) {
		n := len(b)
		if b, _ = e.Type(keys[i], &e.ahead, b); len(b)-n > maxEcho {
			panic("one key has shown more than maxEcho bytes")
		}
	}
	return string(b)
}

const dropped = "\n\a[tty: a line was dropped: "

func TestEditor(t *testing.T) {
	for _, c := range []struct{ name, keys, lines, echo string }{
		{"plain", "ab\r", "ab\n", "ab\n"},
		{"newline", "ab\n", "ab\n", "ab\n"},
		{"return and newline are one key", "a\r\nb\r", "a\nb\n", "a\nb\n"},
		{"two newlines are two", "\n\n", "\n\n", "\n\n"},
		{"backspace", "ax\bb\r", "ab\n", "ax\b \bb\n"},
		{"delete", "ax\x7fb\r", "ab\n", "ax\b \bb\n"},
		{"backspace on nothing", "\b\ba\r", "a\n", "a\n"},
		{"kill", "abc\x15d\r", "d\n", "abc\b \b\b \b\b \bd\n"},
		{"word", "ab cd  \x17e\r", "ab e\n", "ab cd  " + strings.Repeat("\b \b", 4) + "e\n"},
		{"word on nothing", "\x17a\r", "a\n", "a\n"},
		{"interrupt drops the line and what is typed ahead", "one\rtwo\x03", "\n", "one\ntwo^C\n"},
		{"cursor keys ring", "a\x1b[Ab\x1bOPc\x1b[15;2~d\x1b[[Ae\r", "abcde\n", "a\ab\ac\ad\ae\n"},
		{"escape alone is a byte", "a\x1b\r", "a\x1b\n", "a^[\n"},
		{"escape before a letter", "\x1bdate\r", "\x1bdate\n", "^[date\n"},
		{"a sequence broken off by return", "\x1b[1\r", "\x1b[1\n", "^[[1\n"},
		{"a sequence broken off by another", "\x1b[1\x1b[A\r", "\x1b[1\n", "^[[1\a\n"},
		{"a sequence without end", "\x1b[" + strings.Repeat("1", 20) + "A\r", "\x1b[" + strings.Repeat("1", 20) + "A\n", "^[[" + strings.Repeat("1", 20) + "A\n"},
		{"a sequence broken off is edited as bytes", "\x1b[\b\bx\r", "x\n", "^[[\b \b\b \b\b \bx\n"},
		{"control characters are bytes", "a\x01\x00\x04\r", "a\x01\x00\x04\n", "a^A^@^D\n"},
		{"and are erased", "\x01\b\r", "\n", "^A\b \b\b \b\n"},
		{"tab is one column", "a\tb\bc\r", "a\tc\n", "a b\b \bc\n"},
		{"a character of two bytes is erased whole", "\u00fc\bx\r", "x\n", `\xc3\xbc` + strings.Repeat("\b \b", 8) + "x\n"},
		{"bytes that are no character are erased one by one", "a\xbc\bx\r", "ax\n", `a\xbc` + strings.Repeat("\b \b", 4) + "x\n"},
		{"8-bit controls are shown", "\x9bA\r", "\x9bA\n", `\x9bA` + "\n"},
	} {
		e := newTypist(64)
		if echo := e.keys(c.keys); string(e.ahead.b) != c.lines || echo != c.echo {
			t.Errorf("%s: lines %q echo %q, want %q %q", c.name, e.ahead.b, echo, c.lines, c.echo)
		}
	}
}

// What one key shows fits into maxEcho, and that is not much more than any needs.
func TestMaxEcho(t *testing.T) {
	longest, newlines := 0, 0
	for _, last := range []string{"\x80", " \x80", " " + strings.Repeat("\x80", maxRub/4+1), "\x80\x80", "\x1b["} {
		for key := range 256 {
			for f := faultNone; f <= faultSource; f++ {
				e := newTypist(maxLine + 1)
				e.keys(strings.Repeat("\x80", maxLine-len(last)) + last)
				if f != faultNone {
					e.Spoil(f)
				}
				echo := e.keys(string([]byte{byte(key)}))
				longest, newlines = max(longest, len(echo)), max(newlines, strings.Count(echo, "\n"))
			}
		}
	}
	if longest > maxEcho || longest < maxEcho-256 {
		t.Errorf("a key has shown %d bytes, maxEcho is %d", longest, maxEcho)
	}
	e := newTypist(0)
	e.keys(strings.Repeat("\x80", maxLine))
	if all := 2 + len(e.Show(nil)) + longest + newlines; all > keyRoom+1 { // and each newline is two bytes on the wire
		t.Errorf("with the line of its source before, a key shows %d bytes, keyRoom is %d", all, keyRoom)
	}
}

// A line that is too long is dropped, not cut; ^U takes it back before that.
func TestLongLine(t *testing.T) {
	e := newTypist(1024)
	long := strings.Repeat("x", maxLine)
	if e.keys(long + "\r"); string(e.ahead.b) != long+"\n" {
		t.Errorf("the longest line: %q", e.ahead.b)
	}
	e.ahead.clear()
	echo := e.keys(long + "yz\b\b\b\r")
	if len(e.ahead.b) > 0 || strings.Count(echo, "\a") != 3 || !strings.HasSuffix(echo, dropped+"it is longer than 255 bytes]\n") {
		t.Errorf("lines %q, echo %q", e.ahead.b, echo)
	}
	echo = e.keys("short\r" + long + "yz\x15again\r")
	if string(e.ahead.b) != "short\nagain\n" || !strings.HasSuffix(echo, "x\a\a^U\n\aagain\n") {
		t.Errorf("lines %q, echo %q", e.ahead.b, echo)
	}
	e.ahead.clear()
	if echo = e.keys("a " + strings.Repeat("\xff", 250) + "\x17b\r"); string(e.ahead.b) != "a b\n" || !strings.HasSuffix(echo, "^W\na b\n") {
		t.Errorf("lines %q, echo %q", e.ahead.b, echo)
	}
}

// A line of which something is missing is dropped whatever is done to it, and its successor is not.
func TestSpoiled(t *testing.T) {
	for _, c := range []struct{ before, after, lines string }{
		{"da", "te\rok\r", "ok\n"},
		{"", "te\rok\r", "ok\n"},
		{"date", "\rok\r", "ok\n"},
		{"da", "\b\b\x17te\rok\r", "ok\n"},
		{"da", "\x15date\rok\r", "date\nok\n"},
		{"one\rda", "\x03date\r", "\ndate\n"},
		{"\x1b", "[A\rok\r", "ok\n"},
	} {
		e := newTypist(64)
		echo := e.keys(c.before)
		e.Spoil(faultLost)
		if !e.Begun() {
			t.Error("a spoiled line is one that is begun")
		}
		if echo += e.keys(c.after); string(e.ahead.b) != c.lines || strings.Contains(echo, dropped) == strings.ContainsAny(c.after, "\x15\x03") {
			t.Errorf("%q, gap, %q: lines %q, want %q; echo %q", c.before, c.after, e.ahead.b, c.lines, echo)
		}
	}
}

// Lines typed ahead have a limit; the one too many goes as a whole.
func TestTypeAheadIsBounded(t *testing.T) {
	e := newTypist(10)
	echo := e.keys("12345678\rab\rc")
	if string(e.ahead.b) != "12345678\n" || !strings.HasSuffix(echo, "ab"+dropped+"too many wait to be read]\nc") {
		t.Errorf("lines %q, echo %q", e.ahead.b, echo)
	}
	e.ahead.drop()
	if e.keys("\r"); string(e.ahead.b) != "c\n" {
		t.Errorf("the line after the one that had no room: %q", e.ahead.b)
	}
}

func TestLines(t *testing.T) {
	l := lines{make([]byte, 0, maxLine+1)}
	if l.first() != nil || !l.room() {
		t.Error("a line where none is, or no room")
	}
	l.push([]byte("abc"))
	l.push(nil)
	if string(l.first()) != "abc\n" || l.room() {
		t.Errorf("first %q", l.first())
	}
	l.drop()
	if string(l.first()) != "\n" {
		t.Errorf("second %q", l.first())
	}
	l.drop()
	l.drop()
	if l.first() != nil {
		t.Error("a line where none is")
	}
}
