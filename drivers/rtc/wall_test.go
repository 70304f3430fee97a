package main

import (
	"testing"
	"time"

	"bennu/drivers/protocol/rtc"
	"bennu/drivers/sdk"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

// withDate is a life of the driver in a machine whose tasks have that date, in ns before now; 0: none.
func withDate(t *testing.T, m *cmos, date time.Duration) *fake.Kernel {
	t.Helper()
	k := fake.New(t, "rtc")
	k.Arguments("sets=client")
	k.Device, k.Store, k.Machine.CMOSCentury = m, map[abi.Label]sdk.Value{}, m.century
	m.raise = func() { k.Fire(irqLine) }
	if date != 0 {
		k.Date().UnixNS = uint64(date) - k.Now()
	}
	k.Start(new(driver))
	return k
}

func dateOf(k *fake.Kernel) time.Duration { return time.Duration(k.Date().UnixNS + k.Now()) }

func seconds(d date) time.Duration { return time.Duration(d.unix()) * time.Second }

// The first life tells all tasks the date; the first update makes it exact, later ones change nothing.
func TestDateAtBoot(t *testing.T) {
	m := newCMOS(mode24, noon)
	k := withDate(t, m, 0)
	if got := dateOf(k); got != seconds(noon) || k.Dates != 1 {
		t.Errorf("%v after %d settings, want %v", got, k.Dates, seconds(noon))
	}
	k.Advance(300 * time.Millisecond)
	m.pass(1)
	m.tick()
	k.Run()
	if got, want := dateOf(k), seconds(noon)+time.Second; got != want || k.Dates != 2 {
		t.Errorf("at the first update %v after %d settings, want %v", got, k.Dates, want)
	}
	k.Advance(900 * time.Millisecond)
	m.pass(1)
	m.tick()
	k.Run()
	if k.Dates != 2 {
		t.Errorf("%d settings: it was exact before", k.Dates)
	}
}

// A later life leaves what all have, as long as its reading means the same.
func TestDateOfALaterLife(t *testing.T) {
	for _, c := range []struct {
		off  time.Duration
		sets int
	}{{0, 0}, {999 * time.Millisecond, 0}, {-time.Second, 0}, {2 * time.Second, 1}, {-2 * time.Second, 1}, {-400 * 24 * time.Hour, 1}} {
		k := withDate(t, newCMOS(mode24, noon), seconds(noon)+c.off)
		want := seconds(noon)
		if c.sets == 0 {
			want += c.off
		}
		if got := dateOf(k); got != want || k.Dates != c.sets {
			t.Errorf("off by %v: %v after %d settings, want %v after %d", c.off, got, k.Dates, want, c.sets)
		}
	}
}

// Setting the clock sets the date at that instant, and the next update leaves it.
func TestDateFollowsSet(t *testing.T) {
	m := newCMOS(mode24, noon)
	k := withDate(t, m, 0)
	k.Advance(250 * time.Millisecond)
	then := date{2031, 2, 3, 4, 5, 6}
	if a, _ := k.Request(fake.Client, rtc.Set, then.unix()); a.Arg[0] != 0 {
		t.Fatalf("set: %+v", a)
	}
	if got := dateOf(k); got != seconds(then) {
		t.Errorf("%v, want %v", got, seconds(then))
	}
	n := k.Dates
	k.Advance(100 * time.Millisecond)
	m.pass(1)
	m.tick()
	k.Run()
	if got, want := dateOf(k), seconds(then)+100*time.Millisecond; got != want || k.Dates != n {
		t.Errorf("after an update %v, want %v", got, want)
	}
	if a, _ := k.Request(fake.Client, rtc.Set, uint64(1)<<60); abi.Errno(a.Arg[0]) != abi.EDOM || k.Dates != n {
		t.Errorf("a date that the clock cannot hold: %+v, %d settings", a, k.Dates-n)
	}
}

// A clock that tells no time leaves the date alone.
func TestDateOfGarbage(t *testing.T) {
	m := newCMOS(mode24, noon)
	m.r[regMonth] = 0xee
	if k := withDate(t, m, 0); k.Dates != 0 {
		t.Errorf("the date is %v", dateOf(k))
	}
}
