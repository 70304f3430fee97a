package kept

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"bennu/kernel/abi"
)

// memory is kept memory as the kernel keeps it.
type memory struct {
	b []byte
	h abi.KeptHeader

	reading uint64
}

func newMemory(bank int) *memory {
	m := &memory{b: make([]byte, abi.PageSize+2*bank)}
	m.h = abi.KeptHeader{Magic: abi.KeptMagic, Size: uint64(len(m.b)), BankSize: uint64(bank)}
	m.h.Bank[0].Start, m.h.Bank[1].Start = abi.PageSize, abi.PageSize+uint64(bank)
	m.show()
	return m
}

func (m *memory) KeepReading(at uint64) { m.reading = at }

func (m *memory) show()        { copy(m.b, abi.Bytes(&m.h)) }
func (m *memory) Kept() []byte { return m.b }

func (m *memory) KeepStage(offset uint64, b []byte) abi.Errno {
	k := &m.h.Bank[1-m.h.Current]
	if offset+uint64(len(b)) > m.h.BankSize {
		return abi.EINVAL
	}
	k.Number, k.Snapshot, k.Log = 0, 0, 0
	copy(m.b[k.Start+offset:], b)
	m.show()
	return abi.OK
}

func (m *memory) KeepFlip(length uint64) abi.Errno {
	m.h.Current = 1 - m.h.Current
	k := &m.h.Bank[m.h.Current]
	k.Number, k.Snapshot = m.h.Bank[1-m.h.Current].Number+1, length
	m.show()
	return abi.OK
}

func (m *memory) KeepAppend(b []byte, _ bool) abi.Errno {
	k := &m.h.Bank[m.h.Current]
	at, grow := (k.Snapshot+7)&^7+k.Log, (uint64(len(b))+7)&^7
	if k.Number == 0 || at+grow > m.h.BankSize {
		return abi.ENOSPC
	}
	copy(m.b[k.Start+at:], b)
	k.Log += grow
	m.show()
	return abi.OK
}

// counted is a snapshot and n records, each with its number.
func snap(n int) []byte { return append(make([]byte, Room), fmt.Sprintf("state %d", n)...) }
func line(n int) []byte { return []byte(fmt.Sprintf("record %d", n)) }

// holds looks whether a rung has the state at snapshot s and the records from there to end.
func holds(t *testing.T, mem []byte, rung Rung, s, end int) {
	t.Helper()
	f, ok := Open(mem, rung)
	if !ok || !bytes.Equal(f.Snapshot, snap(s)[Room:]) {
		t.Fatalf("%v: found %v, snapshot %q, want %d", rung, ok, f.Snapshot, s)
	}
	for n := s; n < end; n++ {
		if r := f.Log.Next(); !bytes.Equal(r, line(n)) {
			t.Fatalf("%v: record %q, want %d", rung, r, n)
		}
	}
	if r := f.Log.Next(); r != nil || f.Log.Len() != 0 {
		t.Fatalf("%v: record %q behind the last, %d left", rung, r, f.Log.Len())
	}
}

// written is a memory with snapshots before records 0, 5 and 10, and three records after the last one.
func written(t *testing.T) *memory {
	m := newMemory(abi.PageSize)
	w := NewWriter(m, 0)
	for n := range 13 {
		if n%5 == 0 {
			if e := w.Snapshot(snap(n)); e != abi.OK {
				t.Fatal(e)
			}
		}
		if e := w.Append(line(n), false); e != abi.OK {
			t.Fatal(e)
		}
	}
	return m
}

func TestRungs(t *testing.T) {
	m := written(t)
	holds(t, m.b, Latest, 10, 13)
	holds(t, m.b, WithoutLast, 10, 12)
	holds(t, m.b, Before, 5, 13)
	for rung, want := range map[Rung]string{Latest: "", WithoutLast: "record 12", Before: ""} {
		if f, _ := Open(m.b, rung); string(f.Left) != want {
			t.Errorf("%v: %q is left out, want %q", rung, f.Left, want)
		}
	}
	if _, ok := Open(m.b, Nothing); ok {
		t.Error("nothing has something")
	}
	for _, mem := range [][]byte{nil, make([]byte, abi.MinKept), newMemory(abi.PageSize).b} {
		if f, ok := Open(mem, Latest); ok {
			t.Errorf("found %+v in %d bytes that nobody wrote", f, len(mem))
		}
	}
}

