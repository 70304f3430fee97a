package clock

import "math/bits"

// Parameters of measurements. A checkpoint is twice as far from the begin as the one before, and a try ends
// at the first one that is sharp enough: 2.5 ms on a quiet machine, more where reading a clock takes long or
// the processor is taken away meanwhile (a busy host, an emulator that gives each instruction a microsecond).
// The checkpoints before that only tell how long the reference takes to wrap.
const (
	firstPerSec = 25_600    // the first checkpoint is after 1/25600 s
	checkpoints = 15        // the last one after 640 ms
	goodFrom    = 7         // 2.5 ms
	fairFrom    = 9         // 10 ms
	choice      = 8         // edges of which the sharpest counts
	tries       = 5         // for each reference
	goodPPM     = 100       // stop with this uncertainty from goodFrom on
	fairPPM     = 1000      // and with this one from fairFrom on
	worstPPM    = 10_000    // after all checkpoints: more is told
	uselessPPM  = 100_000   // and this is no measurement
	maxReads    = 4_000_000 // of a reference in one try
	maxStill    = 100_000   // reads of a reference that does not move: it is not there
)

// edge is a moment at which the reference was seen to move: the time-stamp counter was in
// [lo, hi] then. Stolen time (a hypervisor, SMM) makes an edge wide, not wrong.
type edge struct {
	count  uint64 // of the reference, since the try's begin
	lo, hi uint64
	timer  reading // just after
}

// reading is the timer at a moment when the time-stamp counter was in [lo, hi].
type reading struct {
	count  uint32
	lo, hi uint64
}

// read is the sharpest of three readings: the first may be slow, in an emulator that
// translates code when it first runs.
func (s Source) read() reading {
	var best reading
	for i := range 3 {
		r := reading{lo: s.TSC()}
		r.count = s.Timer.Counted()
		if r.hi = s.TSC(); i == 0 || r.hi-r.lo < best.hi-best.lo {
			best = r
		}
	}
	return best
}

// bounds are the least and the greatest rate, in counts a second, that agree with the measurement.
type bounds struct{ lo, hi uint64 }

// ppm is how wide the bounds are, in millionths of their middle, each way.
func (b bounds) ppm() uint64 { return (b.hi - b.lo) / 2 * 1_000_000 / b.middle() }

func (b bounds) middle() uint64 { return b.lo + (b.hi-b.lo)/2 }

// measure is one try against a reference. Each pair of edges bounds the rate, and all pairs
// must agree: a reference that jumps is found out.
func measure(s Source, ref Reference) (Rates, bool) {
	ref.Start()
	s.Timer.StartCount()
	w := follow(s, ref)
	var edges [checkpoints + 1]edge
	var ok bool
	if edges[0], ok = w.sharpest(0); !ok {
		return Rates{}, false
	}
	rate := bounds{MinTSCHz, MaxTSCHz}
	for i := 1; i <= checkpoints; i++ {
		if edges[i], ok = w.sharpest(edges[0].count + ref.Hz()<<(i-1)/firstPerSec); !ok {
			return Rates{}, false
		}
		for _, from := range edges[:i] {
			if b, ok := slope(from, edges[i], ref.Hz()); ok {
				rate.lo, rate.hi = max(rate.lo, b.lo), min(rate.hi, b.hi)
			}
		}
		if rate.lo > rate.hi {
			return Rates{}, false
		}
		w.believe(rate.lo)
		if ppm := rate.ppm(); i >= goodFrom && ppm <= goodPPM || i >= fairFrom && ppm <= fairPPM || i == checkpoints && ppm <= uselessPPM {
			hz := round(rate)
			return Rates{TSCHz: hz, TimerHz: timerRate(edges[0].timer, edges[i].timer, hz), Source: ref.Name(), PPM: uint32(ppm) + 1}, true
		}
	}
	return Rates{}, false
}

// slope bounds the rate between two edges; ok is false when they overlap or are too far apart to tell.
func slope(a, b edge, hz uint64) (r bounds, ok bool) {
	counts := b.count - a.count
	if b.count <= a.count || b.lo <= a.hi || b.hi-a.lo > 1<<40 {
		return r, false
	}
	return bounds{scaled(b.lo-a.hi, hz, counts), scaled(b.hi-a.lo, hz, counts) + 1}, true
}

