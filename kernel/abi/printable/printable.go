// Package printable makes text safe to show: bytes that a terminal would obey become visible. This is the one
// place that decides it, for the kernel's log, the console, the control port and the tools on the developer's
// machine.
//
// Only ASCII leaves as it is. A serial line does not tell which character set its terminal has: in one of
// eight bits the second byte of "ě" (c4 9b) begins a control sequence, and text that was cut within a
// character, or written by two tasks in turn, is no UTF-8 any more. A byte is judged alone, so that nothing
// depends on where text was cut. A refused byte reads \xNN, in two hexadecimal digits; a backslash is left
// alone, so this can be read, not decoded.
//
// Sources: ECMA-48, "C0 and C1 sets"; ECMA-35, "C1 codes in an 8-bit code".
package printable

import "encoding/binary"

// Escaped is how many bytes a refused byte becomes.
const Escaped = 4

// Safe tells whether a byte may stand in a line: printable ASCII and the tab.
func Safe(c byte) bool { return c >= ' ' && c <= '~' || c == '\t' }

// SafeText tells whether a byte may stand in text of several lines: as Safe, and the line feed and the
// carriage return.
func SafeText(c byte) bool { return Safe(c) || c == '\n' || c == '\r' }

// Append appends src to dst as one line: line feeds are refused too. It allocates only when dst is
// too short; Escaped*len(src) bytes are enough.
func Append(dst, src []byte) []byte {
	for _, c := range src {
		dst = appendByte(dst, c, Safe(c))
	}
	return dst
}

// AppendText is Append for text of several lines.
func AppendText(dst, src []byte) []byte {
	for _, c := range src {
		dst = appendByte(dst, c, SafeText(c))
	}
	return dst
}

// Fit is Append within the capacity of dst: it takes as much of src as fits, never a part of an
// escape, and tells how many bytes of src that was. It never allocates.
func Fit(dst, src []byte) (line []byte, taken int) {
	for taken < len(src) {
		if len(src)-taken >= 8 && cap(dst)-len(dst) >= 8 {
			if x := binary.LittleEndian.Uint64(src[taken:]); plain(x) {
				dst = binary.LittleEndian.AppendUint64(dst, x)
				taken += 8
				continue
			}
		}
		c := src[taken]
		if len(dst)+size(c, Safe(c)) > cap(dst) {
			break
		}
		dst = appendByte(dst, c, Safe(c))
		taken++
	}
	return dst, taken
}

// plain tells whether all of eight bytes are printable ASCII. Most text is, and the kernel has no time to look at
// each byte of a line.
func plain(x uint64) bool {
	del := x ^ 0x7f*each
	return (x|(x-' '*each)|(del-each))&high == 0
}

// each is a byte of 1 in all eight places, high the highest bit.
const (
	each = 0x0101_0101_0101_0101
	high = 0x80 * each
)

// Mask makes a line safe in its place: a byte that is refused becomes a question mark.
func Mask(b []byte) {
	for i, c := range b {
		if !Safe(c) {
			b[i] = '?'
		}
	}
}

func size(c byte, safe bool) int {
	if safe {
		return 1
	}
	return Escaped
}

func appendByte(dst []byte, c byte, safe bool) []byte {
	const hex = "0123456789abcdef"
	if safe {
		return append(dst, c)
	}
	return append(dst, '\\', 'x', hex[c>>4], hex[c&15])
}
