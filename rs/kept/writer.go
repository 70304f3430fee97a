package kept

import (
	"encoding/binary"

	"bennu/kernel/abi"
	"bennu/kernel/crc32c"
)

// Memory is the kernel's side: usys.Gate.
type Memory interface {
	Kept() []byte
	KeepStage(offset uint64, b []byte) abi.Errno
	KeepFlip(length uint64) abi.Errno
	KeepAppend(b []byte, consume bool) abi.Errno
	KeepReading(at uint64)
}

const (
	// MaxRecord is the longest record, in bytes.
	MaxRecord = abi.MaxKeptLine - recordHead

	recordHead   = 16 // number u64, length u32, sum u32 of all that follows and of number and length
	snapshotHead = 24 // magic u64, next u64: number of the first record after it, length u32, sum u32
	magic        = 0x31544f48_53504e53
)

// Writer appends and takes snapshots. The zero value is of no use: NewWriter.
type Writer struct {
	m     Memory
	next  uint64 // number of the next record
	base  uint64 // of the first one behind the last snapshot
	since int    // records since the snapshot
	left  int    // bytes of the bank that its records leave; unknown: not asked yet
	buf   []byte
}

// NewWriter writes behind what was found (Found.Next), or from the beginning (0).
func NewWriter(m Memory, next uint64) *Writer {
	return &Writer{m: m, next: next, base: next, left: unknown, buf: make([]byte, 0, abi.MaxKeptLine)}
}

// Continue has the writer write behind what was found and so many records that are there since their snapshot.
func (w *Writer) Continue(next uint64, since int) {
	w.next, w.base, w.since, w.left = next, next-uint64(since), since, unknown
}

// Gap says that the snapshot to come has what no record has: the records behind it do not follow on those before it.
func (w *Writer) Gap() { w.next, w.base = w.next+1, w.base+1 }

// Since is how many records there are behind the last snapshot.
func (w *Writer) Since() int { return w.since }

const unknown = -1

// Fits tells whether there is room for records of so many bytes together.
func (w *Writer) Fits(n int) bool {
	if w.left == unknown {
		w.left = 0
		if h := header(w.m.Kept()); h != nil {
			b := &h.Bank[h.Current&1]
			w.left = int(h.BankSize - min((b.Snapshot+7)&^7+b.Log, h.BankSize))
		}
	}
	return n+(1+n/MaxRecord)*(recordHead+8) <= w.left
}

// Append keeps one record: when it returns OK the record is there, whatever happens. consume: what the root task was given is done with.
// Errors: E2BIG (longer than MaxRecord), ENOSPC (the bank is full: a Snapshot makes room), EINVAL (no kept memory), EIO (the record would not be found
// again as it is: whoever writes is damaged; nothing is kept then, and nothing is done with).
func (w *Writer) Append(line []byte, consume bool) abi.Errno {
	if len(line) > MaxRecord {
		return abi.E2BIG
	}
	b := binary.LittleEndian.AppendUint64(w.buf[:0], w.next)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(line)))
	b = append(binary.LittleEndian.AppendUint32(b, recordSum(b[:12], line)), line...)
	if r, _ := record(b, w.base+uint64(w.since)); r == nil || len(r) != len(line) {
		return abi.EIO
	}
	e := w.m.KeepAppend(b, consume)
	if e == abi.OK {
		w.next++
		w.since++
		if w.left != unknown {
			w.left -= (recordHead + len(line) + 7) &^ 7
		}
	}
	return e
}

func recordSum(head, record []byte) uint32 { return crc32c.Update(crc32c.Sum(head), record) }

// Snapshot keeps the state as it is after all records so far; the log begins anew. A snapshot begins with Room bytes that are the package's own, and
// are overwritten: so nothing is copied. Errors: E2BIG (a bank is smaller), those of the kernel. What was kept before is as it was then.
func (w *Writer) Snapshot(b []byte) abi.Errno {
	h := header(w.m.Kept())
	if h == nil || uint64(len(b)) > h.BankSize || len(b) < Room {
		return abi.E2BIG
	}
	binary.LittleEndian.PutUint64(b, magic)
	binary.LittleEndian.PutUint64(b[8:], w.next)
	binary.LittleEndian.PutUint32(b[16:], uint32(len(b)-Room))
	binary.LittleEndian.PutUint32(b[20:], recordSum(b[:20], b[Room:]))
	for at := 0; at < len(b); at += abi.MaxCopy {
		if e := w.m.KeepStage(uint64(at), b[at:min(at+abi.MaxCopy, len(b))]); e != abi.OK {
			return e
		}
	}
	e := w.m.KeepFlip(uint64(len(b)))
	if e == abi.OK {
		w.base, w.since, w.left = w.next, 0, unknown
		w.m.KeepReading(place(Latest, done)) // if this life ends before it has settled, it has ended of what it has written
	}
	return e
}

// Room is how many bytes at the beginning of a snapshot are the package's.
const Room = snapshotHead
