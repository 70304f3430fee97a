package kernel

import (
	"math/rand/v2"
	"testing"

	"bennu/kernel/abi"
)

// The map of ports against a plain list of 65,536.
func TestPortMap(t *testing.T) {
	f := rand.New(rand.NewPCG(4, 5))
	m, model := new(portMap), make([]bool, 65536)
	var had []abi.PortRange
	taken := uint64(0)
	for range 5000 {
		if len(had) > 0 && f.IntN(3) == 0 {
			i := f.IntN(len(had))
			r := had[i]
			had = append(had[:i], had[i+1:]...)
			m.drop(r)
			for p := int(r.First); p <= int(r.Last); p++ {
				model[p] = false
				taken--
			}
		} else {
			first := f.IntN(65536)
			r := abi.PortRange{First: uint16(first), Last: uint16(min(first+[]int{0, 7, 63, 64, 130, 5000}[f.IntN(6)], 65535))}
			free := true
			for p := int(r.First); p <= int(r.Last); p++ {
				free = free && !model[p]
			}
			if m.free(r) != free {
				t.Fatalf("%x-%x: free %v, want %v", r.First, r.Last, !free, free)
			}
			if !free {
				continue
			}
			m.take(r)
			had = append(had, r)
			for p := int(r.First); p <= int(r.Last); p++ {
				model[p] = true
				taken++
			}
		}
		if m.taken != taken {
			t.Fatalf("%d ports taken, counted %d", taken, m.taken)
		}
	}
}
