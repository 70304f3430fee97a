package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"bennu/tools/before/slice"
)

// Outcome is what a test does on the base.
type Outcome string

const (
	Fails     Outcome = "fails"
	Panics    Outcome = "panics"
	Endless   Outcome = "does not end"
	Passes    Outcome = "passes"
	Skips     Outcome = "skips"
	NoCompile Outcome = "does not compile"
	NewThere  Outcome = "new package"
	CannotRun Outcome = "cannot run there"
	NotRun    Outcome = "not run"
)

// outcomes are all, in the order in which they are told.
var outcomes = []Outcome{Fails, Panics, Endless, Passes, Skips, NoCompile, NewThere, CannotRun, NotRun}

// Result is one test.
type Result struct {
	Package string       `json:"package"`
	Test    string       `json:"test"`
	Kind    string       `json:"kind"` // "host", "machine" or "kernel"
	Change  slice.Change `json:"change"`
	Outcome Outcome      `json:"outcome"`
	Words   string       `json:"words,omitempty"` // its first failing line, or why it did not run
	// OldHelpers are declarations that the test ran with as they are at the base.
	OldHelpers []string `json:"old_helpers,omitempty"`
	// Added are constants and types of now that were added to the base's packages for it.
	Added  []string `json:"added,omitempty"`
	Guards []string `json:"guards,omitempty"` // sections of docs/BUGS.md that name it
}

// Report is a run.
type Report struct {
	Base    string            `json:"base"`
	Current string            `json:"current"`
	Counts  map[string]Counts `json:"counts"` // by kind
	Results []Result          `json:"results"`
	Faults  []Fault           `json:"faults"` // of docs/BUGS.md
}

// Fault is a section of docs/BUGS.md.
type Fault struct {
	Title string     `json:"title"`
	State faultState `json:"state"`
	tests []string   // that guard against it, FOLDER TEST
}

type faultState string

const (
	Shown    faultState = "a guard fails there"
	NotTried faultState = "guards need what is not there"
	NotShown faultState = "guards pass there, or are as old as the base"
)

// Counts is how many tests had an outcome.
type Counts map[Outcome]int

var (
	failing  = regexp.MustCompile(`^ {4}([\w./-]+_test\.go:\d+): `)
	telling  = regexp.MustCompile(`^(FAILED|not ok|panic:|kernel: panic:) ?`)
	verdict  = regexp.MustCompile(`(?m)^--- (PASS|FAIL|SKIP): `)
	panicked = regexp.MustCompile(`(?m)^(panic: |fatal error: ).*$`)
	missing  = regexp.MustCompile(`\bout/([\w.-]+): no such file or directory`)
)

// judge makes an outcome of what a test's process printed, with -test.v, and of whether it ended with status 0.
// Remarks are the places of t.Log.
func judge(out string, ok bool, remarks map[string]bool) (Outcome, string) {
	if m := missing.FindStringSubmatch(out); m != nil {
		return CannotRun, "make image makes no out/" + m[1] + " at the base"
	}
	if p := panicked.FindString(out); p != "" && !ok {
		if strings.HasPrefix(p, "panic: test timed out") {
			return Endless, strings.TrimPrefix(p, "panic: ")
		}
		return Panics, p
	}
	v := verdict.FindStringSubmatch(out)
	switch {
	case v == nil:
		return Panics, "it ended without a verdict: " + lastLine(out)
	case !ok || v[1] == "FAIL":
		return Fails, firstFailure(out, remarks)
	case v[1] == "SKIP":
		return Skips, firstFailure(out, remarks)
	}
	return Passes, ""
}

// firstFailure is the first line that names its place in a test file and is no remark, with what follows it: the first line that
// says what failed, where there is one.
func firstFailure(out string, remarks map[string]bool) string {
	lines := strings.Split(out, "\n")
	for i, l := range lines {
		m := failing.FindStringSubmatch(l)
		if m == nil || remarks[m[1]] {
			continue
		}
		words, more := strings.TrimSpace(l), ""
		for _, l := range lines[i+1:] {
			if !strings.HasPrefix(l, "        ") {
				break
			}
			if l = strings.TrimSpace(l); more == "" || telling.MatchString(l) && !telling.MatchString(more) {
				more = l
			}
		}
		if more == "" && len(words) < terse {
			more = saidBefore(lines[:i])
		}
		return strings.TrimSpace(words + " " + more)
	}
	return lastLine(out)
}

// terse is how many bytes of a failure tell no more than that there was one: "x_test.go:52: status 1".
const terse = 32

