package clock

import (
	"strconv"

	"bennu/board/pc/cpu"
)

// Bounds of what is believed about a machine.
const (
	MinTSCHz   = 100_000_000
	MaxTSCHz   = 20_000_000_000
	minTimerHz = 1_000_000
	maxTimerHz = 20_000_000_000
)

// Timer is a counter of unknown rate that is measured against the time-stamp counter:
// apic.Local.
type Timer interface {
	StartCount()
	Counted() uint32
}

// Source is everything that Calibrate may use.
type Source struct {
	TSC        func() uint64
	Told       cpu.Rates   // cpu.ToldRates
	References []Reference // the best first
	Timer      Timer
}

// Rates are counts a second.
type Rates struct {
	TSCHz   uint64
	TimerHz uint64 // of Timer
	Source  string // the source of TSCHz: "hypervisor", "cpuid 0x15", "acpi-pm", "hpet", "pit", "cpuid 0x16"
	PPM     uint32 // how far TSCHz may be off, in millionths; 0: told, not measured
	// Warning is for the log: a told rate was wrong or could not be checked, or the measurement is poor. "":
	// none.
	Warning string
}

// Error is why the clocks' rates are not known.
type Error string

func (e Error) Error() string { return "clock: " + string(e) }

// differPPM is the least difference that makes a told rate and a measured one two.
const differPPM = 10_000

// Calibrate finds the rates. They are measured even if they are told: leaf 0x15 of some processors is off by a
// factor of thirty, and a hypervisor may tell its host's rate while it scales the guest's. A told rate within 1
// % of the measurement is taken, since it is exact; else the measurement is, with a warning. A told rate that
// nothing here can check is taken with a warning.
//
// Precondition: interrupts off. Errors: Error.
func Calibrate(s Source) (Rates, error) {
	told := s.Told
	if !plausible(told.TSCHz, MinTSCHz, MaxTSCHz) {
		told = cpu.Rates{TSCHz: 0, Source: told.Source}
	}
	measured, ok := best(s)
	switch {
	case !ok && told.TSCHz == 0:
		return Rates{}, Error("no reference clock gives a plausible rate of the time-stamp counter")
	case !ok:
		r := Rates{TSCHz: told.TSCHz, TimerHz: told.TimerHz, Source: told.Source}
		return finish(s, r, "no reference clock works: "+told.Source+" is not checked")
	case s.Told.TSCHz != 0 && !agree(told.TSCHz, measured.TSCHz, measured.PPM):
		return finish(s, measured, told.Source+" tells "+kHz(s.Told.TSCHz)+", which is not so")
	case told.TSCHz == 0 || told.Estimate && measured.PPM <= worstPPM:
		return finish(s, measured, poor(measured))
	}
	r := Rates{TSCHz: told.TSCHz, TimerHz: told.TimerHz, Source: told.Source}
	if r.TimerHz == 0 {
		r.TimerHz = measured.TimerHz
	} else if plausible(measured.TimerHz, minTimerHz, maxTimerHz) && !agree(r.TimerHz, measured.TimerHz, differPPM) {
		r.TimerHz = measured.TimerHz
		return finish(s, r, told.Source+" tells "+kHz(told.TimerHz)+" of the apic timer, which is not so")
	}
	return finish(s, r, "")
}

// agree tells whether a told rate can be the measured one, which may be off by ppm.
func agree(told, measured uint64, ppm uint32) bool {
	apart := max(told, measured) - min(told, measured)
	return apart <= scaled(measured, uint64(max(ppm, differPPM)), 1_000_000)
}

// best measures against one reference after the other until one gives a good answer; else the least
// uncertain one counts.
func best(s Source) (r Rates, ok bool) {
	for _, ref := range s.References {
		for range tries {
			m, measured := measure(s, ref)
			if measured && (!ok || m.PPM < r.PPM) {
				r, ok = m, true
			}
			if ok && r.PPM <= worstPPM {
				return r, true
			}
		}
	}
	return r, ok
}

// poor warns of a poor measurement.
func poor(r Rates) string {
	if r.PPM <= worstPPM {
		return ""
	}
	return "may be off by " + strconv.Itoa(int(r.PPM/10_000)+1) + " %, the processor was not left alone while it was measured"
}

func kHz(hz uint64) string { return strconv.FormatUint(hz/1000, 10) + " kHz" }

// finish measures the timer if that was not done, and checks the result.
func finish(s Source, r Rates, warning string) (Rates, error) {
	r.Warning = warning
	if !plausible(r.TimerHz, minTimerHz, maxTimerHz) {
		r.TimerHz = measureTimer(s, r.TSCHz)
	}
	if !plausible(r.TimerHz, minTimerHz, maxTimerHz) {
		return Rates{}, Error("the local APIC's timer does not count")
	}
	return r, nil
}

func plausible(hz, lo, hi uint64) bool { return hz >= lo && hz <= hi }
