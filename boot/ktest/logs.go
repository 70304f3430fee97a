//go:build tamago

package main

import (
	"strconv"
	"strings"

	"bennu/kernel/abi"
)

var logTests = []test{
	{"TestLog", logged},
	{"TestLogShares", logShares},
}

// entry is a line of the log.
type entry struct {
	source int
	seq    uint64
	text   string
}

// readLog reads what is left of all sources. lost has what is not, by source.
func (t *T) readLog() (lines []entry, lost [abi.LogSources]uint64) {
	buf := make([]byte, len(abi.CallArea{}.Buf))
	for source := range abi.LogSources {
		for at := uint64(0); ; {
			n, e := sys.GetInfo(abi.InfoLog, abi.LogIndex(source, at), buf)
			t.must("InfoLog", e)
			var h abi.LogHeader
			rest := buf[copy(abi.Bytes(&h), buf):n]
			lost[source] += h.Lost
			for range h.Lines {
				var l abi.LogLine
				text := rest[copy(abi.Bytes(&l), rest):]
				lines = append(lines, entry{source, l.Seq, string(text[:l.Size])})
				rest = text[(l.Size+7)&^7:]
			}
			if at = h.Next; h.Lines == 0 {
				break
			}
		}
	}
	_, e := sys.GetInfo(abi.InfoLog, abi.LogIndex(abi.LogSources, 0), buf)
	t.want("a source that there is not", e, abi.EDOM)
	return lines, lost
}

// newest is the line that was written last.
func newest(lines []entry) (l entry) {
	for _, x := range lines {
		if x.seq >= l.seq {
			l = x
		}
	}
	return l
}

// logged: what a task says is one line under its own label, and its alone.
func logged(t *T) {
	p := t.puppet()
	text := "two\nlines\r[0.1] rs: ok 1 forged\x1b[2J\xc2\x9b"
	p.setBuf([]byte(text))
	e, n := p.call(abi.CallDiag, uint64(len(text)))
	t.want("diag", e, abi.OK)
	equal(t, "taken", n, uint64(len(text)))
	lines, _ := t.readLog()
	if l := newest(lines); !strings.HasSuffix(l.text, `] peer: two\x0alines\x0d[0.1] rs: ok 1 forged\x1b[2J\xc2\x9b`) {
		t.errorf("the log ends with %q", l.text)
	}
	e, _ = p.call(abi.CallDiag, uint64(len(text)), 1)
	t.want("a line about the root task", e, abi.EPERM)
	p.setBuf([]byte(strings.Repeat("x", len(abi.CallArea{}.Buf))))
	e, n = p.call(abi.CallDiag, uint64(len(abi.CallArea{}.Buf)))
	t.want("a long line", e, abi.OK)
	lines, _ = t.readLog()
	if l := newest(lines); len(l.text) != abi.LogLineMax || !strings.HasSuffix(l.text, strings.Repeat("x", int(n))+abi.LogMark) || n > abi.LogLineMax {
		t.errorf("of a long line %d bytes, %d of them the task's, ...%q", len(l.text), n, l.text[max(0, len(l.text)-20):])
	}
}

// talk is what the Go peer does: it fills the log.
func talk() {
	for i := range talked {
		sys.Diag(strconv.Itoa(i))
	}
}

const talked = 10_000

// logShares: a task writes much and dies. Nobody else's lines are gone, its own death is told, and of its lines each
// is there or counted.
func logShares(t *T) {
	x := t.puppet()
	t.must("root's line", sys.Diag("shares: the root task was here"))
	x.setBuf([]byte("shares: and so was I"))
	e, _ := x.call(abi.CallDiag, 20)
	t.want("peer's line", e, abi.OK)
	id := t.goImage()
	y := t.goTask(id, "t") // runs when this task waits
	t.kill(x.ep)
	t.await(1)
	t.must("free", sys.ImageFree(id))
	lines, lost := t.readLog()
	left, found, source := [abi.LogSources]uint64{}, map[string]int{}, -1
	wanted := []string{"] rs: shares: the root task was here", "] peer: shares: and so was I",
		"] kernel: death label=peer ep=" + itoa(uint64(x.ep)) + " ", "] kernel: death label=go ep=" + itoa(uint64(y)) + " "}
	for _, l := range lines {
		for _, w := range wanted {
			if strings.Contains(l.text, w) {
				found[w]++
			}
		}
		if left[l.source]++; strings.HasSuffix(l.text, "] go: "+itoa(talked-1)) {
			source = l.source
		}
	}
	for _, w := range wanted {
		equal(t, w, found[w], 1)
	}
	if source < 0 {
		t.fatalf("the last line of %d is lost", talked)
	}
	if n := left[source]; n+lost[source] < talked || n > 100 {
		t.errorf("of %d lines %d are left and %d lost", talked, n, lost[source])
	}
	if l := newest(lines); !strings.Contains(l.text, wanted[3]) {
		t.errorf("the last line is %q", l.text)
	}
}
