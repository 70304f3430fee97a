package log

import (
	"strings"
	"testing"
)

func TestRing(t *testing.T) {
	r := new(Ring)
	var all strings.Builder
	for i := 0; all.Len() < 3*Size; i++ {
		s := strings.Repeat(string(rune('a'+i%26)), i%100)
		all.WriteString(s)
		r.WriteString(s)
	}
	b := make([]byte, 1000)
	from, n := r.Read(0, b)
	if from != uint64(all.Len()-Size) || n != len(b) || string(b) != all.String()[from:][:n] {
		t.Errorf("Read(0): from %d, %d bytes; want the oldest kept, %d", from, n, all.Len()-Size)
	}
	from, n = r.Read(r.End()-10, b)
	if n != 10 || string(b[:n]) != all.String()[from:] {
		t.Errorf("the last 10 bytes: %q", b[:n])
	}
	if from, n = r.Read(r.End()+5, b); from != r.End() || n != 0 {
		t.Errorf("past the end: from %d, %d bytes", from, n)
	}
}
