package main

import (
	"context"
	"fmt"
	"go/build"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// machineLimit is above every limit that a test of a machine has of its own.
const machineLimit = 6 * time.Minute

// onMachines tries what needs QEMU: the tests of machines, and the kernel's own.
func (r *run) onMachines(ctx context.Context, all []*suite, kernel bool) error {
	if r.noMachine {
		return nil
	}
	image := filepath.Join(r.out, "image")
	r.say("make image at the base")
	if err := checkOut(r.now.root, r.report.Base, image); err != nil {
		return err
	}
	if err := addGate(image); err != nil {
		return err
	}
	if out, err := command(ctx, image, "make", "image").CombinedOutput(); err != nil {
		return fmt.Errorf("make image at the base: %w\n%s", err, out)
	}
	if err := r.hogs(ctx, image); err != nil {
		return err
	}
	if kernel {
		if err := r.ktest(ctx, image); err != nil {
			return err
		}
	}
	root, err := r.mixed(image)
	if err != nil {
		return err
	}
	for _, s := range all {
		if err := r.machineTests(ctx, root, s); err != nil {
			return err
		}
	}
	return nil
}

// mixed makes a tree of the current sources whose out/ is what the base builds: its tests and clients are of
// now, the machine that they boot is of then.
func (r *run) mixed(image string) (string, error) {
	root := filepath.Join(r.out, "mixed")
	if err := copyFiles(r.now.root, root); err != nil {
		return "", err
	}
	return root, os.Symlink(filepath.Join(image, "out"), filepath.Join(root, "out"))
}

// machineTests runs the changed tests of a suite against the base's image. What passes is run again with the base's qemu.sh:
// how a machine is started has changed too.
func (r *run) machineTests(ctx context.Context, root string, s *suite) error {
	tests, how := r.changed(s)
	if len(tests) == 0 {
		return nil
	}
	words, err := r.compile(ctx, filepath.Join(root, s.folder), r.tags)
	if err != nil {
		return err
	}
	for _, name := range tests {
		x := Result{Package: s.folder, Test: name, Kind: machine, Change: how[name], Outcome: CannotRun, Words: words}
		switch file := s.now.ByName[name].Path; {
		case words != "":
		case !r.built(file):
			x.Outcome, x.Words = NotRun, "its file needs other tags than "+r.tags
		default:
			if x.Outcome, x.Words, err = r.inMachine(ctx, root, s.folder, name); err != nil {
				return err
			}
		}
		r.tell(x)
	}
	return nil
}

// built tells whether the tags that were asked for let a file in.
func (r *run) built(path string) bool {
	c := build.Default
	c.BuildTags = strings.Split(r.tags, ",")
	ok, err := c.MatchFile(filepath.Join(r.now.root, filepath.Dir(path)), filepath.Base(path))
	return ok && err == nil
}

func (r *run) inMachine(ctx context.Context, root, folder, name string) (Outcome, string, error) {
	dir := filepath.Join(root, folder)
	o, words, err := r.one(ctx, dir, folder, name, machineLimit)
	if err != nil || o != Passes {
		return o, words, err
	}
	script := filepath.Join(root, "qemu.sh")
	if err := copyFile(filepath.Join(r.base.root, "qemu.sh"), script); err != nil {
		return "", "", err
	}
	o, words, err = r.one(ctx, dir, folder, name, machineLimit)
	if o != Passes {
		words = strings.TrimSpace("with the base's qemu.sh: " + words)
	}
	if e := copyFile(filepath.Join(r.now.root, "qemu.sh"), script); err == nil {
		err = e
	}
	return o, words, err
}
