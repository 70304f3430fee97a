package conf

import "strconv"

// table checks what no statement shows alone: keywords of one service that do not go together,
// and services that do not. A fault stands where the words were written, which may be in a class.
func (p *parser) table() {
	for _, e := range p.entries {
		if !e.class && !e.bad {
			p.checkReserve(e)
		}
	}
}

// checkReserve refuses a reserve above the ceiling. One that was not written is as large as fits.
func (p *parser) checkReserve(e *entry) {
	s := &e.s
	if s.Reserve <= s.Memory {
		return
	}
	if w, ok := e.from["reserve"]; ok {
		p.faultIn(e, w, 0, "more than its memory, expected at most "+sizeName(s.Memory))
		return
	}
	s.Reserve = s.Memory
}

// faultIn puts a fault of e at the n-th argument of a statement, and says whose that is if not e's own.
func (p *parser) faultIn(e *entry, w written, n int, text string) {
	if w.by != e {
		text += " (" + quoteEntry(w.by) + " has the line)"
	}
	p.current = e
	p.fault(w.args[n], w.key.text+": "+text)
	p.current = nil
}

// quoteEntry is `service "rtc"` or `class "driver"`.
func quoteEntry(e *entry) string {
	if e.class {
		return "class " + strconv.Quote(e.name.text)
	}
	return "service " + strconv.Quote(e.name.text)
}

// sizeName writes a size as a file would.
func sizeName(n uint64) string {
	if n%(1<<20) == 0 {
		return strconv.FormatUint(n>>20, 10) + "M"
	}
	return strconv.FormatUint(n>>10, 10) + "K"
}
