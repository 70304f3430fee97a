package space

import (
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/mem"
)

// As many pages are noted as the snapshot is to note. A life has copies of all that are made ahead, and of copiesMost others.
func TestCopiesAhead(t *testing.T) {
	for _, soon := range []int{Soon, SoonRoot} {
		w := newWorld(t, 400)
		first, _ := w.begin(false)
		m := model{w, map[uint64]byte{}}
		const pages = SoonRoot + 10
		for i := range uint64(pages) {
			w.touch(first, m, abi.RAMBase+i*abi.PageSize, true, byte(i+1))
		}
		var made Making
		for begun := true; ; begun = false {
			if more, e := first.Seal(&made, begun); e != abi.OK {
				t.Fatal(e.Name())
			} else if !more {
				break
			}
		}
		if e := first.Take(&w.snapshot, &made, &w.holder, soon); e != abi.OK {
			t.Fatal(e.Name())
		}
		own := func(s *Space) (n int) {
			for i := range uint64(pages) {
				if a, ok := s.Peek(abi.RAMBase + i*abi.PageSize); ok {
					if kept, _ := w.snapshot.Kept(w.pool.Physical(), abi.RAMBase+i*abi.PageSize); a != kept {
						n++
					}
				}
			}
			return n
		}
		begin := func(want int) {
			t.Helper()
			s, ok := w.begin(true)
			if !ok || own(s) != want {
				t.Errorf("of %d pages a life has %d copies, want %d (%v)", soon, own(s), want, ok)
			}
			for i := range uint64(pages) {
				w.touch(s, m.clone(), abi.RAMBase+i*abi.PageSize, true, 0xaa)
			}
			var set mem.Set
			if f := w.snapshot.AddSpares(w.pool.Physical(), &set); f.Broken() {
				t.Errorf("%+v", f)
			}
			s.Tables.Free()
		}
		begin(0)
		if w.snapshot.nwritten != soon {
			t.Errorf("%d pages are noted, want %d", w.snapshot.nwritten, soon)
		}
		begin(min(soon, copiesMost))
		for w.snapshot.Prepare(w.pool) {
		}
		begin(soon)
	}
}
