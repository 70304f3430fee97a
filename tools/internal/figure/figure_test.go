package figure

import "testing"

func TestOf(t *testing.T) {
	if f := Of(nil); f != (Spread{}) {
		t.Errorf("of nothing: %+v", f)
	}
	if f := Of([]uint64{5}); f != (Spread{1, 5, 5, 5, 5}) {
		t.Errorf("of one: %+v", f)
	}
	var s []uint64
	for i := range uint64(200) {
		s = append(s, 199-i)
	}
	if f := Of(s); f != (Spread{200, 0, 100, 198, 199}) || s[0] != 199 {
		t.Errorf("of 199 to 0: %+v", f)
	}
}

func TestGroup(t *testing.T) {
	for v, want := range map[uint64]string{0: "0", 999: "999", 1000: "1,000", 12345678: "12,345,678"} {
		if got := Group(v); got != want {
			t.Errorf("Group(%d) = %q, want %q", v, got, want)
		}
	}
}
