package conf

import (
	"strconv"
	"strings"
	"time"

	"bennu/kernel/abi"
)

// The keywords of services that belong together: after, requires, group; and the entry that a group has:
//
//	group storage { strategy all-for-one; burst 3 10s; };

// groupEntry begins the entry of a group.
const groupEntry = "group"

// Group is a group of services.
type Group struct {
	Name      string
	AllForOne bool // all end and begin again with one of them; else each for itself

	Burst       int // deaths in the group within BurstWindow that make RS give all of it up; 0: never
	BurstWindow time.Duration
}

func (p *parser) group(name string) *entry {
	for _, g := range p.groups {
		if g.name.text == name {
			return g
		}
	}
	return nil
}

// groupEntry reads one. No service is bad for a fault in it, but those that are in it.
func (p *parser) groupEntry(kind token) {
	name := p.peek(0)
	if !name.value() {
		p.fault(name, "unexpected "+name.String()+`, expected a name after "group"`)
		p.skip()
		return
	}
	p.next()
	e := &entry{name: name}
	e.s.Line, e.s.Col = kind.line, kind.col
	before := len(p.faults)
	if !p.body(e) {
		return
	}
	e.s.Group = Group{Name: name.text, Burst: DefaultBurst, BurstWindow: DefaultBurstWindow}
	if _, ok := abi.MakeLabel(name.text); !ok {
		p.fault(name, "group: unexpected "+name.String()+", expected "+wantLabel)
	} else if other := p.group(name.text); other != nil {
		p.faultSee(name, "duplicate group, expected one entry", other.name.line, other.name.col)
		other.bad = true
	}
	e.from = map[string]written{}
	for _, st := range e.statements {
		p.groupStatement(e, st)
	}
	e.bad = len(p.faults) > before
	p.groups = append(p.groups, e)
}

func (p *parser) groupStatement(e *entry, st statement) {
	a := &arguments{p: p, key: token{text: "group " + strconv.Quote(e.name.text) + ": " + st.key.text, line: st.key.line, col: st.key.col}, args: st.args}
	if first, ok := e.from[st.key.text]; ok {
		p.faultSee(st.key, "group "+strconv.Quote(e.name.text)+": duplicate keyword "+strconv.Quote(st.key.text)+", expected it once", first.key.line, first.key.col)
		return
	}
	e.from[st.key.text] = written{st, e}
	switch st.key.text {
	case "strategy":
		const want = "one-for-one or all-for-one"
		if !a.count(1, 1, want) {
			return
		}
		switch t := a.args[0]; t.text {
		case "one-for-one", "all-for-one":
			e.s.Group.AllForOne = t.text == "all-for-one"
		default:
			a.wrong(t, want)
		}
	case "burst":
		a.burst(&e.s.Group.Burst, &e.s.Group.BurstWindow)
	default:
		p.fault(st.key, "group "+strconv.Quote(e.name.text)+": unknown keyword "+strconv.Quote(st.key.text)+", expected one of strategy burst")
	}
}

func readAfter(a *arguments) { a.s.After = a.others() }

func readRequires(a *arguments) { a.s.Requires = a.others() }

func readGroup(a *arguments) {
	if a.count(1, 1, "the name of a group") {
		a.s.Group = Group{Name: a.args[0].text}
	}
}

// others reads labels of services of this file.
func (a *arguments) others() (list []string) {
	if !a.count(1, MaxServices, "labels") {
		return nil
	}
	for i, t := range a.args {
		for _, other := range a.args[:i] {
			if other.text == t.text {
				a.fault(t, strconv.Quote(t.text)+" is there twice, expected each once")
			}
		}
		list = append(list, t.text)
		if !a.p.defined(t.text) {
			a.fault(t, "unknown service "+strconv.Quote(t.text)+", expected one of this file")
		}
	}
	return list
}

// belong checks what services say of each other, when all is read.
func (p *parser) belong(services []*entry) {
	for _, e := range services {
		p.joinGroup(e)
	}
	done := map[*entry]bool{}
	for _, e := range services {
		p.circle(e, nil, done)
	}
	for again := true; again; { // what requires a bad one is bad, and what requires that
		again = false
		for _, e := range services {
			again = !e.bad && p.requiresBad(e) || again
		}
	}
}

// joinGroup gives a service what its group says.
func (p *parser) joinGroup(e *entry) {
	w, ok := e.from["group"]
	if !ok || e.s.Group.Name == "" {
		return
	}
	g := p.group(e.s.Group.Name)
	switch {
	case g == nil:
		p.faultIn(e, w, 0, "unknown group "+strconv.Quote(e.s.Group.Name)+", expected one of this file", 0, 0)
	case g.bad:
		p.faultIn(e, w, 0, "group "+strconv.Quote(g.name.text)+" has faults, expected a good one", g.name.line, g.name.col)
	default:
		e.s.Group = g.s.Group
	}
}

// circle refuses services that are to start after each other. way is the labels on the way to e.
func (p *parser) circle(e *entry, way []*entry, done map[*entry]bool) {
	if done[e] {
		return
	}
	way = append(way, e)
	for _, key := range []string{"after", "requires"} {
		w := e.from[key]
		for n, t := range w.args {
			o := p.find(t.text)
			if o == nil || o.class {
				continue
			}
			first := -1
			for i, x := range way {
				if x == o {
					first = i
				}
			}
			if first < 0 {
				p.circle(o, way, done)
				continue
			}
			var names []string
			for _, x := range append(way[first:len(way):len(way)], o) {
				names = append(names, x.name.text)
			}
			p.faultIn(e, w, n, "services wait for each other: "+strings.Join(names, " after ")+", expected no circle", 0, 0)
		}
	}
	done[e] = true
}

// requiresBad refuses a service that requires one that is refused, or that is not there at the boot. true: it did.
func (p *parser) requiresBad(e *entry) bool {
	w := e.from["requires"]
	for n, t := range w.args {
		o := p.find(t.text)
		switch {
		case o == nil || o.class:
		case o.bad:
			p.faultIn(e, w, n, "service "+strconv.Quote(t.text)+" has faults, expected a good one", o.name.line, o.name.col)
			return true
		case o.s.Manual && !e.s.Manual:
			p.faultIn(e, w, n, "service "+strconv.Quote(t.text)+" is not started at the boot and this one is, expected \"start manual;\" here or \"start boot;\" there", o.name.line, o.name.col)
			return true
		}
	}
	return false
}
