// Package code reads the machine code of a service, whatever it is written in: which instructions there are, in which functions, and
// whose those are.
package code

import "golang.org/x/arch/x86/x86asm"

// Stratum is whose code an instruction is. Faults are counted apart by it: most of a Go service's text is the run-time's.
type Stratum uint8

const (
	Driver  Stratum = iota // the service's own packages; all of a service without Go
	SDK                    // drivers/sdk, kernel/usys, kernel/abi, board/ring3
	Runtime                // the Go run-time and standard library
	Strata
)

// Inst is an instruction at its place.
type Inst struct {
	Addr  uint64
	Bytes []byte // of the text, not of the decoder
	X     x86asm.Inst
	Func  *Func // nil where names are not known
}

// Func is a function of the text.
type Func struct {
	Start, End uint64
	Name       string // as pclntab has it
	Stratum    Stratum
}

// Text is the executable segment of a service.
type Text struct {
	Base  uint64
	Bytes []byte
	Funcs []Func // in order of addresses; empty: no names
}
