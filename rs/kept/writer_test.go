package kept

import (
	"bytes"
	"testing"

	"bennu/kernel/abi"
)

// A writer that has lost count, or writes what nobody could read, keeps nothing.
func TestWriterIsDamaged(t *testing.T) {
	m := newMemory(4096)
	w := NewWriter(m, 0)
	if e := w.Snapshot(make([]byte, Room+8)); e != abi.OK {
		t.Fatal(e)
	}
	line := []byte("a line")
	n := 0
	for what, damage := range map[string]func(w *Writer){
		"its number":            func(w *Writer) { w.next++ },
		"the number before":     func(w *Writer) { w.next-- },
		"the count":             func(w *Writer) { w.since++ },
		"the snapshot's number": func(w *Writer) { w.base ^= 1 << 40 },
	} {
		was := *w
		damage(w)
		before := bytes.Clone(m.Kept())
		if e := w.Append(line, true); e != abi.EIO || !bytes.Equal(before, m.Kept()) {
			t.Errorf("%s is another: %s", what, e.Name())
		}
		*w = was
		if e := w.Append(line, false); e != abi.OK {
			t.Errorf("after %s: %s", what, e.Name())
		}
		n++
	}
	f, ok := Open(m.Kept(), Latest)
	if !ok || f.Log.Len() != n || f.Damaged {
		t.Errorf("found %+v, want %d records", f, n)
	}
}

// Gap leaves a number out, and the records behind the next snapshot go on from there.
func TestGapThenRecords(t *testing.T) {
	m := newMemory(4096)
	w := NewWriter(m, 0)
	for range 3 {
		w.Gap()
		if e := w.Snapshot(make([]byte, Room+8)); e != abi.OK {
			t.Fatal(e)
		}
		for range 2 {
			if e := w.Append([]byte("a line"), false); e != abi.OK {
				t.Fatal(e)
			}
		}
	}
	if f, ok := Open(m.Kept(), Latest); !ok || f.Log.Len() != 2 || f.Damaged || f.Next != 9 {
		t.Errorf("found %+v", f)
	}
	w.Gap()
	if e := w.Snapshot(make([]byte, 8192)); e != abi.E2BIG {
		t.Error(e)
	}
	if e := w.Append([]byte("a line"), false); e != abi.OK { // it has not lost count: the snapshot could not be kept
		t.Error(e)
	}
	c := NewWriter(m, 0)
	c.Continue(11, 3)
	if e := c.Append([]byte("a line"), false); e != abi.OK {
		t.Error(e)
	}
}
