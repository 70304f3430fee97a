package conf

import (
	"strconv"
	"time"
)

// number reads decimal or 0x hexadecimal; ok is false for anything else.
func number(s string) (n uint64, ok bool) {
	if len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') {
		return hex(s)
	}
	return digits(s, 10)
}

// hex reads hexadecimal with or without 0x.
func hex(s string) (n uint64, ok bool) {
	if len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') {
		s = s[2:]
	}
	return digits(s, 16)
}

func digits(s string, base int) (uint64, bool) {
	if s == "" || s[0] == '+' || s[0] == '-' {
		return 0, false
	}
	n, err := strconv.ParseUint(s, base, 64)
	return n, err == nil
}

// split cuts a number's unit off.
func split(s string) (n uint64, unit string, ok bool) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	n, ok = digits(s[:i], 10)
	return n, s[i:], ok
}

// duration reads 250us, 500ms, 1s, 2m.
func duration(s string) (time.Duration, bool) {
	n, unit, ok := split(s)
	var u time.Duration
	switch unit {
	case "us":
		u = time.Microsecond
	case "ms":
		u = time.Millisecond
	case "s":
		u = time.Second
	case "m":
		u = time.Minute
	default:
		return 0, false
	}
	if !ok || n > uint64(24*time.Hour/u) {
		return 0, false
	}
	return time.Duration(n) * u, true
}

// size reads 512K, 16M, 1G.
func size(s string) (uint64, bool) {
	n, unit, ok := split(s)
	shift := 0
	switch unit {
	case "K":
		shift = 10
	case "M":
		shift = 20
	case "G":
		shift = 30
	default:
		return 0, false
	}
	return n << shift, ok && n < 1<<32
}
