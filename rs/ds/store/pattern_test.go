package store

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

func TestPatterns(t *testing.T) {
	for _, c := range []struct{ pattern, yes, no string }{
		{`rtc`, "rtc", "rtcc rt xrtc RTC"},
		{`.*`, "a drv.blk.x ~", ""},
		{`drv\.blk\..*`, "drv.blk.at_wini drv.blk.", "drv.chr.x drvxblk.x drv.blk"},
		{`drv\.[bc]..\..*`, "drv.blk.a drv.chr.tty", "drv.net.x drv.bl.x"},
		{`drv\.(blk|chr)\.[^a-m]+`, "drv.blk.z drv.chr.nnn", "drv.blk. drv.blk.a drv.blk.za"},
		{`a?b?c?`, "a b c ab ac bc abc", "ca aa abcc"},
		{`(ab)+`, "ab abab", "a aba"},
		{`(a|)b`, "b ab", "aab"},
		{`(a*)*`, "a aaaaaaaaaaaaaaaa", "b ab"},
		{`[a\]-]`, "a ] -", "b"}, {`[^\^]`, "a", "^"},
		{`x\.y\\`, `x.y\`, "xay"},
	} {
		p, ok := Compile([]byte(c.pattern))
		if !ok {
			t.Errorf("%q is refused", c.pattern)
			continue
		}
		for _, k := range strings.Fields(c.yes) {
			if !p.Match([]byte(k)) {
				t.Errorf("%q does not match %q", c.pattern, k)
			}
		}
		for _, k := range strings.Fields(c.no) {
			if p.Match([]byte(k)) {
				t.Errorf("%q matches %q", c.pattern, k)
			}
		}
	}
}

func TestPatternsRefused(t *testing.T) {
	for _, text := range []string{"", "*", "a(", "a)", "(a", "[", "[]", "[a", "[b-a]", `\`, "a{2}", "^a", "a$", "a b", "a\n", "a\x80", "|*", "(*)", "[[]", strings.Repeat("a", 81)} {
		if _, ok := Compile([]byte(text)); ok {
			t.Errorf("%q is accepted", text)
		}
	}
	for _, text := range []string{strings.Repeat("a", 80), strings.Repeat("(", 40) + strings.Repeat(")", 40), "|", "a|", "()"} {
		if _, ok := Compile([]byte(text)); !ok {
			t.Errorf("%q is refused", text)
		}
	}
}

// Random patterns match what Go's regular expressions match.
func TestPatternsAsRegexp(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	parts := []string{"a", "b", "c", ".", `\.`, "[ab]", "[^b]", "(", ")", "|", "*", "+", "?", "[a-c]"}
	matched, compared := 0, 0
	for range 60_000 {
		text := ""
		for range 1 + r.IntN(9) {
			text += parts[r.IntN(len(parts))]
		}
		p, ok := Compile([]byte(text))
		if !ok {
			continue
		}
		re, err := regexp.Compile("^(?:" + text + ")$")
		if err != nil || strings.Contains(text, "*?") || strings.Contains(text, "+?") || strings.Contains(text, "??") { // here `?` is behind a repetition what it is behind a letter
			continue
		}
		for range 8 {
			key := make([]byte, 1+r.IntN(6))
			for i := range key {
				key[i] = "abc.d"[r.IntN(5)]
			}
			compared++
			want := re.Match(key)
			if want {
				matched++
			}
			if p.Match(key) != want {
				t.Fatalf("%q and %q: %v, want %v", text, key, !want, want)
			}
		}
	}
	if compared < 10_000 || matched < 1000 {
		t.Fatalf("compared %d, of which %d match", compared, matched)
	}
}

// The patterns that take backtracking for ever are told apart in no time: a step counter would say so less plainly than the number of keys.
func TestHostilePatterns(t *testing.T) {
	key := []byte(strings.Repeat("a", 79) + "!")
	for _, text := range []string{strings.Repeat("(a*)*", 16), strings.Repeat("a?", 20) + strings.Repeat("a", 40), "((((((a+)+)+)+)+)+)+", strings.Repeat(".*", 40), strings.Repeat("(a|a)*", 13)} {
		p, ok := Compile([]byte(text))
		if !ok {
			t.Fatalf("%q is refused", text)
		}
		for range 1000 {
			if p.Match(key) && text[0] != '.' {
				t.Fatalf("%q matches %q", text, key)
			}
		}
	}
}

func FuzzPattern(f *testing.F) {
	f.Add([]byte(`drv\.(blk|chr)\..*`), []byte("drv.blk.a"))
	f.Fuzz(func(t *testing.T, text, key []byte) {
		if p, ok := Compile(text); ok && len(key) <= 80 {
			p.Match(key)
		}
	})
}
