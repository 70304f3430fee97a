package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func lay(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := write(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// holds asks that a tree has these files, and none of those with an empty text.
func holds(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, want := range files {
		b, err := os.ReadFile(filepath.Join(root, name))
		if want == "" && !os.IsNotExist(err) || want != "" && string(b) != want {
			t.Errorf("%s: %v\ngot  %q\nwant %q", name, err, b, want)
		}
	}
}

// A folder moves with all that is in it and its name everywhere, unless it has moved in this tree; one that moved twice ends where it is now.
func TestRelocate(t *testing.T) {
	root := t.TempDir()
	lay(t, root, map[string]string{
		"k/t/a.go":     "package t\n\nimport _ \"bennu/k/t/x\"\n",
		"k/t/x/b.go":   "package x\n",
		"k/tx/c.go":    "package tx // k/tx, not k/t\n",
		"Makefile":     "T := k/t ../k/t/x k/t_ ok/t\n",
		"raw":          "k/t\x00",
		"old/n.go":     "package n\n",
		"was/w.go":     "package w // was, and is\n",
		"is/w.go":      "package w\n",
		"d/imports.go": "package d\n\nimport _ \"bennu/old\"\n",
	})
	if err := relocate(root, []move{{"k/t", "b/t"}, {"old", "mid"}, {"mid", "new"}, {"was", "is"}, {"gone", "nowhere"}}); err != nil {
		t.Fatal(err)
	}
	holds(t, root, map[string]string{
		"b/t/a.go":     "package t\n\nimport _ \"bennu/b/t/x\"\n",
		"b/t/x/b.go":   "package x\n",
		"k/t/a.go":     "",
		"k/tx/c.go":    "package tx // k/tx, not b/t\n",
		"Makefile":     "T := b/t ../b/t/x k/t_ ok/t\n",
		"raw":          "k/t\x00",
		"old/n.go":     "",
		"new/n.go":     "package n\n",
		"was/w.go":     "package w // was, and is\n",
		"d/imports.go": "package d\n\nimport _ \"bennu/new\"\n",
	})
}

func TestGiveWay(t *testing.T) {
	const was = "package rtc\n\nimport \"bennu/x\"\n\ntype rtc struct{ rtc int }\n\nfunc (r *rtc) rtc() *rtc { return &rtc{rtc: x.rtc(r.rtc)} } // rtc\n"
	root := t.TempDir()
	lay(t, root, map[string]string{"a/a.go": was, "a/a_test.go": "package rtc\n\nvar _ = new(rtc)\n", "b/b.go": was + "\ntype driver int\n", "c/c.go": "package rtc\n"})
	if err := giveWay(root, []rename{{"a", "rtc", "driver"}, {"b", "rtc", "driver"}, {"c", "rtc", "driver"}, {"gone", "rtc", "driver"}}); err != nil {
		t.Fatal(err)
	}
	holds(t, root, map[string]string{
		"a/a.go":      "package rtc\n\nimport \"bennu/x\"\n\ntype driver struct{ rtc int }\n\nfunc (r *driver) rtc() *driver { return &driver{rtc: x.rtc(r.rtc)} } // rtc\n",
		"a/a_test.go": "package rtc\n\nvar _ = new(driver)\n", "b/b.go": was + "\ntype driver int\n", "c/c.go": "package rtc\n",
	})
}

func TestLend(t *testing.T) {
	now, root := t.TempDir(), t.TempDir()
	lay(t, now, map[string]string{
		"p/rtc/r.go": "package rtc\n\ntype Doubt int\n\nconst Get, Set = 1, 2\n\nvar Last = 3\n\nfunc Years() {}\n\nfunc years() {}\n\nfunc (Doubt) Bad() {}\n",
		"p/tty/t.go": "package tty\n\nconst Write = 1\n",
		"p/kbd/k.go": "package kbd\n\nconst Read = 1\n",
	})
	lay(t, root, map[string]string{
		"abi/a.go":   "package abi\n\ntype RTCDoubt int\n\nconst (\n\tRTCGet = 1\n\tGet = 4\n\tKBDRead = 1\n)\n\nvar RTCLast = 3\n\nfunc RTCYears() {}\n\nfunc RTCyears() {}\n\nfunc (RTCDoubt) RTCSet() {}\n",
		"p/kbd/k.go": "package kbd\n",
	})
	if err := lend(now, root, []loan{{"p/rtc", "abi", "RTC"}, {"p/tty", "abi", "TTY"}, {"p/kbd", "abi", "KBD"}, {"p/gone", "abi", ""}, {"p/rtc", "gone", ""}}); err != nil {
		t.Fatal(err)
	}
	holds(t, root, map[string]string{
		"p/rtc/before_added.go": "package rtc\n\nimport \"bennu/abi\"\n\ntype Doubt = abi.RTCDoubt\n\nconst Get = abi.RTCGet\n\nvar Last = abi.RTCLast\n\nvar Years = abi.RTCYears\n",
		"p/tty/before_added.go": "", "p/kbd/before_added.go": "", "p/gone/before_added.go": "",
	})
}

// The tables speak of this tree: what moved is at its new place and not at its old one, what gave way has its new name, and what was
// made of parts is there.
func TestMovedIsTrue(t *testing.T) {
	const root = "../.."
	for i, m := range moved {
		again := slices.ContainsFunc(moved[i+1:], func(n move) bool { return m.to == n.from })
		if present(root, m.from) || !again && !present(root, m.to) {
			t.Errorf("%s → %s: expected the one gone, the other there", m.from, m.to)
		}
	}
	for _, l := range lent {
		if !present(root, l.folder) {
			t.Errorf("%s is not there", l.folder)
		}
	}
	for _, n := range renamed {
		if has, err := declared(filepath.Join(root, n.folder)); err != nil || has[n.to] == "" || has[n.from] != "" {
			t.Errorf("%s: %v, expected %s and no %s", n.folder, err, n.to, n.from)
		}
	}
}

// Tests of a folder that has moved meet the base's code, and so do those that name a package which was then a part of another.
func TestRunMoved(t *testing.T) {
	was := map[string]string{
		"go.mod":            "module bennu\n\ngo 1.26\n",
		".gitignore":        "/out/\n",
		"drivers/ctl/c.go":  "package ctl\n\nfunc Half(n int) int { return n / 3 }\n",
		"kernel/abi/abi.go": "package abi\n\nconst RTCGet = 7\n",
		"drivers/rtc/r.go":  "package main\n\nimport \"bennu/kernel/abi\"\n\ntype rtc struct{}\n\nfunc (*rtc) get() int { return abi.RTCGet + 1 }\n\nfunc main() {}\n",
		"use/u.go":          "package use\n\nimport \"bennu/drivers/ctl\"\n\nvar Use = ctl.Half(9)\n",
	}
	root := repository(t, was, map[string]string{
		"docs/BUGS.md":              "# Faults\n",
		"rs/ctl/c.go":               "package ctl\n\nfunc Half(n int) int { return n / 2 }\n",
		"rs/ctl/c_test.go":          "package ctl\n\nimport \"testing\"\n\nfunc TestHalf(t *testing.T) {\n\tif n := Half(6); n != 3 {\n\t\tt.Errorf(\"half of 6 is %d\", n)\n\t}\n}\n",
		"use/u.go":                  "package use\n\nimport \"bennu/rs/ctl\"\n\nvar Use = ctl.Half(9)\n",
		"use/u_test.go":             "package use\n\nimport (\n\t\"testing\"\n\n\t\"bennu/rs/ctl\"\n)\n\nfunc TestUse(t *testing.T) {\n\tif Use != 4 || ctl.Half(2) != 1 {\n\t\tt.Error(Use)\n\t}\n}\n",
		"drivers/protocol/rtc/p.go": "package rtc\n\nconst Get = 7\n",
		"drivers/rtc/r.go":          "package main\n\nimport \"bennu/drivers/protocol/rtc\"\n\ntype driver struct{}\n\nfunc (*driver) get() int { return rtc.Get }\n\nfunc main() {}\n",
		"drivers/rtc/r_test.go": "package main\n\nimport (\n\t\"testing\"\n\n\t\"bennu/drivers/protocol/rtc\"\n)\n\nfunc TestGet(t *testing.T) {\n" +
			"\tif n := new(driver).get(); n != rtc.Get {\n\t\tt.Errorf(\"get is %d\", n)\n\t}\n}\n",
	})
	t.Chdir(root)
	r := &run{log: io.Discard, noMachine: true, tags: "qemu", timeout: 10 * time.Second}
	r.report.Base = "HEAD"
	if err := r.do(t.Context()); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range r.report.Results {
		got = append(got, x.Package+" "+x.Test+" "+string(x.Change)+": "+string(x.Outcome)+" "+x.Words)
	}
	want := []string{"drivers/rtc TestGet new: fails r_test.go:11: get is 8", "rs/ctl TestHalf new: fails c_test.go:7: half of 6 is 2", "use TestUse new: fails u_test.go:11: 3"}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
