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

// Bytes is what was written; it is valid until Reset.
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

// Name begins a field; a value, an object or a list follows.
func (w *Writer) Name(name string) {
	w.Text(name)
	w.b, w.comma = append(w.b, ':'), false
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

// Value writes what was read; lists and numbers as they were.
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

// Uint writes a field that is an unsigned integer.
func (w *Writer) Uint(name string, n uint64) {
	w.Name(name)
	w.Number(n)
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
	w.b = append(w.b, '.')
	digits := strconv.AppendUint(nil, 1e6+us%1e6, 10)
	w.b = append(w.b, digits[1:]...)
}

// next puts the comma between two values.
func (w *Writer) next() {
	if w.comma {
		w.b = append(w.b, ',')
	}
	w.comma = true
}

func appendText(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			u, n := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, u) // a byte that is no UTF-8 becomes U+FFFD
			i += n
			continue
		}
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c < ' ' || c == 0x7f:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
		i++
	}
	return append(b, '"')
}
