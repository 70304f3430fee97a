package kept

import (
	"encoding/binary"

	"bennu/kernel/abi"
)

// Rung is how much of what was kept is believed. A life takes the first that it can live with; each lower one loses more.
type Rung uint8

const (
	Latest      Rung = iota // the newest snapshot and all records after it
	WithoutLast             // but for the last record: it may be why lives end
	Before                  // the snapshot before, and all records after it
	Nothing                 // what the service can find out elsewhere
)

func (r Rung) String() string {
	return [...]string{"latest", "without-last", "before", "nothing"}[min(r, Nothing)]
}

// Found is what a rung has.
type Found struct {
	Rung     Rung
	Snapshot []byte // as it was given to Writer.Snapshot, behind Room
	Log      Log
	Next     uint64 // number of the next record to be written
	Left     []byte // of WithoutLast: that record; nil: there is none
	Damaged  bool   // not all that was appended since is here: some of it is not what was written
}

// Log is records, the oldest first.
type Log struct {
	rest  []byte // of the bank that is read
	more  []byte // the bank after it
	first uint64
	next  uint64 // number of the next one to be read
	left  int    // how many there are

	m    Memory // that is told where the reader is; nil: nobody is
	rung Rung
}

// Len is how many records are left to be read.
func (l *Log) Len() int { return l.left }

// Limit leaves out all but the next n records.
func (l *Log) Limit(n int) { l.left = min(l.left, n) }

// Next is the next record; nil when there is none. It lies in kept memory, and is good until the next snapshot but one.
func (l *Log) Next() []byte {
	if l.left == 0 {
		l.at(done)
		return nil
	}
	l.at(1 + l.next - l.first)
	r, rest := record(l.rest, l.next)
	if r == nil {
		r, rest = record(l.more, l.next)
		l.more = nil
	}
	l.rest = rest
	l.left--
	l.next++
	return r
}

// done is where a reader is that has read all.
const done = 1<<abi.WayShift - 1

// place is CallArea.Reading: the way is the rung.
func place(r Rung, at uint64) uint64 { return uint64(r+1)<<abi.WayShift | at }

func (l *Log) at(at uint64) {
	if l.m != nil {
		l.m.KeepReading(place(l.rung, at))
	}
}

// Take is Open for a life that goes on from there. Until it settles, or keeps a snapshot, the kernel knows of it which rung it reads, and how far it is: at the
// snapshot, at which record, or behind them all.
func Take(m Memory, rung Rung) (f Found, ok bool) {
	m.KeepReading(place(rung, 0))
	f, ok = Open(m.Kept(), rung)
	f.Log.m, f.Log.rung = m, rung
	return f, ok
}

// Open finds what a rung has in kept memory; ok is false when it has nothing to begin with. Nothing it finds was written otherwise than by a Writer: a
// byte that was changed since, or a write that was cut, leaves out what it touches and all that came after.
func Open(mem []byte, rung Rung) (f Found, ok bool) {
	f.Rung = rung
	h := header(mem)
	if h == nil || rung >= Nothing {
		return f, false
	}
	newest, before := &h.Bank[h.Current&1], &h.Bank[^h.Current&1]
	b := newest
	if rung == Before {
		b = before
	}
	var next uint64
	if f.Snapshot, next, ok = snapshot(mem, b); !ok {
		return f, false
	}
	f.Log = Log{rest: logOf(mem, b), first: next, next: next}
	f.Damaged = f.Log.count(logOf(mem, b))
	if rung == Before {
		f.Log.more = logOf(mem, newest)
		f.Damaged = f.Log.count(f.Log.more) || f.Damaged
	}
	f.Next = next + uint64(f.Log.left)
	if rung == WithoutLast && f.Log.left > 0 { // its number is not given again; a snapshot comes before the next record
		f.Log.left--
		log := f.Log // nobody is told yet
		for f.Log.Len() > 0 {
			f.Log.Next()
		}
		f.Left, _ = record(f.Log.rest, f.Log.next)
		f.Log = log
	}
	return f, true
}

// count adds the records of a log that follow on those that were counted, and tells whether there is something behind them.
func (l *Log) count(log []byte) (damaged bool) {
	for len(log) > 0 {
		r, rest := record(log, l.first+uint64(l.left))
		if r == nil {
			return true
		}
		l.left++
		log = rest
	}
	return false
}

