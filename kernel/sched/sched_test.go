package sched

import (
	"math/rand"
	"testing"

	"bennu/kernel/abi"
)

func TestOrder(t *testing.T) {
	q := New()
	if q.First() != -1 || q.Best() != abi.Priorities {
		t.Fatalf("empty: First %d, Best %d", q.First(), q.Best())
	}
	q.Push(5, 3)
	q.Push(6, 3)
	q.Push(7, 1)
	q.Push(7, 3) // queued already: ignored
	q.PushFront(8, 3)
	for _, want := range []int{7, 8, 5, 6, -1} {
		got := q.First()
		if got != want {
			t.Fatalf("First = %d, want %d", got, want)
		}
		if got >= 0 {
			q.Remove(got)
		}
	}
}

// TestAgainstSlices compares with the plainest model there is.
func TestAgainstSlices(t *testing.T) {
	const seed = 1
	r := rand.New(rand.NewSource(seed))
	q := New()
	var model [abi.Priorities][]int
	in := map[int]bool{}
	for step := 0; step < 200000; step++ {
		slot, prio := r.Intn(abi.MaxTasks), uint32(r.Intn(abi.Priorities))
		switch op := r.Intn(3); {
		case op == 0:
			if q.Push(slot, prio); !in[slot] {
				model[prio] = append(model[prio], slot)
				in[slot] = true
			}
		case op == 1:
			if q.PushFront(slot, prio); !in[slot] {
				model[prio] = append([]int{slot}, model[prio]...)
				in[slot] = true
			}
		default:
			q.Remove(slot)
			for p := range model {
				for i, s := range model[p] {
					if s == slot {
						model[p] = append(model[p][:i:i], model[p][i+1:]...)
						break
					}
				}
			}
			delete(in, slot)
		}
		want, best := -1, uint32(abi.Priorities)
		for p := range model {
			if len(model[p]) > 0 {
				want, best = model[p][0], uint32(p)
				break
			}
		}
		if q.Len() != len(in) {
			t.Fatalf("seed %d step %d: Len %d, want %d", seed, step, q.Len(), len(in))
		}
		if q.First() != want || q.Best() != best {
			t.Fatalf("seed %d step %d: First %d Best %d, want %d %d", seed, step, q.First(), q.Best(), want, best)
		}
	}
}
