package sim

import "testing"

func TestTry(t *testing.T) {
	for seed := range uint64(200) {
		p := Plan{Seed: seed, N: Steps}
		res := Run(p)
		if res.Violation != "" {
			q, r := Shrink(p, res, 500)
			t.Fatalf("%s\n%s\n%s", res.Violation, List(q), r.Violation)
		}
	}
}
