package archive

import (
	"encoding/binary"
	"strconv"
)

// Where USTAR keeps what Open looks at.
const (
	sizeAt, sizeEnd = 124, 136 // octal
	sumAt, sumEnd   = 148, 156 // octal
	typeAt          = 156      // '0' is a plain file, 'x' the padding before one
	magicAt         = 257      // "ustar\0" and version "00"
	prefixAt        = 345
)

type memberInfo struct {
	name    string
	offset  int // of the bytes
	size    int
	padding bool
}

// endsAt says whether the end mark begins at offset at: a block of zeros.
func endsAt(b []byte, at int) bool {
	return len(b)-at >= BlockSize && zeros(b[at:at+BlockSize]) == BlockSize
}

// zeros is how many bytes of b are zero before the first that is not.
func zeros(b []byte) int {
	i := 0
	for ; len(b)-i >= 8 && binary.LittleEndian.Uint64(b[i:]) == 0; i += 8 {
	}
	for ; i < len(b) && b[i] == 0; i++ {
	}
	return i
}

// padded is member of the file that follows at offset at, behind its padding if there is some.
func padded(b []byte, at int) (m memberInfo, next int, err error) {
	if m, next, err = header(b, at); err != nil || !m.padding {
		return m, next, err
	}
	if endsAt(b, next) {
		return m, 0, fault(m.name, next, "padding before no file")
	}
	return member(b, next)
}

// member reads the header of a file at offset at. next is the offset of the header after it.
func member(b []byte, at int) (m memberInfo, next int, err error) {
	if m, next, err = header(b, at); err == nil && m.padding {
		err = fault(m.name, at, "not a plain file")
	}
	return m, next, err
}

// header is member of a file or of padding.
func header(b []byte, at int) (m memberInfo, next int, err error) {
	if len(b)-at < BlockSize {
		return m, 0, fault("", len(b), "truncated: a header should be at offset "+strconv.Itoa(at))
	}
	h := b[at : at+BlockSize]
	if string(h[magicAt:magicAt+8]) != "ustar\x0000" {
		return m, 0, fault("", at, "no USTAR header here")
	}
	sum, ok := octal(h[sumAt:sumEnd])
	if !ok || sum != headerSum(h) {
		return m, 0, fault("", at, "damaged header: its checksum is wrong")
	}
	m.name = cString(h[:MaxName])
	if !ValidName(m.name) {
		return m, 0, fault("", at, "bad name "+strconv.Quote(m.name))
	}
	if m.padding = h[typeAt] == 'x'; h[typeAt] != '0' && !m.padding {
		return m, 0, fault(m.name, at, "not a plain file")
	}
	if h[prefixAt] != 0 {
		return m, 0, fault(m.name, at, "the name has a prefix field")
	}
	if m.size, ok = octal(h[sizeAt:sizeEnd]); !ok {
		return m, 0, fault(m.name, at, "bad size field")
	}
	m.offset = at + BlockSize
	if m.size > len(b)-m.offset {
		return m, 0, fault(m.name, len(b), "truncated: it should end at offset "+strconv.Itoa(m.offset+m.size))
	}
	next = m.offset + (m.size+BlockSize-1)/BlockSize*BlockSize
	if next > len(b) {
		return m, 0, fault(m.name, len(b), "truncated: its padding should end at offset "+strconv.Itoa(next))
	}
	return m, next, nil
}

// headerSum is the sum of the header's bytes, its checksum field taken as spaces.
func headerSum(h []byte) int {
	const even = 0x00ff00ff00ff00ff // every other byte of a word: their sums have 16 bits
	sums := uint64(0)
	for i := 0; i < BlockSize; i += 8 {
		w := binary.LittleEndian.Uint64(h[i : i+8])
		sums += w&even + w>>8&even
	}
	sum := int(sums&0xffff + sums>>16&0xffff + sums>>32&0xffff + sums>>48)
	for _, c := range h[sumAt:sumEnd] {
		sum += ' ' - int(c)
	}
	return sum
}

// octal reads a numeric field: octal digits, then only NULs and spaces.
func octal(f []byte) (v int, ok bool) {
	i := 0
	for ; i < len(f) && f[i] >= '0' && f[i] <= '7'; i++ {
		v = v<<3 | int(f[i]-'0')
	}
	ok = i > 0
	for ; i < len(f); i++ {
		ok = ok && (f[i] == 0 || f[i] == ' ')
	}
	return v, ok
}

func cString(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}

// ValidName says whether a file may be called that: 1 to MaxName bytes of letters, digits,
// '.', '_', '-' and '/', relative, without empty, "." or ".." parts.
func ValidName(s string) bool {
	if len(s) == 0 || len(s) > MaxName {
		return false
	}
	part := 0 // where the current part begins
	for i := 0; i <= len(s); i++ {
		if i == len(s) || s[i] == '/' {
			if p := s[part:i]; p == "" || p == "." || p == ".." {
				return false
			}
			part = i + 1
			continue
		}
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-') {
			return false
		}
	}
	return true
}
