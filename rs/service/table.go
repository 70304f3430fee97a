package service

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// table aligns columns for people. A column of numbers goes to the right, its heading too.
type table struct{ rows [][]string }

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) String() string {
	var width []int
	var right []bool
	for n, r := range t.rows {
		for i, c := range r {
			if i == len(width) {
				width, right = append(width, 0), append(right, len(t.rows) > 1)
			}
			width[i] = max(width[i], utf8.RuneCountInString(c))
			right[i] = right[i] && (n == 0 || numeric(c))
		}
	}
	var b strings.Builder
	for _, r := range t.rows {
		for i, c := range r {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(c))
			switch {
			case right[i]:
				b.WriteString(pad + c)
			case i == len(r)-1:
				b.WriteString(c)
			default:
				b.WriteString(c + pad)
			}
			if i < len(r)-1 {
				b.WriteString("  ")
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// numeric tells whether a cell begins as a number does, or stands for none.
func numeric(c string) bool {
	c = strings.TrimPrefix(c, "-")
	return c == "" || c[0] >= '0' && c[0] <= '9'
}

// Duration writes ns with four significant digits and a unit: "1.234ms".
func Duration(ns uint64) string {
	units := [...]struct {
		name string
		ns   uint64
	}{{"s", 1e9}, {"ms", 1e6}, {"us", 1e3}}
	for _, u := range units {
		if ns < u.ns {
			continue
		}
		whole, thousandths := ns/u.ns, ns%u.ns/(u.ns/1000)
		f := strconv.FormatUint(1000+thousandths, 10)[1:]
		switch {
		case whole >= 1000:
			return strconv.FormatUint(whole, 10) + u.name
		case whole >= 100:
			f = f[:1]
		case whole >= 10:
			f = f[:2]
		}
		return strconv.FormatUint(whole, 10) + "." + f + u.name
	}
	return strconv.FormatUint(ns, 10) + "ns"
}

// Size writes bytes in the largest binary unit that keeps one digit before the point.
func Size(n uint64) string {
	for i, u := range [...]string{"GiB", "MiB", "KiB"} {
		shift := 30 - 10*i
		if n>>shift == 0 {
			continue
		}
		tenths := n >> (shift - 10) & 1023 * 10 >> 10
		return Decimal(n>>shift) + "." + Decimal(tenths) + u
	}
	return Decimal(n) + "B"
}

// Decimal writes n in decimal.
func Decimal(n uint64) string { return strconv.FormatUint(n, 10) }
