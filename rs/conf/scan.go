package conf

import "strconv"

type tokenKind uint8

const (
	tokenEOF tokenKind = iota
	tokenWord
	tokenString
	tokenOpen  // {
	tokenClose // }
	tokenEnd   // ;
	tokenBad   // text says what is wrong
)

type token struct {
	kind      tokenKind
	text      string
	line, col int
}

// String is the token as a fault's text names it.
func (t token) String() string {
	switch t.kind {
	case tokenEOF:
		return "end of file"
	case tokenString:
		return "string " + strconv.Quote(t.text)
	}
	return strconv.Quote(t.text)
}

// opened is the name of an entry, as words about its end have it.
func (t token) opened() string { return strconv.Quote(t.text) }

// value tells whether the token can be an argument.
func (t token) value() bool { return t.kind == tokenWord || t.kind == tokenString }

// scan cuts a text into tokens; the last is tokenEOF.
func scan(bytes []byte) []token {
	text := string(bytes) // of which every token's text is a part
	tokens := make([]token, 0, len(text)/4+1)
	line, start := 1, 0 // start: offset of the line
	for i := 0; i < len(text); {
		t := token{line: line, col: i - start + 1}
		switch c := text[i]; {
		case c == '\n':
			i++
			line, start = line+1, i
			continue
		case c == ' ' || c == '\t' || c == '\r':
			i++
			continue
		case c == '#':
			for i < len(text) && text[i] != '\n' {
				i++
			}
			continue
		case c == '{' || c == '}' || c == ';':
			t.kind, t.text = punctuation(c), text[i:i+1]
			i++
		case c == '"':
			i = quoted(text, i, &t)
		case wordByte(c):
			j := i
			for j < len(text) && wordByte(text[j]) {
				j++
			}
			t.kind, t.text = tokenWord, text[i:j]
			i = j
		default:
			t.kind, t.text = tokenBad, "byte 0x"+strconv.FormatUint(uint64(c), 16)+" cannot be in a word, expected printable ASCII"
			for i < len(text) && !wordByte(text[i]) && text[i] > ' ' || i < len(text) && text[i] == c {
				i++ // one fault for a run of them
			}
		}
		tokens = append(tokens, t)
	}
	return append(tokens, token{kind: tokenEOF, line: line, col: len(text) - start + 1})
}

func punctuation(c byte) tokenKind {
	switch c {
	case '{':
		return tokenOpen
	case '}':
		return tokenClose
	}
	return tokenEnd
}

func wordByte(c byte) bool {
	return c > ' ' && c < 0x7f && c != '"' && c != '#' && c != '{' && c != '}' && c != ';'
}

// quoted reads the string that begins at text[i] and returns the offset behind it.
func quoted(text string, i int, t *token) int {
	j := i + 1
	for j < len(text) && text[j] != '"' && text[j] != '\n' {
		if text[j] < ' ' && text[j] != '\t' || text[j] == 0x7f {
			t.kind, t.text = tokenBad, "byte 0x"+strconv.FormatUint(uint64(text[j]), 16)+" cannot be in a string, expected printable text"
		}
		j++
	}
	if j == len(text) || text[j] == '\n' {
		t.kind, t.text = tokenBad, `string without an end, expected '"' on the same line`
		return j
	}
	if t.kind != tokenBad {
		t.kind, t.text = tokenString, text[i+1:j]
	}
	return j + 1
}
