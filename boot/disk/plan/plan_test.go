package plan

import "testing"

// The same seed draws the same operations, on sectors that there are, in pieces without gaps; contents of sectors and versions are different.
func TestPlan(t *testing.T) {
	p, q := New(7, 200), New(7, 200)
	kinds, pieces := [3]int{}, [4]int{}
	for range 5000 {
		o := p.Next()
		if o != q.Next() {
			t.Fatal("drawn twice, not the same")
		}
		kinds[o.Kind]++
		n := 0
		for i, s := range o.Pieces {
			if s > 0 && n == i {
				n++
			}
		}
		pieces[n]++
		if end := o.Sector + o.Sectors(); end > 200 || o.Sectors() > MaxSectors || (o.Kind == Flush) != (o.Sectors() == 0) || n < 3 && o.Pieces[2] != 0 {
			t.Fatalf("%+v", o)
		}
	}
	for _, n := range append(kinds[:], pieces[:]...) {
		if n < 100 {
			t.Errorf("kinds %v, pieces %v", kinds, pieces)
		}
	}
	seen := map[string]bool{}
	for s := range uint64(50) {
		for v := range uint32(50) {
			var b [SectorSize]byte
			Fill(b[:], s, v)
			if !Is(b[:], s, v) || Is(b[:], s, v+1) || Is(b[:], s+1, v) && v != 0 {
				t.Fatal(s, v)
			}
			seen[string(b[:])] = true
		}
	}
	if len(seen) != 50*49+1 {
		t.Errorf("%d contents", len(seen))
	}
}