// A life that left the last record out writes on, and the next one finds no trace of that.
func TestLeftOut(t *testing.T) {
	m := written(t)
	f, _ := Open(m.b, WithoutLast)
	w := NewWriter(m, f.Next)
	s := append(make([]byte, Room), "state without 12"...)
	if e := w.Snapshot(s); e != abi.OK {
		t.Fatal(e)
	}
	if e := w.Append(line(13), true); e != abi.OK {
		t.Fatal(e)
	}
	g, ok := Open(m.b, Latest)
	if r := g.Log.Next(); !ok || !bytes.Equal(g.Snapshot, s[Room:]) || !bytes.Equal(r, line(13)) || g.Log.Len() != 0 {
		t.Errorf("%v: %q, %q, %d more", ok, g.Snapshot, r, g.Log.Len())
	}
}

// Whatever byte is another, what is found was written: it is a beginning of what there was, or there is nothing.
func TestAnyByte(t *testing.T) {
	good := written(t).b
	r := rand.New(rand.NewPCG(1, 2))
	for at := range good {
		b := bytes.Clone(good)
		b[at] ^= byte(1 + r.IntN(255))
		believed(t, b, at)
	}
}

// What only a snapshot has is no part of what the snapshot before it goes on to: the rung below ends there, and says so.
func TestGap(t *testing.T) {
	for _, gap := range []bool{false, true} {
		m := newMemory(4096)
		w := NewWriter(m, 0)
		w.Snapshot(snap(0))
		w.Append(line(0), false)
		if gap {
			w.Gap()
		}
		w.Snapshot(snap(1))
		w.Append(line(1), false)
		f, ok := Open(m.b, Before)
		if want := map[bool]int{false: 2, true: 1}[gap]; !ok || f.Log.Len() != want || f.Damaged != gap {
			t.Errorf("gap %v: %v, %d records, want %d, damaged %v", gap, ok, f.Log.Len(), want, f.Damaged)
		}
		if f, ok = Open(m.b, Latest); !ok || f.Log.Len() != 1 || f.Damaged || string(f.Snapshot) != "state 1" {
			t.Errorf("gap %v: the latest: %v, %d records, damaged %v", gap, ok, f.Log.Len(), f.Damaged)
		}
	}
}

// A word that is gone (a write that was cut): likewise.
func TestAnyWord(t *testing.T) {
	good := written(t).b
	for at := 0; at < len(good); at += 8 {
		b := bytes.Clone(good)
		clear(b[at : at+8])
		believed(t, b, at)
	}
}

func believed(t *testing.T, b []byte, at int) {
	t.Helper()
	for rung := Latest; rung < Nothing; rung++ {
		f, ok := Open(b, rung)
		if !ok {
			continue
		}
		var s int
		if _, err := fmt.Sscanf(string(f.Snapshot), "state %d", &s); err != nil || s != 0 && s != 5 && s != 10 {
			t.Fatalf("byte %d, %v: snapshot %q", at, rung, f.Snapshot)
		}
		n := s
		for ; f.Log.Len() > 0; n++ {
			if r := f.Log.Next(); !bytes.Equal(r, line(n)) {
				t.Fatalf("byte %d, %v: record %q, want %d", at, rung, r, n)
			}
		}
		whole := map[Rung]int{Latest: 13, WithoutLast: 12, Before: 13}[rung]
		if n < whole && !f.Damaged && rung == Latest && at >= abi.PageSize {
			t.Fatalf("byte %d: %d records, and nothing said of the others", at, n-s)
		}
	}
}

func TestLimits(t *testing.T) {
	m := newMemory(abi.PageSize)
	w := NewWriter(m, 0)
	if e := w.Append(line(0), false); e != abi.ENOSPC {
		t.Errorf("a record without a snapshot: %v", e)
	}
	if e := w.Snapshot(make([]byte, abi.PageSize+1)); e != abi.E2BIG {
		t.Errorf("more than a bank: %v", e)
	}
	if e := w.Snapshot(snap(0)); e != abi.OK || w.Since() != 0 {
		t.Fatal(e)
	}
	if e := w.Append(make([]byte, MaxRecord+1), false); e != abi.E2BIG {
		t.Errorf("a record of %d: %v", MaxRecord+1, e)
	}
	n := 0
	for ; w.Append(make([]byte, MaxRecord), false) == abi.OK; n++ {
	}
	if n == 0 || w.Since() != n {
		t.Errorf("%d records, since the snapshot %d", n, w.Since())
	}
	if e := w.Snapshot(snap(n)); e != abi.OK || w.Append(line(n), false) != abi.OK {
		t.Errorf("a snapshot made no room: %v", e)
	}
}
