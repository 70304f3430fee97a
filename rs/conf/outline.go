package conf

// Written is a statement of an entry, as it stands in a file.
type Written struct {
	Key      string
	Args     []string
	From, To Place // of its first byte, and of the byte behind its ';'; File is empty
}

// Outline is an entry, as it stands in a file.
type Outline struct {
	Label      string
	Class      bool
	Name       Place // of the label
	Statements []Written
	Close      Place // of its '}', behind which is a ';' unless that is forgotten
}

// Outlines are the entries of services and classes that a text has, for programs that change some of them. What Parse finds fault with may be
// missing.
func Outlines(text []byte) (list []Outline) {
	tokens := scan(text)
	for i := 0; i+2 < len(tokens); i++ {
		kind, name := tokens[i], tokens[i+1]
		if kind.kind != tokenWord || kind.text != "service" && kind.text != "class" || !name.value() || tokens[i+2].kind != tokenOpen {
			continue
		}
		o := Outline{Label: name.text, Class: kind.text == "class", Name: Place{Line: name.line, Col: name.col}}
		var closed bool
		if i, closed = o.statements(tokens, i+3); closed {
			list = append(list, o)
		}
	}
	return list
}

// statements reads those of an entry whose '{' is before the i-th token. at is the token that ends it; closed tells whether that is its '}'.
func (o *Outline) statements(tokens []token, i int) (at int, closed bool) {
	for ; tokens[i].kind != tokenEOF; i++ {
		t := tokens[i]
		switch t.kind {
		case tokenClose:
			o.Close = Place{Line: t.line, Col: t.col}
			return i, true
		case tokenWord:
		default:
			return i, false
		}
		w := Written{Key: t.text, From: Place{Line: t.line, Col: t.col}}
		for i++; tokens[i].value(); i++ {
			w.Args = append(w.Args, tokens[i].text)
		}
		end := tokens[i]
		if end.kind != tokenEnd {
			return i, false
		}
		w.To = Place{Line: end.line, Col: end.col + 1}
		o.Statements = append(o.Statements, w)
	}
	return i, false
}
