package main

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"
	"time"

	"bennu/drivers/protocol/faulty"
	"bennu/tools/internal/figure"
	"bennu/tools/internal/suite"
)

func TestParseLine(t *testing.T) {
	for _, c := range []struct {
		line string
		want figure.Figure
		ok   bool
		err  string
	}{
		{"[0.007508] bennu 0.1: QEMU", figure.Figure{}, false, ""},
		{"  {\"figure\":\"null kernel call\",\"n\":3,\"min\":1,\"median\":2,\"p99\":3,\"max\":4}\r",
			figure.Figure{Section: sectionKernel, Name: "null kernel call", Spread: figure.Spread{N: 3, Min: 1, Median: 2, P99: 3, Max: 4}}, true, ""},
		{`{"figure":"x, bytes","n":1,"min":9,"median":9,"p99":9,"max":9}`,
			figure.Figure{Section: sectionMemory, Name: "x", Spread: figure.Spread{N: 1, Min: 9, Median: 9, P99: 9, Max: 9}}, true, ""},
		{`{"figure":"done"}`, figure.Figure{Section: sectionKernel, Name: done}, true, ""},
		{`{"figure":"empty","n":0}`, figure.Figure{}, false, "expected samples"},
		{`{"figure":"cut","n":`, figure.Figure{}, false, "the line"},
	} {
		f, ok, err := parseLine(c.line)
		switch {
		case c.err != "":
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%q: error %v, want %q", c.line, err, c.err)
			}
		case err != nil || ok != c.ok || ok && f != c.want:
			t.Errorf("%q: %+v, %v, %v; want %+v, %v", c.line, f, ok, err, c.want, c.ok)
		}
	}
}

// enough is a report with a figure for each row, its target just met.
func enough() *Report {
	r := &Report{Linux: []figure.Figure{single("", "getppid, Go", 350), single("", "getppid, C", 300)}}
	for i := range rows {
		r.add(single(rows[i].section, strings.ReplaceAll(rows[i].name, "*", "x"), rows[i].most))
	}
	return r
}

func TestJudge(t *testing.T) {
	r := enough()
	r.judge()
	if r.missed() != 0 || len(r.Failures) != 0 {
		t.Errorf("all met: %d missed, failures %q", r.missed(), r.Failures)
	}
	for _, f := range r.Figures {
		if f.Name == "null kernel call" && (f.Linux != 300 || f.LinuxName != "getppid, C" || f.Ratio < 0.83 || f.Ratio > 0.84) {
			t.Errorf("beside the best of Linux: %+v", f)
		}
		if f.Begins == "" {
			t.Errorf("%s: does not say where it begins", f.Name)
		}
	}
	r = enough()
	for i := range r.Figures {
		if r.Figures[i].Name == "null kernel call" {
			r.Figures[i].Max++ // the worst counts, not the median
		}
	}
	r.judge()
	if r.missed() != 1 {
		t.Errorf("one too many: %d missed", r.missed())
	}
	r = enough()
	r.Figures = r.Figures[1:]
	r.judge()
	if len(r.Failures) != 1 || !strings.Contains(r.Failures[0], rows[0].name) {
		t.Errorf("a row without a figure: failures %q", r.Failures)
	}
	r = enough()
	r.add(single(sectionKernel, "something new", 1))
	r.judge()
	if len(r.Failures) != 1 || !strings.Contains(r.Failures[0], "something new") {
		t.Errorf("a figure without a row: failures %q", r.Failures)
	}
}

// Without a Linux there is no figure of one, from nowhere.
func TestNoLinuxNoColumn(t *testing.T) {
	r := enough()
	r.Linux = nil
	r.judge()
	var b strings.Builder
	r.text(&b)
	for _, f := range r.Figures {
		if f.Linux != 0 || f.LinuxName != "" || f.Ratio != 0 {
			t.Errorf("%+v", f)
		}
	}
	if strings.Contains(b.String(), "Linux") {
		t.Errorf("it speaks of Linux:\n%s", b.String())
	}
}

// Every row says where its figures end, or counts something; each is reached: no earlier one takes all of its figures.
func TestRows(t *testing.T) {
	for i := range rows {
		w := &rows[i]
		if w.begins == "" || w.ends == "" && w.section != sectionMemory && w.section != sectionSize && !strings.HasPrefix(w.name, "page faults") {
			t.Errorf("%s: %s begins %q, ends %q", w.section, w.name, w.begins, w.ends)
		}
		f := single(w.section, strings.ReplaceAll(w.name, "*", "x"), 1)
		if got := rowOf(&f); got != w {
			t.Errorf("%s: %s is taken by %s", w.section, w.name, got.name)
		}
	}
}

