package printable

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAppend(t *testing.T) {
	for _, c := range []struct{ name, in, line, text string }{
		{"plain", "a b~\\x1b", "a b~\\x1b", "a b~\\x1b"},
		{"tab, line feed, return", "a\tb\nc\rd", `a	b\x0ac\x0dd`, "a\tb\nc\rd"},
		{"escape sequences", "\x1b[2J\x1b]0;t\a\x1bP", `\x1b[2J\x1b]0;t\x07\x1bP`, `\x1b[2J\x1b]0;t\x07\x1bP`},
		{"C0 and DEL", "\x00\b\x0b\x0c\x0e\x7f", `\x00\x08\x0b\x0c\x0e\x7f`, `\x00\x08\x0b\x0c\x0e\x7f`},
		{"8-bit controls", "\x84\x9b2J\x9d", `\x84\x9b2J\x9d`, `\x84\x9b2J\x9d`},
		{"the same in UTF-8", "\u0084\u009b2J", `\xc2\x84\xc2\x9b2J`, `\xc2\x84\xc2\x9b2J`},
		{"overlong", "\xc0\x9b\xe0\x80\x9b", `\xc0\x9b\xe0\x80\x9b`, `\xc0\x9b\xe0\x80\x9b`},
		{"a letter whose second byte is CSI", "ě", `\xc4\x9b`, `\xc4\x9b`},
		{"right-to-left override, line separator", "\u202e\u2028", `\xe2\x80\xae\xe2\x80\xa8`, `\xe2\x80\xae\xe2\x80\xa8`},
		{"nothing", "", "", ""},
	} {
		if got := string(Append(nil, []byte(c.in))); got != c.line {
			t.Errorf("%s: line %q, want %q", c.name, got, c.line)
		}
		if got := string(AppendText(nil, []byte(c.in))); got != c.text {
			t.Errorf("%s: text %q, want %q", c.name, got, c.text)
		}
	}
}

// Whatever two bytes come, alone, cut or together, only printable ASCII leaves, and it is valid in
// UTF-8 and in every eight-bit set.
func TestEveryPair(t *testing.T) {
	for i := range 1 << 16 {
		in := []byte{byte(i >> 8), byte(i)}
		whole := string(AppendText(nil, in))
		if cut := string(AppendText(AppendText(nil, in[:1]), in[1:])); cut != whole {
			t.Fatalf("% x: cut it reads %q, whole %q", in, cut, whole)
		}
		line := string(Append([]byte("a"), in))
		for _, s := range []string{line, strings.NewReplacer("\n", "", "\r", "").Replace(whole)} {
			for k := range len(s) {
				if c := s[k]; c < ' ' && c != '\t' || c > '~' || !utf8.ValidString(s) {
					t.Fatalf("% x: byte %#x left in %q", in, c, s)
				}
			}
		}
		mask := append([]byte(nil), in...)
		Mask(mask)
		for k, c := range mask {
			if want := in[k]; c != want && (c != '?' || Safe(want)) || c == want && !Safe(c) {
				t.Fatalf("% x: masked % x", in, mask)
			}
		}
	}
}

func TestFit(t *testing.T) {
	for _, c := range []struct {
		room  int
		want  string
		taken int
	}{{0, "", 0}, {1, "a", 1}, {4, "a", 1}, {5, `a\x1b`, 2}, {8, `a\x1b`, 2}, {9, `a\x1b\x0a`, 3}, {10, `a\x1b\x0ab`, 4}, {99, `a\x1b\x0ab`, 4}} {
		if got, n := Fit(make([]byte, 0, c.room), []byte("a\x1b\nb")); string(got) != c.want || n != c.taken {
			t.Errorf("room for %d: %q of %d bytes, want %q of %d", c.room, got, n, c.want, c.taken)
		}
	}
}

// The kernel allocates nothing, nor does who brings room.
func TestDoesNotAllocate(t *testing.T) {
	src := []byte("x\x1b[2J\xff\n")
	dst := make([]byte, 0, Escaped*len(src))
	if n := testing.AllocsPerRun(100, func() {
		Append(dst, src)
		AppendText(dst, src)
		Fit(dst[:0:3], src)
		Mask(dst[:0])
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
