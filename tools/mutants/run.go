package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"
)

// stage is one way to notice a mutation.
type stage struct {
	name  string
	limit time.Duration
	build []string // what must work before: a mutation that does not compile is none
	test  []string
}

const (
	hostLimit    = 3 * time.Minute
	machineLimit = 8 * time.Minute
)

// stages are the tests that can notice a mutation, the cheapest first; host: those that need no QEMU.
func (t *tree) stages(ctx context.Context, m *mutation, host bool) (all []stage, err error) {
	if host {
		if !onHost(m) {
			return nil, nil
		}
		users, err := t.users(ctx, m.folder())
		if err != nil {
			return nil, err
		}
		here := "./" + m.folder()
		all = append(all, stage{"host", hostLimit, []string{"go", "build", here}, goTest("60s", here)})
		if len(users) > 0 {
			all = append(all, stage{"host, its users", hostLimit, nil, goTest("120s", users...)})
		}
		return all, nil
	}
	image := []string{"make", "-s", "image", "out/bin/sum"}
	if strings.HasPrefix(m.file, "board/pc/entry") || strings.HasPrefix(m.file, "board/pc/room") || strings.HasPrefix(m.file, "boot/kernel/") {
		all = append(all, stage{"boot in QEMU", machineLimit, image, t.inQEMU("TestHandover", "./tools/qemutest")})
		image = nil
	}
	if strings.HasPrefix(m.file, "kernel/") || strings.HasPrefix(m.file, "board/") {
		all = append(all,
			stage{"ring 0 in QEMU", machineLimit, image, t.inQEMU("TestRing0$|TestProcessor|TestWithoutUMIP", "./tools/qemutest")},
			stage{"kernel in QEMU", machineLimit, nil, t.inQEMU("TestKernel", "./tools/qemutest")})
		image = nil
	}
	return append(all,
		stage{"every death", machineLimit, image, t.inQEMU("TestEveryDeath$", "./tools/demo")},
		stage{"machine", machineLimit, nil, t.inQEMU(".", "./tools/qemutest")}), nil
}

func goTest(limit string, packages ...string) []string {
	return append([]string{"go", "test", "-failfast", "-timeout", limit}, packages...)
}

func (t *tree) inQEMU(tests, pkg string) []string {
	command := []string{"go", "test", "-tags", "qemu", "-count=1", "-failfast", "-timeout", "6m", "-run", tests}
	if t.skip != "" {
		command = append(command, "-skip", t.skip)
	}
	return append(command, pkg)
}

// onHost tells whether the host's tests compile the file: Go, or what assembly of the host's includes.
func onHost(m *mutation) bool {
	return strings.HasSuffix(m.file, "_amd64.h") || strings.HasSuffix(m.file, ".go") && !strings.Contains(m.constraint, "tamago")
}

// users are the packages with tests that import a folder's, however far.
func (t *tree) users(ctx context.Context, folder string) (users []string, err error) {
	if t.imports == nil {
		t.imports = map[string][]string{}
		const format = `{{.ImportPath}} {{len .TestGoFiles}}{{len .XTestGoFiles}} {{join .Deps " "}} {{join .TestImports " "}} {{join .XTestImports " "}}`
		out, err := t.command(ctx, "go", "list", "-test=false", "-f", format, "./kernel/...", "./rs/...", "./drivers/...", "./board/...", "./boot/...").Output()
		if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		for _, l := range strings.Split(strings.TrimSpace(string(out)), "\n") {
			words := strings.Fields(l)
			if len(words) > 2 && words[1] != "00" {
				t.imports[words[0]] = words[2:]
			}
		}
	}
	for pkg, deps := range t.imports {
		if pkg != module+folder && slices.Contains(deps, module+folder) {
			users = append(users, "./"+strings.TrimPrefix(pkg, module))
		}
	}
	slices.Sort(users)
	return users, nil
}

const module = "bennu/"

func (t *tree) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = t.root
	// Make's own variables would be another make's.
	c.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "MAKE") || strings.HasPrefix(v, "MFLAGS") })
	ownGroup(c)
	c.WaitDelay = 10 * time.Second
	return c
}

// Outcomes of a mutation.
const (
	killed   = "killed"
	survived = "survived"
	invalid  = "invalid" // it does not compile
)

// errInfra says that the emulator, not the code, has failed.
var errInfra = errors.New("QEMU did not run")

// try runs stages on the tree as it is. by is what noticed.
func (t *tree) try(ctx context.Context, stages []stage) (outcome, by string, err error) {
	for _, s := range stages {
		if s.build != nil {
			if out, e := t.output(ctx, s.limit, s.build); e != nil {
				if ctx.Err() != nil {
					return "", "", ctx.Err()
				}
				return invalid, short(string(lastLine(out))), nil
			}
		}
		out, e := t.output(ctx, s.limit, s.test)
		switch {
		case e == nil:
			continue
		case ctx.Err() != nil:
			return "", "", ctx.Err()
		case bytes.Contains(out, []byte(errInfra.Error())):
			return "", "", fmt.Errorf("%s: %w:\n%s", s.name, errInfra, out)
		case buildFailed(out):
			return invalid, short(string(lastLine(out))), nil
		}
		return killed, s.name + ": " + noticed(out), nil
	}
	return survived, "", nil
}

func (t *tree) output(ctx context.Context, limit time.Duration, command []string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	c := t.command(ctx, command[0], command[1:]...)
	return c.CombinedOutput()
}

// buildFailed tells whether a package that the mutation is in does not compile. vet, which go test runs, finds more than
// the compiler: what it does not like is noticed, and not invalid.
func buildFailed(out []byte) bool {
	return bytes.Contains(out, []byte("[build failed]")) && !bytes.Contains(out, []byte("\nvet: "))
}

var failedTest = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)

// noticed is the innermost test that failed first, or how else the run ended.
func noticed(out []byte) string {
	best := ""
	for _, f := range failedTest.FindAllSubmatch(out, -1) {
		if name := string(f[1]); best == "" || strings.HasPrefix(name, best+"/") {
			best = name
		}
	}
	switch {
	case best != "":
		return best
	case bytes.Contains(out, []byte("panic: test timed out")):
		return "a test that does not end"
	case bytes.Contains(out, []byte("panic:")):
		return "a test that panics"
	case bytes.Contains(out, []byte("vet: ")):
		return "vet"
	}
	return "a run that failed: " + short(string(lastLine(out)))
}

func lastLine(out []byte) []byte {
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	return lines[len(lines)-1]
}
