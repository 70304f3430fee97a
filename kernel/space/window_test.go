package space

import (
	"fmt"
	"testing"
)

// Tasks that make windows, let each other see them, take them back and end, in any order, in steps, with stale ids and with memory out at any
// moment: each sees what the last writer wrote, where it may and nowhere else; all is counted on the right account, and in the end nothing is left.
func TestWindowsAgainstModel(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			c := newScene(t, seed, 2500)
			for range 6000 {
				c.flushed = c.flushed[:0]
				c.step()
				if c.r.IntN(60) == 0 {
					c.check()
				}
			}
			for i := range c.actors {
				for a := &c.actors[i]; a.ep != 0; {
					c.die(a)
					c.check()
				}
			}
			if len(c.model) != 0 || c.pool.Free() != c.free {
				t.Errorf("%d windows are left, %d frames free, before %d", len(c.model), c.pool.Free(), c.free)
			}
		})
	}
}
