package wire

import (
	"strconv"
	"unicode/utf8"
)

// Writer appends one line. Its memory is used again after Reset.
//
//	w.Open('{'); w.Uint("id", 1); w.Bool("ok", true); w.Close('}'); w.End()
type Writer struct {
	b     []byte
	comma bool
}

// Reset begins an empty line.
func (w *Writer) Reset() { w.b, w.comma = w.b[:0], false }

// Bytes is the line as it is written so far; it is valid until Reset.
func (w *Writer) Bytes() []byte { return w.b }

// End ends the line.
func (w *Writer) End() { w.b, w.comma = append(w.b, '\n'), false }

// Open begins an object or a list: '{' or '['.
func (w *Writer) Open(c byte) {
	w.next()
	w.b, w.comma = append(w.b, c), false
}

// Close ends it.
func (w *Writer) Close(c byte) { w.b, w.comma = append(w.b, c), true }

// Name begins a field; a value, an object or a list follows. Precondition: every byte of the name is plain.
func (w *Writer) Name(name string) {
	w.next()
	w.b = append(append(append(w.b, '"'), name...), '"', ':')
	w.comma = false
}

// Text writes a string.
func (w *Writer) Text(s string) {
	w.next()
	w.b = appendText(w.b, s)
}

// Number writes an unsigned integer.
func (w *Writer) Number(n uint64) {
	w.next()
	w.b = strconv.AppendUint(w.b, n, 10)
}

// Value writes a value that was read; lists, numbers and raw text as they were.
func (w *Writer) Value(v Value) {
	switch v.Kind {
	case Number:
		w.Number(v.Number)
	case String:
		w.Text(v.Text)
	case List:
		w.Open('[')
		for _, e := range v.List {
			w.Value(e)
		}
		w.Close(']')
	case Bool:
		w.next()
		w.b = strconv.AppendBool(w.b, v.True)
	case Raw:
		w.next()
		w.b = appendRaw(w.b, v.Text)
	default:
		w.next()
		w.b = append(w.b, "null"...)
	}
}

// String writes a field that is a string.
func (w *Writer) String(name, s string) {
	w.Name(name)
	w.Text(s)
}

// Zeroed writes a field that is a string, up to its first zero byte.
func (w *Writer) Zeroed(name string, b []byte) {
	w.Name(name)
	w.next()
	n := 0
	for n < len(b) && b[n] != 0 {
		n++
	}
	w.b = appendText(w.b, b[:n])
}

// Uint writes a field that is an unsigned integer.
func (w *Writer) Uint(name string, n uint64) {
	w.Name(name)
	w.Number(n)
}

// Int writes a field that is an integer.
func (w *Writer) Int(name string, n int64) {
	w.Name(name)
	w.next()
	w.b = strconv.AppendInt(w.b, n, 10)
}

// Bool writes a field that is true or false.
func (w *Writer) Bool(name string, v bool) {
	w.Name(name)
	w.Value(Value{Kind: Bool, True: v})
}

// Seconds writes ns as seconds with six decimals, cut and not rounded.
func (w *Writer) Seconds(name string, ns uint64) {
	w.Name(name)
	w.next()
	us := ns / 1000
	w.b = strconv.AppendUint(w.b, us/1e6, 10)
	point := len(w.b)
	w.b = strconv.AppendUint(w.b, 1e6+us%1e6, 10) // all six, with their zeros
	w.b[point] = '.'
}

// next puts the comma between two values.
func (w *Writer) next() {
	if w.comma {
		w.b = append(w.b, ',')
	}
	w.comma = true
}

// appendText writes a string in ASCII: characters that a terminal would obey, in any character set, become an
// escape of JSON. A byte that is no UTF-8 becomes U+FFFD.
func appendText[T string | []byte](b []byte, s T) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); {
		from := i
		for i < len(s) && plain(s[i]) {
			i++
		}
		b = append(b, s[from:i]...)
		if i == len(s) {
			break
		}
		c := s[i]
		switch {
		case c >= utf8.RuneSelf:
			u, n := utf8.DecodeRune([]byte(s[i:min(i+utf8.UTFMax, len(s))]))
			b = appendRune(b, u)
			i += n
			continue
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		default:
			b = appendUnit(b, uint16(c))
		}
		i++
	}
	return append(b, '"')
}

// plain tells whether a byte stands for itself in a string.
func plain(c byte) bool { return c >= ' ' && c < 0x7f && c != '"' && c != '\\' }

// appendRaw writes JSON as it was read. Controls that a JSON string may hold (DEL, and the 8-bit ones in
// UTF-8) become the escape that means the same.
func appendRaw(b []byte, s string) []byte {
	for _, u := range s { // it is valid UTF-8: it was parsed
		if u >= 0x7f && u < 0xa0 {
			b = appendUnit(b, uint16(u))
		} else {
			b = utf8.AppendRune(b, u)
		}
	}
	return b
}

func appendRune(b []byte, u rune) []byte {
	if u < 0x10000 {
		return appendUnit(b, uint16(u))
	}
	u -= 0x10000
	return appendUnit(appendUnit(b, 0xd800+uint16(u>>10)), 0xdc00+uint16(u&0x3ff))
}

// appendUnit writes \uXXXX.
func appendUnit(b []byte, u uint16) []byte {
	const hex = "0123456789abcdef"
	return append(b, '\\', 'u', hex[u>>12], hex[u>>8&15], hex[u>>4&15], hex[u&15])
}
