package report

import (
	"bytes"
	"encoding/csv"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bennu/tools/campaign/report/fake"
	"bennu/tools/campaign/result"
	"bennu/tools/internal/ktap"
)

// What the common JUnit schema (that of Ant's task, as CI servers take it) wants: attributes, which of them must be there, and the order of
// the elements.
var junitSchema = map[string]struct {
	required, optional, children string
}{
	"testsuites": {"", "", "testsuite"},
	"testsuite":  {"name package id timestamp hostname tests failures errors time", "skipped", "properties testcase system-out system-err"},
	"properties": {"", "", "property"},
	"property":   {"name value", "", ""},
	"testcase":   {"name classname time", "", "skipped error failure"},
	"skipped":    {"", "message", ""},
	"error":      {"type", "message", ""},
	"failure":    {"type", "message", ""},
	"system-out": {}, "system-err": {},
}

func TestJUnit(t *testing.T) {
	date := regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$`)
	for name, records := range samples() {
		m := New(records)
		var b bytes.Buffer
		if err := WriteJUnit(&b, m); err != nil {
			t.Fatal(err)
		}
		root := parse(t, b.Bytes())
		root.walk(func(n *node) {
			if n == root {
				return
			}
			s, ok := junitSchema[n.name]
			if !ok {
				t.Fatalf("%s: <%s>", name, n.name)
			}
			required, optional, children := strings.Fields(s.required), strings.Fields(s.optional), strings.Fields(s.children)
			for _, a := range required {
				if _, ok := n.attr[a]; !ok {
					t.Errorf("%s: <%s> without %s", name, n.name, a)
				}
			}
			for a := range n.attr {
				if !slices.Contains(required, a) && !slices.Contains(optional, a) {
					t.Errorf("%s: <%s %s>", name, n.name, a)
				}
			}
			at := 0
			for _, c := range n.children {
				i := slices.Index(children, c.name)
				if i < at {
					t.Errorf("%s: <%s> in <%s> where %v are expected in that order", name, c.name, n.name, children)
				}
				at = max(at, i)
			}
		})
		cells, failures, errors := 0, 0, 0
		for _, s := range root.all("testsuite") {
			if !date.MatchString(s.attr["timestamp"]) {
				t.Errorf("%s: timestamp %s", name, s.attr["timestamp"])
			}
			for attr, element := range map[string]string{"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"} {
				if got, want := s.attr[attr], len(s.all(element)); got != strconv.Itoa(want) {
					t.Errorf("%s: %s %s, and %d <%s>", name, attr, got, want, element)
				}
			}
			cells, failures, errors = cells+len(s.all("testcase")), failures+len(s.all("failure")), errors+len(s.all("error"))
		}
		bad := 0
		for _, c := range m.tests() {
			if c.Bad() > 0 {
				bad++
			}
		}
		if cells != len(m.tests()) || failures != bad || (name == "bad") != (failures > 10) || (name == "bad") != (errors > 0) {
			t.Errorf("%s: %d cells, %d failures of %d, %d errors", name, cells, failures, bad, errors)
		}
	}
}

// A cell without an activated fault is skipped: it has tested nothing.
func TestNothingActivated(t *testing.T) {
	r := fake.One.Make()
	for i := range r.Faults {
		if r.Faults[i].Type == "nop" {
			r.Faults[i].Activated, r.Faults[i].Outcome = false, "not-activated"
		}
	}
	var junit, tap bytes.Buffer
	m := New(r)
	if err := WriteJUnit(&junit, m); err != nil {
		t.Fatal(err)
	}
	if n := len(parse(t, junit.Bytes()).all("skipped")); n != 9 {
		t.Errorf("%d skipped, want 3 services × 3 strata", n)
	}
	if err := WriteKTAP(&tap, m); err != nil {
		t.Fatal(err)
	}
	if strings.Count(tap.String(), "# not tested: ") != 9 || strings.Contains(tap.String(), "ok 1 rtc/driver/nop") {
		t.Errorf("%s", tap.String())
	}
	for i := range r.Faults {
		r.Faults[i].Activated, r.Faults[i].Outcome = false, "not-activated"
	}
	tap.Reset()
	if err := WriteKTAP(&tap, New(r)); err != nil {
		t.Fatal(err)
	}
	if parseKTAP(t, tap.String()).OK() {
		t.Error("nothing was activated at all, and all is well")
	}
}

func parseKTAP(t *testing.T, text string) *ktap.Result {
	t.Helper()
	p := ktap.NewParser()
	for _, l := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		p.Line(l)
	}
	return p.Finish("the report ends")
}

func TestKTAP(t *testing.T) {
	for name, records := range samples() {
		m := New(records)
		var b bytes.Buffer
		if err := WriteKTAP(&b, m); err != nil {
			t.Fatal(err)
		}
		r := parseKTAP(t, b.String())
		passed, failed, skipped := r.Count()
		want := 0
		for _, c := range m.tests() {
			if v := c.verdict(); v.failed || v.broken {
				want++
			}
		}
		if m.Void() != "" {
			want++
		}
		if len(r.Faults) > 0 || failed != want || skipped != 0 || passed == 0 || r.OK() != (name != "bad") {
			t.Errorf("%s: %d passed, %d failed of %d, %d skipped, %q", name, passed, failed, want, skipped, r.Faults)
		}
	}
}

func TestCSV(t *testing.T) {
	b := bad()
	r := b.Make()
	r.Faults[3].Symbol = "main.f(\"a\",\r\nb)+0x4"
	m := New(r)
	lines := func(write func(*bytes.Buffer) error) [][]string {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(b.String(), "\n"); got != strings.Count(b.String(), "\r\n") || !strings.HasSuffix(b.String(), "\r\n") {
			t.Error("a line does not end with CRLF")
		}
		all, err := csv.NewReader(&b).ReadAll() // refuses lines of another length than the first
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	faults := lines(func(b *bytes.Buffer) error { return WriteFaults(b, m) })
	cells := lines(func(b *bytes.Buffer) error { return WriteCells(b, m) })
	deaths := lines(func(b *bytes.Buffer) error { return WriteDeaths(b, m) })
	if len(faults) != 1+len(r.Faults) || faults[0][0] != "id" || faults[4][slices.Index(faults[0], "symbol")] != "main.f(\"a\",\nb)+0x4" {
		t.Errorf("%d lines of faults: %q", len(faults), faults[4])
	}
	sum := 0
	for _, l := range cells[1:] {
		k, err := strconv.Atoi(l[4])
		if err != nil {
			t.Fatal(err)
		}
		sum += k
	}
	if sum != len(r.Faults) {
		t.Errorf("cells have %d faults of %d", sum, len(r.Faults))
	}
	blocks := 0
	for _, l := range deaths[1:] {
		k, err := strconv.Atoi(l[0])
		if err != nil {
			t.Fatal(err)
		}
		blocks += k
	}
	died := 0
	for _, f := range r.Faults {
		if f.Reason != "" {
			died++
		}
	}
	if blocks != died || died == 0 {
		t.Errorf("deaths of %d blocks, want %d", blocks, died)
	}
}

func TestCompare(t *testing.T) {
	a := New(fake.One.Make())
	same := Compare(a, a)
	for _, d := range same.Differences {
		if d.P < 1-1e-9 || d.Differs() {
			t.Errorf("a campaign differs from itself: %+v", d)
		}
	}
	if same.SameFaults() == "" || len(same.Differences) < 100 || same.OnlyA != nil || len(same.Medians) == 0 {
		t.Errorf("%d comparisons, %q, %d medians", len(same.Differences), same.OnlyA, len(same.Medians))
	}
	other := fake.One
	other.Seed, other.Shift, other.Blocks, other.Group = 9, 0.5, 600, 200
	other.Services = []string{"rtc", "sum", "kbd"}
	c := Compare(a, New(other.Make()))
	differ := 0
	for i, d := range c.Differences {
		if d.Holm < d.P || i > 0 && d.P < c.Differences[i-1].P {
			t.Errorf("%+v", d)
		}
		if d.Differs() {
			differ++
		}
	}
	if differ == 0 || differ > len(c.Differences)/2 || len(c.OnlyA) != 16 || len(c.OnlyB) != 16 {
		t.Errorf("%d of %d differ; only A %q, only B %q", differ, len(c.Differences), c.OnlyA, c.OnlyB)
	}
	var text, page bytes.Buffer
	if err := c.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	if err := c.WriteHTML(&page); err != nil {
		t.Fatal(err)
	}
	leave(t, "compare", page.Bytes())
	if n := len(parse(t, page.Bytes()).all("tr")); n != 2+len(c.Differences)+len(c.Medians) {
		t.Errorf("%d rows", n)
	}
	for _, want := range []string{"A: fake0001\nB: fake0009\n", c.Headline(), "more that do not differ", "not compared, A alone has trials of them: tty/driver/destination", "service  reason"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
}

// A hundred faults that share a fate do not make a difference: the trials are the blocks.
func TestCompareCountsBlocks(t *testing.T) {
	make := func(seed int, dies int) *Model {
		r := &result.Records{}
		for b := range 4 {
			o := "masked"
			if b < dies {
				o = "recovered"
			}
			for i := range 100 {
				r.Faults = append(r.Faults, result.Fault{ID: "c" + strconv.Itoa(seed) + "/" + strconv.Itoa(b) + "/" + strconv.Itoa(i), Service: "s", Select: "x", Type: "x", Stratum: "sdk", Block: uint32(b), Index: i, Faults: 100, Activated: true,
					Outcome: o, Weight: 1, Replay: "r"})
			}
		}
		return New(r)
	}
	for _, d := range Compare(make(1, 1), make(2, 3)).Differences {
		if d.NA != 4 || d.NB != 4 || d.P < 0.4 {
			t.Errorf("%+v", d)
		}
	}
}
