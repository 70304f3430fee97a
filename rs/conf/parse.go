package conf

import "strconv"

// statement is `keyword argument…;`.
type statement struct {
	key  token
	args []token
}

// entry is one `service` or `class` with its statements.
type entry struct {
	name       token
	class      bool
	bad        bool // has a fault: not to be used
	statements []statement

	s      Service
	given  uint64             // bit n: keyword n of the table is set, by itself or by a class
	own    uint64             // the same, by itself
	from   map[string]written // by keyword: where it was set
	claims []claim            // ports and lines that it wants for itself: for table
	mark   uint8              // of the search for cycles
}

// written is where a keyword of an entry was set: in the entry itself, or in a class.
type written struct {
	statement
	by *entry
}

// parser holds a file while it is read.
type parser struct {
	name    string
	tokens  []token
	at      int
	broken  bool   // a bad token was met since it was last cleared
	current *entry // whose faults these are
	entries []*entry
	groups  []*entry
	machine *entry // nil: the file has none
	memory  uint64 // of the smallest machine
	faults  []Fault
	notes   []Fault
}

func (p *parser) fault(t token, text string) {
	if p.current != nil {
		p.current.bad = true
	}
	p.faults = append(p.faults, p.remark(t, text))
}

// faultSee is a fault that has a second place; line 0: it has none.
func (p *parser) faultSee(t token, text string, line, col int) {
	p.fault(t, text)
	if line != 0 {
		p.faults[len(p.faults)-1].Other = Place{p.name, line, col}
	}
}

func (p *parser) note(t token, text string) { p.notes = append(p.notes, p.remark(t, text)) }

func (p *parser) remark(t token, text string) Fault {
	f := Fault{File: p.name, Line: t.line, Col: t.col, Text: text}
	if p.current != nil {
		f.Label, f.Class = p.current.name.text, p.current.class
	}
	return f
}

// peek is the n-th token from here; bad ones are reported and skipped.
func (p *parser) peek(n int) token {
	if t := &p.tokens[p.at]; n == 0 && t.kind != tokenBad { // nearly always
		return *t
	}
	for i := p.at; ; i++ {
		if t := p.tokens[i]; t.kind == tokenBad {
			if i == p.at {
				p.fault(t, t.text)
				p.broken = true
				p.at++
			}
		} else if n == 0 || t.kind == tokenEOF {
			return t
		} else {
			n--
		}
	}
}

func (p *parser) next() token {
	t := p.peek(0)
	if t.kind != tokenEOF {
		p.at++
	}
	return t
}

// header tells whether an entry begins here. Inside another entry a '{' must follow, since `class NAME;` is a
// statement there.
func (p *parser) header() bool {
	t := p.peek(0)
	if t.kind == tokenWord && t.text == machineEntry {
		return p.peek(1).kind == tokenOpen
	}
	return t.kind == tokenWord && (t.text == "service" || t.text == "class" || t.text == groupEntry) && p.peek(1).value() && p.peek(2).kind == tokenOpen
}

func (p *parser) file() {
	for {
		p.current = nil
		t := p.peek(0)
		switch {
		case t.kind == tokenEOF:
			return
		case t.kind == tokenWord && (t.text == "service" || t.text == "class"):
			p.next()
			p.entry(t)
		case t.kind == tokenWord && t.text == machineEntry:
			p.next()
			p.machineEntry(t)
		case t.kind == tokenWord && t.text == groupEntry:
			p.next()
			p.groupEntry(t)
		case t.kind == tokenWord && t.text == "include":
			p.fault(t, `"include" is not supported, expected one file: the image builder joins the parts`)
			p.skip()
		default:
			p.fault(t, "unexpected "+t.String()+`, expected "service", "class", "group" or "machine"`)
			p.skip()
		}
	}
}

// skip goes behind the next ';' outside braces, or to the next entry.
func (p *parser) skip() {
	depth := 0
	for first := true; first || !p.header(); first = false {
		switch p.next().kind {
		case tokenEOF:
			return
		case tokenOpen:
			depth++
		case tokenClose:
			depth--
		case tokenEnd:
			if depth <= 0 {
				return
			}
		}
	}
}

func (p *parser) entry(kind token) {
	name := p.peek(0)
	if !name.value() {
		p.fault(name, "unexpected "+name.String()+", expected a name after "+strconv.Quote(kind.text))
		p.skip()
		return
	}
	p.next()
	e := &entry{name: name, class: kind.text == "class"}
	e.s.Line, e.s.Col = kind.line, kind.col
	p.current = e
	p.entries = append(p.entries, e)
	p.body(e)
}

// body reads the statements of an entry; false: there are none.
func (p *parser) body(e *entry) bool {
	if t := p.peek(0); t.kind != tokenOpen {
		p.fault(t, "unexpected "+t.String()+`, expected "{"`)
		p.skip()
		return false
	}
	p.next()
	for p.statement(e) {
	}
	return true
}

// statement reads one; false is the end of the entry.
func (p *parser) statement(e *entry) bool {
	p.broken = false
	t := p.peek(0)
	switch {
	case t.kind == tokenEOF:
		p.faultSee(t, `end of file, expected "}" to close `+e.name.opened(), e.s.Line, e.s.Col)
		return false
	case p.header():
		p.faultSee(t, strconv.Quote(t.text)+` inside an entry, expected "}" to close `+e.name.opened(), e.s.Line, e.s.Col)
		return false
	case t.kind == tokenClose:
		p.next()
		if t := p.peek(0); t.kind != tokenEnd {
			p.fault(t, "unexpected "+t.String()+`, expected ";" after "}"`)
			return false
		}
		p.next()
		return false
	case t.kind != tokenWord:
		p.fault(t, "unexpected "+t.String()+`, expected a keyword or "}"`)
		p.skipStatement()
		return true
	}
	st := statement{key: p.next()}
	first := p.at
	for p.peek(0).value() && !p.header() {
		p.at++
	}
	st.args = p.tokens[first:p.at:p.at] // with bad ones it is not used
	switch t := p.peek(0); {
	case t.kind == tokenEnd:
		p.next()
	case !p.broken: // else the bad token has probably swallowed it
		p.fault(t, "unexpected "+t.String()+`, expected ";" after the arguments of `+strconv.Quote(st.key.text))
		if t.kind == tokenOpen {
			p.broken = true
			p.skipStatement()
		}
	}
	if !p.broken {
		e.statements = append(e.statements, st)
	}
	return true
}

// skipStatement goes behind the next ';' of this entry, or to the end of the entry.
func (p *parser) skipStatement() {
	for depth := 0; !p.header(); p.next() {
		switch p.peek(0).kind {
		case tokenEOF:
			return
		case tokenOpen:
			depth++
		case tokenClose:
			if depth == 0 {
				return
			}
			depth--
		case tokenEnd:
			if depth == 0 {
				p.next()
				return
			}
		}
	}
}
