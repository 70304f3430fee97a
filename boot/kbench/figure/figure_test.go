package figure

import "testing"

func TestLine(t *testing.T) {
	s := New(101)
	for i := range 102 { // one too many is dropped
		s.Add(uint64(1000 - i))
	}
	for _, c := range []struct {
		got, want string
	}{
		{s.Line("a b", 0), `{"figure":"a b","n":101,"min":900,"median":950,"p99":999,"max":1000}`},
		{s.Line(`"`, 950), `{"figure":"\"","n":101,"min":0,"median":0,"p99":49,"max":50}`},
		{New(3).Line("none", 5), `{"figure":"none","n":0}`},
		{Value("v", 7), `{"figure":"v","n":1,"min":7,"median":7,"p99":7,"max":7}`},
	} {
		if c.got != c.want {
			t.Errorf("got  %s\nwant %s", c.got, c.want)
		}
	}
	s.Reset()
	if len(s.v) != 0 {
		t.Errorf("%d samples after Reset", len(s.v))
	}
}
