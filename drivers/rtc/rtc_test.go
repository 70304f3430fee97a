package main

import (
	"strings"
	"testing"
	"time"

	"bennu/drivers/protocol/ds"
	"bennu/drivers/protocol/rtc"
	"bennu/drivers/sdk"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

func boot(t *testing.T, m *cmos) (*fake.Kernel, *driver) {
	t.Helper()
	return life(t, m, map[abi.Label]sdk.Value{})
}

// life is one life of the driver, with what the data store has.
func life(t *testing.T, m *cmos, store map[abi.Label]sdk.Value) (*fake.Kernel, *driver) {
	t.Helper()
	k := fake.New(t, "rtc")
	k.Arguments("sets=client")
	k.Device, k.Store, k.Machine.CMOSCentury = m, store, m.century
	m.raise = func() { k.Fire(irqLine) }
	r := new(driver)
	k.Start(r)
	if a, _ := k.Take(fake.Root); a.Type != abi.RSReady || a.Arg[0] != 0 {
		t.Fatalf("init answer %+v, log %q", a, k.Lines)
	}
	return k, r
}

var noon = date{2026, 7, 4, 12, 0, 0}

func TestGet(t *testing.T) {
	for _, mode := range []uint8{0, modeBinary, mode24, modeBinary | mode24} {
		k, _ := boot(t, newCMOS(mode, noon))
		if a, ok := k.Request(fake.Client, rtc.Get); !ok || a.Arg[0] != 0 || a.Arg[1] != noon.unix() {
			t.Errorf("mode %#x: %+v, %v", mode, a, ok)
		}
	}
}

func TestNoClock(t *testing.T) {
	m := newCMOS(mode24, noon)
	m.r[regA], m.r[regB] = 0xff, 0xff
	k := fake.New(t, "rtc")
	k.Arguments("sets=client")
	k.Device = m
	k.Start(new(driver))
	if a, _ := k.Take(fake.Root); abi.Errno(a.Arg[0]) != abi.ENODEV {
		t.Errorf("answered %+v", a)
	}
}

// The time goes on while it is read.
func TestGetAcrossUpdate(t *testing.T) {
	last := date{2025, 12, 31, 23, 59, 59}
	next := fromUnix(last.unix() + 1)
	m := newCMOS(mode24, last)
	k, _ := boot(t, m)
	reads := 0
	m.onRead = func() { // after the first reading's seconds, before its other registers
		if reads++; reads == 1 {
			second := m.r[regSecond]
			m.put(next)
			m.r[regSecond] = second
		} else {
			m.put(next)
		}
	}
	m.up = 100
	if a, _ := k.Request(fake.Client, rtc.Get); a.Arg[1] != next.unix() {
		t.Errorf("read %d, want %d", a.Arg[1], next.unix())
	}
	m.up = 1 << 30
	if a, _ := k.Request(fake.Client, rtc.Get); abi.Errno(a.Arg[0]) != abi.EIO || rtc.Doubt(a.Arg[3]) != rtc.Update {
		t.Errorf("an update without end: %+v", a)
	}
}

func TestGarbage(t *testing.T) {
	m := newCMOS(mode24, noon)
	k, _ := boot(t, m)
	m.r[regMonth] = 0xee
	if a, _ := k.Request(fake.Client, rtc.Get); abi.Errno(a.Arg[0]) != abi.EIO || rtc.Doubt(a.Arg[3]) != rtc.Garbage {
		t.Errorf("answered %+v", a)
	}
}

func TestSet(t *testing.T) {
	m := newCMOS(0, noon)
	k, _ := boot(t, m)
	to := date{2031, 12, 31, 23, 59, 58}
	if a, _ := k.Request(fake.Client, rtc.Set, to.unix()); a.Arg[0] != 0 {
		t.Fatalf("answered %+v", a)
	}
	if a, _ := k.Request(fake.Client, rtc.Get); a.Arg[1] != to.unix() {
		t.Errorf("read back %d, want %d", a.Arg[1], to.unix())
	}
	if len(m.writes) != 0 || m.r[regB]&bSet != 0 || m.r[regB]&bUpdate == 0 {
		t.Errorf("written while it ran: %v; register B %#x", m.writes, m.r[regB])
	}
	for _, late := range []uint64{rtc.Last + 1, 1 << 40, 1<<64 - 1} {
		if a, _ := k.Request(fake.Client, rtc.Set, late); abi.Errno(a.Arg[0]) != abi.EDOM {
			t.Errorf("too late a year: %+v", a)
		}
	}
	m.century = 0
	k, _ = boot(t, m)
	late := date{2070, 1, 1, 0, 0, 0}
	if a, _ := k.Request(fake.Client, rtc.Set, late.unix()); abi.Errno(a.Arg[0]) != abi.EDOM {
		t.Errorf("a year that only a century register can hold: %+v", a)
	}
}

func TestWait(t *testing.T) {
	m := newCMOS(mode24, noon)
	k, r := boot(t, m)
	for _, from := range []abi.Endpoint{fake.Client, fake.Other} {
		if _, ok := k.Request(from, rtc.Wait); ok {
			t.Error("answered at once")
		}
	}
	k.Dead[fake.Other] = true
	m.tick()
	k.Run()
	if a, ok := k.Take(fake.Client); !ok || a.Arg[0] != 0 || a.Arg[1] != noon.unix() || a.Arg[2] != 1 {
		t.Errorf("answer %+v, %v", a, ok)
	}
	if k.Enables(irqLine) != 1 || r.n != 0 {
		t.Errorf("enabled %d times, %d wait", k.Enables(irqLine), r.n)
	}
	k.Advance(10 * time.Second)
	if len(k.Lines) != 0 {
		t.Errorf("log %q", k.Lines)
	}
	k.Dead[fake.Other] = false
	for range 2 * maxWaiters { // one who waits again and again takes nobody's place
		k.Request(fake.Other, rtc.Wait)
	}
	if a, ok := k.Request(fake.Client, rtc.Wait); ok {
		t.Errorf("answered at once: %+v", a)
	}
	m.tick()
	k.Run()
	if a, ok := k.Take(fake.Client); !ok || a.Arg[0] != 0 {
		t.Errorf("answer %+v, %v", a, ok)
	}
}

// The clock is set by whom the arguments name.
func TestSetByAStranger(t *testing.T) {
	m := newCMOS(0, noon)
	k, _ := boot(t, m)
	k.Names = map[abi.Endpoint]string{fake.Other: "stranger"}
	if a, _ := k.Request(fake.Other, rtc.Set, 0); abi.Errno(a.Arg[0]) != abi.EPERM {
		t.Errorf("answer %+v", a)
	}
	if a, _ := k.Request(fake.Other, rtc.Get); a.Arg[1] != noon.unix() {
		t.Errorf("it is %d, want %d", a.Arg[1], noon.unix())
	}
}

// A waiting task gets an answer even if no interrupt ever comes.
func TestWaitInVain(t *testing.T) {
	m := newCMOS(mode24, noon)
	k, _ := boot(t, m)
	m.r[regB] &^= bUpdate // why none comes
	k.Request(fake.Client, rtc.Wait)
	k.Advance(updateLimit)
	if a, ok := k.Take(fake.Client); !ok || abi.Errno(a.Arg[0]) != abi.EIO {
		t.Errorf("no update: %+v, %v", a, ok)
	}
	if m.r[regB]&bUpdate == 0 {
		t.Error("the interrupt is still off")
	}
	k.Request(fake.Client, rtc.Wait)
	m.r[regC] = cUpdate | cAny // it came, but the interrupt was lost
	k.Advance(updateLimit)
	if a, ok := k.Take(fake.Client); !ok || a.Arg[0] != 0 || a.Arg[1] != noon.unix() {
		t.Errorf("lost interrupt: %+v, %v", a, ok)
	}
	if !strings.Contains(strings.Join(k.Lines, "\n"), "lost-interrupt") {
		t.Errorf("log %q", k.Lines)
	}
}

// Whatever the last life left, the clock runs and its interrupts come.
func TestRestart(t *testing.T) {
	for name, leave := range map[string]func(*cmos){
		"while it set the clock": func(m *cmos) { m.r[regB] |= bSet },
		"interrupt not served":   func(m *cmos) { m.r[regB] |= bUpdate; m.r[regC] = cUpdate | cAny },
		"all that it can do on":  func(m *cmos) { m.r[regB] |= 0x79 },
		"stopped":                func(m *cmos) { m.r[regA] = 0x76 },
	} {
		t.Run(name, func(t *testing.T) {
			m := newCMOS(mode24, noon)
			leave(m)
			k, _ := boot(t, m)
			if m.r[regB] != mode24|bUpdate || m.r[regA] != aKnown || m.r[regC] != 0 {
				t.Errorf("registers A %#x B %#x C %#x", m.r[regA], m.r[regB], m.r[regC])
			}
			k.Request(fake.Client, rtc.Wait)
			m.tick()
			k.Run()
			if _, ok := k.Take(fake.Client); !ok {
				t.Error("no interrupt")
			}
		})
	}
}

func TestStop(t *testing.T) {
	m := newCMOS(mode24, noon)
	k, _ := boot(t, m)
	k.Request(fake.Client, rtc.Wait)
	k.Stop()
	if a, ok := k.Take(fake.Client); !ok || abi.Errno(a.Arg[0]) != abi.EINTR {
		t.Errorf("answer %+v, %v", a, ok)
	}
	if m.r[regB]&bUpdate != 0 {
		t.Error("interrupt left on")
	}
}

func TestState(t *testing.T) {
	m := newCMOS(mode24, noon)
	k, _ := boot(t, m)
	m.tick()
	k.Run()
	if a, _ := k.Request(fake.Client, rtc.State); a.Arg[1] != 1 || a.Arg[2] != mode24|bUpdate || a.Arg[3] != regCentury || a.Arg[4] != rtc.Last {
		t.Errorf("state %v", a.Arg)
	}
	if a, _ := k.Request(fake.Client, 0xdead); abi.Errno(a.Arg[0]) != abi.ENOSYS {
		t.Errorf("unknown request: %+v", a)
	}
}

// Whoever has the answer to a set clock may end the driver's life: it comes when the data store knows that the clock was set.
func TestSetIsStoredFirst(t *testing.T) {
	k, _ := boot(t, newCMOS(0, noon))
	stores := 0
	k.Peers[fake.DS] = func(m abi.Msg) fake.Answer {
		if m.Type == ds.Keep {
			if stores++; len(k.Out) > 0 {
				t.Errorf("answered before store %d: %+v", stores, k.Out)
			}
		}
		return k.DS(m)
	}
	if a, ok := k.Request(fake.Client, rtc.Set, noon.unix()); !ok || a.Arg[0] != 0 || stores != 2 { // begun, and done
		t.Errorf("answer %+v (%v), %d stores", a, ok, stores)
	}
}
