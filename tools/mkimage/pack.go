package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"bennu/kernel/archive"
	"bennu/tools/internal/bootimage"
)

// packOptions are the arguments of mkimage pack.
type packOptions struct {
	out   string
	confs []string
	extra string
	force bool     // write the archive even when the checks fail: for tests of the boot
	files []string // NAME=FILE
}

func runPack(args []string, stdout, stderr io.Writer) error {
	var o packOptions
	f := flagSet("pack", stderr)
	f.StringVar(&o.out, "o", "", "the archive to write")
	f.Func("conf", "a `file` of system.conf; may be given again", func(s string) error {
		o.confs = append(o.confs, s)
		return nil
	})
	f.StringVar(&o.extra, "extra", "", "a `folder` of more executables, with a system.conf of their own")
	f.BoolVar(&o.force, "force", false, "write the archive though the checks fail (for tests)")
	if err := f.Parse(args); err != nil {
		return &usageError{err.Error()}
	}
	if o.files = f.Args(); o.out == "" || len(o.files) == 0 && o.extra == "" {
		return &usageError{"expected -o and at least one NAME=FILE"}
	}
	return packFiles(&o, stderr)
}

// packFiles collects, checks and writes. All faults come back, joined.
func packFiles(o *packOptions, stderr io.Writer) error {
	image, faults := collect(o)
	b, wrong, notes := image.Pack()
	for _, n := range notes {
		fmt.Fprintf(stderr, "mkimage: note: %s\n", n)
	}
	faults = append(faults, wrong...)
	if len(faults) > 0 {
		if !o.force || b == nil {
			return errors.Join(faults...)
		}
		for _, f := range faults {
			fmt.Fprintf(stderr, "mkimage: forced: %v\n", f)
		}
	}
	return writeFile(o.out, b, 0o644)
}

// collect reads the files of the arguments and of the extra folder.
func collect(o *packOptions) (image *bootimage.Image, faults []error) {
	image = bootimage.New()
	note := func(err error) {
		if err != nil {
			faults = append(faults, err)
		}
	}
	for _, a := range o.files {
		name, path, ok := strings.Cut(a, "=")
		if !ok || !archive.ValidName(name) || path == "" {
			note(fmt.Errorf("argument %q: expected NAME=FILE", a))
			continue
		}
		note(image.ReadFile(name, path))
	}
	if o.extra != "" {
		faults = append(faults, image.ReadExtra(o.extra)...)
	}
	for _, p := range o.confs {
		note(image.ReadPart(p))
	}
	if o.extra != "" {
		note(image.ReadExtraPart(o.extra))
	}
	return image, faults
}

// writeFile replaces path in one step, so that a build that is stopped leaves no half image.
func writeFile(path string, b []byte, mode os.FileMode) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return err
	}
	_, err = tmp.Write(b)
	err = errors.Join(err, tmp.Chmod(mode), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		os.Remove(tmp.Name())
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}
