package ktap

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the headers of testdata/*.log")

// Each file of testdata is a TITLE line, what the parser makes of the log, an empty line, and
// the log as a console shows it.
func TestLogs(t *testing.T) {
	files, err := filepath.Glob("testdata/*.log")
	if err != nil || len(files) == 0 {
		t.Fatalf("no logs: %v", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".log"), func(t *testing.T) {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			header, log, ok := strings.Cut(string(b), "\n\n")
			title, want, _ := strings.Cut(header, "\n")
			if !ok || !strings.HasPrefix(title, "TITLE: ") {
				t.Fatal("expected a TITLE line and an empty line before the log")
			}
			got := summary(log)
			if *update {
				if err := os.WriteFile(f, []byte(title+"\n"+got+"\n\n"+log), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func summary(log string) string {
	p := NewParser()
	if log != "" {
		for _, l := range strings.Split(strings.TrimSuffix(log, "\n"), "\n") {
			p.Line(strings.TrimRight(l, "\r"))
		}
	}
	r := p.Finish("the log ends")
	passed, failed, skipped := r.Count()
	s := fmt.Sprintf("OK: %v\nCOUNT: plan %d, passed %d, failed %d, skipped %d", r.OK(), r.Plan, passed, failed, skipped)
	for _, f := range r.Faults {
		s += "\nFAULT: " + f
	}
	for _, c := range r.Tests {
		if !c.OK {
			s += fmt.Sprintf("\nFAILED: %d %s, %d lines of log", c.Number, c.Name, len(c.Log))
		}
	}
	return s
}

// The reader may stop as soon as the last result is there.
func TestComplete(t *testing.T) {
	p := NewParser()
	for i, l := range []string{"boot", "KTAP version 1", "1..2", "ok 1 a", "# about b"} {
		if p.Line(l) {
			t.Errorf("complete after line %d, %q", i, l)
		}
	}
	if !p.Line("ok 2 b") {
		t.Error("not complete after the last result")
	}
}

func TestLogIsBounded(t *testing.T) {
	p := NewParser()
	for i := range 1000 {
		p.Line(fmt.Sprint("noise ", i))
	}
	if r := p.Finish("end"); len(r.Rest) != MaxLog || r.Rest[MaxLog-1] != "noise 999" {
		t.Errorf("%d lines kept, last %q", len(r.Rest), r.Rest[len(r.Rest)-1])
	}
}

func FuzzLines(f *testing.F) {
	f.Add("KTAP version 1\n1..2\nok 1 a\nnot ok 2 - b # why\n")
	f.Add("[0.1] rs: KTAP version 1\n[0.1] rs: 1..1\nok 1\nBail out!")
	f.Fuzz(func(t *testing.T, log string) {
		p := NewParser()
		for _, l := range strings.Split(log, "\n") {
			p.Line(l)
		}
		r := p.Finish("end")
		passed, failed, skipped := r.Count()
		if n := len(r.Tests); passed+failed+skipped < n || r.OK() && (n != r.Plan || failed > 0) {
			t.Errorf("%+v", r)
		}
	})
}
