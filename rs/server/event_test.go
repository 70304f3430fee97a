package server

import (
	"bytes"
	"strings"
	"testing"

	"bennu/kernel/abi"
)

// The longest line about an event fits into the memory that is there for it.
func TestLongestLine(t *testing.T) {
	label := strings.Repeat("x", abi.LabelSize)
	f := boot(t, "service "+label+" { burst none; };")
	l, _ := abi.MakeLabel(label)
	w := &f.s.table[0].words
	w.set(1<<32-1, bytes.Repeat([]byte{'"'}, abi.RSMaxLen))
	longest := 0
	for reason := range abi.ReasonHang + 1 {
		for why := range abi.Whys {
			e := abi.Event{
				Kind: abi.EventDeath, Label: l, Incarnation: 1<<32 - 1, Reason: reason, Why: why, Errno: abi.EDEADSRCDST,
				Vector: 14, RIP: 1<<64 - 1, CR2: 1<<64 - 1, Status: 1<<64 - 1, Endpoint: abi.None - 1,
				BackoffNS: 1<<64 - 1, DetectNS: 1<<64 - 1, RecoveryNS: 1<<64 - 1,
			}
			line := f.s.appendWords(appendEvent(nil, &e, abi.EventGiveUp), &e)
			longest = max(longest, len(line))
		}
	}
	if longest <= 2*abi.RSMaxLen || longest > lineSize {
		t.Errorf("a line of %d bytes, room for %d", longest, lineSize)
	}
}

// The record of a task that is no service's hides none that come after it.
func TestDeathAfterAStrangers(t *testing.T) {
	f := boot(t, "service a { burst none; };")
	f.ready("a")
	was, stranger := f.ep("a"), f.m.Add(abi.MakeEndpoint(9, 1))
	f.dies(stranger.Endpoint, abi.CauseExit, 0)
	f.dies(was, abi.CauseException, 0)
	f.run()
	if e := f.last(abi.EventDeath, "a"); e.Endpoint != was {
		t.Errorf("died: %d, want %d", e.Endpoint, was)
	}
}