func TestReportOfTheTree(t *testing.T) {
	root := suite.Root(t)
	r := newReport(t.Context(), &options{root: root})
	if ok, _ := regexp.MatchString("^([0-9a-f]{40}|unknown)$", r.Commit); !ok {
		t.Errorf("commit %q", r.Commit)
	}
	if _, err := time.Parse(time.RFC3339, r.Date); err != nil || r.QEMU == "" || r.Machine != "q35" {
		t.Errorf("%+v, %v", r, err)
	}
	if got := newReport(t.Context(), &options{root: t.TempDir()}); got.Commit != "unknown" || got.Dirty {
		t.Errorf("outside of a repository: %+v", got)
	}
}

func TestText(t *testing.T) {
	r := &Report{QEMU: "Q", Commit: "c0ffee", Dirty: true, LinuxOf: "Linux 9", Linux: []figure.Figure{single("", "getppid, C", 337)}}
	r.add(single(sectionMemory, "task rtc", 5<<20), single(sectionKernel, "null kernel call", 200))
	r.add(single(sectionBoot, "no row", 1234567))
	r.sort()
	r.judge()
	var b strings.Builder
	r.text(&b)
	out := b.String()
	for _, want := range []string{"counted by Q", "commit c0ffee with changes", "MISSED by 1,048,576", "≤ 250 ok; Linux 337: 0.59× (getppid, C)", "1,234,567", "Linux 9, in the same QEMU",
		"2 figures have a target, 1 miss it", "FAILED not measured: kernel: round trip"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if strings.Index(out, "null kernel call") > strings.Index(out, "task rtc") {
		t.Errorf("sections out of order:\n%s", out)
	}
}

// Every way of dying is measured, the ones that take missed heartbeats as such; a wait of the policy follows another death of
// the same service; and each case gives figures that a row is about.
func TestCases(t *testing.T) {
	o := &options{deaths: 7, slow: 2, linux: "x"}
	seen := map[string]bool{}
	last := ""
	for _, c := range o.cases() {
		if seen[c.name] || c.n < 1 || c.label == "" {
			t.Errorf("%+v", c)
		}
		seen[c.name] = true
		if c.backoff && c.label != last {
			t.Errorf("%s follows a death of %s", c.name, last)
		}
		last = c.label
		for _, point := range []string{toDecided, toAnswer} {
			if rowOf(&figure.Figure{Section: sectionRebirth, Name: c.name + point}) == nil {
				t.Errorf("no row for %s%s", c.name, point)
			}
		}
	}
	for w := faulty.Way(1); w < faulty.Ways; w++ {
		if !seen["way "+w.String()] {
			t.Errorf("no case for %s", w)
		}
	}
	for w := range slowWays {
		if !seen["way "+w] {
			t.Errorf("slow way %q is none", w)
		}
	}
	o.linux = ""
	for _, c := range o.cases() {
		if c.label == cName {
			t.Errorf("%s needs a compiler", c.name)
		}
	}
}

func TestInOrder(t *testing.T) {
	good := map[string]uint64{toDecided: 1, toCreate: 2, toAllowed: 3, toFirst: 4, toReady: 5, toAnswer: 6}
	if err := inOrder(good); err != nil {
		t.Error(err)
	}
	for _, bad := range []map[string]uint64{{toCreate: 0}, {toFirst: 2}, {toAnswer: 4}, {toReady: 1 << 63}} {
		all := maps.Clone(good)
		maps.Copy(all, bad)
		if inOrder(all) == nil {
			t.Errorf("%v is in order", all)
		}
	}
}

// Each entry of a RAM disk begins at a multiple of four, and its header says how long name and data are.
func TestRamdisk(t *testing.T) {
	b := ramdisk(map[string][]byte{"init": []byte("12345"), "go": nil})
	var names []string
	for at := 0; at < len(b); {
		h := string(b[at : at+110])
		var size, name int
		if _, err := fmt.Sscanf(h[54:62], "%x", &size); err != nil || h[:6] != "070701" {
			t.Fatalf("at %d: header %q", at, h)
		}
		fmt.Sscanf(h[94:102], "%x", &name)
		n := string(b[at+110 : at+110+name-1])
		names = append(names, n)
		at = (at + 110 + name + 3) &^ 3
		if n == "init" && string(b[at:at+size]) != "12345" {
			t.Errorf("init holds %q", b[at:at+size])
		}
		at = (at + size + 3) &^ 3
	}
	if got := strings.Join(names, " "); got != "dev dev/console dev/null proc go init TRAILER!!!" {
		t.Errorf("entries %q", got)
	}
}
