package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bennu/tools/internal/figure"
	"bennu/tools/internal/suite"
)

// The documents say what is recorded, and no figure stands outside of a block.
func TestDocuments(t *testing.T) {
	root := suite.Root(t)
	if err := check(root); err != nil {
		t.Error(err)
	}
	used := map[string]bool{}
	paths, err := documents(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range paths {
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		for name := range blocks {
			used[name] = used[name] || strings.Contains(string(text), blockBegins+name+" -->")
		}
	}
	for name := range blocks {
		if !used[name] {
			t.Errorf("no document has the block %q", name)
		}
	}
}

// example is a record with all that the blocks need.
func example() *record {
	r := &record{Bench: bench{Commit: "0123456789abcdef", Date: "2026-01-02T03:04:05Z", QEMU: "QEMU emulator version 7.2.22 (Debian 1)", Machine: "q35"}}
	for i, l := range summaryLines {
		r.Bench.Figures = append(r.Bench.Figures, figure.Figure{Section: l.section, Name: l.name, Spread: figure.Spread{N: 3, Min: 1, Median: 1000 + uint64(i), Max: 2_000_000},
			Begins: "b", Ends: "e"})
	}
	return r
}

func TestFill(t *testing.T) {
	r := example()
	for _, c := range []struct{ text, want, err string }{
		{"no block\n", "no block\n", ""},
		{"a\n<!-- figures: measured -->\nold\nlines\n<!-- end -->\nb", "a\n<!-- figures: measured -->\nMeasured: commit 0123456789ab, QEMU 7.2.22 (TCG), q35, 256 MiB, 2026-01-02.\n<!-- end -->\nb", ""},
		{"<!-- end -->\n", "<!-- end -->\n", ""}, // of something else
		{"a\n<!-- figures: nothing -->\n<!-- end -->\n", "", `doc:2: block "nothing": expected one of campaigns claim demo linux`},
		{"<!-- figures: measured -->\nold\n", "", `doc:1: block "measured": expected "<!-- end -->" after it`},
		{"<!-- figures: measured -->\n<!-- figures: rows -->\n<!-- end -->\n", "", "doc:2: a block begins within another"},
	} {
		got, err := fill("doc", c.text, r)
		switch {
		case c.err != "":
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%q: error %v, want %q", c.text, err, c.err)
			}
		case err != nil || got != c.want:
			t.Errorf("%q: %q, %v; want %q", c.text, got, err, c.want)
		}
	}
	r.Bench.Figures = r.Bench.Figures[1:]
	if _, err := fill("doc", "<!-- figures: summary -->\n<!-- end -->\n", r); err == nil || !strings.Contains(err.Error(), "null kernel call") {
		t.Errorf("a figure that is not recorded: %v", err)
	}
}

// There is a column of Linux when a Linux was measured, and no word of it otherwise.
func TestLinuxColumn(t *testing.T) {
	r := example()
	text, err := fill("doc", "<!-- figures: summary -->\n<!-- end -->\n<!-- figures: table -->\n<!-- end -->\n", r)
	if err != nil || strings.Contains(text, "Linux") {
		t.Errorf("%v\n%s", err, text)
	}
	r.Bench.LinuxOf, r.Bench.Figures[0].Linux, r.Bench.Figures[0].LinuxName = "Linux 9", 321, "getppid, C"
	text, err = fill("doc", "<!-- figures: summary -->\n<!-- end -->\n", r)
	if err != nil || !strings.Contains(text, "| null kernel call | 1,000 | 2,000,000 | 321 (getppid, C) |") || !strings.Contains(text, "Linux 9 in the same run") {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestStrays(t *testing.T) {
	for text, want := range map[string]int{
		"it takes 1,234 of them\n":        1,
		"recovery in 1.8–3.1 ms\n":        1,
		"a driver has 424 KiB\n":          1,
		"detection in 0.11 ms, 2.3 MiB\n": 1,
		"a quarter is zeroing\n":          1,
		"near\nhalf is the kernel's\n":    1,
		"two fifths page faults\n":        1,
		"each took a\ntenth\n":            1, "a part, half\na third of it\n": 2, "a\n\ntenth\n": 0, "a scaffold\n": 0,
		"was a tenth of it\n":                                               1,
		"each was worth a third or more\n":                                  1,
		"medians move by some hundredths\n":                                 1,
		"Half of that, and 12 % more\n":                                     1,
		"this takes three times as long\n":                                  1,
		"twice what Linux takes\n":                                          1,
		"it boots twice, the third row, the fifth life, a second time\n":    0,
		"what most of it is, less than before, more often\n":                0,
		"64-byte messages, Go 1.26, 256 MiB, 2 s, version 7.2\n":            0,
		"<!-- figures: table -->\n1,234\n<!-- end -->\n":                    0,
		"```\n[0.138696] up 626.9ms\n```\n    1,234\n":                      0,
		"<!-- figures: table -->\n1,234\n<!-- end -->\nand then 5,678 ms\n": 1,
	} {
		if got := strays("README.md", text); len(got) != want {
			t.Errorf("%q: %v, want %d", text, got, want)
		}
	}
	if got := strays("docs/ABI.md", "1,234"); got != nil {
		t.Errorf("constants of another document: %v", got)
	}
}

const (
	goodBench = `{"commit":"c","date":"2026-01-02T03:04:05Z","qemu":"Q","figures":[{"section":"kernel","figure":"null kernel call","n":1,"median":5}],"host_s":1}`
	goodDemo  = `{"deaths":[{}],"summary":{"detect_ns":{"n":1}},"tasks":[{"label":"rs","frames_peak":1}]}`
)

// What failed, is of something else, or of a tree that nobody has, is not recorded.
func TestRecord(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	out := filepath.Join(dir, "out.json")
	for _, c := range []struct{ bench, demo, err string }{
		{goodBench, goodDemo, ""},
		{strings.Replace(goodBench, `"commit":"c"`, `"commit":"c","dirty":true`, 1), goodDemo, "the tree had changes"},
		{strings.Replace(goodBench, `"host_s"`, `"failures":["not measured: x"],"host_s"`, 1), goodDemo, "not measured: x"},
		{goodBench, strings.Replace(goodDemo, `[{}]`, `[{"failures":["tty: gone"]}]`, 1), "death 1: tty: gone"},
		{goodDemo, goodDemo, "is it bench -json?"},
		{goodBench, goodBench, "is it demo -json?"},
		{"{", goodDemo, "unexpected end"},
	} {
		os.Remove(out)
		err := recordReports(out, file("b", c.bench), file("d", c.demo), false)
		_, missing := os.Stat(out)
		if c.err == "" && (err != nil || missing != nil) || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err) || missing == nil) {
			t.Errorf("%.60s: error %v, want %q; file %v", c.bench, err, c.err, missing)
		}
	}
}

