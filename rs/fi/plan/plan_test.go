package plan

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"bennu/kernel/abi"
)

// A plan comes back from its words, whatever it is.
func TestPlanComesBack(t *testing.T) {
	const seed = 7
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 2000 {
		p := Plan{
			Victim: []string{"rtc", "tty", "sum-1"}[r.IntN(3)], Types: []string{"text", "nop", "random"}[:1+r.IntN(3)],
			Faults: 1 + r.IntN(MaxFaults), First: r.Uint32() >> 1, Blocks: r.Uint32() >> 1, Seed: r.Uint64(), Ops: 1 + r.IntN(100),
			Limit: time.Duration(1+r.IntN(500)) * time.Millisecond, Kind: Kind(r.IntN(2)), Reached: r.IntN(2) == 1, Turn: r.IntN(2) == 1, Prove: r.IntN(2) == 1,
		}
		if r.IntN(2) == 0 {
			p.Strata = []string{"driver", "runtime"}
		}
		var made []int
		for i := range p.Faults {
			if r.IntN(3) == 0 {
				made = append(made, i)
			}
		}
		if r.IntN(2) == 0 {
			p.SetOnly(made)
		}
		text := p.String()
		got, err := Parse(strings.Fields(text))
		if err != nil || got.String() != text {
			t.Fatalf("%q came back as %q, %v", text, got.String(), err)
		}
		if len(text) > abi.ArgsSize {
			t.Fatalf("%d bytes: %q", len(text), text)
		}
		n := 0
		if !got.Makes(got.First+got.Blocks-2, p.Faults-1) {
			t.Fatalf("%q leaves out a fault of a block that is not the last", text)
		}
		for i := range p.Faults {
			if got.Makes(got.First+got.Blocks-1, i) {
				n++
			}
		}
		if want := len(made); p.Only != "" && n != want || p.Only == "" && n != p.Faults {
			t.Fatalf("%q makes %d faults, want %d", text, n, want)
		}
	}
}

// What cannot be is refused, with the word and what was expected.
func TestPlanRefused(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "victim=LABEL"},
		{"types=text", "victim=LABEL"},
		{"victim=", "label"},
		{"victim=rtc victim=rtc", "once"},
		{"victim=rtc speed=3", "one of victim="},
		{"victim=rtc faults=0", "from 1 to 100"},
		{"victim=rtc faults=101", "from 1 to 100"},
		{"victim=rtc types=", "names"},
		{"victim=rtc types=text,text", "each name once"},
		{"victim=rtc seed=-1", "a number"},
		{"victim=rtc limit=5", "duration"},
		{"victim=rtc kind=some", "single or carry"},
		{"victim=rtc reached=maybe", "yes or no"},
		{"victim=rtc only=xyz", "hexadecimal"},
		{"victim=rtc first=4294967295 blocks=2", "below 2^32"},
	} {
		_, err := Parse(strings.Fields(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want words with %q", c.text, err, c.want)
		}
	}
}
