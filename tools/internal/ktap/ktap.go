// Package ktap reads the results that a test task prints on the serial console: KTAP, flat,
// with a plan. Anything that is not a complete, ordered, planned set of results is a fault.
//
//	KTAP version 1
//	1..3
//	# a remark
//	ok 1 irq-denied
//	not ok 2 - port-denied
//	ok 3 dma # SKIP #12 no IOMMU in this machine
//
// Each line may have the kernel's stamp and the task's label in front ("[1.234567] rs: "). Other
// lines, and those of other tasks, are kept as the log of the test that runs.
//
// Source: Linux documentation, "The Kernel Test Anything Protocol (KTAP), version 1".
package ktap

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Test is one result.
type Test struct {
	Number int
	Name   string
	OK     bool
	Skip   string   // why it did not run; "" if it did
	Log    []string // lines since the result before it, at most MaxLog, the newest
}

// MaxLog bounds Test.Log.
const MaxLog = 60

// Result is a whole run.
type Result struct {
	Plan   int // how many were announced; -1: no plan
	Tests  []Test
	Faults []string // what is wrong with the run itself
	Rest   []string // lines after the last result, as Test.Log
}

// Count is how many tests passed, failed and were skipped. Planned tests that did not run
// have failed.
func (r *Result) Count() (passed, failed, skipped int) {
	for _, t := range r.Tests {
		switch {
		case !t.OK:
			failed++
		case t.Skip != "":
			skipped++
		default:
			passed++
		}
	}
	return passed, failed + max(0, r.Plan-len(r.Tests)), skipped
}

// OK says whether all is well: a plan kept, nothing failed, no fault.
func (r *Result) OK() bool {
	_, failed, _ := r.Count()
	return failed == 0 && len(r.Faults) == 0
}

func (r *Result) fault(format string, args ...any) {
	r.Faults = append(r.Faults, fmt.Sprintf(format, args...))
}

// Parser takes a console's lines one after the other.
type Parser struct {
	r       Result
	started bool
	bailed  bool
	label   string // whose lines count: the one that said "KTAP version 1"
	log     []string
}

// NewParser begins a run.
func NewParser() *Parser { return &Parser{r: Result{Plan: -1}} }

var (
	stamp   = regexp.MustCompile(`^\[ *\d+\.\d+\] (?:([a-z0-9._-]{1,16}): )?`)
	version = regexp.MustCompile(`^KTAP version (\d+)$`)
	plan    = regexp.MustCompile(`^1\.\.(\d+)$`)
	result  = regexp.MustCompile(`^(ok|not ok)(?: (\d+))?(?: -)?(?: ([^#]*?))?(?: *# *(.*))?$`)
	skip    = regexp.MustCompile(`^(?i:skip)(?: +(.*))?$`)
	issue   = regexp.MustCompile(`#\d+\b`)
	bail    = regexp.MustCompile(`^Bail out!\s*(.*)$`)
)

// Line takes a line. It says whether the run is complete: the last planned result is here.
func (p *Parser) Line(line string) (complete bool) {
	label, text := "", line
	if m := stamp.FindStringSubmatch(line); m != nil {
		label, text = m[1], line[len(m[0]):]
	}
	if m := version.FindStringSubmatch(text); m != nil {
		p.version(m[1], label)
		return false
	}
	if p.started && label == p.label && p.take(text) {
		return p.Complete()
	}
	p.keep(line)
	return p.Complete()
}

// Complete says whether there is nothing more to wait for.
func (p *Parser) Complete() bool {
	return p.bailed || p.r.Plan >= 0 && len(p.r.Tests) >= p.r.Plan
}

func (p *Parser) version(v, label string) {
	switch {
	case p.started:
		p.r.fault("the tests began again after %s: the machine or the test task restarted", p.last())
	case v != "1":
		p.r.fault("KTAP version %s, expected 1", v)
	}
	p.started, p.label = true, label
}

// take reads a line of the test task; false when it is none of KTAP's.
func (p *Parser) take(text string) bool {
	if m := plan.FindStringSubmatch(text); m != nil {
		p.plan(m[1])
		return true
	}
	if m := bail.FindStringSubmatch(text); m != nil {
		p.r.fault("bailed out after %s: %s", p.last(), m[1])
		p.bailed = true
		return true
	}
	if m := result.FindStringSubmatch(text); m != nil {
		p.result(m[1] == "ok", m[2], strings.TrimSpace(m[3]), m[4])
		return true
	}
	return false
}

func (p *Parser) plan(n string) {
	v, err := strconv.Atoi(n)
	switch {
	case err != nil || v == 0:
		p.r.fault("plan 1..%s: expected at least one test", n)
	case p.r.Plan >= 0:
		p.r.fault("a second plan, 1..%s", n)
	case len(p.r.Tests) > 0:
		p.r.fault("the plan comes after %s", p.last())
	default:
		p.r.Plan = v
	}
}

func (p *Parser) result(ok bool, number, name, remark string) {
	t := Test{Number: len(p.r.Tests) + 1, Name: name, OK: ok, Log: p.log}
	p.log = nil
	if p.r.Plan < 0 && len(p.r.Tests) == 0 {
		p.r.fault("no plan before the first result")
	}
	if number != strconv.Itoa(t.Number) {
		p.r.fault("result number %q where %d was expected", number, t.Number)
	}
	if p.r.Plan >= 0 && t.Number > p.r.Plan {
		p.r.fault("more results than the plan's %d", p.r.Plan)
	}
	if name == "" {
		p.r.fault("result %d has no name", t.Number)
	}
	for _, o := range p.r.Tests {
		if name != "" && o.Name == name {
			p.r.fault("results %d and %d are both called %s", o.Number, t.Number, name)
		}
	}
	if m := skip.FindStringSubmatch(remark); m != nil {
		t.Skip = m[1]
		if !issue.MatchString(t.Skip) {
			p.r.fault("result %d is skipped without naming an issue (#N)", t.Number)
			t.Skip += "?"
		}
	}
	p.r.Tests = append(p.r.Tests, t)
}

func (p *Parser) keep(line string) {
	if len(p.log) == MaxLog {
		p.log = p.log[1:]
	}
	p.log = append(p.log, line)
}

// last names the result that came last.
func (p *Parser) last() string {
	if len(p.r.Tests) == 0 {
		return "no result"
	}
	t := p.r.Tests[len(p.r.Tests)-1]
	return fmt.Sprintf("result %d (%s)", t.Number, t.Name)
}

// Finish ends the run. why says how the console ended, in words, for the fault if that was
// too early: "the machine powered off", "silence for 1m0s".
func (p *Parser) Finish(why string) *Result {
	switch {
	case !p.started:
		p.r.fault("no test began: %s", why)
	case p.bailed:
	case p.r.Plan < 0 && len(p.r.Tests) == 0:
		p.r.fault("no plan and no result: %s", why)
	case len(p.r.Tests) < p.r.Plan:
		p.r.fault("early end: %s after %s of %d", why, p.last(), p.r.Plan)
	}
	p.r.Rest = p.log
	return &p.r
}
