package kernel

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"bennu/kernel/abi"
)

// Lines come out whole and in order however slowly they are taken; those that found no room are counted where they
// would be.
func TestConsolePieces(t *testing.T) {
	for seed := range uint64(20) {
		f := rand.New(rand.NewPCG(seed, 1))
		c := new(console)
		var out bytes.Buffer
		take := func(most int) {
			b := c.piece()
			n := min(f.IntN(most+1), len(b))
			out.Write(b[:n])
			c.out += uint64(n)
		}
		const lines = 2000
		for i := range lines {
			c.put([]byte(fmt.Sprintf("line %d %s\n", i, strings.Repeat("x", f.IntN(100)))))
			take([]int{20, 200}[i/500%2])
		}
		for c.waiting() {
			take(1000)
		}
		next, missed := 0, 0
		for _, l := range strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n") {
			var n int
			if _, e := fmt.Sscanf(l, "%d lines missed", &n); e == nil {
				next, missed = next+n, missed+n
				continue
			}
			if _, e := fmt.Sscanf(l, "line %d", &n); e != nil || n != next {
				t.Fatalf("seed %d: %q where line %d is due", seed, l, next)
			}
			next++
		}
		if next+int(c.missed) != lines || missed == 0 {
			t.Errorf("seed %d: %d lines came out or were told as missed, of %d; %d missed", seed, next, lines, missed)
		}
	}
}

// When the kernel runs, a line costs its writer no time of a UART: it goes out a piece an entry.
func TestConsoleDoesNotWait(t *testing.T) {
	r := newRig(t)
	x := r.make(rights())
	r.running = true
	r.m.console = nil
	copy(x.Call.Buf[:], strings.Repeat("y", 400))
	r.m.busy = true
	e, _ := r.call(x, abi.CallDiag, 400)
	r.want("diag", e, abi.OK)
	if len(r.m.console) > 0 {
		t.Error("a busy console took something")
	}
	r.m.busy = false
	r.until("the line is out", func() bool { return bytes.HasSuffix(r.m.console, []byte("yyy\n")) && !r.showing() })
}
