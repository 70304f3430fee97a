package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// command is one of the tool's own, in a folder; make's variables would be another make's.
func command(ctx context.Context, dir, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = dir
	c.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "MAKE") || strings.HasPrefix(v, "MFLAGS") })
	c.WaitDelay = 10 * time.Second
	return c
}

func (r *run) program() string { return filepath.Join(r.out, "test") }

// compile makes the test program of a folder. words is why it does not compile.
func (r *run) compile(ctx context.Context, dir, tags string) (words string, err error) {
	args := []string{"test", "-c", "-o", r.program()}
	if tags != "" {
		args = append(args, "-tags", tags)
	}
	out, err := command(ctx, dir, "go", append(args, ".")...).CombinedOutput()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err == nil {
		return "", nil
	}
	return firstLine(string(out)), nil
}

// firstLine is the first line of a go command's output that is no heading.
func firstLine(out string) string {
	for _, l := range strings.Split(out, "\n") {
		if l != "" && !strings.HasPrefix(l, "#") {
			return l
		}
	}
	return "it says nothing"
}

// one runs one test of the program. It must not take the host's memory: it meets code that nobody wrote it for.
func (r *run) one(ctx context.Context, dir, folder, test string, limit time.Duration) (Outcome, string, error) {
	sub, cancel := context.WithTimeout(ctx, limit+30*time.Second)
	defer cancel()
	const limited = `ulimit -v 8000000; exec "$0" "$@"`
	c := command(sub, dir, "sh", "-c", limited, r.program(), "-test.v", "-test.count=1", "-test.timeout="+limit.String(), "-test.run=^"+test+"$")
	out, err := c.CombinedOutput()
	if ctx.Err() != nil {
		return "", "", ctx.Err()
	}
	if sub.Err() != nil {
		return Endless, "killed after " + limit.String(), nil
	}
	path := filepath.Join(r.out, "output", strings.ReplaceAll(folder, "/", "_")+"."+test+".txt")
	if err := write(path, out, 0o644); err != nil {
		return "", "", err
	}
	remarks, err2 := r.remarks(folder)
	o, words := judge(string(out), err == nil, remarks)
	return o, words, err2
}

var remark = regexp.MustCompile(`\.Logf?\(`)

// remarks are the places in a folder's tests that log, FILE:LINE: what stands there is no failure.
func (r *run) remarks(folder string) (map[string]bool, error) {
	all := map[string]bool{}
	names, err := filepath.Glob(filepath.Join(r.now.root, folder, "*_test.go"))
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			return nil, err
		}
		for i, l := range strings.Split(string(b), "\n") {
			if remark.MatchString(l) {
				all[filepath.Base(n)+":"+strconv.Itoa(i+1)] = true
			}
		}
	}
	return all, err
}
