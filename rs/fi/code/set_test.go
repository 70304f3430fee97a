package code

import (
	"math/rand/v2"
	"testing"
)

// A set is compared with a sorted list of its members.
func TestSet(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, size := range []int{0, 1, 63, 64, 65, 511, 512, 513, 5000, 70000} {
		for _, part := range []float64{0, 0.001, 0.3, 1} {
			s := newSet(size)
			var members []int
			for i := range size {
				if r.Float64() < part {
					s.add(i)
					members = append(members, i)
				}
			}
			s.seal()
			if s.Len() != len(members) {
				t.Fatalf("%d of %d: Len %d", len(members), size, s.Len())
			}
			next := 0
			for i := range size + 2 {
				has := next < len(members) && members[next] == i
				if s.Has(i) != has || s.Rank(i) != next {
					t.Fatalf("%d of %d: Has(%d) %v, Rank %d; expected %v, %d", len(members), size, i, s.Has(i), s.Rank(i), has, next)
				}
				if has {
					if s.At(next) != i {
						t.Fatalf("%d of %d: At(%d) %d, expected %d", len(members), size, next, s.At(next), i)
					}
					next++
				}
			}
			if s.Has(-1) || s.Rank(-1) != 0 {
				t.Error("-1 is a member")
			}
		}
	}
}

func TestSetOutside(t *testing.T) {
	s := newSet(10)
	s.add(3)
	s.seal()
	for _, n := range []int{-1, 1} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("At(%d) of one member: expected a panic", n)
				}
			}()
			s.At(n)
		}()
	}
}
