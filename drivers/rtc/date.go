package main

import "bennu/drivers/protocol/rtc"

// date is a moment in UTC.
type date struct {
	year, month, day     int // 1970…, 1…12, 1…31
	hour, minute, second int
}

// Register B's bits that say how numbers are written. Source: [1] "Register B".
const (
	modeBinary = 0x04 // else BCD
	mode24     = 0x02 // else 12 hours
	afternoon  = 0x80 // of the hour register, with 12 hours
)

// Years that two digits tell apart.
const (
	firstShortYear = rtc.FirstYear
	lastShortYear  = firstShortYear + 99
)

var monthDays = [13]int{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

func leap(y int) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }

func daysOf(y, m int) int {
	if m == 2 && leap(y) {
		return 29
	}
	return monthDays[m]
}

// valid tells whether such a day and time exist, in any year.
func (d date) valid() bool {
	return d.month >= 1 && d.month <= 12 && d.day >= 1 && d.day <= daysOf(d.year, d.month) &&
		d.hour >= 0 && d.hour < 24 && d.minute >= 0 && d.minute < 60 && d.second >= 0 && d.second < 60
}

// inRange tells whether Unix time has the year, and the clock may be set to it.
func (d date) inRange() bool { return d.year >= rtc.FirstYear && d.year <= rtc.LastYear }

// unix is seconds since 1970. Precondition: d is valid and in range.
func (d date) unix() uint64 {
	days := 0
	for y := rtc.FirstYear; y < d.year; y++ {
		days += 365
		if leap(y) {
			days++
		}
	}
	for m := 1; m < d.month; m++ {
		days += daysOf(d.year, m)
	}
	return uint64(days+d.day-1)*86400 + uint64(d.hour*3600+d.minute*60+d.second)
}

// fromUnix is the inverse. Precondition: t ≤ rtc.Last.
func fromUnix(t uint64) date {
	days, s := t/86400, int(t%86400)
	d := date{year: rtc.FirstYear, month: 1, hour: s / 3600, minute: s / 60 % 60, second: s % 60}
	for ; ; d.year++ {
		n := uint64(365)
		if leap(d.year) {
			n++
		}
		if days < n {
			break
		}
		days -= n
	}
	for int(days) >= daysOf(d.year, d.month) {
		days -= uint64(daysOf(d.year, d.month))
		d.month++
	}
	d.day = int(days) + 1
	return d
}

// weekday is 1 for Sunday. Source: [1] "Time, Calendar, and Alarm Locations".
func (d date) weekday() int { return int((d.unix()/86400+4)%7) + 1 }

// registers are the clock's, as they are in the chip.
type registers struct {
	second, minute, hour, weekday, day, month, year, century uint8
}

// date decodes registers; ok is false when they are no date and time. withCentury tells whether century
// means anything; without it years from 70 on are the twentieth century's.
func (r registers) date(mode uint8, withCentury bool) (d date, ok bool) {
	get := func(v uint8) int {
		switch {
		case mode&modeBinary != 0:
			ok = ok && v <= 99
			return int(v)
		case v>>4 > 9 || v&0xf > 9:
			ok = false
		}
		return int(v>>4)*10 + int(v&0xf)
	}
	ok = true
	d = date{get(r.year), get(r.month), get(r.day), 0, get(r.minute), get(r.second)}
	if mode&mode24 != 0 {
		d.hour = get(r.hour)
	} else {
		d.hour = get(r.hour &^ afternoon)
		ok = ok && d.hour >= 1 && d.hour <= 12
		if d.hour %= 12; r.hour&afternoon != 0 {
			d.hour += 12
		}
	}
	switch {
	case withCentury:
		d.year += 100 * get(r.century)
	case d.year < firstShortYear%100:
		d.year += 2000
	default:
		d.year += 1900
	}
	return d, ok && d.valid()
}

// encode is the inverse.
func encode(d date, mode uint8) registers {
	put := func(v int) uint8 {
		if mode&modeBinary != 0 {
			return uint8(v)
		}
		return uint8(v/10<<4 | v%10)
	}
	hour := put(d.hour)
	if mode&mode24 == 0 {
		h := d.hour % 12
		if h == 0 {
			h = 12
		}
		if hour = put(h); d.hour >= 12 {
			hour |= afternoon
		}
	}
	return registers{put(d.second), put(d.minute), hour, put(d.weekday()), put(d.day), put(d.month),
		put(d.year % 100), put(d.year / 100)}
}
