package printable

import (
	"bytes"
	"testing"
)

// However text is looked at, eight bytes at a time or one, it comes out as Append makes it.
func TestFitIsAppend(t *testing.T) {
	for pair := range 1 << 16 {
		for at := range 9 {
			in := []byte("aaaaaaaaaa")
			in[at], in[at+1] = byte(pair>>8), byte(pair)
			want := Append(nil, in)
			if got, n := Fit(make([]byte, 0, len(want)), in); n != len(in) || !bytes.Equal(got, want) {
				t.Fatalf("%q: %q of %d bytes, want %q", in, got, n, want)
			}
			if got, n := Fit(make([]byte, 0, len(want)-1), in); n >= len(in) || !bytes.Equal(got, Append(nil, in[:n])) {
				t.Fatalf("%q with too little room: %q of %d bytes", in, got, n)
			}
		}
	}
}
