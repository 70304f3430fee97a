package sdk

import (
	"strconv"

	"bennu/kernel/abi"
)

// lineSize is the longest line of log; the rest of a longer one is cut.
const lineSize = 240

// Log writes one line to the kernel's log, which adds the time and the label: pairs of key and value as
// logfmt. A value with blanks, quotes or equals signs is quoted.
//
//	c.Log("event", "overrun", "lost", sdk.Dec(n))  →  [12.345678] tty: event=overrun lost=3
func (c *Context) Log(pairs ...string) abi.Errno {
	b := c.line[:0]
	if c.sched.self() != c.owner { // the other may be in the middle of a line: memory that is collected lets others run
		b = make([]byte, 0, lineSize)
	}
	for i, w := range pairs {
		switch {
		case i%2 == 1:
			b = appendValue(append(b, '='), w)
		case i > 0:
			b = append(append(b, ' '), w...)
		default:
			b = append(b, w...)
		}
	}
	return c.k.DiagBytes(b[:min(len(b), lineSize)])
}

func appendValue(b []byte, v string) []byte {
	plain := v != ""
	for i := 0; i < len(v) && plain; i++ {
		plain = v[i] > ' ' && v[i] < 0x7f && v[i] != '"' && v[i] != '='
	}
	if plain {
		return append(b, v...)
	}
	return strconv.AppendQuote(b, v)
}

// Dec is v in decimal.
func Dec(v uint64) string { return strconv.FormatUint(v, 10) }

// Hex is v in hexadecimal, with 0x.
func Hex(v uint64) string { return "0x" + strconv.FormatUint(v, 16) }
