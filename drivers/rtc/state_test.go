package main

import (
	"flag"
	"maps"
	"math/rand"
	"strings"
	"testing"
	"time"

	"bennu/drivers/protocol/rtc"
	"bennu/drivers/sdk"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

var firstSeed = flag.Int64("seed", 1, "of the first random state of the device")

// get asks for the time.
func get(k *fake.Kernel) (unix uint64, doubt rtc.Doubt, e abi.Errno) {
	a, _ := k.Request(fake.Client, rtc.Get)
	return a.Arg[1], rtc.Doubt(a.Arg[3]), abi.Errno(a.Arg[0])
}

func set(k *fake.Kernel, unix uint64) abi.Errno {
	a, _ := k.Request(fake.Client, rtc.Set, unix)
	return abi.Errno(a.Arg[0])
}

// told is what the registers say, by another way than the driver's; ok is false when they say nothing.
func told(m *cmos) (unix uint64, ok bool) {
	mode := m.r[regB]
	number := func(v uint8) int {
		switch {
		case mode&modeBinary != 0 && v < 100:
			return int(v)
		case mode&modeBinary == 0 && v>>4 < 10 && v&15 < 10:
			return int(v>>4)*10 + int(v&15)
		}
		return -1
	}
	hour := number(m.r[regHour])
	if mode&mode24 == 0 {
		if hour = number(m.r[regHour] &^ afternoon); hour < 1 || hour > 12 {
			return 0, false
		}
		hour = hour%12 + int(m.r[regHour]>>7)*12
	}
	year := number(m.r[regYear])
	switch {
	case year < 0:
		return 0, false
	case m.century != 0 && number(m.r[regCentury]) < 0:
		return 0, false
	case m.century != 0:
		year += 100 * number(m.r[regCentury])
	case year < 70:
		year += 2000
	default:
		year += 1900
	}
	month, day, minute, second := number(m.r[regMonth]), number(m.r[regDay]), number(m.r[regMinute]), number(m.r[regSecond])
	d := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	if d.Year() != year || int(d.Month()) != month || d.Day() != day || d.Hour() != hour || d.Minute() != minute || d.Second() != second {
		return 0, false
	}
	return uint64(d.Unix()), year >= rtc.FirstYear && year <= rtc.LastYear
}

// randomState is a clock as a dead driver, or firmware, may have left it.
func randomState(rng *rand.Rand) *cmos {
	m := newCMOS(uint8(rng.Intn(256)), fromUnix(uint64(rng.Int63n(int64(rtc.Last)+1))))
	m.counts, m.reads = rng.Intn(2) == 0, rng.Intn(2) == 0
	if rng.Intn(3) == 0 {
		m.century = 0
	}
	if rng.Intn(2) == 0 {
		m.r[regA] = uint8(rng.Intn(128))
	}
	m.r[regC] = uint8(rng.Intn(16)) << 4
	if rng.Intn(4) == 0 {
		m.r[regD] = 0
	}
	if rng.Intn(3) == 0 {
		m.r[[]uint8{regSecond, regMinute, regHour, regDay, regMonth, regYear, regCentury}[rng.Intn(7)]] = uint8(rng.Intn(256))
	}
	m.index = uint8(rng.Intn(128))
	m.up = rng.Intn(3)
	return m
}

// Whatever state the clock is in: it runs and interrupts afterwards, the time that it tells is what its
// registers say or there is a reason, and once it is set it is right.
func TestAnyState(t *testing.T) {
	t.Logf("seed %d", *firstSeed)
	trusted := 0
	for seed := *firstSeed; seed < *firstSeed+1000 && !t.Failed(); seed++ {
		rng := rand.New(rand.NewSource(seed))
		m := randomState(rng)
		was := *m
		want, valid := told(m)
		doubtful := rtc.Doubt(0)
		for bit, bad := range map[rtc.Doubt]bool{rtc.HalfSet: m.r[regB]&bSet != 0, rtc.Stopped: m.r[regA]&aDivider != aRunning, rtc.Battery: m.r[regD] == 0} {
			if bad {
				doubtful |= bit
			}
		}
		store := map[abi.Label]sdk.Value{}
		for lives := range 2 { // what the first one finds out the second one knows
			k, _ := life(t, m, store)
			unix, doubt, e := get(k)
			if why := doubt &^ doubtful; (e == abi.OK) != valid || valid && (unix != want || why != 0) || !valid && why != rtc.Garbage && why != rtc.Range || doubt&doubtful != doubtful {
				t.Errorf("life %d: %d, doubt %#x, %s; the registers say %d, %v, and doubt is %#x", lives, unix, doubt, e.Name(), want, valid, doubtful)
			}
			if m.r[regA]&^aUpdating != aKnown || m.r[regB]&^(modeBinary|mode24) != bUpdate {
				t.Errorf("registers A %#x, B %#x", m.r[regA], m.r[regB])
			}
			k.Request(fake.Client, rtc.Wait)
			m.tick()
			k.Run()
			if _, ok := k.Take(fake.Client); !ok {
				t.Error("no interrupt")
			}
		}
		if valid && doubtful == 0 {
			trusted++
		}
		setAnywhere(t, m, store, rng)
		if t.Failed() {
			t.Logf("seed %d: it began as %+v", seed, was)
		}
	}
	if trusted < 50 {
		t.Errorf("only %d states of 1000 were good ones", trusted)
	}
}

// setAnywhere sets the clock, which is right then, in the next life too.
func setAnywhere(t *testing.T, m *cmos, store map[abi.Label]sdk.Value, rng *rand.Rand) {
	k, r := life(t, m, store)
	to := uint64(rng.Int63n(int64(r.chip.last())))
	if e := set(k, to); e != abi.OK {
		t.Errorf("set to %d: %s", to, e.Name())
	}
	battery := rtc.Doubt(0)
	if m.r[regD] == 0 {
		battery = rtc.Battery
	}
	for range 2 {
		if unix, doubt, e := get(k); unix != to || doubt != battery || e != abi.OK {
			t.Errorf("set to %d, read %d, doubt %#x, %s", to, unix, doubt, e.Name())
		}
		k, _ = life(t, m, store)
	}
}

// A life that dies at any write while it sets the clock: the next one tells either the old time or the new one, or
// that there is doubt.
func TestDiesWhileSetting(t *testing.T) {
	for _, century := range []uint64{0, regCentury} {
		for dies := range 14 {
			m, store := newCMOS(mode24, noon), map[abi.Label]sdk.Value{}
			m.century = century
			k, _ := life(t, m, store)
			var halfway map[abi.Label]sdk.Value
			m.dies, m.onSet = dies, func() { halfway = maps.Clone(store) }
			to := date{2031, 2, 3, 4, 5, 6}.unix()
			set(k, to)
			m.dies, m.onSet = -1, nil
			// The dead life did not tell the store that all went well.
			k, _ = life(t, m, halfway)
			if unix, doubt, e := get(k); e == abi.OK && doubt == 0 {
				t.Errorf("dead after %d writes: %d without doubt", dies, unix)
			}
		}
	}
}

// The last seconds of the range, then a death: never another date in silence, whatever the clock makes of
// the century.
func TestEndOfRange(t *testing.T) {
	for _, c := range []struct {
		name    string
		century uint64
		counts  bool
		doubt   rtc.Doubt
		errno   abi.Errno
	}{
		{"the century goes on", regCentury, true, rtc.Range, abi.EDOM},
		{"the century is memory", regCentury, false, rtc.Back, abi.OK},
		{"no century", 0, true, rtc.Back, abi.OK},
	} {
		m, store := newCMOS(mode24, noon), map[abi.Label]sdk.Value{}
		m.century, m.counts = c.century, c.counts
		k, r := life(t, m, store)
		last := r.chip.last() - 2
		if e := set(k, last); e != abi.OK {
			t.Fatalf("%s: set to %d: %s", c.name, last, e.Name())
		}
		m.pass(3)
		k, _ = life(t, m, store) // of the same age: the set was just now
		for range 2 {
			if _, doubt, e := get(k); doubt != c.doubt || e != c.errno {
				t.Errorf("%s: doubt %#x, %s", c.name, doubt, e.Name())
			}
			k, _ = life(t, m, store)
		}
		if e := set(k, noon.unix()); e != abi.OK {
			t.Errorf("%s: set: %s", c.name, e.Name())
		}
		if unix, doubt, e := get(k); unix != noon.unix() || doubt != 0 || e != abi.OK {
			t.Errorf("%s: set again: %d, doubt %#x, %s", c.name, unix, doubt, e.Name())
		}
	}
}

// Between two lives the clock goes on, is set back, or has its mode changed.
func TestBetweenLives(t *testing.T) {
	for _, c := range []struct {
		name  string
		do    func(m *cmos)
		doubt rtc.Doubt
	}{
		{"a minute", func(m *cmos) { m.pass(60) }, 0},
		{"a week", func(m *cmos) { m.pass(7 * 86400) }, 0},
		{"back by a second", func(m *cmos) { m.put(date{2026, 7, 4, 11, 59, 59}) }, 0}, // two clocks are read one after the other
		{"back by ten", func(m *cmos) { m.put(date{2026, 7, 4, 11, 59, 50}) }, rtc.Back},
		{"12 hours", func(m *cmos) { m.r[regB] = 0; m.put(noon) }, rtc.Mode},
		{"binary", func(m *cmos) { m.r[regB] |= modeBinary }, rtc.Mode},
		{"stopped", func(m *cmos) { m.r[regA] = 0x76 }, rtc.Stopped},
		{"held", func(m *cmos) { m.r[regB] |= bSet }, rtc.HalfSet},
		{"no battery", func(m *cmos) { m.r[regD] = 0 }, rtc.Battery},
		{"no battery, which reading forgets", func(m *cmos) { m.r[regD], m.reads = 0, true }, rtc.Battery},
	} {
		m, store := newCMOS(mode24, noon), map[abi.Label]sdk.Value{}
		life(t, m, store)
		c.do(m)
		for lives := range 3 {
			k, _ := life(t, m, store)
			if _, doubt, e := get(k); doubt&c.doubt != c.doubt || c.doubt == 0 && doubt != 0 || e != abi.OK && c.doubt != rtc.Mode {
				t.Errorf("%s, life %d: doubt %#x, want %#x, %s", c.name, lives, doubt, c.doubt, e.Name())
			}
			if c.doubt != 0 && lives == 0 && !strings.Contains(strings.Join(k.Lines, "\n"), "event=doubt") {
				t.Errorf("%s: log %q", c.name, k.Lines)
			}
		}
	}
}

// A clock that keeps what it had is found out.
func TestNotTaken(t *testing.T) {
	for _, reg := range []uint8{regYear, regHour, regCentury} {
		m := newCMOS(mode24, date{1999, 1, 1, 0, 0, 0})
		m.deaf = reg
		k, _ := boot(t, m)
		if e := set(k, date{2026, 7, 4, 12, 0, 0}.unix()); e != abi.EIO {
			t.Errorf("register %#x: %s", reg, e.Name())
		}
		if _, doubt, _ := get(k); doubt&rtc.HalfSet == 0 {
			t.Errorf("register %#x: doubt %#x", reg, doubt)
		}
	}
}

// A century register that the firmware's tables put where it cannot be is none.
func TestCenturyIndex(t *testing.T) {
	for _, index := range []uint64{0x09, 0x0d, 0x0e, 0x0f, 0x80, 0xff, 0x1_0000_0032} {
		m := newCMOS(mode24, noon)
		m.century = index
		k, r := boot(t, m)
		if r.chip.century != 0 || !strings.Contains(strings.Join(k.Lines, "\n"), "event=century") {
			t.Errorf("register %#x: taken for %#x, log %q", index, r.chip.century, k.Lines)
		}
	}
	m := newCMOS(mode24, noon)
	m.century, m.r[0x37], m.r[regCentury] = 0x37, 0x20, 0xff
	if k, _ := boot(t, m); true {
		if unix, doubt, e := get(k); unix != noon.unix() || doubt != 0 || e != abi.OK {
			t.Errorf("register 0x37: %d, doubt %#x, %s", unix, doubt, e.Name())
		}
	}
}

// What a clock may lose against the processor's: two seconds, and one in 32.
func TestPassed(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		after time.Duration
		unix  uint64
		want  bool
	}{{0, 1000, true}, {0, 998, true}, {0, 997, false}, {time.Minute, 1060, true}, {time.Minute, 1057, true}, {time.Minute, 1056, false},
		{day, 1000 + 86400 - 2702, true}, {day, 1000 + 86400 - 2703, false}, {day, 1 << 40, true}, {-time.Hour, 1000, true}, {-time.Hour, 900, false}} {
		m := memory{seen: moment{true, 1000, day}}
		if got := m.passed(c.unix, day+c.after); got != c.want || m.seen != (moment{true, c.unix, day + c.after}) {
			t.Errorf("%v after 1000: %d: %v", c.after, c.unix, got)
		}
	}
	if m := (memory{}); !m.passed(5, 0) || !m.seen.known {
		t.Error("the first reading")
	}
}

// Up to three seconds may pass between the setting and the reading; a clock that is further on has not taken the time.
func TestSetTakesTime(t *testing.T) {
	for seconds, want := range map[uint64]abi.Errno{0: abi.OK, 3: abi.OK, 4: abi.EIO} {
		m := newCMOS(mode24, noon)
		k, _ := boot(t, m)
		m.onSet = func() {
			m.onSet = nil
			m.onRead = func() { m.onRead = nil; m.pass(seconds) }
		}
		if e := set(k, noon.unix()+1000); e != want {
			t.Errorf("read %d s later: %s, want %s", seconds, e.Name(), want.Name())
		}
	}
}

// A clock that has left the range before it is read back has taken the time, if that can be: only from the last seconds.
func TestSetPastTheRange(t *testing.T) {
	for unix, want := range map[uint64]abi.Errno{rtc.Last: abi.OK, noon.unix(): abi.EIO} {
		m := newCMOS(mode24, noon)
		k, _ := boot(t, m)
		m.onRead = func() { m.put(date{rtc.LastYear + 1, 1, 1, 0, 0, 0}) }
		if e := set(k, unix); e != want {
			t.Errorf("set to %d: %s, want %s", unix, e.Name(), want.Name())
		}
	}
}
