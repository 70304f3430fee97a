// Package log is the kernel's log. Each source of lines has room of its own, so a task that writes much loses
// its own lines and nobody else's. Lines are whole or gone, and lost ones are counted.
//
// Nothing allocates after New, and no operation looks at more than one source: a write drops at most as many old
// lines as a new one needs, a read copies at most the buffer that it is given.
package log

import (
	"encoding/binary"

	"bennu/kernel/abi"
)

// Source is the owner of the room that a line takes: a number below abi.LogSources.
type Source uint8

// Own is the source of the lines that an account's tasks write: account 0 is the kernel, 1 the root task.
func Own(account int) Source { return Source(account % abi.LogAccounts) }

// About is the source of the lines that the kernel and the root task write about an account's tasks: a task
// that writes much does not hide its own death, and one that dies often does not hide others'.
func About(account int) Source { return Own(account) + abi.LogAccounts }

// Room of a source in bytes, with its table of lines.
const (
	kernelBytes = 4 << 10
	rootBytes   = 16 << 10
	ownBytes    = 2 << 10
	aboutBytes  = 3 << 9

	perLine   = 64 // bytes of room for each line of the table: a shorter line leaves the rest unused
	lineBytes = 16 // size of line
)

// Log is all sources.
type Log struct {
	sources [abi.LogSources]ring
	seq     uint64 // lines ever written
}

// ring keeps the newest lines of a source. Line i of the source is lines[i%len(lines)].
type ring struct {
	text   []byte
	lines  []line
	oldest uint64 // number of the oldest line that is kept
	next   uint64 // number of the next line
	end    int    // where in text the next line begins
	used   int    // bytes of text that lines have
	name   abi.Label
}

type line struct {
	seq  uint64
	at   uint16 // in text
	size uint16
}

// New makes an empty log.
func New() *Log {
	l, all := new(Log), 0
	for s := range l.sources {
		all += room(Source(s)) / perLine
	}
	lines, text := make([]line, all), make([]byte, all*(perLine-lineBytes)) // one piece each: a piece a source costs the boot more
	for s := range l.sources {
		n := room(Source(s)) / perLine
		size := n * (perLine - lineBytes)
		l.sources[s].lines, lines = lines[:n:n], lines[n:]
		l.sources[s].text, text = text[:size:size], text[size:]
	}
	return l
}

func room(s Source) int {
	switch s {
	case Own(0):
		return kernelBytes
	case Own(1):
		return rootBytes
	}
	if s < About(0) {
		return ownBytes
	}
	return aboutBytes
}

// Write adds a line, which has at most abi.LogLineMax bytes and no newline, for source s of which name is the
// name now. The source's oldest lines make room for it.
func (l *Log) Write(s Source, name *abi.Label, text []byte) {
	r := &l.sources[s%abi.LogSources]
	seq := l.seq
	l.seq++
	if len(text) > abi.LogLineMax {
		text = text[:abi.LogLineMax]
	}
	r.name = *name
	for r.used+len(text) > len(r.text) || r.next-r.oldest == uint64(len(r.lines)) {
		r.used -= int(r.at(r.oldest).size)
		r.oldest++
	}
	*r.at(r.next) = line{seq, uint16(r.end), uint16(len(text))}
	r.next++
	r.used += len(text)
	n := copy(r.text[r.end:], text)
	copy(r.text, text[n:])
	r.end = (r.end + len(text)) % len(r.text)
}

// at is the place of line i.
func (r *ring) at(i uint64) *line { return &r.lines[i%uint64(len(r.lines))] }

// Read fills b with an abi.LogHeader and the lines of s from number at on, as many as go into it whole, and tells
// how many bytes that are. b has room for the header and a line.
func (l *Log) Read(s Source, at uint64, b []byte) int {
	r := &l.sources[s%abi.LogSources]
	h := abi.LogHeader{End: l.seq, Name: r.name}
	at = min(at, r.next)
	if at < r.oldest {
		h.Lost = r.oldest - at
		at = r.oldest
	}
	n := len(abi.Bytes(&h))
	for ; at < r.next; at++ {
		e := r.at(at)
		size := (lineHeader + int(e.size) + 7) &^ 7
		if size > len(b)-n {
			break
		}
		out := b[n : n+size]
		binary.LittleEndian.PutUint64(out, e.seq)
		binary.LittleEndian.PutUint64(out[8:], uint64(e.size))
		binary.LittleEndian.PutUint64(out[size-8:], 0) // the rest of the last word behind the text
		text := out[lineHeader : lineHeader+int(e.size)]
		copy(text[copy(text, r.text[e.at:]):], r.text)
		h.Lines++
		n += size
	}
	h.Next = at
	copy(b, abi.Bytes(&h))
	return n
}

const lineHeader = 16 // size of abi.LogLine
