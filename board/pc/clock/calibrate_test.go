//go:build !tamago

package clock

import (
	"math/bits"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"bennu/board/pc/cpu"
	"bennu/board/pc/mmio"
	"bennu/board/pc/port/fake"
)

// machine is a PC whose only time is what its accesses cost.
type machine struct {
	ps      uint64 // time, picoseconds
	cost    uint64 // of an access, picoseconds
	steal   func() uint64
	tscHz   uint64
	timerHz uint64
	started uint64
	reads   int
	ports   *fake.Ports
	hpetOn  bool
	pit     struct {
		loaded  uint64
		latch   uint32
		high    bool
		command uint32
	}
}

func (m *machine) pass(n uint64) {
	m.ps += n
	if m.steal != nil {
		m.ps += m.steal()
	}
}

// at is a counter of hz now.
func (m *machine) at(hz, since uint64) uint64 {
	hi, lo := bits.Mul64(m.ps-since, hz)
	q, _ := bits.Div64(hi, lo, 1_000_000_000_000)
	return q
}

func (m *machine) TSC() uint64 {
	m.pass(m.cost / 10)
	return m.at(m.tscHz, 0) + 1<<40
}

func (m *machine) StartCount() { m.started = m.ps }

func (m *machine) Counted() uint32 {
	m.pass(m.cost)
	return uint32(min(m.at(m.timerHz, m.started), 1<<32-1))
}

const pmPort = 0x608

func newMachine(tscHz, timerHz, cost uint64) *machine {
	m := &machine{tscHz: tscHz, timerHz: timerHz, cost: cost, ports: fake.New(), ps: 5e9}
	m.ports.Read[pmPort] = func() uint32 {
		m.pass(m.cost)
		m.reads++
		return uint32(m.at(pmTimerHz, 0)) & 0xffffff
	}
	m.ports.Register(pitGatePort, 0x2e)
	m.ports.Write[pitCommand] = func(v uint32) {
		m.pass(m.cost)
		m.pit.command, m.pit.high = v, false
		if v == pitLatch {
			m.reads++
			m.pit.latch = 0xffff - uint32(m.at(pitHz, m.pit.loaded))&0xffff
		}
	}
	m.ports.Write[pitChannel2] = func(uint32) { m.pass(m.cost); m.pit.loaded = m.ps }
	m.ports.Read[pitChannel2] = func() uint32 {
		m.pass(m.cost)
		m.pit.high = !m.pit.high
		if m.pit.high {
			return m.pit.latch & 0xff
		}
		return m.pit.latch >> 8
	}
	return m
}

func (m *machine) pm() Reference { return PMTimer{Ports: m.ports, Port: pmPort} }
func (m *machine) p8254() PIT    { return PIT{m.ports} }
func (m *machine) hpet() Reference {
	h, _ := NewHPET(mmio.Fake((*hpet)(m)))
	return h
}

// hpet is the machine's, of 14.318 MHz.
type hpet machine

func (h *hpet) Load(off uint32) uint32 {
	m := (*machine)(h)
	m.pass(m.cost)
	switch {
	case off == hpetPeriod:
		return 69_841_279
	case off == hpetCounter && m.hpetOn:
		m.reads++
		return uint32(m.at(14_318_180, 0))
	}
	return 0
}

func (h *hpet) Store(off, v uint32) { h.hpetOn = off == hpetConfig && v&hpetEnable != 0 }

func (m *machine) source() Source {
	return Source{TSC: m.TSC, References: []Reference{m.pm(), m.hpet(), m.p8254()}, Timer: m}
}

func ppm(got, want uint64) float64 { return (float64(got)/float64(want) - 1) * 1e6 }

