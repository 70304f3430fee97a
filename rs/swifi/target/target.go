// Package target is the code of a victim as the injector draws from it: which instructions there are, where each kind of fault can be made,
// and which ones a run without faults has reached.
package target

import (
	"bennu/rs/fi/code"
	"bennu/rs/fi/fault"
	"bennu/rs/fi/record"
)

// Target is a victim's code.
type Target struct {
	text    *code.Text
	sites   *code.Sites
	kinds   []*code.Set // by type: the sites where it applies
	reached []uint64    // a bit a site
	met     [][]uint32  // by type: those of kinds that were reached; made when first wanted
	crc     uint64
	hz      uint64
	in      code.Inst
}

// New reads the text of a victim for faults of some types in some strata. crc is the executable's, hz the counts of the time-stamp counter in
// a second: they stand in the record.
func New(text *code.Text, want code.Mask, types []fault.Type, crc, hz uint64) *Target {
	t := &Target{text: text, sites: text.Sites(want), crc: crc, hz: hz}
	applies := make([]func(*code.Inst) bool, len(types))
	for i, k := range types {
		if c, ok := k.(fault.Code); ok {
			applies[i] = c.Applies
		} else {
			applies[i] = func(*code.Inst) bool { return true }
		}
	}
	t.kinds = t.sites.Select(applies...)
	t.reached = make([]uint64, (t.sites.Len()+63)/64)
	return t
}

// Eligible is how many instructions the faults of a type can be made at; of those that were reached.
func (t *Target) Eligible(kind int, reached bool) uint32 {
	if reached {
		return uint32(len(t.meet(kind)))
	}
	return uint32(t.kinds[kind].Len())
}

// Site is the n-th of them. It is valid until the next one.
func (t *Target) Site(kind int, reached bool, n uint32) *code.Inst {
	i := 0
	if reached {
		i = int(t.meet(kind)[n])
	} else {
		i = t.kinds[kind].At(int(n))
	}
	t.in = t.sites.Inst(i)
	return &t.in
}

// meet is the sites of a type that were reached.
func (t *Target) meet(kind int) []uint32 {
	if t.met == nil {
		t.met = make([][]uint32, len(t.kinds))
	}
	if t.met[kind] == nil {
		list := []uint32{}
		for n := range t.kinds[kind].Len() {
			if i := t.kinds[kind].At(n); t.reached[i/64]>>(i%64)&1 != 0 {
				list = append(list, uint32(i))
			}
		}
		t.met[kind] = list
	}
	return t.met[kind]
}

// At is the instruction at an address that a site has.
func (t *Target) At(addr uint64) *code.Inst {
	if i, ok := t.sites.Index(addr); ok {
		t.in = t.sites.Inst(i)
		return &t.in
	}
	return nil
}

// All calls yield for each site.
func (t *Target) All(yield func(addr uint64, bytes []byte) bool) {
	for i := range t.sites.Len() {
		if in := t.sites.Inst(i); !yield(in.Addr, in.Bytes) {
			return
		}
	}
}

// Reached notes that a run without faults has been there.
func (t *Target) Reached(addr uint64) {
	if i, ok := t.sites.Index(addr); ok {
		t.reached[i/64] |= 1 << (i % 64)
		t.met = nil
	}
}

// Hello fills in what the record's first frame says of the code.
func (t *Target) Hello(h *record.Hello) {
	start, end := t.text.Code()
	h.ImageCRC, h.TSCHz, h.TextBase, h.TextSize = t.crc, t.hz, start, end-start
	for s := range code.Strata {
		h.Sites[s] = uint32(t.sites.Count(s))
	}
	for i := range t.sites.Len() {
		if t.reached[i/64]>>(i%64)&1 == 0 {
			continue
		}
		in := t.sites.Inst(i)
		h.Reached[in.Stratum()]++
	}
	unknown := t.text.Unknown(code.All)
	h.Unknowns = uint32(len(unknown))
	for _, u := range unknown {
		h.Unknown = append(h.Unknown, u.Addr)
	}
}
