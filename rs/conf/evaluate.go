package conf

import (
	"strconv"

	"bennu/kernel/abi"
)

const wantLabel = "a label: 1 to 16 of a-z, 0-9, '-', '_', '.'"

// States of an entry in the search for classes that include each other.
const (
	markOpen = iota + 1 // 0: not seen yet
	markDone
)

// evaluate makes services of the entries' statements.
func (p *parser) evaluate() {
	services := 0
	for i, e := range p.entries {
		p.current = e
		p.checkName(e, p.entries[:i])
		if !e.class {
			if services++; services > MaxServices {
				p.fault(e.name, "too many services, expected at most "+strconv.Itoa(MaxServices))
			}
		}
		defaults(&e.s)
		e.from = map[string]written{}
		for _, st := range e.statements {
			p.read(e, st)
		}
	}
	for _, e := range p.entries {
		p.resolve(e, 0)
	}
	for _, e := range p.entries {
		p.traces(e)
		p.functions(e)
	}
	p.current = nil
	for _, e := range p.entries {
		e.s.Label = e.name.text
		if e.s.Program == "" {
			e.s.Program = e.s.Label
		}
	}
	p.table()
}

func defaults(s *Service) {
	line, col := s.Line, s.Col
	*s = Service{
		UID: DefaultUID, Priority: DefaultPriority, Quantum: DefaultQuantum, Budget: DefaultBudget, BudgetPeriod: DefaultPeriod,
		Memory: DefaultMemory, Reserve: DefaultReserve, Init: DefaultInit, Stop: DefaultStop,
		BackoffUnit: DefaultBackoff, BackoffMax: DefaultBackoff, Burst: DefaultBurst, BurstWindow: DefaultBurstWindow, Snapshot: DefaultSnapshot,
		Line: line, Col: col,
	}
}

// checkName refuses a name that is no label, is the system's, or stands earlier already. Two entries with one
// name are both bad: nobody can tell whose rights were meant.
func (p *parser) checkName(e *entry, earlier []*entry) {
	name := e.name.text
	if _, ok := abi.MakeLabel(name); !ok {
		p.fault(e.name, "unexpected "+e.name.String()+", expected "+wantLabel)
		return
	}
	if systemName(name) {
		p.fault(e.name, strconv.Quote(name)+" is the system's own, expected another label")
	}
	for _, other := range earlier {
		if other.name.text == name {
			p.faultSee(e.name, "duplicate label, expected one entry", other.name.line, other.name.col)
			other.bad = true
			return
		}
	}
}

// read takes one statement into e.s.
func (p *parser) read(e *entry, st statement) {
	if st.key.text == "class" {
		return // resolve does these
	}
	for i, k := range keywords {
		if k.name != st.key.text {
			continue
		}
		if e.own&(1<<i) != 0 && k.name != "pci" {
			first := e.from[k.name].key
			p.faultSee(st.key, "duplicate keyword "+strconv.Quote(k.name)+", expected it once", first.line, first.col)
			return
		}
		e.own |= 1 << i
		e.given |= 1 << i
		if _, ok := e.from[k.name]; !ok {
			e.from[k.name] = written{st, e}
		}
		k.read(&arguments{p: p, key: st.key, args: st.args, s: &e.s})
		return
	}
	p.fault(st.key, "unknown keyword "+strconv.Quote(st.key.text)+", expected one of "+keywordNames())
}

// defined tells whether the file has a service of that label, good or bad.
func (p *parser) defined(label string) bool {
	e := p.find(label)
	return e != nil && !e.class
}

func (p *parser) find(name string) *entry {
	for _, e := range p.entries {
		if e.name.text == name {
			return e
		}
	}
	return nil
}

// resolve gives e the statements of its classes.
func (p *parser) resolve(e *entry, depth int) {
	if e.mark == markDone {
		return
	}
	e.mark = markOpen
	for _, st := range e.statements {
		if st.key.text != "class" {
			continue
		}
		if len(st.args) == 0 {
			p.current = e
			p.fault(st.key, "class: no argument, expected names of entries")
		}
		for _, t := range st.args {
			p.include(e, t, depth)
		}
	}
	e.mark = markDone
}

func (p *parser) include(e *entry, t token, depth int) {
	from := p.find(t.text)
	text := ""
	switch {
	case from == nil:
		text = "unknown entry " + strconv.Quote(t.text) + ", expected one of this file"
	case from.mark == markOpen:
		text = strconv.Quote(t.text) + " includes this entry, expected no circle"
	case depth >= MaxNesting:
		text = "nested deeper than " + strconv.Itoa(MaxNesting) + ", expected less"
	default:
		p.resolve(from, depth+1)
		if from.bad {
			text = "entry " + strconv.Quote(t.text) + " has faults, expected a good one"
		}
	}
	p.current = e
	if text != "" {
		p.fault(t, "class: "+text)
		return
	}
	for i, k := range keywords {
		bit := uint64(1) << i
		switch {
		case from.given&bit == 0 || e.own&bit != 0:
		case e.given&bit != 0:
			p.fault(t, "class: "+strconv.Quote(k.name)+" comes from two classes, expected it from one, or in the entry itself")
		default:
			k.inherit(&e.s, &from.s)
			e.from[k.name] = from.from[k.name]
			e.given |= bit
		}
	}
}
