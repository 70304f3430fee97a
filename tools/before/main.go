package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"bennu/tools/before/slice"
	"bennu/tools/internal/qemu"
)

func main() {
	r := &run{log: os.Stderr}
	var asJSON bool
	flag.StringVar(&r.report.Base, "base", "", "the `commit` before; needed")
	flag.StringVar(&r.only, "only", "", "folders that match this regular `expression`")
	flag.BoolVar(&r.noMachine, "host", false, "the host's tests only, without QEMU")
	flag.BoolVar(&r.noHost, "machine", false, "the machine's tests only")
	flag.StringVar(&r.tags, "tags", "qemu", "`tags` of the machine's tests that are run")
	flag.DurationVar(&r.timeout, "timeout", time.Minute, "how long a test of the host may take")
	flag.StringVar(&r.out, "out", "", "the tool's `folder`, which is written over; out/before if empty")
	flag.BoolVar(&asJSON, "json", false, "print JSON")
	flag.Parse()
	if flag.NArg() > 0 || r.report.Base == "" {
		fmt.Fprintln(os.Stderr, "before: expected -base COMMIT and no arguments, got", flag.Args())
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := r.do(ctx)
	if err == nil {
		err = r.write(asJSON, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "before:", err)
		os.Exit(1)
	}
}

// write puts the report into the tool's folder, in both forms, and one of them on out.
func (r *run) write(asJSON bool, out io.Writer) error {
	var table, object bytes.Buffer
	r.report.print(&table)
	if err := r.report.json(&object); err != nil {
		return err
	}
	if err := write(filepath.Join(r.out, "report.txt"), table.Bytes(), 0o644); err != nil {
		return err
	}
	if err := write(filepath.Join(r.out, "report.json"), object.Bytes(), 0o644); err != nil {
		return err
	}
	if asJSON {
		table = object
	}
	_, err := out.Write(table.Bytes())
	return err
}

// run is one run of the tool.
type run struct {
	only              string
	noHost, noMachine bool
	tags              string
	timeout           time.Duration
	log               io.Writer // progress

	out       string // the tool's folder
	now, base *tree
	had       map[string]bool // tests of the base, as they are written
	added     map[string]bool // what was added to the base: PACKAGE.NAME
	report    Report
}

func (r *run) say(words string) { fmt.Fprintln(r.log, "before:", words) }

func (r *run) tell(x Result) {
	r.report.Results = append(r.report.Results, x)
	r.say(strings.TrimSpace(fmt.Sprintf("%s %s %s: %s", x.Package, x.Test, x.Outcome, x.Words)))
}

// own is this tool's folder: what it tests of itself says nothing of a base.
const own = "tools/before"

// do makes the trees, tries the tests and completes the report.
func (r *run) do(ctx context.Context) error {
	only, err := regexp.Compile(r.only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	if err := r.open(); err != nil {
		return err
	}
	r.had = map[string]bool{}
	for _, folder := range slices.Sorted(maps.Keys(r.base.folders)) {
		if err := r.remember(folder); err != nil {
			return err
		}
	}
	folders := slices.DeleteFunc(slices.Sorted(maps.Keys(r.now.folders)), func(f string) bool { return !only.MatchString(f) || f == own || strings.HasPrefix(f, own+"/") })
	var machines []*suite
	// The tests of tools read the tree: they have it first, as it was.
	for _, tools := range []bool{true, false} {
		if !tools {
			if err := r.add(); err != nil {
				return err
			}
		}
		for _, folder := range folders {
			if strings.HasPrefix(folder, "tools/") != tools {
				continue
			}
			all, err := r.suites(folder)
			if err != nil {
				return err
			}
			for _, s := range all {
				if s.kind == machine {
					machines = append(machines, s)
				} else if err := r.hostTests(ctx, s); err != nil {
					return err
				}
			}
		}
	}
	if err := r.onMachines(ctx, machines, only.MatchString(ktestFolder)); err != nil {
		return err
	}
	faults, err := readFaults(filepath.Join(r.now.root, "docs/BUGS.md"))
	r.report.finish(faults)
	return err
}

// open makes the base's tree and lists both.
func (r *run) open() error {
	root, err := qemu.Root()
	if err != nil {
		return err
	}
	if r.out == "" {
		r.out = filepath.Join(root, "out/before")
	} else if r.out, err = filepath.Abs(r.out); err != nil {
		return err
	}
	commit := func(name string) (string, error) {
		out, err := exec.Command("git", "-C", root, "rev-parse", "--verify", name+"^{commit}").Output()
		if err != nil {
			return "", fmt.Errorf("%s: expected a commit of this repository", name)
		}
		return strings.TrimSpace(string(out)), nil
	}
	if r.report.Base, err = commit(r.report.Base); err != nil {
		return err
	}
	if r.report.Current, err = commit("HEAD"); err != nil {
		return err
	}
	r.say("the base's tree")
	base := filepath.Join(r.out, "base")
	if err := checkOut(root, r.report.Base, base); err != nil {
		return err
	}
	if err := adapt(root, base); err != nil {
		return err
	}
	if err := addGate(filepath.Join(r.out, "base")); err != nil {
		return err
	}
	if r.now, err = open(root, "", nil); err != nil {
		return err
	}
	r.base, err = open(base, "BASE/", r.now)
	return err
}

// addedPrefix begins the names of files that are added to packages of the base.
const addedPrefix = "before_added"

// add gives the base's packages the constants and types that they have now and had not: first those that need no
// others, then the rest.
func (r *run) add() error {
	r.say("constants and types that the base has not")
	r.added = map[string]bool{}
	for range 2 {
		for folder, now := range r.now.folders {
			old := r.base.folders[folder]
			if old == nil || len(old.GoFiles) == 0 || strings.HasPrefix(folder, "tools/") {
				continue
			}
			is, err := r.now.sources(folder, now.GoFiles)
			if err != nil {
				return err
			}
			was, err := r.base.sources(folder, old.GoFiles)
			if err != nil {
				return err
			}
			text, names, err := slice.Additions(is, was, r.now.types, r.base.types)
			if err != nil {
				return fmt.Errorf("%s: %w", folder, err)
			}
			for _, n := range names {
				r.added[module+folder+"."+n] = true
			}
			for i := 1; text != nil; i++ {
				path := filepath.Join(r.base.root, folder, fmt.Sprintf("%s%d.go", addedPrefix, i))
				if _, err := os.Stat(path); os.IsNotExist(err) {
					if err := write(path, text, 0o644); err != nil {
						return err
					}
					break
				}
			}
		}
		base, err := open(r.base.root, r.base.named, r.now)
		if err != nil {
			return err
		}
		r.base = base
	}
	return nil
}

// remember notes how the base's tests of a folder are written.
func (r *run) remember(folder string) error {
	for _, external := range []bool{false, true} {
		for _, kind := range []string{host, machine} {
			set, err := r.base.load(r.base.folders[folder], folder, &suite{external: external, kind: kind, machine: map[string]bool{}})
			if err != nil {
				return err
			}
			if set == nil {
				continue
			}
			for _, name := range set.Tests() {
				r.had[set.ByName[name].Plain] = true
			}
		}
	}
	return nil
}

var guard = regexp.MustCompile("`([\\w/]+)`|\\bTest[A-Z]\\w*")

// readFaults is the sections of BUGS.md with the tests that they name.
func readFaults(path string) (faults []Fault, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for _, s := range strings.Split(string(text), "\n## ")[1:] {
		title, body, _ := strings.Cut(s, "\n")
		f, folder := Fault{Title: title}, ""
		_, body, _ = strings.Cut(body, "**Guarded by** ")
		for _, m := range guard.FindAllStringSubmatch(body, -1) {
			if m[1] != "" {
				folder = m[1]
			} else {
				f.tests = append(f.tests, folder+" "+m[0])
			}
		}
		faults = append(faults, f)
	}
	return faults, nil
}
