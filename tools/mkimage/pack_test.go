package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bennu/kernel/archive"
	"bennu/tools/internal/bootimage"
	"bennu/tools/internal/tinyelf"
)

// files writes name, content, … into a new folder.
func files(t *testing.T, pairs ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(pairs); i += 2 {
		mode := os.FileMode(0o644)
		if strings.HasPrefix(pairs[i+1], "\x7fELF") {
			mode = 0o755
		}
		if err := os.WriteFile(filepath.Join(dir, pairs[i]), []byte(pairs[i+1]), mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// mkimage runs the command; its output comes with the folder's name taken out.
func mkimage(dir string, args ...string) (status int, stdout, stderr string) {
	var o, e bytes.Buffer
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "DIR", dir)
	}
	status = run(args, &o, &e)
	return status, strings.ReplaceAll(o.String(), dir+"/", ""), strings.ReplaceAll(e.String(), dir+"/", "")
}

const goodConf = "service tick {\n\tdescr \"ticks\";\n};\n"

func TestPack(t *testing.T) {
	task := string(tinyelf.ChangedTask(nil))
	dir := files(t, "system.conf", goodConf, "rs", task, "tick", task)
	args := []string{"pack", "-o", "DIR/a.tar", "-conf", "DIR/system.conf", "bin/tick=DIR/tick", "bin/rs=DIR/rs"}
	if s, _, e := mkimage(dir, args...); s != 0 || e != "" {
		t.Fatalf("status %d: %s", s, e)
	}
	one, _ := os.ReadFile(filepath.Join(dir, "a.tar"))
	if s, _, _ := mkimage(dir, "pack", "-o", "DIR/b.tar", "-conf", "DIR/system.conf", "bin/rs=DIR/rs", "bin/tick=DIR/tick"); s != 0 {
		t.Fatal(s)
	}
	two, _ := os.ReadFile(filepath.Join(dir, "b.tar"))
	if len(one) == 0 || !bytes.Equal(one, two) {
		t.Errorf("two runs give %d and %d bytes that differ", len(one), len(two))
	}
	a, err := archive.Open(one)
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := a.File(bootimage.ConfName); string(b) != goodConf {
		t.Errorf("system.conf: %q", b)
	}
	if s, o, e := mkimage(dir, "check", "DIR/a.tar"); s != 0 || o != "a.tar: 3 files, all as the manifest says\n" {
		t.Errorf("check: %d %s%s", s, o, e)
	}
	if s, o, _ := mkimage(dir, "ls", "DIR/a.tar"); s != 0 || strings.Count(o, "\n") != 4 || !strings.Contains(o, " bin/tick\n") {
		t.Errorf("ls: %d\n%s", s, o)
	}
	left, _ := filepath.Glob(dir + "/.*")
	if len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestPackRefuses(t *testing.T) {
	task := string(tinyelf.ChangedTask(nil))
	for _, c := range []struct {
		name  string
		files []string
		args  string // after pack -o OUT
		want  []string
	}{
		{"faults of both parts, at their own lines", []string{"a.conf", "service a {\n\tnonsense;\n};", "b.conf", "\n\nservice b {\n\tirq x;\n};\n", "rs", task},
			"-conf DIR/a.conf -conf DIR/b.conf bin/rs=DIR/rs", []string{"a.conf:2:2: service \"a\": ", "b.conf:4:6: service \"b\": "}},
		{"one port, one line, two files", []string{"a.conf", "# 1\n\nservice a { io 3f8:8; irq 4; };", "b.conf", "\nservice b {\n\tio 3fc;\n\tirq 4;\n};\n", "rs", task},
			"-conf DIR/a.conf -conf DIR/b.conf bin/rs=DIR/rs", []string{`b.conf:3:5: service "b": io: ports 3fc are also service "a"'s, expected one owner, see a.conf:3:16`,
				`b.conf:4:6: service "b": irq: line 4 is also service "a"'s and edge-triggered, expected one owner, see a.conf:3:27`}},
		{"one label, two files", []string{"a.conf", "\nservice a { };", "b.conf", "service a { };\n", "rs", task},
			"-conf DIR/a.conf -conf DIR/b.conf bin/rs=DIR/rs", []string{`b.conf:1:9: service "a": duplicate label, expected one entry, see a.conf:2:9`}},
		{"all faults of ports at once", []string{"a.conf", "service a {\n\tio 60 64 61 6000;\n\tunguarded fff8:9;\n\tirq 2;\n};", "rs", task}, "-conf DIR/a.conf bin/rs=DIR/rs",
			[]string{"a.conf:2:11: service \"a\": io: ports 61 (NMI", "a.conf:2:14: service \"a\": io: ports 6000 are in no list", "a.conf:3:12: service \"a\": unguarded: unexpected \"fff8:9\"",
				"a.conf:4:6: service \"a\": irq: line 2 is the cascade"}},
		{"program missing", []string{"s.conf", "\n" + goodConf, "rs", task}, "-conf DIR/s.conf bin/rs=DIR/rs",
			[]string{`s.conf:2:1: service "tick": its program bin/tick is not in the archive`}},
		{"no root task", []string{"x", task}, "bin/x=DIR/x", []string{"bin/rs is not in the archive"}},
		{"not a task", []string{"rs", "#!/bin/sh\n"}, "bin/rs=DIR/rs", []string{"bin/rs: not an ELF file"}},
		{"no such file", nil, "bin/rs=DIR/rs", []string{"open rs: no such file", "bin/rs is not in the archive"}},
		{"no conf", []string{"rs", task}, "-conf DIR/none bin/rs=DIR/rs", []string{"open none: no such file"}},
		{"twice", []string{"rs", task}, "bin/rs=DIR/rs bin/rs=DIR/rs", []string{"rs: bin/rs is in the archive already"}},
		{"bad name", []string{"rs", task}, "bin/rs=DIR/rs ../x=DIR/rs", []string{`expected NAME=FILE`}},
		{"no file", []string{"rs", task}, "bin/rs", []string{`argument "bin/rs": expected NAME=FILE`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := files(t, c.files...)
			s, _, e := mkimage(dir, append([]string{"pack", "-o", "DIR/out.tar"}, strings.Fields(c.args)...)...)
			if s != 1 {
				t.Errorf("status %d, want 1", s)
			}
			for _, w := range c.want {
				if !strings.Contains(e, w) {
					t.Errorf("got\n%swant %s", e, w)
				}
			}
			if there(filepath.Join(dir, "out.tar")) {
				t.Error("an archive was written")
			}
		})
	}
}

func there(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// A peer that is not in the file may be a slip: it is told, and the archive is written.
func TestNotes(t *testing.T) {
	task := string(tinyelf.ChangedTask(nil))
	dir := files(t, "rs", task, "tick", task, "a.conf", "# nothing\n", "b.conf", "service tick {\n\tipc nobody;\n};\n")
	s, _, e := mkimage(dir, "pack", "-o", "DIR/out.tar", "-conf", "DIR/a.conf", "-conf", "DIR/b.conf", "bin/rs=DIR/rs", "bin/tick=DIR/tick")
	if s != 0 || !strings.HasPrefix(e, `mkimage: note: b.conf:2:6: service "tick": `) {
		t.Errorf("%d %s", s, e)
	}
}

// A program that nobody starts may be one whose system.conf was forgotten. One of an entry that is refused is not it.
func TestIdleProgram(t *testing.T) {
	task := string(tinyelf.ChangedTask(nil))
	dir := files(t, "rs", task, "tick", task, "tock", task, "a.conf", "service tick { };\n", "b.conf", "service tick { };\nservice tock { periods 1s; };\n")
	all := []string{"bin/rs=DIR/rs", "bin/tick=DIR/tick", "bin/tock=DIR/tock"}
	const want = "mkimage: note: bin/tock: no service of system.conf has this program, so nobody starts it\n"
	if s, _, e := mkimage(dir, append([]string{"pack", "-o", "DIR/out.tar", "-conf", "DIR/a.conf"}, all...)...); s != 0 || e != want {
		t.Errorf("%d %s", s, e)
	}
	if s, _, e := mkimage(dir, append([]string{"pack", "-o", "DIR/out.tar", "-conf", "DIR/b.conf"}, all...)...); s != 1 || strings.Contains(e, "nobody starts") {
		t.Errorf("%d %s", s, e)
	}
}

// TestExtraConflict: what the user's folder brings is held against the tree's entries, each named by its own file. What is
// unguarded is told.
func TestExtraConflict(t *testing.T) {
	task := string(tinyelf.ChangedTask(nil))
	tree := files(t, "rs", task, "tty", task, "tty.conf", "service tty { io 3f8:8; };\n")
	extra := files(t, "mine", task, "system.conf", "\nservice mine {\n\tio 2f8:8 3ff;\n\tunguarded 6000:10;\n};\n")
	s, _, e := mkimage(tree, "pack", "-o", "DIR/out.tar", "-conf", "DIR/tty.conf", "-extra", extra, "bin/rs=DIR/rs", "bin/tty=DIR/tty")
	for _, want := range []string{
		`system.conf:3:11: service "mine": io: ports 3ff are also service "tty"'s, expected one owner, see tty.conf:1:18`,
		`system.conf:4:12: service "mine": unguarded: ports 6000:10: the kernel does not know what is there`,
	} {
		if s != 1 || !strings.Contains(e, want) {
			t.Errorf("status %d, got\n%swant %s", s, e, want)
		}
	}
}

func TestForce(t *testing.T) {
	dir := files(t, "rs", "not a program")
	if s, _, e := mkimage(dir, "pack", "-force", "-o", "DIR/out.tar", "bin/rs=DIR/rs"); s != 0 || !strings.Contains(e, "forced: bin/rs: not an ELF file") {
		t.Errorf("%d %s", s, e)
	}
}

// The extra folder: executables become bin/NAME, its system.conf follows the others, the rest
// is left alone.
func TestExtra(t *testing.T) {
	task := string(tinyelf.ChangedTask(nil))
	extra := files(t, "tick", task, "system.conf", goodConf, "README", "no program")
	dir := files(t, "rs", task, "s.conf", "")
	if s, _, e := mkimage(dir, "pack", "-o", "DIR/out.tar", "-conf", "DIR/s.conf", "-extra", extra, "bin/rs=DIR/rs"); s != 0 {
		t.Fatalf("%d %s", s, e)
	}
	b, _ := os.ReadFile(filepath.Join(dir, "out.tar"))
	a, err := archive.Open(b)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range a.Files() {
		names = append(names, e.Name)
	}
	if got := strings.Join(names, " "); got != "bin/rs bin/tick system.conf" {
		t.Error(got)
	}
	os.WriteFile(filepath.Join(extra, "script"), []byte("#!/bin/sh\n"), 0o755)
	if s, _, e := mkimage(dir, "pack", "-o", "DIR/x.tar", "-extra", extra, "bin/rs=DIR/rs"); s != 1 || !strings.Contains(e, "bin/script: not an ELF file") {
		t.Errorf("%d %s", s, e)
	}
	if s, _, e := mkimage(dir, "pack", "-o", "DIR/x.tar", "-extra", extra, "bin/rs=DIR/rs", "bin/tick=DIR/rs"); s != 1 || !strings.Contains(e, "bin/tick is in the archive already") {
		t.Errorf("%d %s", s, e)
	}
}

// check names each damaged file; ls and check refuse what is no archive.
func TestCheckDamaged(t *testing.T) {
	task := string(tinyelf.ChangedTask(nil))
	dir := files(t, "rs", task, "tick", task)
	if s, _, e := mkimage(dir, "pack", "-o", "DIR/a.tar", "bin/tick=DIR/tick", "bin/rs=DIR/rs"); s != 0 {
		t.Fatal(e)
	}
	path := filepath.Join(dir, "a.tar")
	b, _ := os.ReadFile(path)
	b[bytes.Index(b, []byte("\x7fELF"))+0x800] ^= 1
	os.WriteFile(path, b, 0o644)
	s, _, e := mkimage(dir, "check", "DIR/a.tar")
	if s != 1 || !strings.Contains(e, "a.tar: boot archive: bin/rs: damaged: CRC32C") || !strings.Contains(e, "bin/rs: SHA-256 is") || strings.Contains(e, "tick") {
		t.Errorf("%d %s", s, e)
	}
	os.WriteFile(path, b[:2000], 0o644)
	for _, verb := range []string{"ls", "check"} {
		if s, _, e := mkimage(dir, verb, "DIR/a.tar"); s != 1 || !strings.Contains(e, "truncated") {
			t.Errorf("%s: %d %s", verb, s, e)
		}
	}
}

func TestUsage(t *testing.T) {
	for _, a := range []string{"", "nonsense", "pack", "pack -o x", "pack -bad", "ls", "ls a b", "kernel x", "kernel -entry zz a b"} {
		if s, _, e := mkimage("", strings.Fields(a)...); s != 2 || !strings.Contains(e, "usage:") && !strings.Contains(e, "Usage") {
			t.Errorf("mkimage %s: status %d, %s", a, s, e)
		}
	}
}
