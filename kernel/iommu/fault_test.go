//go:build !tamago

package iommu_test

import (
	"testing"

	"bennu/kernel/iommu"
)

// Faults name who and what, count for their source, and a flood of them ends; a source that is attached again is heard again.
func TestFaults(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.models[0].Translate(0x0128, 0x5123, true)
		f, s, last, ok := r.NextFault()
		if want := (iommu.Fault{Source: 0x128, Address: 0x5000, Reason: 1, Write: true}); !ok || f != want || s.Count != 1 || last {
			t.Fatalf("%+v %+v %v, want %+v", f, s, ok, want)
		}
		if f.Why() != "no domain for its bus" {
			t.Error(f.Why())
		}
		d := r.open(0x28)
		for n := range 3 * iommu.MuteAfter {
			r.models[0].Translate(0x28, 0x7000, n%2 == 0)
			f, s, last, ok := r.NextFault()
			if ok != (n < iommu.MuteAfter) || last != (n == iommu.MuteAfter-1) || ok && (f.Source != 0x28 || f.Address != 0x7000 || f.Write != (n%2 == 0) || s.Count != uint64(n+1)) {
				t.Fatalf("fault %d: %+v %+v %v %v", n, f, s, last, ok)
			}
		}
		r.end(d)
		d = r.open(0x28)
		r.models[0].Translate(0x28, 0x9000, false)
		if f, s, _, ok := r.NextFault(); !ok || f.Address != 0x9000 || f.Why() != "may not be read" || s.Count != iommu.MuteAfter+1 {
			t.Errorf("after a new life: %+v %v", f, ok)
		}
		if _, _, _, ok := r.NextFault(); ok {
			t.Error("a fault that was not")
		}
		if r.All != iommu.MuteAfter+2 || r.Others != 0 {
			t.Errorf("%d faults, %d of others", r.All, r.Others)
		}
		r.end(d)
	})
}

// More faults than there are records: those that were recorded are told, and later ones, too.
func TestOverflow(t *testing.T) {
	for _, n := range []uint64{1, 4} {
		c := kinds[0].c
		c.Cap |= (n - 1) << 40
		r := newRig(t, c, 39, 1)
		for round := range 3 {
			for i := range uint16(6) {
				r.models[0].Translate(0x0100+i, 0x1000, true)
			}
			told := uint64(0)
			for range 20 {
				if f, _, _, ok := r.NextFault(); ok {
					if f.Source != 0x0100+uint16(told) {
						t.Errorf("round %d: fault %d of %#x", round, told, f.Source)
					}
					told++
				}
			}
			if told != n {
				t.Errorf("round %d: %d faults, %d records", round, told, n)
			}
		}
	}
}

// More sources than rows.
func TestManySources(t *testing.T) {
	r := newRig(t, kinds[0].c, 39, 1)
	for i := range uint16(100) {
		r.models[0].Translate(0x0100+i, 0x1000, true)
		r.NextFault()
	}
	n := uint64(0)
	for r.Row(n) != nil {
		n++
	}
	if n != 64 || r.Others != 36 || r.All != 100 {
		t.Errorf("%d rows, %d others, %d in all", n, r.Others, r.All)
	}
}

// An interrupt comes from whom it was allowed to, and from nobody else; not before, and not after.
func TestInterrupts(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		raise := func(source, index uint16) (v uint8) {
			a, data := iommu.Message(index)
			for _, m := range r.models {
				if vector, dest, ok := m.Interrupt(source, uint32(a), data); ok {
					if v = vector; dest != 5 {
						t.Errorf("to processor %d", dest)
					}
				}
			}
			return v
		}
		if v := raise(0x28, 0); v != 0 {
			t.Errorf("vector %#x before it was allowed", v)
		}
		seen := map[uint16]bool{}
		for n := range iommu.MaxInterrupts {
			i, ok := r.AllowInterrupt(0x28+uint16(n), uint8(n), 5, n%2 == 0)
			if !ok || seen[i] {
				t.Fatalf("entry %d: %d, %v", n, i, ok)
			}
			seen[i] = true
			if v := raise(0x28+uint16(n), i); v != uint8(n) {
				t.Errorf("entry %d raises %#x", n, v)
			}
			if v := raise(0x27, i); v != 0 {
				t.Errorf("another one raises %#x", v)
			}
		}
		if _, ok := r.AllowInterrupt(0x28, 1, 5, false); ok {
			t.Error("one more than there are")
		}
		r.Release(7)
		if v := raise(0x28+7, 7); v != 0 {
			t.Errorf("vector %#x after it was forbidden", v)
		}
		if i, ok := r.AllowInterrupt(0x300, 0x77, 5, false); !ok || i != 7 || raise(0x300, 7) != 0x77 {
			t.Errorf("entry %d, %v", i, ok)
		}
		if _, _, ok := r.models[0].Interrupt(0x28, 0xfee05000, 0x41); ok != r.models[0].Lax {
			t.Error("an interrupt in compatibility format")
		}
	})
}
