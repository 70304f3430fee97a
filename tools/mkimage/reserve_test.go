package main

import (
	"debug/elf"
	"path/filepath"
	"strings"
	"testing"

	"bennu/tools/internal/tinyelf"
)

// TestReservesFit: the sum of the reserves fits the smallest machine of the file. What goes past it is named where it is written,
// whichever part that is, with the sum, the room and what there is to do, and no archive is written.
func TestReservesFit(t *testing.T) {
	task := string(tinyelf.ChangedTask(nil))
	tree := files(t, "rs", task, "a", task, "b", task, "c", task, "d", task,
		"one.conf", "class big {\n\treserve 40M;\n\tmemory 64M;\n};\nservice a { class big; };\n", "two.conf", "\nservice b {\n\tmemory 32M;\n\treserve 20M;\n};\n")
	pack := func(extra string) (int, string) {
		s, _, e := mkimage(tree, "pack", "-o", "DIR/out.tar", "-conf", "DIR/one.conf", "-conf", "DIR/two.conf", "-extra", extra, "bin/rs=DIR/rs", "bin/a=DIR/a", "bin/b=DIR/b", "bin/c=DIR/c")
		return s, strings.ReplaceAll(e, extra+"/", "")
	}
	if s, e := pack(files(t, "system.conf", "service c { };\n")); s != 0 || e != "" {
		t.Errorf("60.6M in all: status %d, %s", s, e)
	}
	const large = "\nservice c { };\nservice d { memory 64M; reserve 50M; };\nservice e { program d; };\n"
	s, e := pack(files(t, "d", task, "system.conf", large))
	const want = `mkimage: system.conf:3:33: service "d": reserve: 50M makes the sum 113280K of `
	_, rest, _ := strings.Cut(e, want)
	if s != 1 || !strings.Contains(rest, `: 62080K are promised to those before it; a machine of 128M has them beside`) || strings.Count(e, "\n") != 1 {
		t.Errorf("110.6M in all: status %d, got\n%swant %s", s, e, want)
	}
	_, hint, _ := strings.Cut(rest, `helps, or "`)
	hint, _, ok := strings.Cut(hint, `" and a machine that has so much`)
	if !ok {
		t.Fatalf("no machine that would do in %s", e)
	}
	if s, e := pack(files(t, "d", task, "system.conf", hint+large)); s != 0 || e != "" {
		t.Errorf("with what it said: status %d, %s", s, e)
	}
	tree = files(t, "rs", task, "a", task, "b", task, "c", task, "two.conf", "service b { class big; };\nservice c { };\n",
		"one.conf", "class big {\n\treserve 60M;\n\tmemory 64M;\n};\nservice a { class big; };\n")
	s, e = pack(files(t, "system.conf", "# nothing\n"))
	if s != 1 || !strings.Contains(e, `mkimage: one.conf:2:10: service "b": reserve: 60M makes the sum 120M of `) || !strings.Contains(e, `(class "big" has the line)`) ||
		there(filepath.Join(tree, "out.tar")) {
		t.Errorf("two of a class: status %d, got\n%s", s, e)
	}
}

// TestLifeFits: what a life needs is counted from the executable: its memory and its reserve have room for that.
func TestLifeFits(t *testing.T) {
	small := string(tinyelf.ChangedTask(nil))
	large := string(tinyelf.ChangedTask(func(_ *elf.Header64, p []elf.Prog64) { p[1].Memsz = 1 << 20 }))
	for _, c := range []struct {
		conf, want string
		status     int
	}{
		{"service a { reserve 1200K; };", "", 0},
		{"service a { };", `s.conf:1:1: service "a": reserve (the default, 640K) is less than a life takes, expected at least 1064K: its executable's writable`, 1},
		{"service a { io 3f8:8; reserve 1064K; };", `s.conf:1:31: service "a": reserve: 1064K is less than a life takes, expected at least 1084K`, 1},
		{"service a { io 70:2; reserve 1064K; };", "", 0},
		{"service a { unguarded 6000; reserve 1064K; };", `s.conf:1:37: service "a": reserve: 1064K is less than a life takes, expected at least 1084K`, 1},
		{"\nservice a { reserve 1063K; };", `s.conf:2:21: service "a": reserve: 1063K is less than a life takes, expected at least 1064K`, 1},
		{"service a { reserve 1064K; };", "", 0},
		{"class c { memory 1M; };\nservice a { class c; };", `s.conf:1:18: service "a": memory: 1M is less than a life takes, expected at least 1064K: its executable's writable segments, page tables and kernel pages come to that (class "c" has the line)`, 1},
		{"service a { reserve 0K; };", `note: s.conf:1:21: service "a": reserve: 0M promises nothing: it does not come back while others have all memory`, 0},
		{"service b { memory 64K; };", `s.conf:1:20: service "b": memory: 64K is less than a life takes, expected at least 76K`, 1},
		{"service b { memory 76K; };", "", 0},
	} {
		name := "a"
		if strings.Contains(c.conf, "service b") {
			name = "b"
		}
		dir := files(t, "rs", small, "a", large, "b", small, "s.conf", c.conf)
		s, _, e := mkimage(dir, "pack", "-o", "DIR/out.tar", "-conf", "DIR/s.conf", "bin/rs=DIR/rs", "bin/"+name+"=DIR/"+name)
		unguarded := strings.Contains(c.conf, "unguarded") // of which there is a note
		if s != c.status || !strings.Contains(e, c.want) || c.want == "" && e != "" || s == 1 && !unguarded && strings.Count(e, "\n") != 1 {
			t.Errorf("%s\nstatus %d, got\n%swant %s", c.conf, s, e, c.want)
		}
	}
}
