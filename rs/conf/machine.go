package conf

import "strconv"

// machineEntry begins the entry for the machine that a file is for: `machine { memory 128M; };`.
const machineEntry = "machine"

// Limits of the machine's memory.
const (
	leastMemory = 32 << 20
	mostMemory  = 64 << 30
	wantMemory  = "a size such as 128M, from 32M to 64G"
)

// machineEntry reads it. It is no service's, so no service is bad for a fault in it.
func (p *parser) machineEntry(kind token) {
	e := &entry{name: kind}
	e.s.Line, e.s.Col = kind.line, kind.col
	if !p.body(e) {
		return
	}
	if p.machine != nil {
		p.faultSee(kind, "duplicate machine, expected it once", p.machine.s.Line, p.machine.s.Col)
		return
	}
	p.machine = e
	var first token // the keyword
	for _, st := range e.statements {
		switch {
		case st.key.text != "memory":
			p.fault(st.key, "machine: unknown keyword "+strconv.Quote(st.key.text)+", expected memory")
		case first.text != "":
			p.faultSee(st.key, `machine: duplicate keyword "memory", expected it once`, first.line, first.col)
		default:
			first = st.key
			a := &arguments{p: p, key: token{text: "machine: memory", line: st.key.line, col: st.key.col}, args: st.args}
			a.sizeWithin(&p.memory, leastMemory, mostMemory, wantMemory)
		}
	}
}