// timerRate is the timer's rate between two readings, 0 if it stood still or had run
// out, or the readings do not tell.
func timerRate(a, b reading, tscHz uint64) uint64 {
	if b.count <= a.count || b.count == ^uint32(0) || b.lo <= a.hi {
		return 0
	}
	n := uint64(b.count - a.count)
	r := bounds{scaled(n-1, tscHz, b.hi-a.lo), scaled(n+1, tscHz, b.lo-a.hi)}
	if r.middle() == 0 || r.ppm() > worstPPM {
		return 0
	}
	return roundTo(r.middle(), goodPPM)
}

// scaled is n*hz/d. Results past 64 bits are cut to the highest value, which no one believes.
func scaled(n, hz, d uint64) uint64 {
	hi, lo := bits.Mul64(n, hz)
	if hi >= d {
		return ^uint64(0)
	}
	q, _ := bits.Div64(hi, lo, d)
	return q
}

// round picks the rate between bounds: their middle, or the whole MHz beside it if the
// measurement is good and cannot tell the two apart. (Clocks that are made up, as QEMU's under
// -icount, are exact: 1 GHz must come out as that.)
func round(b bounds) uint64 {
	if b.ppm() > goodPPM {
		return b.middle()
	}
	return roundTo(b.middle(), b.ppm()/2+1)
}

// roundTo is hz, or the whole MHz nearest to it if that is within ppm millionths.
func roundTo(hz, ppm uint64) uint64 {
	const mega = 1_000_000
	whole := (hz + mega/2) / mega * mega
	if max(whole, hz)-min(whole, hz) <= hz/mega*ppm {
		return whole
	}
	return hz
}

// watch follows a reference.
type watch struct {
	source Source
	ref    Reference
	count  uint64 // since the begin
	last   uint32 // what the reference read last, and the time-stamp counter just before
	before uint64
	maxGap uint64 // counts between two reads in which the reference cannot have wrapped
	reads  int    // left
}

// follow begins to watch.
func follow(s Source, ref Reference) *watch {
	w := &watch{source: s, ref: ref, reads: maxReads}
	w.believe(MinTSCHz)
	w.before = w.source.TSC()
	w.last = ref.Read()
	return w
}

// believe says that the time-stamp counter is at least this fast.
func (w *watch) believe(hz uint64) { w.maxGap = scaled(uint64(w.ref.Mask()), hz, w.ref.Hz()) }

// sharpest is the narrowest of the first edges at which the reference has counted at least to. The very
// first one is wide more often than others: where the processor was taken away until after the
// checkpoint, it is the one that the gap lies in.
func (w *watch) sharpest(to uint64) (e edge, ok bool) {
	for i := range choice {
		next, ok := w.next(to)
		if !ok {
			return edge{}, false
		}
		if i == 0 || next.hi-next.lo < e.hi-e.lo {
			e = next
		}
	}
	e.timer = w.source.read()
	return e, true
}

// next is the first edge at which the reference has counted at least to. ok is false when the
// reference stands still, was out of sight so long that it may have wrapped, or takes too long.
func (w *watch) next(to uint64) (e edge, ok bool) {
	for still := 0; w.reads > 0 && still < maxStill; w.reads-- {
		lo := w.source.TSC()
		now := w.ref.Read()
		if lo-w.before > w.maxGap {
			return edge{}, false
		}
		moved := (now - w.last) & w.ref.Mask()
		e = edge{lo: w.before}
		w.last, w.before = now, lo
		if moved == 0 {
			still++
			continue
		}
		still = 0
		if w.count += uint64(moved); w.count >= to {
			e.count, e.hi = w.count, w.source.TSC()
			return e, true
		}
	}
	return edge{}, false
}

// measureTimer is the timer's rate by the time-stamp counter, over 1 to 512 ms; 0 if no try tells.
func measureTimer(s Source, tscHz uint64) uint64 {
	for i := range 10 {
		s.Timer.StartCount()
		a := s.read()
		b := a
		for reads := 0; reads < maxReads && b.lo < a.hi+tscHz<<i/1000; reads++ {
			b = s.read()
		}
		if hz := timerRate(a, b, tscHz); hz != 0 {
			return hz
		}
	}
	return 0
}
