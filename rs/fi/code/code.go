// Package code reads the machine code of a service, whatever it is written in: which instructions there are, in which functions, and
// whose those are. It answers the same in a task that reads its victim's memory and on the host, which reads the file
// (package elffile): both hand New the same bytes, and neither has a symbol table.
//
// Of a Go program the functions are known, by the table that the run-time itself walks stacks with (pclntab). Of any other the
// executable segment is swept from its begin to its end, and all of it is stratum Driver.
package code

import (
	"golang.org/x/arch/x86/x86asm"

	"bennu/rs/fi/enc"
)

// Stratum is whose code an instruction is. Faults are counted apart by it: most of a Go service's text is the run-time's.
type Stratum uint8

const (
	Driver  Stratum = iota // the service's own packages; all of a service without Go
	SDK                    // what bennu gives a service: drivers/sdk, kernel, board
	Runtime                // the Go run-time and standard library, and what stands in for them
	Strata
)

// String is the stratum as campaigns name it.
func (s Stratum) String() string {
	if s < Strata {
		return [Strata]string{"driver", "sdk", "runtime"}[s]
	}
	return "unknown"
}

// Mask is a set of strata: bit n is Stratum n.
type Mask uint8

// All is every stratum.
const All Mask = 1<<Strata - 1

// Of is the set of some strata.
func Of(strata ...Stratum) (m Mask) {
	for _, s := range strata {
		m |= 1 << s
	}
	return m
}

// Has tells whether s is in the set.
func (m Mask) Has(s Stratum) bool { return m>>s&1 != 0 }

// Inst is an instruction at its place.
type Inst struct {
	Addr  uint64
	Bytes []byte // of the text, not of the decoder
	X     x86asm.Inst
	Func  *Func // nil where names are not known, which they are in Go programs
	Text  *Text // that it is in; nil: it stands alone, and has no neighbours

	enc   enc.Inst
	encOf *byte // the byte that enc was read at
	encOK bool

	known *templates // nil: none
	shape shape      // of Bytes; len 0: not known
}

// Stratum is whose the instruction is.
func (in *Inst) Stratum() Stratum { return in.Func.stratum() }

// Func is a function of the text.
type Func struct {
	Start, End uint64 // End: where the next one starts; padding between them is before it
	Name       string // as pclntab has it
	Stratum    Stratum

	data bool // bytes for others than the processor: it has no instructions
}

func (f *Func) stratum() Stratum {
	if f == nil {
		return Driver
	}
	return f.Stratum
}

// Segment is a piece of a program's memory, as it was before the program ran.
type Segment struct {
	Addr  uint64
	Bytes []byte
}

// Text is the executable segment of a service.
type Text struct {
	Base  uint64
	Bytes []byte
	Funcs []Func // in order of addresses; empty: no names

	start, end int // of the code, in Bytes
}

// An Error is why the code of a program cannot be read.
type Error string

func (e Error) Error() string { return "code: " + string(e) }

// New reads a program: its executable segment, and the others that are not writable, in any order. Bytes past a segment's own, to
// the end of its page, may be there or not. The text's bytes are kept; the others are not.
func New(text Segment, others ...Segment) (*Text, error) {
	if len(text.Bytes) == 0 {
		return nil, Error("the executable segment is empty")
	}
	if uint64(len(text.Bytes)) > maxText {
		return nil, Error("the executable segment is larger than an image can be")
	}
	t := &Text{Base: text.Addr, Bytes: text.Bytes, end: len(text.Bytes)}
	h := findHeader(text, others)
	h.bound(t)
	tables := append([]Segment{}, others...)
	tables = append(tables, text) // a linker may have put the constants there
	for _, s := range tables {
		found, e := t.readTable(s)
		if e != "" {
			return nil, Error(e)
		}
		if found {
			return t, nil
		}
	}
	t.trim()
	return t, nil
}

// maxText is more than any image has (kernel/image.MaxSize), and is below what a uint32 counts.
const maxText = 1 << 30

// Func is the function that has an address; nil: none, or names are not known.
func (t *Text) Func(addr uint64) *Func {
	lo, hi := 0, len(t.Funcs)
	for lo < hi {
		if mid := (lo + hi) / 2; t.Funcs[mid].End <= addr {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(t.Funcs) && addr >= t.Funcs[lo].Start {
		return &t.Funcs[lo]
	}
	return nil
}

// Code is where the code begins and ends: of the segment, without the file's header, and without what fills its last page.
func (t *Text) Code() (start, end uint64) {
	return t.Base + uint64(t.start), t.Base + uint64(t.end)
}
