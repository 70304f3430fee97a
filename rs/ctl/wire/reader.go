package wire

import (
	"slices"
	"strconv"
	"unicode/utf8"
)

// Kind is what a Value is.
type Kind uint8

const (
	Null Kind = iota
	Bool
	Number
	String
	List
	Raw // any JSON, as it was
)

// Value is a field's value.
type Value struct {
	Kind   Kind
	True   bool
	Number uint64
	Text   string // of a String, and the text of a Raw
	List   []Value
}

// Field is a name and its value.
type Field struct {
	Name  string
	Value Value
}

// Object is a request: its fields in the order they came. No name comes twice.
type Object []Field

// Find finds a field, null or not.
func (o Object) Find(name string) (v Value, ok bool) {
	for _, f := range o {
		if f.Name == name {
			return f.Value, true
		}
	}
	return v, false
}

// Get finds a field; ok is false when there is none, or it is null.
func (o Object) Get(name string) (v Value, ok bool) {
	v, ok = o.Find(name)
	return v, ok && v.Kind != Null
}

// SyntaxError is the first fault of a line, with its place.
type SyntaxError struct {
	Column int // in bytes, from 1
	Want   string
}

func (e *SyntaxError) Error() string {
	return "column " + strconv.Itoa(e.Column) + ": expected " + e.Want
}

// maxList bounds the values of a list, and of an object. maxDepth bounds how deep those of a raw value lie in
// each other.
const (
	maxList  = 64
	maxDepth = 32
)

// Parse reads one object, which is all of line but blanks. A field that raw names may be any JSON and
// is a Raw. On an error the fields read before it are given too. Errors: *SyntaxError.
func Parse(line []byte, raw ...string) (Object, error) {
	r := reader{b: line, raw: raw}
	o := r.object()
	if r.err == nil {
		r.blanks()
		if r.i < len(r.b) {
			r.fail("the end of the line")
		}
	}
	if r.err != nil {
		return o, r.err
	}
	return o, nil
}

type reader struct {
	b   []byte
	i   int
	raw []string
	err *SyntaxError
}

func (r *reader) fail(want string) {
	if r.err == nil {
		r.err = &SyntaxError{r.i + 1, want}
	}
}

func (r *reader) blanks() {
	for r.i < len(r.b) && (r.b[r.i] == ' ' || r.b[r.i] == '\t' || r.b[r.i] == '\r') {
		r.i++
	}
}

// take goes past c if it is next.
func (r *reader) take(c byte) bool {
	if r.err == nil && r.i < len(r.b) && r.b[r.i] == c {
		r.i++
		return true
	}
	return false
}

func (r *reader) object() (o Object) {
	r.blanks()
	if !r.take('{') {
		r.fail("an object, {…}")
		return nil
	}
	r.blanks()
	if r.take('}') {
		return nil
	}
	for r.err == nil {
		r.blanks()
		at := r.i
		name := r.text("a field's name in quotes")
		for _, f := range o {
			if f.Name == name && r.err == nil {
				r.i = at
				r.fail("each field once")
			}
		}
		r.blanks()
		if r.err == nil && !r.take(':') {
			r.fail("a colon")
		}
		var v Value
		if slices.Contains(r.raw, name) {
			v = r.any()
		} else {
			v = r.value(true)
		}
		if r.err != nil {
			return o
		}
		o = append(o, Field{name, v})
		r.blanks()
		if r.take('}') {
			return o
		}
		if !r.take(',') {
			o = o[:len(o)-1] // perhaps not all of its value is there
			r.fail("a comma or }")
		} else if len(o) == maxList {
			r.fail("at most " + strconv.Itoa(maxList) + " fields")
		}
	}
	return o
}

