package log

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unsafe"

	"bennu/kernel/abi"
)

// got is a line as a reader has it.
type got struct {
	seq  uint64
	text string
}

// read decodes one Read as docs/ABI.md tells it.
func read(t *testing.T, l *Log, s Source, at uint64, size int) (h abi.LogHeader, lines []got) {
	t.Helper()
	b := bytes.Repeat([]byte{0xee}, size)
	n := l.Read(s, at, b)
	copy(abi.Bytes(&h), b)
	rest := b[len(abi.Bytes(&h)):n]
	for len(rest) > 0 {
		seq, n := binary.LittleEndian.Uint64(rest), binary.LittleEndian.Uint64(rest[8:])
		lines = append(lines, got{seq, string(rest[16 : 16+n])})
		end := (16 + n + 7) &^ 7
		if len(bytes.Trim(rest[16+n:end], "\x00")) != 0 {
			t.Fatalf("padding %x", rest[16+n:end])
		}
		rest = rest[end:]
	}
	if int(h.Lines) != len(lines) {
		t.Fatalf("%d lines, the header says %d", len(lines), h.Lines)
	}
	if tail := b[n:]; len(bytes.Trim(tail, "\xee")) != 0 {
		t.Fatalf("written past the %d bytes told", n)
	}
	return h, lines
}

const bufSize = len(abi.CallArea{}.Buf)

// model is a log that forgets nothing: for each source all its lines.
type model struct {
	lines [abi.LogSources][]got
	seq   uint64
}

func (m *model) write(l *Log, s Source, name *abi.Label, text string) {
	l.Write(s, name, []byte(text))
	m.lines[s] = append(m.lines[s], got{m.seq, text[:min(len(text), abi.LogLineMax)]})
	m.seq++
}

// check reads all of a source from a line on and compares it with the model. It returns how many lines were lost.
func (m *model) check(t *testing.T, l *Log, s Source, at uint64, size int) (lost uint64) {
	t.Helper()
	all := m.lines[s]
	for first := true; ; first = false {
		h, lines := read(t, l, s, at, size)
		if at > uint64(len(all)) {
			at = uint64(len(all))
		}
		if !first && h.Lost != 0 {
			t.Fatalf("source %d: %d lines lost while nobody wrote", s, h.Lost)
		}
		lost += h.Lost
		at += h.Lost
		if h.End != m.seq || h.Next != at+uint64(len(lines)) || h.Next > uint64(len(all)) {
			t.Fatalf("source %d from %d: header %+v of %d lines, %d in all", s, at, h, len(all), m.seq)
		}
		for i, g := range lines {
			if g != all[at+uint64(i)] {
				t.Fatalf("source %d, line %d: %v, want %v", s, at+uint64(i), g, all[at+uint64(i)])
			}
		}
		if at = h.Next; len(lines) == 0 {
			break
		}
	}
	if at != uint64(len(all)) {
		t.Fatalf("source %d: reading ends at %d of %d", s, at, len(all))
	}
	return lost
}

// needed is whether the line before the n newest would not have fitted with them.
func (m *model) needed(s Source, lost uint64) bool {
	bytes, lines := 0, m.lines[s][lost-1:]
	for _, g := range lines {
		bytes += len(g.text)
	}
	n := room(s) / perLine
	return len(lines) > n || bytes > n*(perLine-lineBytes)
}

