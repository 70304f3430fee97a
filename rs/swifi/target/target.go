// Package target is the code of a victim as the injector draws from it: which instructions there are, where each kind of fault can be made,
// and which ones a run without faults has reached.
package target

import (
	"math/rand/v2"

	"bennu/rs/fi/code"
	"bennu/rs/fi/fault"
	"bennu/rs/fi/record"
)

// Target is a victim's code.
type Target struct {
	text    *code.Text
	sites   *code.Sites
	applies []func(*code.Inst) bool // by type; nil: to all
	kinds   []*code.Set             // by type: the sites where it applies; nil: it is tried where it applies
	reached []uint64                // a bit a site
	met     [][]uint32              // by type: the sites that were reached where it applies; nil: not looked for yet
	planted []byte
	unknown []code.Unknown
	crc     uint64
	hz      uint64
	in      code.Inst
}

// New reads the text of a victim for faults of some types in some strata. crc is the executable's, hz the counts of the time-stamp counter in
// a second: they stand in the record.
func New(text *code.Text, want code.Mask, types []fault.Type, crc, hz uint64) *Target {
	t := &Target{text: text, sites: text.Sites(want), unknown: text.Unknown(want), crc: crc, hz: hz}
	t.applies = make([]func(*code.Inst) bool, len(types))
	for i, k := range types {
		if c, ok := k.(fault.Code); ok {
			t.applies[i] = c.Applies
		}
	}
	t.kinds = make([]*code.Set, len(types))
	t.reached = make([]uint64, (t.sites.Len()+63)/64)
	t.scan()
	return t
}

// A type that applies to less than one in rare instructions, by so many that are looked at, has its sites looked for once: trying takes as
// long as that soon.
const (
	rare  = 16
	looks = 256
)

// scan looks for the sites of types that apply seldom.
func (t *Target) scan() {
	if t.sites.Len() == 0 {
		return
	}
	var seldom []int
	var applies []func(*code.Inst) bool
	for k, f := range t.applies {
		n := 0
		for i := range looks {
			if f == nil || f(t.site(i*t.sites.Len()/looks)) {
				n++
			}
		}
		if n*rare < looks {
			seldom, applies = append(seldom, k), append(applies, f)
		}
	}
	for i, set := range t.sites.Select(applies...) {
		t.kinds[seldom[i]] = set
	}
}

// Draw is an instruction that is drawn uniformly among those where a type applies; nil: there is none. It is valid until the next one.
func (t *Target) Draw(kind int, reached bool, r *rand.Rand) *code.Inst {
	if reached {
		list := t.meet(kind)
		if len(list) == 0 {
			return nil
		}
		return t.site(int(list[r.IntN(len(list))]))
	}
	if t.sites.Len() == 0 {
		return nil
	}
	if set := t.kinds[kind]; set != nil {
		if set.Len() == 0 {
			return nil
		}
		return t.site(set.At(r.IntN(set.Len())))
	}
	for {
		in := t.site(r.IntN(t.sites.Len()))
		if t.applies[kind] == nil || t.applies[kind](in) {
			return in
		}
	}
}

func (t *Target) site(i int) *code.Inst {
	t.in = t.sites.Inst(i)
	return &t.in
}

// meet is the sites that were reached where a type applies.
func (t *Target) meet(kind int) []uint32 {
	if t.met == nil {
		t.met = make([][]uint32, len(t.kinds))
		for i := range t.sites.Len() {
			if t.reached[i/64]>>(i%64)&1 == 0 {
				continue
			}
			in := t.site(i)
			for k, applies := range t.applies {
				if applies == nil || applies(in) {
					t.met[k] = append(t.met[k], uint32(i))
				}
			}
		}
	}
	return t.met[kind]
}

// At is the instruction at an address that a site has.
func (t *Target) At(addr uint64) *code.Inst {
	if i, ok := t.sites.Index(addr); ok {
		return t.site(i)
	}
	return nil
}

// Planted is the text with the byte that Plant was given as the first of each site that was not reached, and where it belongs.
func (t *Target) Planted() (addr uint64, text []byte) { return t.text.Base, t.planted }

// Plant makes Planted. It takes a while.
func (t *Target) Plant(b byte) {
	t.planted = append([]byte(nil), t.text.Bytes...)
	for i := range t.sites.Len() {
		t.planted[t.sites.Addr(i)-t.text.Base] = b
	}
}

// First is the first byte of the instruction at an address of the text.
func (t *Target) First(addr uint64) []byte {
	off := addr - t.text.Base
	return t.text.Bytes[off : off+1 : off+1]
}

// Reached notes that a run without faults has been there. false: there is no site, and nothing was planted.
func (t *Target) Reached(addr uint64) bool {
	i, ok := t.sites.Index(addr)
	if ok {
		t.reached[i/64] |= 1 << (i % 64)
		t.met = nil
		t.planted[addr-t.text.Base] = t.First(addr)[0]
	}
	return ok
}

// Hello fills in what the record's first frame says of the code.
func (t *Target) Hello(h *record.Hello) {
	start, end := t.text.Code()
	h.ImageCRC, h.TSCHz, h.TextBase, h.TextSize = t.crc, t.hz, start, end-start
	for s := range code.Strata {
		h.Sites[s] = uint32(t.sites.Count(s))
	}
	if len(t.kinds) > 0 {
		t.meet(0) // it takes a while, which there is before the first block
	}
	for i := range t.sites.Len() {
		if t.reached[i/64]>>(i%64)&1 == 0 {
			continue
		}
		if h.Eligible == nil {
			h.Eligible = make([]uint32, len(t.kinds)*int(code.Strata))
		}
		in := t.site(i)
		h.Reached[in.Stratum()]++
		for k, applies := range t.applies {
			if applies == nil || applies(in) {
				h.Eligible[k*int(code.Strata)+int(in.Stratum())]++
			}
		}
	}
	h.Unknowns = uint32(len(t.unknown))
	for _, u := range t.unknown {
		h.Unknown = append(h.Unknown, u.Addr)
	}
}
