package main

import (
	"testing"
	"time"

	"bennu/drivers/protocol/rtc"
)

// Every day that the clock can hold, against the standard library.
func TestUnix(t *testing.T) {
	day := time.Date(rtc.FirstYear, 1, 1, 13, 59, 58, 0, time.UTC)
	for ; day.Year() <= rtc.LastYear; day = day.AddDate(0, 0, 1) {
		want := date{day.Year(), int(day.Month()), day.Day(), 13, 59, 58}
		got := fromUnix(uint64(day.Unix()))
		if got != want || got.unix() != uint64(day.Unix()) || got.weekday() != int(day.Weekday())+1 || !got.valid() || !got.inRange() {
			t.Fatalf("%v: %+v, back %d, weekday %d", day, got, got.unix(), got.weekday())
		}
	}
	if last := (date{rtc.LastYear, 12, 31, 23, 59, 59}).unix(); last != rtc.Last {
		t.Errorf("the last second is %d, abi says %d", last, rtc.Last)
	}
}

func TestRegisters(t *testing.T) {
	for _, mode := range []uint8{0, modeBinary, mode24, modeBinary | mode24} {
		for hour := range 24 {
			want := date{2024, 2, 29, hour, 59, 0}
			r := encode(want, mode)
			if got, ok := r.date(mode, true); !ok || got != want {
				t.Errorf("mode %#x: %+v → %+v → %+v, %v", mode, want, r, got, ok)
			}
		}
	}
	// Source: MC146818A, "Time, Calendar, and Alarm Locations": 12-hour BCD.
	for hour, want := range map[int]uint8{0: 0x12, 1: 0x01, 11: 0x11, 12: 0x92, 13: 0x81, 23: 0x91} {
		if r := encode(date{2024, 1, 1, hour, 0, 0}, 0); r.hour != want {
			t.Errorf("hour %d is written %#x, want %#x", hour, r.hour, want)
		}
	}
}

func TestBadRegisters(t *testing.T) {
	good := encode(date{2024, 1, 31, 1, 2, 3}, mode24)
	for name, change := range map[string]func(*registers){
		"digit above nine":   func(r *registers) { r.second = 0x1a },
		"month 13":           func(r *registers) { r.month = 0x13 },
		"month 0":            func(r *registers) { r.month = 0 },
		"day 31 of April":    func(r *registers) { r.month = 0x04 },
		"hour 24":            func(r *registers) { r.hour = 0x24 },
		"century of letters": func(r *registers) { r.century = 0xaa },
	} {
		r := good
		change(&r)
		if d, ok := r.date(mode24, true); ok {
			t.Errorf("%s: taken for %+v", name, d)
		}
	}
	r := encode(date{2024, 1, 1, 1, 0, 0}, 0)
	if r.hour = 0x13; true {
		if _, ok := r.date(0, true); ok {
			t.Error("hour 13 of twelve")
		}
	}
}

// A year that there is, but not here.
func TestYearOutOfRange(t *testing.T) {
	for _, c := range []struct{ century, year uint8 }{{0x21, 0x00}, {0x19, 0x69}, {0x42, 0x24}, {0x00, 0x26}, {0x99, 0x99}} {
		r := encode(date{2024, 1, 31, 1, 2, 3}, mode24)
		r.century, r.year = c.century, c.year
		if d, ok := r.date(mode24, true); !ok || d.inRange() {
			t.Errorf("year %02x%02x: %+v, %v", c.century, c.year, d, ok)
		}
	}
}

func TestWithoutCentury(t *testing.T) {
	for year, want := range map[int]int{1999: 1999, 1970: 1970, 2000: 2000, 2069: 2069} {
		r := encode(date{year, 1, 1, 0, 0, 0}, mode24)
		if d, ok := r.date(mode24, false); !ok || d.year != want {
			t.Errorf("%d read as %d", year, d.year)
		}
	}
}