// Random writers and readers, against a log that forgets nothing: what is read is whole, in order and of its own
// source; what is not read is counted, and was lost because its source had no room for it.
func TestAgainstModel(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 7))
		l, m := New(), new(model)
		names := map[Source]abi.Label{}
		l.seq = 1<<32 - 500
		m.seq = l.seq
		sources := []Source{Own(0), Own(1), About(1), Own(5), About(5), Own(63), About(63), Source(r.IntN(abi.LogSources))}
		for step := range 5000 {
			s := sources[min(r.IntN(len(sources)), r.IntN(len(sources)))]
			name, _ := abi.MakeLabel(fmt.Sprintf("n%d", s))
			n := r.IntN(100)
			if r.IntN(10) == 0 {
				n = r.IntN(abi.LogLineMax + 50)
			}
			m.write(l, s, &name, strings.Repeat(string(rune('a'+step%26)), n))
			names[s] = name
			if r.IntN(20) == 0 {
				s := Source(r.IntN(abi.LogSources))
				if r.IntN(2) == 0 {
					s = sources[r.IntN(len(sources))]
				}
				at := uint64(r.IntN(len(m.lines[s]) + 3))
				m.check(t, l, s, at, 48+16+abi.LogLineMax+r.IntN(2000))
			}
		}
		for s := range Source(abi.LogSources) {
			lost := m.check(t, l, s, 0, bufSize)
			if lost > 0 && !m.needed(s, lost) {
				t.Errorf("seed %d, source %d: line %d was lost though there was room", seed, s, lost-1)
			}
			if h, _ := read(t, l, s, 0, bufSize); h.Name != names[s] {
				t.Errorf("source %d is %s, want %s", s, h.Name, names[s])
			}
			m.check(t, l, s, 1<<64-1, bufSize)
		}
	}
}

// A million lines of one source cost no other source one.
func TestShares(t *testing.T) {
	name, _ := abi.MakeLabel("hog")
	l, m := New(), new(model)
	for s := range Source(abi.LogSources) {
		m.write(l, s, &name, fmt.Sprintf("[0.000001] first of %d", s))
		m.write(l, s, &name, strings.Repeat("x", abi.LogLineMax))
	}
	hog, line := Own(7), []byte("[1.234567] hog: here I am")
	for range 1_000_000 {
		l.Write(hog, &name, line)
	}
	m.seq += 1_000_000
	for s := range Source(abi.LogSources) {
		if s != hog && m.check(t, l, s, 0, bufSize) != 0 {
			t.Errorf("source %d lost lines", s)
		}
	}
	h, lines := read(t, l, hog, 0, bufSize)
	if h.Lost+uint64(len(lines)) != 1_000_002 && len(lines) != room(hog)/perLine {
		t.Errorf("of 1,000,002 lines %d are lost and %d are read", h.Lost, len(lines))
	}
}

// No two sources are one.
func TestSources(t *testing.T) {
	seen := map[Source]bool{}
	for a := range abi.LogAccounts {
		seen[Own(a)], seen[About(a)] = true, true
	}
	if len(seen) != abi.LogSources {
		t.Errorf("%d sources of %d accounts", len(seen), abi.LogAccounts)
	}
}

// Each source has room for some lines of the greatest length, and all of them have the room that was planned.
func TestRoom(t *testing.T) {
	if unsafe.Sizeof(line{}) != lineBytes || unsafe.Sizeof(abi.LogLine{}) != lineHeader {
		t.Error("lineBytes or lineHeader is wrong")
	}
	total, l := int(unsafe.Sizeof(Log{})), New()
	for s := range l.sources {
		r := &l.sources[s]
		total += len(r.text) + len(r.lines)*lineBytes
		if len(r.text) < 2*abi.LogLineMax || len(r.text) > 1<<16 {
			t.Errorf("source %d: %d bytes of text", s, len(r.text))
		}
	}
	if total > 256<<10 {
		t.Errorf("the log has %d bytes", total)
	}
	if n := int(unsafe.Sizeof(abi.LogHeader{})) + lineHeader + abi.LogLineMax; n > bufSize {
		t.Errorf("a line needs %d bytes of a buffer of %d", n, bufSize)
	}
}

func TestNoAllocation(t *testing.T) {
	l, b, line := New(), make([]byte, bufSize), []byte(strings.Repeat("x", 300))
	var name abi.Label
	if n := testing.AllocsPerRun(1000, func() { l.Write(9, &name, line); l.Read(9, 0, b) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