// A summary of campaigns is kept beside what was measured; one that says nothing, or of a tree that nobody has, is not.
func TestRecordCampaigns(t *testing.T) {
	const good = `{"claim":"No crash.","faults":200,"blocks":2,"campaigns":[{"id":"a1","commit":"c","qemu":"Q","machine":"q35","command":["run"],"faults":1200,"activated":3,` +
		`"blocks":2,"boots":1,"died":2,"back":1,"outcomes":{"recovered":1,"corruption":1}}]}`
	for _, c := range []struct{ summary, err string }{
		{good, ""},
		{strings.Replace(good, `"commit":"c"`, `"commit":"c","dirty":true`, 1), "a tree with changes"},
		{strings.Replace(good, `"faults":200`, `"faults":0`, 1), "expected campaigns, faults and a claim"},
		{"{", "unexpected end"},
	} {
		dir := t.TempDir()
		record, summary := filepath.Join(dir, "r.json"), filepath.Join(dir, "s.json")
		for path, text := range map[string]string{record: `{"bench":` + goodBench + `,"demo":` + goodDemo + `}`, summary: c.summary} {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		err := recordCampaigns(record, summary, false)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%.60s: %v, want %q", c.summary, err, c.err)
			}
			continue
		}
		r, e := readRecord(record)
		if err != nil || e != nil {
			t.Fatal(err, e)
		}
		text, e := fill("d", "<!-- figures: claim -->\n<!-- end -->\n<!-- figures: campaigns -->\n<!-- end -->\n", r)
		if e != nil || !strings.Contains(text, "No crash. The victim died in 2 blocks, and its next life worked in 1 of those.") ||
			!strings.Contains(text, "| a1 | 1,200 | 3 (0.25 %) | 2 | 1 | 2 | 1 | recovered 1, corruption 1 |") {
			t.Errorf("%v\n%s", e, text)
		}
		// What is measured anew keeps it.
		bench, demo := filepath.Join(dir, "b"), filepath.Join(dir, "d")
		os.WriteFile(bench, []byte(goodBench), 0o600)
		os.WriteFile(demo, []byte(goodDemo), 0o600)
		if err := recordReports(record, bench, demo, false); err != nil {
			t.Fatal(err)
		}
		if r, err := readRecord(record); err != nil || r.Campaigns == nil || r.Campaigns.Faults != 200 {
			t.Errorf("lost: %v", err)
		}
	}
}

// The record has the form that it would be written in now, and nothing that follows from other figures.
func TestRecordedForm(t *testing.T) {
	path := filepath.Join(suite.Root(t), recordFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := readRecord(path)
	if err != nil {
		t.Fatal(err)
	}
	met := true
	for i := range r.Bench.Figures {
		r.Bench.Figures[i].Met, r.Bench.Figures[i].Ratio = &met, 1
	}
	if b, err := r.encode(); err != nil || string(b) != string(text) {
		t.Errorf("%s would be written otherwise: %v", recordFile, err)
	}
}

func TestUnits(t *testing.T) {
	for ns, want := range map[uint64]string{0: "0 ns", 999: "999 ns", 102_400: "102 µs", 1_816_000: "1.82 ms", 12_220_000: "12.2 ms", 999_999_999: "1000 ms", 3_002_000_000: "3.00 s"} {
		if got := duration(ns); got != want {
			t.Errorf("duration(%d) = %q, want %q", ns, got, want)
		}
	}
	if size(424<<10) != "424 KiB" || size(2457<<10) != "2.4 MiB" {
		t.Error(size(424<<10), size(2457<<10))
	}
}

func TestRun(t *testing.T) {
	for _, args := range [][]string{nil, {"record"}, {"record", "-bench", "x"}, {"write", "-bench", "x", "-demo", "y"}, {"check", "more"}, {"other"}} {
		var out strings.Builder
		if s := run(t.TempDir(), args, &out, &out); s != 2 {
			t.Errorf("%q: status %d: %s", args, s, out.String())
		}
	}
	var out strings.Builder
	if s := run(t.TempDir(), []string{"check"}, &out, &out); s != 1 || !strings.Contains(out.String(), recordFile) {
		t.Errorf("without a record: status %d: %s", s, out.String())
	}
}