// saidBefore is the first line that a program printed itself in the last test that began.
func saidBefore(lines []string) (said string) {
	for _, l := range slices.Backward(lines) {
		switch {
		case strings.HasPrefix(l, "=== "):
			return said
		case l != "" && !strings.HasPrefix(l, " ") && !strings.HasPrefix(l, "--- "):
			said = l
		}
	}
	return said
}

func lastLine(out string) string {
	lines := strings.Split(strings.TrimSpace(out), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

// finish sorts results, counts them and tells whose guards they are.
func (r *Report) finish(faults []Fault) {
	guards := map[string][]string{}
	for _, f := range faults {
		for _, t := range f.tests {
			guards[t] = append(guards[t], f.Title)
		}
	}
	r.Faults = faults
	states := map[string]faultState{}
	slices.SortStableFunc(r.Results, func(a, b Result) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Package, b.Package), cmp.Compare(a.Test, b.Test))
	})
	r.Counts = map[string]Counts{}
	for i := range r.Results {
		x := &r.Results[i]
		x.Guards = guards[x.Package+" "+x.Test]
		if r.Counts[x.Kind] == nil {
			r.Counts[x.Kind] = Counts{}
		}
		r.Counts[x.Kind][x.Outcome]++
		for _, title := range x.Guards {
			switch x.Outcome {
			case Fails, Panics, Endless:
				states[title] = Shown
			case NoCompile, NewThere, CannotRun, NotRun:
				if states[title] == "" {
					states[title] = NotTried
				}
			}
		}
	}
	for i := range r.Faults {
		f := &r.Faults[i]
		if f.State = states[f.Title]; f.State == "" {
			f.State = NotShown
		}
	}
}

// print writes the table: the tests by outcome, then the counts.
func (r *Report) print(w io.Writer) {
	fmt.Fprintf(w, "tests that are new or changed since %s, on that commit's code\n", r.Base)
	for _, o := range outcomes {
		first := true
		for i := range r.Results {
			x := &r.Results[i]
			if x.Outcome != o {
				continue
			}
			if first {
				fmt.Fprintf(w, "\n%s\n", strings.ToUpper(string(o)))
				first = false
			}
			fmt.Fprintf(w, "  %-24s %-44s %s\n", x.Package, x.Test, x.note())
		}
	}
	fmt.Fprintf(w, "\n%-18s", "")
	kinds := []string{host, machine, kernelKind}
	for _, k := range kinds {
		fmt.Fprintf(w, "%9s", k)
	}
	fmt.Fprintln(w)
	for _, o := range outcomes {
		fmt.Fprintf(w, "%-18s", o)
		for _, k := range kinds {
			fmt.Fprintf(w, "%9d", r.Counts[k][o])
		}
		fmt.Fprintln(w)
	}
	r.printFaults(w)
}

// printFaults writes what is shown of the faults in docs/BUGS.md.
func (r *Report) printFaults(w io.Writer) {
	for _, s := range []faultState{Shown, NotTried, NotShown} {
		var titles []string
		for _, f := range r.Faults {
			if f.State == s {
				titles = append(titles, f.Title)
			}
		}
		fmt.Fprintf(w, "\n%d of %d faults in docs/BUGS.md: %s\n", len(titles), len(r.Faults), s)
		for _, t := range titles {
			fmt.Fprintf(w, "  %s\n", t)
		}
	}
}

// note is what is told beside a test's name.
func (x *Result) note() string {
	var notes []string
	if x.Change != slice.New {
		notes = append(notes, string(x.Change))
	}
	if len(x.OldHelpers) > 0 {
		notes = append(notes, "the base's helpers: "+some(x.OldHelpers))
	}
	if len(x.Added) > 0 {
		notes = append(notes, "added: "+some(x.Added))
	}
	if len(x.Guards) > 0 && x.Outcome == Passes {
		notes = append(notes, fmt.Sprintf("a guard of %q", x.Guards))
	}
	text := x.Words
	if len(notes) > 0 {
		text = strings.TrimSpace("[" + strings.Join(notes, "; ") + "] " + text)
	}
	const most = 300
	if len(text) > most {
		text = text[:most] + "…"
	}
	return text
}

// some is the first names of a list, and how many more there are.
func some(names []string) string {
	const few = 3
	var short []string
	for _, n := range names[:min(few, len(names))] {
		short = append(short, n[strings.LastIndex(n, "/")+1:])
	}
	text := strings.Join(short, ", ")
	if n := len(names) - few; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text
}

func (r *Report) json(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "\t")
	return e.Encode(r)
}
