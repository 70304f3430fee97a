// Package clock finds out how fast the time-stamp counter and the local APIC's timer
// run, and turns counts into nanoseconds.
package clock

import "math/bits"

const second = 1_000_000_000 // nanoseconds

// Scale turns counts of the time-stamp counter into nanoseconds since Base and back, as
// abi.StartInfo lets tasks do it.
type Scale struct {
	Base uint64 // counter at time 0
	Mult uint64 // nanoseconds in a count, 32.32 fixed point
	rate uint64 // counts in a nanosecond, 32.32 fixed point
}

// NewScale is the scale of a counter of hz counts a second that was at base at time 0.
// Precondition: MinTSCHz ≤ hz ≤ MaxTSCHz.
//
// Mult is rounded to nearest: it is off by less than 2^-33 ns a count, which at 5 GHz is
// 0.6 ns a second, far below what any crystal keeps.
func NewScale(hz, base uint64) Scale {
	return Scale{Base: base, Mult: ratio(second, hz), rate: ratio(hz, second)}
}

// ratio is a/b in 32.32 fixed point, to nearest. Precondition: a/b < 2^32.
func ratio(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, 1<<32)
	lo, carry := bits.Add64(lo, b/2, 0)
	q, _ := bits.Div64(hi+carry, lo, b)
	return q
}

// NS is the nanoseconds from Base to a later counter value. It is exact to the scale's
// rounding, never goes back, and wraps with the counter only: at 5 GHz after 117 years.
func (s Scale) NS(tsc uint64) uint64 {
	hi, lo := bits.Mul64(tsc-s.Base, s.Mult)
	return hi<<32 | lo>>32
}

// Counts is how many counts ns nanoseconds take.
func (s Scale) Counts(ns uint64) uint64 {
	hi, lo := bits.Mul64(ns, s.rate)
	return hi<<32 | lo>>32
}

// TSC is the counter's value at ns nanoseconds since Base.
func (s Scale) TSC(ns uint64) uint64 { return s.Base + s.Counts(ns) }
