package clock

import (
	"math/big"
	"math/rand"
	"testing"
)

const century = 100 * 365.25 * 86400 // seconds

// exact is counts at hz in nanoseconds, rounded down.
func exact(counts, hz uint64) uint64 {
	n := new(big.Int).Mul(new(big.Int).SetUint64(counts), big.NewInt(second))
	return n.Div(n, new(big.Int).SetUint64(hz)).Uint64()
}

func diff(a, b uint64) uint64 { return max(a, b) - min(a, b) }

// After any time up to 100 years the clock is off by less than 1 ns a second, the bound of a
// 32.32 multiplier, and it does not wrap.
func TestScalePrecision(t *testing.T) {
	worst := 0.0
	for _, hz := range []uint64{MinTSCHz, 999_999_937, 1_000_000_000, 2_399_998_123, 2_900_000_000, 3_579_545_000, 4_294_967_296, 4_999_999_999, 5_800_000_000} {
		s := NewScale(hz, 12345)
		for _, seconds := range []float64{1e-6, 1, 3600, 86400, 86400 * 365, century} {
			counts := uint64(seconds * float64(hz))
			want := exact(counts, hz)
			off := diff(s.NS(s.Base+counts), want)
			if float64(off) > seconds+1 {
				t.Errorf("%d Hz after %g s: off by %d ns", hz, seconds, off)
			}
			if seconds >= 86400 {
				worst = max(worst, float64(off)/seconds)
			}
		}
	}
	t.Logf("worst: %.3f ns a second", worst)
}

// What icount gives: a nanosecond is a count, exactly, for ever.
func TestScaleExact(t *testing.T) {
	s := NewScale(1_000_000_000, 1<<40)
	if s.Mult != 1<<32 {
		t.Fatalf("Mult = %#x", s.Mult)
	}
	for _, n := range []uint64{0, 1, 999, 1 << 33, 1<<64 - 1} {
		if s.NS(s.Base+n) != n || s.Counts(n) != n {
			t.Errorf("%d counts: %d ns, %d", n, s.NS(s.Base+n), s.Counts(n))
		}
	}
}

func TestScaleMonotonic(t *testing.T) {
	rng := rand.New(rand.NewSource(2))
	for range 10_000 {
		s := NewScale(MinTSCHz+uint64(rng.Int63n(6_000_000_000)), rng.Uint64())
		at := rng.Uint64() >> uint(rng.Intn(60))
		if at == ^uint64(0) {
			continue
		}
		a, b := s.NS(s.Base+at), s.NS(s.Base+at+1)
		if b < a && at < 1<<63 {
			t.Fatalf("%+v: count %d is %d ns, the next %d", s, at, a, b)
		}
	}
}

// There and back: within one count and the scale's rounding.
func TestScaleInverse(t *testing.T) {
	for _, hz := range []uint64{MinTSCHz, 2_399_998_123, 5_000_000_000} {
		s := NewScale(hz, 99)
		for _, ns := range []uint64{0, 1, 1000, 1_000_000, 1_000_000_000, 86400 * second} {
			back := s.NS(s.TSC(ns))
			if diff(back, ns) > 11+2*ns/second {
				t.Errorf("%d Hz: %d ns come back as %d", hz, ns, back)
			}
		}
	}
}

func BenchmarkNS(b *testing.B) {
	s := NewScale(2_900_000_000, 0)
	sum := uint64(0)
	for i := range b.N {
		sum += s.NS(uint64(i))
	}
	sink = sum
}

var sink uint64
