package server

import (
	"math/rand/v2"
	"slices"
	"testing"

	"bennu/kernel/abi"
	"bennu/rs/policy"
)

// Whatever others do, and however many they are, the newest EventsShare events of each service, and of RS itself, are kept; what is
// kept is in order, and what is gone is counted.
func TestEventShares(t *testing.T) {
	for seed := range uint64(20) {
		r, draw := new(ring), rand.New(rand.NewPCG(seed, 3))
		happened := map[policy.ID][]uint64{}
		add := func(id policy.ID) {
			e, _ := r.add(id)
			happened[id] = append(happened[id], e.Seq)
		}
		services := 1 + draw.IntN(abi.MaxTasks-1)
		hogs := draw.IntN(services)
		for range 4 * abi.EventsKept {
			switch {
			case draw.IntN(4) == 0:
				add(policy.ID(draw.IntN(services)))
			case draw.IntN(50) == 0:
				add(policy.Nobody)
			default:
				add(policy.ID(draw.IntN(1 + hogs)))
			}
			rows := make([]abi.Event, abi.EventsKept)
			n, next, lost := r.copy(rows, 0)
			kept := map[uint64]bool{}
			for i, e := range rows[:n] {
				if kept[e.Seq] = true; i > 0 && e.Seq <= rows[i-1].Seq {
					t.Fatalf("seed %d: event %d after %d", seed, e.Seq, rows[i-1].Seq)
				}
			}
			if next != r.seq || lost+uint64(n) != r.seq || n != min(int(r.seq), abi.EventsKept) {
				t.Fatalf("seed %d: %d events of %d, %d lost, next %d", seed, n, r.seq, lost, next)
			}
			for id, all := range happened {
				for _, seq := range all[max(0, len(all)-abi.EventsShare):] {
					if !kept[seq] {
						t.Fatalf("seed %d: of service %d event %d is gone, one of the newest %d", seed, id, seq, abi.EventsShare)
					}
				}
			}
		}
	}
}

// One who reads in pieces gets what one who reads all at once gets, and counts as much lost.
func TestEventsInPieces(t *testing.T) {
	r, draw := new(ring), rand.New(rand.NewPCG(1, 2))
	for range 3 * abi.EventsKept {
		r.add(policy.ID(draw.IntN(draw.IntN(20) + 1)))
	}
	all := make([]abi.Event, abi.EventsKept)
	n, _, lost := r.copy(all, 5)
	for _, size := range []int{1, 7, 32, abi.EventsKept} {
		var got []abi.Event
		at, gone := uint64(5), uint64(0)
		for at < r.seq {
			rows := make([]abi.Event, size)
			k, next, l := r.copy(rows, at)
			if next <= at {
				t.Fatalf("%d at a time: next is %d at %d", size, next, at)
			}
			got, at, gone = append(got, rows[:k]...), next, gone+l
		}
		if !slices.Equal(got, all[:n]) || gone != lost {
			t.Errorf("%d at a time: %d events, %d lost, want %d and %d", size, len(got), gone, n, lost)
		}
	}
	if n, next, lost := r.copy(nil, 9); n != 0 || next != 9 || lost != 0 {
		t.Errorf("no room: %d, next %d, lost %d", n, next, lost)
	}
	if n, next, lost := r.copy(all, r.seq+9); n != 0 || next != r.seq || lost != 0 {
		t.Errorf("of the future: %d, next %d, lost %d", n, next, lost)
	}
}

// Which event goes when there is no place is what a plain search of all finds: the oldest of the owner that has the most, the new one counted.
func TestEventsAgainstModel(t *testing.T) {
	for seed := range uint64(20) {
		r, draw := new(ring), rand.New(rand.NewPCG(seed, 5))
		type event struct {
			owner policy.ID
			seq   uint64
		}
		var model []event
		services := 1 + draw.IntN(abi.MaxTasks)
		for seq := range uint64(3 * abi.EventsKept) {
			id := policy.ID(draw.IntN(1+draw.IntN(services))) - 1 // RS among them
			count := map[policy.ID]int{id: 1}
			most := 1
			for _, e := range model {
				count[e.owner]++
				most = max(most, count[e.owner])
			}
			if len(model) == abi.EventsKept {
				i := slices.IndexFunc(model, func(e event) bool { return count[e.owner] == most })
				model = slices.Delete(model, i, i+1)
			}
			model = append(model, event{id, seq})
			r.add(id)
			p := r.newest
			for i := len(model) - 1; i >= 0; i-- {
				if p == 0 || r.e[p-1].Seq != model[i].seq || policy.ID(r.owner[p-1])-1 != model[i].owner {
					t.Fatalf("seed %d: after event %d: the list differs from place %d on", seed, seq, i)
				}
				if o := r.older[p-1]; o != 0 && r.newer[o-1] != p || o == 0 && r.oldest != p {
					t.Fatalf("seed %d: after event %d: links differ", seed, seq)
				}
				p = r.older[p-1]
			}
			if p != 0 || r.n != len(model) {
				t.Fatalf("seed %d: after event %d: %d events, want %d", seed, seq, r.n, len(model))
			}
		}
	}
}