// Machines from fast to slow: the estimate is within the bound it tells, and takes no longer than it must.
func TestCalibrate(t *testing.T) {
	const us = 1_000_000 // picoseconds
	for _, c := range []struct {
		name       string
		tsc, timer uint64
		cost       uint64
		pit        bool
		source     string
		within     float64 // millionths
		ms         float64
	}{
		{"icount: 20 ns an access", 1_000_000_000, 1_000_000_000, 20_000, false, "acpi-pm", 0, 2.6},
		{"tcg", 2_899_998_765, 1_000_000_000, us / 2, false, "acpi-pm", 150, 10.3},
		{"hardware", 2_399_998_123, 24_000_000, us, false, "acpi-pm", 150, 10.3},
		{"fast, above 32 bits", 5_700_001_234, 100_000_000, us / 4, false, "acpi-pm", 100, 10.3},
		{"slow", 133_000_000, 66_000_000, us, false, "acpi-pm", 200, 10.3},
		{"kvm: exits", 2_899_998_765, 1_000_000_000, 4 * us, false, "acpi-pm", 800, 10.6},
		{"pit", 2_399_998_123, 24_000_000, us, true, "pit", 500, 10.6},
		{"pit under icount", 1_000_000_000, 1_000_000_000, 20_000, true, "pit", 0, 2.6},
		// An instruction takes half a microsecond or a whole one, and some 90 of them stand between two accesses.
		{"icount, shift 9", 1_000_000_000, 1_000_000_000, 45 * us, false, "acpi-pm", 1000, 330},
		{"icount, shift 10", 1_000_000_000, 1_000_000_000, 90 * us, false, "acpi-pm", 1000, 660},
		{"pit, shift 10", 1_000_000_000, 1_000_000_000, 90 * us, true, "pit", 2000, 660},
	} {
		m := newMachine(c.tsc, c.timer, c.cost)
		s := m.source()
		if c.pit {
			s.References = s.References[2:]
		}
		begin := m.ps
		r, err := Calibrate(s)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		off, timerOff := ppm(r.TSCHz, c.tsc), ppm(r.TimerHz, c.timer)
		ms := float64(m.ps-begin) / 1e9
		t.Logf("%s: TSC %+.1f ppm (told ±%d), timer %+.1f ppm, %.2f ms, %d reads", c.name, off, r.PPM, timerOff, ms, m.reads)
		if max(off, -off) > c.within || max(off, -off) > float64(r.PPM) || max(timerOff, -timerOff) > c.within+100 || ms > c.ms || r.Source != c.source {
			t.Errorf("%s: %+v is wrong, or took too long", c.name, r)
		}
	}
}

// Time stolen at random moments (a hypervisor, SMM) makes the estimate no worse than it says.
func TestCalibrateStolen(t *testing.T) {
	worst, failed := 0.0, 0
	for seed := range int64(300) {
		rng := rand.New(rand.NewSource(seed))
		m := newMachine(2_899_998_765, 1_000_000_000, 1_000_000)
		m.steal = func() uint64 {
			switch n := rng.Intn(20_000); {
			case n == 0:
				return uint64(rng.Intn(3_000_000)) * 1_000_000 // up to 3 s
			case n < 40:
				return uint64(rng.Intn(200)) * 1_000_000 // up to 200 µs
			}
			return 0
		}
		r, err := Calibrate(m.source())
		if err != nil {
			failed++
			continue
		}
		off := ppm(r.TSCHz, m.tscHz)
		worst = max(worst, off, -off)
		if max(off, -off) > float64(r.PPM) {
			t.Errorf("seed %d: off by %.1f ppm, told ±%d", seed, off, r.PPM)
		}
	}
	if failed > 3 {
		t.Errorf("%d of 300 found no rate at all", failed)
	}
	t.Logf("worst: %.0f ppm, %d failed", worst, failed)
}

// busy takes the processor away as a host does on which others compute: it runs for up to 4 ms, then
// others do for up to 12.
func (m *machine) busy(rng *rand.Rand) {
	until := m.ps
	m.steal = func() uint64 {
		if m.ps < until {
			return 0
		}
		away := uint64(rng.Intn(12_000)) * 1_000_000
		until = m.ps + away + uint64(rng.Intn(4_000))*1_000_000
		return away
	}
}

// On a busy host each start finds a rate, by each of the references, and within what it tells.
func TestCalibrateBusy(t *testing.T) {
	for _, name := range []string{"acpi-pm", "hpet", "pit"} {
		worst, longest := 0.0, uint64(0)
		for seed := range int64(1000) {
			rng := rand.New(rand.NewSource(seed))
			m := newMachine(2_899_998_765, 1_000_000_000, 1_000_000)
			m.busy(rng)
			s := m.source()
			s.References = slices.DeleteFunc(s.References, func(r Reference) bool { return r.Name() != name })
			began := m.ps
			r, err := Calibrate(s)
			if err != nil {
				t.Fatalf("%s, seed %d: %v", name, seed, err)
			}
			off := ppm(r.TSCHz, m.tscHz)
			worst, longest = max(worst, off, -off), max(longest, m.ps-began)
			if max(off, -off) > float64(r.PPM) || r.PPM > worstPPM || r.Warning != "" {
				t.Errorf("%s, seed %d: off by %.1f ppm: %+v", name, seed, off, r)
			}
			if timerOff := ppm(r.TimerHz, m.timerHz); max(timerOff, -timerOff) > worstPPM {
				t.Errorf("%s, seed %d: timer off by %.0f ppm", name, seed, timerOff)
			}
		}
		t.Logf("%s: worst %.0f ppm, longest %d ms", name, worst, longest/1_000_000_000)
		if longest > 100_000_000_000 {
			t.Errorf("%s: a start took longer than 100 ms", name)
		}
	}
}