func (r *reader) value(lists bool) (v Value) {
	r.blanks()
	want := "a string, an unsigned integer, true, false, null"
	if lists {
		want += " or a list of these"
	}
	if r.err != nil || r.i == len(r.b) {
		r.fail(want)
		return v
	}
	switch c := r.b[r.i]; {
	case c == '"':
		return Value{Kind: String, Text: r.text(want)}
	case c >= '0' && c <= '9':
		return Value{Kind: Number, Number: r.number()}
	case c == '[' && lists:
		return r.list()
	case r.word("true"):
		return Value{Kind: Bool, True: true}
	case r.word("false"):
		return Value{Kind: Bool}
	case r.word("null"):
		return Value{}
	}
	r.fail(want)
	return v
}

func (r *reader) list() Value {
	v := Value{Kind: List}
	r.take('[')
	r.blanks()
	if r.take(']') {
		return v
	}
	for r.err == nil {
		v.List = append(v.List, r.value(false))
		r.blanks()
		if r.take(']') {
			return v
		}
		if r.err == nil && !r.take(',') {
			r.fail("a comma or ]")
		} else if len(v.List) == maxList {
			r.fail("at most " + strconv.Itoa(maxList) + " values in a list")
		}
	}
	return v
}

// word goes past w if it is next.
func (r *reader) word(w string) bool {
	if r.i+len(w) > len(r.b) || string(r.b[r.i:r.i+len(w)]) != w {
		return false
	}
	r.i += len(w)
	return true
}

// number reads digits; a fraction, an exponent or a leading zero is refused.
func (r *reader) number() uint64 {
	at := r.i
	for r.i < len(r.b) && r.b[r.i] >= '0' && r.b[r.i] <= '9' {
		r.i++
	}
	digits := string(r.b[at:r.i])
	n, err := strconv.ParseUint(digits, 10, 64)
	next := byte(' ')
	if r.i < len(r.b) {
		next = r.b[r.i]
	}
	if err != nil || len(digits) > 1 && digits[0] == '0' || next == '.' || next == 'e' || next == 'E' {
		r.i = at
		r.fail("an integer from 0 to 18446744073709551615")
	}
	return n
}

// text reads a string in quotes.
func (r *reader) text(want string) string {
	if !r.take('"') {
		r.fail(want)
		return ""
	}
	var s []byte
	for r.err == nil {
		if r.i == len(r.b) {
			r.fail("a quote that ends the string")
			break
		}
		switch c := r.b[r.i]; {
		case c == '"':
			r.i++
			return string(s)
		case c == '\\':
			s = r.escape(s)
		case c < ' ':
			r.fail(`a control character as \u00XX`)
		case c < utf8.RuneSelf:
			s = append(s, c)
			r.i++
		default:
			u, n := utf8.DecodeRune(r.b[r.i:])
			if u == utf8.RuneError && n == 1 {
				r.fail("UTF-8")
				break
			}
			s = append(s, r.b[r.i:r.i+n]...)
			r.i += n
		}
	}
	return ""
}

// escape reads an escape sequence and appends the bytes that it stands for.
func (r *reader) escape(s []byte) []byte {
	const plain, means = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if r.i+1 < len(r.b) {
		for k := range len(plain) {
			if r.b[r.i+1] == plain[k] {
				r.i += 2
				return append(s, means[k])
			}
		}
	}
	u, ok := r.unicode()
	if ok && u >= 0xd800 && u < 0xdc00 { // the first half of a pair
		low, isLow := r.unicode()
		ok = isLow && low >= 0xdc00 && low < 0xe000
		u = 0x10000 + (u-0xd800)<<10 + (low - 0xdc00)
	} else if u >= 0xdc00 && u < 0xe000 {
		ok = false
	}
	if !ok {
		r.fail(`one of \" \\ \/ \b \f \n \r \t or \uXXXX`)
		return s
	}
	return utf8.AppendRune(s, u)
}

// unicode reads \uXXXX.
func (r *reader) unicode() (rune, bool) {
	if r.i+6 > len(r.b) || r.b[r.i] != '\\' || r.b[r.i+1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(r.b[r.i+2:r.i+6]), 16, 16)
	if err != nil {
		return 0, false
	}
	r.i += 6
	return rune(n), true
}
