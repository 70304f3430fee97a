package main

import (
	"fmt"
	"strings"
	"testing"
)

func TestParseLine(t *testing.T) {
	for _, c := range []struct {
		line string
		want Figure
		ok   bool
		err  string
	}{
		{"[0.007508] bennu 0.1: QEMU", Figure{}, false, ""},
		{"  {\"figure\":\"null kernel call\",\"n\":3,\"min\":1,\"median\":2,\"p99\":3,\"max\":4}\r",
			Figure{Section: sectionKernel, Name: "null kernel call", N: 3, Min: 1, Median: 2, P99: 3, Max: 4}, true, ""},
		{`{"figure":"x, bytes","n":1,"min":9,"median":9,"p99":9,"max":9}`,
			Figure{Section: sectionMemory, Name: "x", N: 1, Min: 9, Median: 9, P99: 9, Max: 9}, true, ""},
		{`{"figure":"done"}`, Figure{Section: sectionKernel, Name: done}, true, ""},
		{`{"figure":"empty","n":0}`, Figure{}, false, "expected samples"},
		{`{"figure":"cut","n":`, Figure{}, false, "the line"},
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

func TestSummed(t *testing.T) {
	var s []uint64
	for i := range 200 {
		s = append(s, uint64(200-i))
	}
	if f := summed("a", "b", s); f.N != 200 || f.Min != 1 || f.Median != 101 || f.P99 != 199 || f.Max != 200 {
		t.Errorf("%+v", f)
	}
	if f := summed("a", "b", nil); f.N != 0 || f.Max != 0 {
		t.Errorf("no samples: %+v", f)
	}
}

// enough is a report with a figure for each target, just met.
func enough() *Report {
	r := &Report{}
	for i := range targets {
		r.add(single(targets[i].section, targets[i].prefix+" of a test", targets[i].most))
	}
	return r
}

func TestJudge(t *testing.T) {
	r := enough()
	r.judge()
	if r.missed() != 0 || len(r.Failures) != 0 {
		t.Errorf("all met: %d missed, failures %q", r.missed(), r.Failures)
	}
	if f := r.Figures[0]; f.Linux != 337 || f.Ratio < 1.18 || f.Ratio > 1.19 {
		t.Errorf("beside Linux: %+v", f)
	}
	r = enough()
	r.Figures[1].Max++ // the worst counts, not the median
	r.judge()
	if r.missed() != 1 || *r.Figures[1].Met {
		t.Errorf("one too many: %d missed, %+v", r.missed(), r.Figures[1])
	}
	r = enough()
	r.Figures = r.Figures[1:]
	r.judge()
	if len(r.Failures) != 1 || !strings.Contains(r.Failures[0], targets[0].prefix) {
		t.Errorf("a target without a figure: failures %q", r.Failures)
	}
}

func TestText(t *testing.T) {
	r := &Report{QEMU: "Q"}
	r.add(single(sectionMemory, "task rtc", 5<<20), single(sectionKernel, "null kernel call", 350))
	r.add(single(sectionBoot, "no target", 1234567))
	r.sort()
	r.judge()
	var b strings.Builder
	r.text(&b)
	out := b.String()
	for _, want := range []string{"MISSED by 1,048,576", "≤ 400 ok; Linux 337: 1.04×", "1,234,567", "2 figures have a target, 1 miss it", "FAILED not measured: kernel: round trip"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if strings.Index(out, "null kernel call") > strings.Index(out, "task rtc") {
		t.Errorf("sections out of order:\n%s", out)
	}
}

func TestGroup(t *testing.T) {
	for v, want := range map[uint64]string{0: "0", 999: "999", 1000: "1,000", 12345678: "12,345,678"} {
		if got := group(v); got != want {
			t.Errorf("group(%d) = %q, want %q", v, got, want)
		}
	}
}

// Every way of dying is measured, the ones that take missed heartbeats apart.
func TestWays(t *testing.T) {
	seen := map[string]bool{}
	for _, w := range ways() {
		if w == "?" || seen[w] {
			t.Errorf("way %q is unknown or there twice", w)
		}
		seen[w] = true
	}
	for w := range slowWays {
		if !seen[w] {
			t.Errorf("slow way %q is none", w)
		}
	}
	if len(seen) < 19 {
		t.Errorf("%d ways, want at least 19", len(seen))
	}
}

// Each entry of a RAM disk begins at a multiple of four, and its header says how long name and data are.
func TestRamdisk(t *testing.T) {
	b := ramdisk([]byte("12345"))
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
	if got := strings.Join(names, " "); got != "dev dev/console dev/null init TRAILER!!!" {
		t.Errorf("entries %q", got)
	}
}
