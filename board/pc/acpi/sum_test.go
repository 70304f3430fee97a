package acpi

import (
	"math/rand/v2"
	"testing"
)

// sum is the sum of all bytes, modulo 256, of any length and at any place.
func TestSum(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, 1<<14)
	for i := range b {
		b[i] = byte(r.Uint32()) | byte(i>>6) // up to many high bytes in a row
	}
	for range 2000 {
		from := r.IntN(len(b))
		part := b[from : from+r.IntN(len(b)-from)]
		want := uint8(0)
		for _, c := range part {
			want += c
		}
		if got := sum(part); got != want {
			t.Fatalf("%d bytes at %d: %d, want %d", len(part), from, got, want)
		}
	}
	full := make([]byte, 4096)
	for i := range full {
		full[i] = 0xff
	}
	if got := sum(full); got != 0 {
		t.Errorf("4096 times 255: %d", got)
	}
}

// \_S5 is found wherever it stands, first, last, behind what looks like it, and not where it is cut off.
func TestS5AnyPlace(t *testing.T) {
	good := []byte("\x08_S5_\x12\x06\x04\x0a\x05\x0a\x06")
	for _, c := range []struct {
		title string
		aml   string
		want  bool
	}{
		{"alone", string(good), true},
		{"with a root", "\x08\\" + string(good[1:]), true},
		{"behind another name", "_S5_ _S5" + string(good), true},
		{"behind one that is none", "\x08_S5_\x11" + string(good), true},
		{"behind a method of that name", "\x14\x06_S5_\x00" + string(good), true},
		{"at the very begin", string(good[1:]), false},
		{"cut off", string(good[:5]), false},
		{"nothing", "", false},
	} {
		if s, ok := findS5([]byte(c.aml)); ok != c.want || ok && (s.A != 5 || s.B != 6) {
			t.Errorf("%s: %+v, %v", c.title, s, ok)
		}
	}
}
