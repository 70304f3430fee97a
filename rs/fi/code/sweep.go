package code

// Unknown is a byte that begins no instruction where one should.
type Unknown struct {
	Addr uint64
	Why  string
}

// What is asked of a byte.
const (
	int3      = 0xcc
	codeAlign = 16 // compilers begin functions at multiples of it
)

// Sweep returns what calls yield with the instructions of the strata, in order, until yield returns false. One Inst is used for all:
// who keeps it copies it. It is not decoded.
//
// INT3 is no instruction here. Linkers pad with it, programs stop at it on purpose, and whoever waits for a site with INT3 could not
// tell it from its own. In a text without names NOPs that pad are none either: those after an instruction that does not go on to the
// next, up to a multiple of 16, where a compiler puts a function or a label that is jumped to. In Go's functions NOPs are
// instructions: they mark inlined calls and align loops.
func (t *Text) Sweep(want Mask) func(yield func(*Inst) bool) {
	return func(yield func(*Inst) bool) {
		in := Inst{Text: t}
		t.walk(want, func(off int, s shape, f *Func) bool {
			in.Addr, in.Bytes, in.Func, in.shape = t.Base+uint64(off), t.Bytes[off:off+s.len:off+s.len], f, s
			in.X.Len, in.X.Op = 0, 0 // Decode writes all of X
			return yield(&in)
		}, nil)
	}
}

// Unknown returns the bytes of the strata that do not decode. The sweep goes on behind each.
func (t *Text) Unknown(want Mask) (list []Unknown) {
	t.walk(want, func(int, shape, *Func) bool { return true }, func(off int, why string) {
		list = append(list, Unknown{t.Base + uint64(off), why})
	})
	return list
}

// At is the instruction that begins at an address, decoded. False: none of a sweep does, be it that the address is within one.
func (t *Text) At(addr uint64) (in Inst, ok bool) {
	t.walkFrom(addr, func(off int, s shape, f *Func) bool {
		if a := t.Base + uint64(off); a >= addr {
			if ok = a == addr; ok {
				in = Inst{Addr: a, Bytes: t.Bytes[off : off+s.len : off+s.len], Func: f, Text: t}
				in.Decode()
			}
			return false
		}
		return true
	})
	return in, ok
}

// walkFrom is walk for the function that has addr, or for all of a text without names.
func (t *Text) walkFrom(addr uint64, yield func(off int, s shape, f *Func) bool) {
	if len(t.Funcs) == 0 {
		t.walk(All, yield, nil)
		return
	}
	if f := t.Func(addr); f != nil {
		w := walker{t, yield, nil}
		w.function(f)
	}
}

// walk calls yield for the instructions, and bad for what is none, if bad is not nil.
func (t *Text) walk(want Mask, yield func(off int, s shape, f *Func) bool, bad func(off int, why string)) {
	w := walker{t, yield, bad}
	if len(t.Funcs) == 0 {
		if want.Has(Driver) {
			w.unnamed()
		}
		return
	}
	for i := range t.Funcs {
		if f := &t.Funcs[i]; want.Has(f.Stratum) && !w.function(f) {
			return
		}
	}
}

type walker struct {
	*Text
	yield func(off int, s shape, f *Func) bool
	bad   func(off int, why string)
}

// function walks a function of Go. False: yield did not want more.
func (w *walker) function(f *Func) bool {
	if f.data {
		return true
	}
	end := int(f.End - w.Base)
	for off := int(f.Start - w.Base); off < end; {
		if w.Bytes[off] == int3 {
			off++
			continue
		}
		s, why := parse(w.Bytes[off:end])
		if why != "" {
			w.report(off, why)
			off++
			continue
		}
		if !w.yield(off, s, f) {
			return false
		}
		off += s.len
	}
	return true
}

// unnamed walks a text without names.
func (w *walker) unnamed() {
	ends := true // what is before off does not go on to it
	for off := w.start; off < w.end; {
		if w.Bytes[off] == int3 {
			ends = true
			off++
			continue
		}
		if ends {
			if n := w.padding(off); n > 0 {
				off += n
				continue
			}
		}
		s, why := parse(w.Bytes[off:])
		if why != "" {
			w.report(off, why)
			ends = false
			off++
			continue
		}
		if !w.yield(off, s, nil) {
			return
		}
		ends = stops(w.Bytes[off:off+s.len], &s)
		off += s.len
	}
}

func (w *walker) report(off int, why string) {
	if w.bad != nil {
		w.bad(off, why)
	}
}

// padding is how many bytes of NOPs begin at off and end at a multiple of codeAlign, or with the text.
func (w *walker) padding(off int) (n int) {
	for at := off; ; {
		if at >= w.end || w.Bytes[at] == int3 || (w.Base+uint64(at))%codeAlign == 0 {
			n = at - off
			if at >= w.end || w.Bytes[at] == int3 {
				return n
			}
		}
		s, why := parse(w.Bytes[at:])
		if why != "" || !nop(w.Bytes[at:at+s.len], &s) {
			return n
		}
		at += s.len
	}
}

// nop tells whether an instruction does nothing: 90 and 0f 1f, with prefixes but f3, which make it longer.
func nop(b []byte, s *shape) bool {
	for _, c := range b[:s.opcode] {
		if c == 0xf3 || c == 0xf0 || c&0xf1 == 0x41 {
			return false // PAUSE; XCHG with R8
		}
	}
	return !s.vex && (s.wide == 0 && b[s.opcode] == 0x90 || s.wide == 1 && b[s.opcode] == 0x1f)
}

// stops tells whether the processor never goes on behind an instruction: JMP, RET, IRET, UD2, HLT.
func stops(b []byte, s *shape) bool {
	op := b[s.opcode]
	switch {
	case s.vex:
		return false
	case s.wide == 1:
		return op == 0x0b
	case s.wide != 0:
		return false
	case op == 0xff:
		field := b[s.opcode+1] >> 3 & 7
		return field == 4 || field == 5
	}
	return op == 0xe9 || op == 0xeb || op == 0xc3 || op == 0xc2 || op == 0xcb || op == 0xca || op == 0xcf || op == 0xf4
}
