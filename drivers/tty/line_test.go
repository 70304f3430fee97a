package main

import (
	"strings"
	"testing"
)

func typeAll(e *editor, keys string) (echo string) {
	var b []byte
	for i := range len(keys) {
		b, _ = e.Type(keys[i], b)
	}
	return string(b)
}

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
		{"cursor keys do nothing", "a\x1b[Ab\x1bOPc\x1b[15~d\r", "abcd\n", "abcd\n"},
		{"escape, then an ordinary key's control", "a\x1b\r", "a\n", "a\n"},
		{"control characters ring", "a\x01\x04\r", "a\n", "a\a\a\n"},
		{"tab is a blank", "a\tb\r", "a b\n", "a b\n"},
		{"a character of two bytes is erased whole", "ü\bx\r", "x\n", "ü\b \bx\n"},
	} {
		e := &editor{lines: make([]byte, 0, 64)}
		if echo := typeAll(e, c.keys); string(e.lines) != c.lines || echo != c.echo {
			t.Errorf("%s: lines %q echo %q, want %q %q", c.name, e.lines, echo, c.lines, c.echo)
		}
	}
}

func TestLongLine(t *testing.T) {
	e := &editor{lines: make([]byte, 0, 1024)}
	echo := typeAll(e, strings.Repeat("x", 300)+"\r")
	if len(e.lines) != maxLine+1 || strings.Count(echo, "\a") != 300-maxLine {
		t.Errorf("line of %d bytes, %d bells", len(e.lines), strings.Count(echo, "\a"))
	}
}

func TestTypeAheadIsBounded(t *testing.T) {
	e := &editor{lines: make([]byte, 0, 10)}
	echo := typeAll(e, "12345678\rab\r")
	if string(e.lines) != "12345678\n" || !strings.HasSuffix(echo, "ab\a") {
		t.Errorf("lines %q, echo %q", e.lines, echo)
	}
	e.Drop(9)
	if typeAll(e, "\r"); string(e.lines) != "ab\n" {
		t.Errorf("the line that had no room: %q", e.lines)
	}
}

func TestFirst(t *testing.T) {
	e := &editor{lines: []byte("abc\nde\n")}
	for _, c := range []struct {
		limit uint64
		want  string
	}{{100, "abc\n"}, {4, "abc\n"}, {2, "ab"}} {
		if got := string(e.First(c.limit)); got != c.want {
			t.Errorf("limit %d: %q, want %q", c.limit, got, c.want)
		}
	}
	e.Drop(2)
	if got := string(e.First(9)); got != "c\n" {
		t.Errorf("the rest is %q", got)
	}
	e.Drop(5)
	if e.First(9) != nil {
		t.Error("a line where none is")
	}
}
