package irq

import (
	"math/rand"
	"strings"
	"testing"

	"bennu/kernel/abi"
)

// Owns, OwnsFunction and Masked implement Checker.
func (r *rig) Owns(abi.Endpoint, uint32) bool      { return true }
func (r *rig) OwnsFunction(abi.Endpoint, int) bool { return true }
func (r *rig) Masked(line uint32) (masked, known bool) {
	if line >= 16 {
		return false, false
	}
	return !r.l.open[line], true
}

// Whatever was claimed and given back: an interrupt tells each owner of its line once and nobody else, and what each line's
// row says is what the hooks say.
func TestRows(t *testing.T) {
	rnd := rand.New(rand.NewSource(1))
	r := newRig()
	has := map[[2]uint32]uint32{} // owner, line: hook
	for range 20_000 {
		owner, line := 1+rnd.Uint32()%9, rnd.Uint32()%16
		key := [2]uint32{owner, line}
		switch rnd.Intn(8) {
		case 0:
			r.ReleaseAll(abi.Endpoint(owner))
			for k := range has {
				if k[0] == owner {
					delete(has, k)
				}
			}
		case 1, 2:
			if id, ok := has[key]; ok {
				r.Release(abi.Endpoint(owner), uint64(id))
				delete(has, key)
			}
		default:
			if id, e := r.Claim(abi.Endpoint(owner), line, uint64(line)); e == abi.OK {
				has[key] = id
			}
		}
		if f := r.Check(r); f.Broken() {
			t.Fatalf("%s: %d, %#x", f.What, f.A, f.B)
		}
		want := 0
		for k := range has {
			if k[1] == line {
				want++
			}
		}
		if n := r.fire(line); n != want {
			t.Fatalf("line %d: %d told, want %d", line, n, want)
		}
		for k, id := range has {
			if k[1] == line {
				r.Enable(abi.Endpoint(k[0]), uint64(id))
			}
		}
	}
	r.on[3] ^= 1 << 63
	if f := r.Check(r); !strings.Contains(f.What, "not those of its row") || f.A != 3 {
		t.Errorf("a row that is wrong: %q %d", f.What, f.A)
	}
	r.on[3] ^= 1 << 63
	r.of[7] ^= 1 << 63
	if f := r.Check(r); !strings.Contains(f.What, "a slot's hooks are not those of its row") || f.A != 7 {
		t.Errorf("a slot's row that is wrong: %q %d", f.What, f.A)
	}
}
