//go:build tamago

package main

import (
	"bennu/board/pc/apic"
	"bennu/board/pc/clock"
	"bennu/board/pc/cpu"
	"bennu/board/pc/mmio"
	"bennu/board/x86"
)

// testCalibrate brings the local APIC up and finds the clocks' rates.
func testCalibrate(b *board) string {
	apic.DisablePIC(b.ports)
	base, err := apic.CheckBase(x86.ReadMSR(x86.MSRAPICBase), b.madt.LocalAPIC)
	if err != nil {
		return err.Error()
	}
	x86.WriteMSR(x86.MSRAPICBase, base)
	b.local = apic.NewLocal(mmio.At(b.madt.LocalAPIC))
	if err := b.local.Enable(); err != nil {
		return err.Error()
	}
	if r := b.fadt.PMTimer; r.Addr != 0 {
		b.refs = append(b.refs, clock.PMTimer{Ports: b.ports, Port: uint16(r.Addr), Wide: r.Bits == 32})
	}
	b.refs = append(b.refs, clock.PIT{Ports: b.ports})
	before := x86.OrderedTSC()
	b.rates, err = clock.Calibrate(clock.Source{TSC: x86.OrderedTSC, Told: cpu.ToldRates(cpu.ID), References: b.refs, Timer: b.local})
	spent := x86.OrderedTSC() - before
	if err != nil {
		return err.Error()
	}
	b.report(b.rates, spent)
	b.scale = clock.NewScale(b.rates.TSCHz, x86.TSC())
	b.local.SetTimer(b.rates.TimerHz)
	return ""
}

func (b *board) report(r clock.Rates, spent uint64) {
	b.print("# ", r.Source, ": tsc ", decimal(r.TSCHz), " Hz (", decimal(uint64(r.PPM)), " ppm), timer ", decimal(r.TimerHz), " Hz, took ",
		decimal(spent/(r.TSCHz/1_000_000)), " us")
}

// testCalibrateAgain asks each reference alone: they must agree.
func testCalibrateAgain(b *board) string {
	for _, ref := range b.refs {
		before := x86.OrderedTSC()
		r, err := clock.Calibrate(clock.Source{TSC: x86.OrderedTSC, References: []clock.Reference{ref}, Timer: b.local})
		if err != nil {
			return ref.Name() + ": " + err.Error()
		}
		b.report(r, x86.OrderedTSC()-before)
		apart := max(r.TSCHz, b.rates.TSCHz) - min(r.TSCHz, b.rates.TSCHz)
		if apart/(b.rates.TSCHz/1_000_000) > uint64(r.PPM+b.rates.PPM)+50 {
			return ref.Name() + " disagrees"
		}
		apart = max(r.TimerHz, b.rates.TimerHz) - min(r.TimerHz, b.rates.TimerHz)
		if apart > b.rates.TimerHz/1000 {
			return ref.Name() + " disagrees about the timer"
		}
	}
	b.local.SetTimer(b.rates.TimerHz)
	return ""
}

// testTimer: a one-shot comes once, not early; the rest of its time is the emulator's.
func testTimer(b *board) string {
	for _, ns := range []uint64{0, 10_000, 1_000_000, 5_000_000} {
		begin := x86.OrderedTSC()
		b.local.Arm(ns)
		v := b.cpu.Idle()
		took := b.scale.NS(x86.OrderedTSC()) - b.scale.NS(begin)
		b.local.EOI()
		b.print("# armed ", decimal(ns), " ns, came after ", decimal(took))
		if v != apic.TimerVector {
			return "vector " + decimal(v)
		}
		if took+took/500 < ns {
			return "early"
		}
		if took > ns+200_000_000 {
			return "very late"
		}
	}
	return ""
}

// testDisarm: a timer that was disarmed does not come; the one armed after it does.
func testDisarm(b *board) string {
	begin := x86.OrderedTSC()
	b.local.Arm(100_000)
	b.local.Disarm()
	for b.scale.NS(x86.OrderedTSC())-b.scale.NS(begin) < 300_000 {
		x86.Pause()
	}
	if v, came := b.cpu.Poll(); came {
		return "vector " + decimal(v) + " came all the same"
	}
	begin = x86.OrderedTSC()
	b.local.Arm(3_000_000)
	v := b.cpu.Idle()
	took := b.scale.NS(x86.OrderedTSC()) - b.scale.NS(begin)
	b.local.EOI()
	if v != apic.TimerVector || took < 2_900_000 {
		return "vector " + decimal(v) + " after " + decimal(took) + " ns"
	}
	return ""
}