// record is the first record of a log, if it is number n and whole.
func record(log []byte, n uint64) (r, rest []byte) {
	if len(log) < recordHead || binary.LittleEndian.Uint64(log) != n {
		return nil, nil
	}
	end := recordHead + uint64(binary.LittleEndian.Uint32(log[8:]))
	if end > uint64(len(log)) {
		return nil, nil
	}
	if r = log[recordHead:end]; recordSum(log[:12], r) != binary.LittleEndian.Uint32(log[12:]) {
		return nil, nil
	}
	return r, log[min((end+7)&^7, uint64(len(log))):]
}

// snapshot is that of a bank, and the number of the first record after it.
func snapshot(mem []byte, b *abi.KeptBank) (s []byte, next uint64, ok bool) {
	s, ok = part(mem, b.Start, b.Snapshot)
	if !ok || b.Number == 0 || len(s) < Room || binary.LittleEndian.Uint64(s) != magic || binary.LittleEndian.Uint32(s[16:]) != uint32(len(s)-Room) ||
		binary.LittleEndian.Uint32(s[20:]) != recordSum(s[:20], s[Room:]) {
		return nil, 0, false
	}
	return s[Room:], binary.LittleEndian.Uint64(s[8:]), true
}

func logOf(mem []byte, b *abi.KeptBank) []byte {
	log, _ := part(mem, (b.Start+b.Snapshot+7)&^7, b.Log)
	return log
}

// part is a piece of kept memory; ok is false when it does not lie in it.
func part(mem []byte, start, length uint64) (p []byte, ok bool) {
	size := uint64(len(mem))
	if start > size || length > size-start {
		return nil, false
	}
	return mem[start : start+length : start+length], true
}

// header is what the kernel says of kept memory; nil when there is none.
func header(mem []byte) *abi.KeptHeader {
	h := new(abi.KeptHeader)
	if len(mem) < abi.MinKept {
		return nil
	}
	copy(abi.Bytes(h), mem)
	if h.Magic != abi.KeptMagic {
		return nil
	}
	return h
}

// Unsettled is how many lives in a row have ended by themselves before they had restored what was kept.
func Unsettled(mem []byte) uint32 {
	if h := header(mem); h != nil {
		return h.Unsettled
	}
	return 0
}

// Again is how many lives have ended while they handled the message that the root task received last.
func Again(mem []byte) uint32 {
	if h := header(mem); h != nil {
		return h.Again
	}
	return 0
}

// Written tells whether anything was ever kept here: a snapshot comes first.
func Written(mem []byte) bool {
	h := header(mem)
	return h != nil && h.Bank[0].Number|h.Bank[1].Number|h.Appended != 0
}

// sameMost is how many lives in a row that have ended at the same place in the same way speak against a rung. One may be chance. Two may have begun with a
// memory of the service's (a warm life) that is spoilt: that is given up for after fewer deaths, and the third has begun without.
const sameMost = 3

// Choose is the rung for a life. A life may have ended of what it has read, or of something else, and what it has acknowledged is lost only for the former. So a
// rung is given up after lives that have read it and have not settled (abi.KeptBlame: neither killed, nor changed by a tracer, nor ended before they had begun to read):
// sameMost in a row at the same place in the same way, which is what data does; or patience in a row that had nothing in common but that. After three times
// so many in all nothing is believed: rungs are not gone down and up for ever where each life keeps what the next one cannot live with.
func Choose(mem []byte, patience int) Rung {
	h := header(mem)
	if h == nil {
		return Latest
	}
	b := &h.Blame
	switch way := b.Reading >> abi.WayShift; {
	case b.Deaths >= uint32(Nothing)*uint32(patience):
		return Nothing
	case way == 0:
		return Latest
	case b.Same >= sameMost || b.Way >= uint32(patience):
		return Rung(min(way, uint64(Nothing)))
	default:
		return Rung(min(way-1, uint64(Nothing)))
	}
}

// Most is the most lives that what is kept can end, until one believes nothing of it.
func Most(patience int) int { return int(Nothing) * patience }