// With a worse one it goes on, and says how far the rate may be off.
func TestCalibratePoor(t *testing.T) {
	m := newMachine(2_000_000_000, 1_000_000_000, 6_000_000_000) // 6 ms an access
	s := m.source()
	s.References = s.References[:1]
	r, err := Calibrate(s)
	if err != nil || !strings.Contains(r.Warning, "may be off by ") || max(ppm(r.TSCHz, m.tscHz), -ppm(r.TSCHz, m.tscHz)) > float64(r.PPM) {
		t.Errorf("%+v, %v", r, err)
	}
}

// A reference that is not there, stands still or jumps is given up for the next one, in a bounded
// number of reads.
func TestCalibrateBadReference(t *testing.T) {
	rng := rand.New(rand.NewSource(3))
	for name, read := range map[string]func(m *machine) uint32{
		"absent":   func(*machine) uint32 { return 0xffffffff },
		"still":    func(*machine) uint32 { return 0x1234 },
		"random":   func(*machine) uint32 { return rng.Uint32() },
		"too fast": func(m *machine) uint32 { return uint32(m.ps/1000) & 0xffffff },
		"stops":    func(m *machine) uint32 { return uint32(min(m.at(pmTimerHz, 0), 25_000)) },
		"jumps":    func(m *machine) uint32 { return uint32(m.at(pmTimerHz, 0)+m.ps/3_000_000_000*40_000) & 0xffffff },
	} {
		m := newMachine(2_399_998_123, 24_000_000, 1_000_000)
		m.ports.Read[pmPort] = func() uint32 { m.pass(m.cost); m.reads++; return read(m) }
		s := m.source()
		s.References = []Reference{m.pm(), m.p8254()}
		r, err := Calibrate(s)
		if err != nil || r.Source != "pit" || max(ppm(r.TSCHz, m.tscHz), -ppm(r.TSCHz, m.tscHz)) > 500 {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
		if m.reads > 2*tries*maxReads {
			t.Errorf("%s: %d reads", name, m.reads)
		}
	}
}

func TestCalibrateNothing(t *testing.T) {
	m := newMachine(2_399_998_123, 24_000_000, 1_000_000)
	s := m.source()
	s.References = nil
	if _, err := Calibrate(s); err == nil || !strings.Contains(err.Error(), "no reference clock") {
		t.Errorf("no reference: %v", err)
	}
	s.Told = cpu.Rates{TSCHz: 2_400_000_000, Source: "cpuid 0x16", Estimate: true}
	if r, err := Calibrate(s); err != nil || r.TSCHz != 2_400_000_000 || r.Source != "cpuid 0x16" {
		t.Errorf("a nominal rate: %+v, %v", r, err)
	}
	m.timerHz = 0
	if _, err := Calibrate(s); err == nil || !strings.Contains(err.Error(), "does not count") {
		t.Errorf("a dead timer: %v", err)
	}
	m.tscHz = 0 // a counter that stands still
	if _, err := Calibrate(m.source()); err == nil {
		t.Error("a dead counter was calibrated")
	}
}

// What is told and true is taken, since it is exact; what is told and wrong is not, and the log says so.
func TestCalibrateTold(t *testing.T) {
	const tsc, timer = 2_399_998_123, 24_000_000
	for _, c := range []struct {
		name    string
		told    cpu.Rates
		tsc     uint64 // wanted
		source  string
		warning string
	}{
		{"right", cpu.Rates{TSCHz: 2_399_998_000, TimerHz: timer, Source: "cpuid 0x15"}, 2_399_998_000, "cpuid 0x15", ""},
		{"timer not told", cpu.Rates{TSCHz: 2_399_998_000, Source: "hypervisor"}, 2_399_998_000, "hypervisor", ""},
		{"0.9 % off", cpu.Rates{TSCHz: tsc / 1000 * 1009, TimerHz: timer, Source: "hypervisor"}, tsc / 1000 * 1009, "hypervisor", ""},
		{"1.1 % off", cpu.Rates{TSCHz: tsc / 1000 * 1011, TimerHz: timer, Source: "hypervisor"}, tsc, "acpi-pm", "hypervisor tells 2426397 kHz, which is not so"},
		{"thirty times too fast", cpu.Rates{TSCHz: 19_200_000_000, TimerHz: timer, Source: "cpuid 0x15"}, tsc, "acpi-pm", "cpuid 0x15 tells 19200000 kHz, which is not so"},
		{"ten times too slow", cpu.Rates{TSCHz: 240_000_000, TimerHz: timer, Source: "cpuid 0x15"}, tsc, "acpi-pm", "cpuid 0x15 tells 240000 kHz, which is not so"},
		{"nonsense", cpu.Rates{TSCHz: 5_000, Source: "cpuid 0x15"}, tsc, "acpi-pm", "cpuid 0x15 tells 5 kHz, which is not so"},
		{"the timer is another's", cpu.Rates{TSCHz: 2_399_998_000, TimerHz: 2 * timer, Source: "cpuid 0x15"}, 2_399_998_000, "cpuid 0x15",
			"cpuid 0x15 tells 48000 kHz of the apic timer, which is not so"},
		{"nominal", cpu.Rates{TSCHz: 2_400_000_000, TimerHz: timer, Source: "cpuid 0x16", Estimate: true}, tsc, "acpi-pm", ""},
		{"nominal, and wrong", cpu.Rates{TSCHz: 3_100_000_000, Source: "cpuid 0x16", Estimate: true}, tsc, "acpi-pm", "cpuid 0x16 tells 3100000 kHz, which is not so"},
		{"nothing told", cpu.Rates{}, tsc, "acpi-pm", ""},
	} {
		m := newMachine(tsc, timer, 1_000_000)
		s := m.source()
		s.Told = c.told
		begin := m.ps
		r, err := Calibrate(s)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if off := ppm(r.TSCHz, c.tsc); max(off, -off) > 150 || r.TSCHz != c.tsc && c.tsc != tsc || r.Source != c.source || r.Warning != c.warning ||
			diff(r.TimerHz, timer) > timer/1000 || m.ps-begin > 12_000_000_000 {
			t.Errorf("%s: %+v after %d ps, want %d of %s, %q", c.name, r, m.ps-begin, c.tsc, c.source, c.warning)
		}
	}
}

// Where nothing can check it, what is told is taken, and the log says that.
func TestCalibrateUnchecked(t *testing.T) {
	m := newMachine(2_399_998_123, 24_000_000, 1_000_000)
	s := m.source()
	s.References = nil
	s.Told = cpu.Rates{TSCHz: 2_399_998_000, TimerHz: 24_000_000, Source: "cpuid 0x15"}
	if r, err := Calibrate(s); err != nil || r != (Rates{2_399_998_000, 24_000_000, "cpuid 0x15", 0, "no reference clock works: cpuid 0x15 is not checked"}) {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestPIT(t *testing.T) {
	m := newMachine(1_000_000_000, 1_000_000_000, 1_000_000)
	p := m.p8254()
	p.Start()
	// Bits 4 to 7 are status; 2 and 3 (parity and channel checks) stay as they were.
	if v := m.ports.In8(pitGatePort); v != 0x0d {
		t.Errorf("port 0x61 = %#x: want the gate on, the speaker off, the rest kept", v)
	}
	if m.pit.command != 0xb0 {
		t.Errorf("command %#x", m.pit.command)
	}
	a := p.Read()
	m.ps += 1_000_000_000 // 1 ms
	if n := p.Read() - a; n < 1193 || n > 1200 {
		t.Errorf("1 ms is %d counts", n)
	}
}

func TestPMTimerWidth(t *testing.T) {
	p := fake.New()
	p.Register(pmPort, 0xab123456)
	if v := (PMTimer{p, pmPort, false}).Read(); v != 0x123456 {
		t.Errorf("24 bits: %#x", v)
	}
	if v := (PMTimer{p, pmPort, true}).Read(); v != 0xab123456 {
		t.Errorf("32 bits: %#x", v)
	}
}

// Both of the PM timer's wraps fall into a measurement without harm.
func TestCalibrateWrap(t *testing.T) {
	for _, wide := range []bool{false, true} {
		m := newMachine(2_000_000_000, 1_000_000_000, 500_000)
		mask := uint64(1)<<24 - 1
		if wide {
			mask = 1<<32 - 1
		}
		m.ports.Read[pmPort] = func() uint32 {
			m.pass(m.cost)
			return uint32((m.at(pmTimerHz, 5e9) + mask - 5000) & mask)
		}
		s := m.source()
		s.References = []Reference{PMTimer{m.ports, pmPort, wide}}
		r, err := Calibrate(s)
		if err != nil || max(ppm(r.TSCHz, m.tscHz), -ppm(r.TSCHz, m.tscHz)) > 150 {
			t.Errorf("wide %v: %+v, %v", wide, r, err)
		}
	}
}
