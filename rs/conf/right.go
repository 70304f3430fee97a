package conf

import (
	"strconv"
	"strings"

	"bennu/kernel/abi"
)

// The keywords that give rights.

func readSystem(a *arguments) {
	a.s.Calls = 0
	if n := len(a.args); n == 0 || n > len(Calls)+1 { // the names are put together for a fault only
		a.count(1, len(Calls)+1, "one of "+callNames())
		return
	}
	for i, t := range a.args {
		for _, other := range a.args[:i] {
			if other.text == t.text {
				a.fault(t, strconv.Quote(t.text)+" is there twice, expected each once")
			}
		}
		switch m := mask(t.text); {
		case m != 0:
			a.s.Calls |= m
		case t.text == "BASIC":
			a.s.Calls |= Basic
		case t.text == "NONE" || t.text == "ALL":
			if len(a.args) > 1 {
				a.fault(t, strconv.Quote(t.text)+" with others, expected it alone")
			} else if t.text == "ALL" {
				a.s.Calls = allCalls()
			}
		default:
			a.wrong(t, "one of "+callNames())
		}
	}
}

func readIPC(a *arguments) {
	a.s.IPC, a.s.IPCAll = nil, false
	if !a.count(1, MaxServices+len(systemNames), "labels, ALL or NONE") {
		return
	}
	if t := a.args[0].text; len(a.args) == 1 && (t == "ALL" || t == "NONE") {
		a.s.IPCAll = t == "ALL"
		return
	}
	a.s.IPC = a.labels(true, nil)
}

func readControl(a *arguments) {
	a.s.Control = nil
	if a.count(1, MaxServices, "labels") {
		a.s.Control = a.labels(false, nil)
	}
}

// readTrace reads whom the service may trace. Its calls are given the kernel's when all is read (evaluate): system may stand behind it.
func readTrace(a *arguments) {
	a.s.Trace, a.s.TraceRS = nil, false
	if a.count(1, MaxServices, "labels") {
		a.s.Trace = a.labels(false, &a.s.TraceRS)
	}
}

// traces gives e the call for what it may trace, which is not itself.
func (p *parser) traces(e *entry) {
	p.current = e
	for _, l := range e.s.Trace {
		if l == e.name.text && !e.class {
			p.fault(e.from["trace"].key, "trace: "+strconv.Quote(l)+" is the entry itself, expected other services")
		}
	}
	if len(e.s.Trace) > 0 || e.s.TraceRS {
		e.s.Calls |= abi.CallBit(abi.CallTrace)
	}
}

// systemNames are peers that every service has: RS and the kernel. Naming them is allowed, as MINIX's files do, and gives nothing. No service has
// such a label: its lines of log would be taken for theirs.
var systemNames = []string{"rs", "system", "kernel"}

func systemName(label string) bool {
	for _, s := range systemNames {
		if s == label {
			return true
		}
	}
	return false
}

// lower tells whether s has a letter in lower case.
func lower(s string) bool {
	for i := range len(s) {
		if s[i] >= 'a' && s[i] <= 'z' {
			return true
		}
	}
	return false
}

// labels reads a list of them. MINIX's upper-case names are taken in lower case. Names of systemNames are
// left out, and refused unless system is set; rs, if it is not nil, is set where RS is named.
func (a *arguments) labels(system bool, rs *bool) (list []string) {
	seen := make([]string, 0, len(a.args))
	for _, t := range a.args {
		label := t.text
		if label == "ALL" || label == "NONE" {
			a.fault(t, strconv.Quote(label)+" in a list, expected labels only")
			continue
		}
		if !lower(label) {
			label = strings.ToLower(label)
		}
		if _, ok := abi.MakeLabel(label); !ok {
			a.wrong(t, wantLabel)
			continue
		}
		for _, other := range seen {
			if other == label {
				a.fault(t, strconv.Quote(t.text)+" is there twice, expected each once")
			}
		}
		seen = append(seen, label)
		switch {
		case label == "rs" && rs != nil:
			*rs = true
		case systemName(label) && system:
		case systemName(label):
			a.wrong(t, "the label of a service")
		default:
			if !a.p.defined(label) {
				a.p.note(t, a.key.text+": no service "+strconv.Quote(label)+" in this file: no right comes of it")
			}
			list = append(list, label)
		}
	}
	return list
}
