package conf

import (
	"strconv"

	"bennu/kernel/abi"
	"bennu/kernel/ioport"
)

// table checks statements against each other: keywords of one service, and services, that do not go together.
// The place of a fault is where the words are written, perhaps in a class.
func (p *parser) table() {
	var services []*entry
	for _, e := range p.entries {
		if !e.class {
			services = append(services, e)
		}
	}
	for i, e := range services {
		p.checkReserve(e)
		p.checkPorts(e)
		e.claims = e.claim()
		for _, o := range services[:i] {
			if o.name.text != e.name.text { // else the label is the fault
				p.checkPair(e, o)
			}
		}
	}
	p.checkTime(services)
	p.belong(services)
}

// checkPorts refuses more ranges in both lists than a privilege has room for.
func (p *parser) checkPorts(e *entry) {
	n := len(e.s.Ports) + len(e.s.Unguarded)
	if w, ok := e.from["unguarded"]; ok && n > abi.MaxPorts {
		p.faultIn(e, w, 0, strconv.Itoa(n)+" ranges with those of \"io\", expected at most "+strconv.Itoa(abi.MaxPorts), 0, 0)
	}
}

// checkPair refuses a port or line that e and an earlier service both want and only one can have. Nor may both be in
// the file so that an operator starts one of them by hand: when the first one dies, its port is free, and nobody is
// there to be asked.
func (p *parser) checkPair(e, o *entry) {
	for _, a := range e.claims {
		for _, b := range o.claims {
			if a.line != b.line || !overlap(a.r, b.r) {
				continue
			}
			shared := ioport.Name(max(a.r.First, b.r.First), min(a.r.Last, b.r.Last))
			text := "ports " + shared + " are also " + o.quoted() + "'s, expected one owner"
			if a.line {
				text = "line " + strconv.Itoa(int(a.r.First)) + " is also " + o.quoted() + "'s and edge-triggered, expected one owner"
			}
			t := b.w.args[b.n]
			p.faultIn(e, a.w, a.n, text, t.line, t.col)
			break
		}
	}
}

// claim is ports, or an edge-triggered line, that a service wants for itself.
type claim struct {
	line bool
	r    abi.PortRange
	w    written
	n    int // the argument that says so
}

// claim is what the service wants for itself.
func (e *entry) claim() (list []claim) {
	for _, key := range []string{"io", "unguarded"} {
		w := e.from[key]
		for n, t := range w.args {
			if r, ok := portRange(t.text); ok {
				list = append(list, claim{r: r, w: w, n: n})
			}
		}
	}
	w := e.from["irq"]
	for n, t := range w.args {
		if v, ok := number(t.text); ok && v < ioport.Lines && ioport.EdgeLine(uint32(v)) {
			list = append(list, claim{true, abi.PortRange{First: uint16(v), Last: uint16(v)}, w, n})
		}
	}
	return list
}

// checkReserve refuses a reserve above the ceiling. One that was not written is as large as fits.
func (p *parser) checkReserve(e *entry) {
	s := &e.s
	if s.Reserve <= s.Memory {
		return
	}
	if w, ok := e.from["reserve"]; ok {
		p.faultIn(e, w, 0, "more than its memory, expected at most "+sizeName(s.Memory), 0, 0)
		return
	}
	s.Reserve = s.Memory
}

// faultIn puts a fault of e at the n-th argument of a statement, and names the statement's entry if that is not e. line and col are
// the place that it does not go together with.
func (p *parser) faultIn(e *entry, w written, n int, text string, line, col int) {
	if w.by != e {
		text += " (" + w.by.quoted() + " has the line)"
	}
	p.current = e
	p.faultSee(w.args[n], w.key.text+": "+text, line, col)
	p.current = nil
}

func (e *entry) quoted() string { return quoteEntry(e.class, e.name.text) }

// quoteEntry is `service "rtc"` or `class "driver"`.
func quoteEntry(class bool, name string) string {
	if class {
		return "class " + strconv.Quote(name)
	}
	return "service " + strconv.Quote(name)
}

// sizeName writes a size as a file would.
func sizeName(n uint64) string {
	if n%(1<<20) == 0 {
		return strconv.FormatUint(n>>20, 10) + "M"
	}
	return strconv.FormatUint(n>>10, 10) + "K"
}
