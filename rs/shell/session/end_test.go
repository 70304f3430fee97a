package session

import (
	"strings"
	"testing"

	"bennu/kernel/abi"
)

// What ends the machine waits until what was printed before it is on the console, which may be slow; one that takes nothing keeps no machine up.
func TestEndWaits(t *testing.T) {
	for _, line := range []string{"poweroff\n", "reboot\n"} {
		for _, takes := range []bool{true, false} {
			b := newBench(t, 0)
			b.slow = true
			b.screen.Reset()
			b.line("help\n")
			b.line(line)
			if len(b.pending) != 0 || len(b.held) != 1 {
				t.Fatalf("%q: %+v before its time, %d writes wait", line, b.pending, len(b.held))
			}
			if !takes {
				b.f.Pass(retry)
				b.serve()
			}
			for takes && len(b.held) > 0 {
				s := b.held[0]
				b.held = nil
				text := b.f.Grants[abi.GrantID(s.Msg.Arg[0])].Memory
				b.screen.Write(text)
				if len(b.pending) != 0 {
					t.Errorf("%q: with %d bytes to write: %+v", line, len(text), b.pending)
				}
				b.answer(s, abi.OK, uint64(len(text)))
			}
			b.take(abi.RSShutdown)
			if got := b.screen.String(); takes && (!strings.Contains(got, "poweroff [STATUS]") || !strings.HasSuffix(got, Prompt)) {
				t.Errorf("%q: the screen shows %q", line, got)
			}
			b.f.Pass(2 * retry)
			if b.serve(); len(b.pending) != 0 {
				t.Errorf("%q: a second time: %+v", line, b.pending)
			}
		}
	}
}
