// Package machine is what a campaign runs its boots on.
package machine

import (
	"context"
	"fmt"

	"bennu/rs/fi/code"
	"bennu/rs/fi/plan"
)

// Boot is what a machine is started with. The same boot gives the same stream, to the byte.
type Boot struct {
	Plan plan.Plan
	Seed uint64 // of the kernel

	// For debugging: Record is a file for all that is not the guest's own doing. With GDB, a port, it is read, and the machine waits there for a
	// debugger, whose stops then change nothing of what the guest does.
	Record string
	GDB    int
}

// Machine starts boots, several at once.
type Machine interface {
	// Start may fail with *Fatal: no boot of this machine can do better.
	Start(ctx context.Context, b Boot) (Stream, error)
}

// Stream is what the injector of one boot writes.
type Stream interface {
	// Read waits for bytes. After the last ones it returns *End. Other errors are ctx's, or *Fatal.
	Read(ctx context.Context) ([]byte, error)
	// Close ends the machine.
	Close()
}

// How is how a machine ended.
type How uint8

const (
	Off        How = iota // it powered itself off
	Panic                 // of the kernel
	Reset                 // which a triple fault is
	Silent                // nothing came within the limit
	NotStarted            // there was no machine: QEMU, or what it needs
)

var hows = [...]string{Off: "powered off", Panic: "kernel panic", Reset: "reset or triple fault", Silent: "silent", NotStarted: "not started"}

func (h How) String() string { return hows[h] }

// End is the end of a machine that nobody asked to end.
type End struct {
	How   How
	Words string // the last lines of its log, where they repeat
	Log   string // all of it
}

func (e *End) Error() string {
	if e.Words == "" {
		return e.How.String()
	}
	return fmt.Sprintf("%s: %s", e.How, e.Words)
}

// Fatal is an error that the next boot would have, too: a full disk, a missing program.
type Fatal struct{ Err error }

func (e *Fatal) Error() string { return e.Err.Error() }
func (e *Fatal) Unwrap() error { return e.Err }

// Symbols tell what is where in a service's executable.
type Symbols interface {
	// Place is "function+0x12" and "file.go:34", each "" where it is not known.
	Place(addr uint64) (symbol, place string)
	// Asm is the instruction in words.
	Asm(addr uint64, b []byte) string
	// Bytes are the executable's own; nil outside of it.
	Bytes(addr uint64, n int) []byte
	// Eligible is by stratum how many instructions a type of faults applies to.
	Eligible(kind string) [code.Strata]uint32
}
