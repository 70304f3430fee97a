package code

import (
	"encoding/binary"
	"strings"
)

// signatures are functions that jump over bytes by which tools tell what a program was linked with. No other function of std on
// amd64 has data in its text.
const signatures = "crypto/internal/boring/sig."

// The table of functions that Go's linker writes, as Go 1.20 and later have it. Source: runtime/symtab.go (pcHeader, functab),
// runtime/runtime2.go (_func), debug/gosym. gosym's reader makes a string, a symbol and a function of each name with maps between
// them, and wants to be told where the text begins: Go 1.26 no longer writes that into the table.
const (
	tabMagic    = "\xf1\xff\xff\xff\x00\x00\x01\x08" // two zeros, quantum 1, pointers of 8 bytes
	tabNfunc    = 8
	tabText     = 24
	tabNames    = 32
	tabCU       = 40
	tabFuncs    = 64
	tabSize     = 72
	tabMaxFuncs = 1 << 22
)

// readTable looks for the table in a segment, and makes the functions of it.
func (t *Text) readTable(s Segment) (found bool, why string) {
	for at := int(-s.Addr & 7); at+tabSize <= len(s.Bytes); at += 8 {
		if string(s.Bytes[at:at+len(tabMagic)]) != tabMagic {
			continue
		}
		tab := pclntab{s.Bytes[at:], 0, nil, nil}
		if !tab.read() {
			continue // a constant that looks like it
		}
		start, ok := t.textStart(&tab)
		if !ok {
			return false, "there is a table of Go's functions, but no place in the executable segment where its functions begin"
		}
		return true, t.addFuncs(&tab, start)
	}
	return false, ""
}

// pclntab is a table whose parts lie within its bytes.
type pclntab struct {
	b     []byte
	n     int    // functions
	names []byte // each with a 0 after it
	funcs []byte // n pairs of begin and offset in funcs, then the end; 4 bytes each
}

func (p *pclntab) read() bool {
	le := binary.LittleEndian
	n, names, cu, funcs := le.Uint64(p.b[tabNfunc:]), le.Uint64(p.b[tabNames:]), le.Uint64(p.b[tabCU:]), le.Uint64(p.b[tabFuncs:])
	size := uint64(len(p.b))
	if n == 0 || n > tabMaxFuncs || names < tabSize || cu < names || cu > size || funcs < cu || funcs > size || n*8+4 > size-funcs {
		return false
	}
	p.n, p.names, p.funcs = int(n), p.b[names:cu], p.b[funcs:]
	last := uint32(0)
	for i := range p.n + 1 {
		entry := p.entry(i)
		if entry < last || i == 0 && entry != 0 || i == p.n && entry == last {
			return false
		}
		if i < p.n {
			if off := uint64(le.Uint32(p.funcs[8*i+4:])); off+8 > uint64(len(p.funcs)) || le.Uint32(p.funcs[off:]) != entry {
				return false
			}
		}
		last = entry
	}
	return true
}

// entry is where function i begins, from the begin of the text; of the number past the last: where the text ends.
func (p *pclntab) entry(i int) uint32 { return binary.LittleEndian.Uint32(p.funcs[8*i:]) }

// name is the number of a function's name in names.
func (p *pclntab) name(i int) uint32 {
	return binary.LittleEndian.Uint32(p.funcs[binary.LittleEndian.Uint32(p.funcs[8*i+4:])+4:])
}

// textStart finds where the functions begin, in Bytes. What the table tells is tried, and then each page, since tools/tamago and the
// official TamaGo link the text to the begin of one. It is taken where the bytes agree: what is between functions is INT3.
func (t *Text) textStart(p *pclntab) (start int, ok bool) {
	try := func(addr uint64) {
		if off := addr - t.Base; !ok && addr >= t.Base && off <= uint64(len(t.Bytes)) && t.agrees(p, int(off)) {
			start, ok = int(off), true
		}
	}
	try(binary.LittleEndian.Uint64(p.b[tabText:])) // before Go 1.26
	for off := uint64(0); off < uint64(len(t.Bytes)) && !ok; off += 4096 {
		try(t.Base + off)
	}
	return start, ok
}

// agrees tells whether half of the functions at least have padding before them, when they begin at start. At a wrong place nearly
// none have: INT3 is rare elsewhere.
func (t *Text) agrees(p *pclntab, start int) bool {
	if uint64(start)+uint64(p.entry(p.n)) > uint64(len(t.Bytes)) {
		return false
	}
	padded, all := 0, 0
	for i := 1; i < p.n; i++ {
		if at := start + int(p.entry(i)); at > start && p.entry(i) != p.entry(i-1) {
			all++
			if t.Bytes[at-1] == int3 {
				padded++
			}
		}
	}
	return 2*padded >= all
}

func (t *Text) addFuncs(p *pclntab, start int) (why string) {
	names := string(p.names) // one copy; what Func has are pieces of it
	t.start, t.end = start, start+int(p.entry(p.n))
	t.Funcs = make([]Func, p.n)
	for i := range t.Funcs {
		from := p.name(i)
		if uint64(from) > uint64(len(names)) {
			return "the name of one of Go's functions is outside of their table"
		}
		name := names[from:]
		for n := range len(name) {
			if name[n] == 0 {
				name = name[:n]
				break
			}
		}
		begin := t.Base + uint64(start)
		t.Funcs[i] = Func{begin + uint64(p.entry(i)), begin + uint64(p.entry(i+1)), name, StratumOf(name), strings.HasPrefix(name, signatures)}
	}
	return ""
}
