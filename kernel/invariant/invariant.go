// Package invariant says how a broken invariant of the kernel is told. The parts of the kernel check themselves and
// each other (kernel/walk.go) when the root task asks; nothing here allocates.
package invariant

// Fault is a broken invariant; the zero value is none.
type Fault struct {
	What string
	A, B uint64 // which: What says of what kind
}

// Broken tells whether there is a fault.
func (f Fault) Broken() bool { return f.What != "" }

// Of makes a fault.
func Of(what string, a, b uint64) Fault { return Fault{what, a, b} }
