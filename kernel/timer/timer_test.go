package timer

import (
	"math/rand"
	"testing"
)

func TestAgainstScan(t *testing.T) {
	const seed = 2
	r := rand.New(rand.NewSource(seed))
	h := New(new(uint64))
	model := map[int]uint64{}
	for step := 0; step < 300000; step++ {
		id := r.Intn(Size)
		switch r.Intn(4) {
		case 0, 1:
			at := uint64(r.Intn(1000))
			h.Set(id, at)
			model[id] = at
		case 2:
			h.Cancel(id)
			delete(model, id)
		default:
			now := uint64(r.Intn(1000))
			got := h.Expired(now)
			least := ^uint64(0)
			for _, at := range model {
				least = min(least, at)
			}
			if least > now {
				if got != -1 {
					t.Fatalf("seed %d step %d: expired %d at %d, nothing is due before %d", seed, step, got, now, least)
				}
				break
			}
			if got == -1 || model[got] != least {
				t.Fatalf("seed %d step %d: expired %d, want one due at %d", seed, step, got, least)
			}
			delete(model, got)
		}
		if at, ok := h.Deadline(id); ok {
			if want, in := model[id]; !in || at != want {
				t.Fatalf("step %d: id %d has deadline %d, want %d (%v)", step, id, at, want, in)
			}
		}
		if h.Len() != len(model) {
			t.Fatalf("step %d: %d deadlines, want %d", step, h.Len(), len(model))
		}
	}
}
