package sched

import (
	"math/rand"
	"testing"

	"bennu/kernel/abi"
)

func newQueue() *queue {
	q := new(queue)
	q.init()
	return q
}

func TestOrder(t *testing.T) {
	q := newQueue()
	if q.first() != -1 {
		t.Fatalf("empty: first %d", q.first())
	}
	q.push(5, 3)
	q.push(6, 3)
	q.push(7, 1)
	q.push(7, 3) // queued already: ignored
	for _, want := range []int{7, 5, 6, -1} {
		got := q.first()
		if got != want {
			t.Fatalf("first = %d, want %d", got, want)
		}
		if got >= 0 {
			q.remove(got)
		}
	}
}

// TestAgainstSlices compares with the plainest model there is.
func TestAgainstSlices(t *testing.T) {
	const seed = 1
	r := rand.New(rand.NewSource(seed))
	q := newQueue()
	var model [levels][]int
	in := map[int]bool{}
	for step := 0; step < 200000; step++ {
		slot, prio := r.Intn(abi.MaxTasks), r.Intn(levels)
		switch op := r.Intn(2); {
		case op == 0:
			if q.push(slot, prio); !in[slot] {
				model[prio] = append(model[prio], slot)
				in[slot] = true
			}
		default:
			q.remove(slot)
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
		want := -1
		for p := range model {
			if len(model[p]) > 0 {
				want = model[p][0]
				break
			}
		}
		if q.n != len(in) || q.first() != want {
			t.Fatalf("seed %d step %d: len %d first %d, want %d %d", seed, step, q.n, q.first(), len(in), want)
		}
	}
}
