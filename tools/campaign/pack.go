package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"bennu/rs/fi/plan"
	"bennu/tools/campaign/archive"
	"bennu/tools/campaign/spec"
	"bennu/tools/internal/qemu"
)

// programs are those of the campaign's archive.
var programs = []string{"rs", "ds", "tty", "ctl", "rtc", "kbd", "faulty", "shell", "sum", "load", "swifi"}

// pack makes the boot archive of a plan: the image's executables, with the tree's entries of system.conf.
func pack(m image, s *spec.Spec, p *plan.Plan) ([]byte, error) {
	root, err := qemu.Root()
	if err != nil {
		return nil, err
	}
	o := archive.Options{Root: root, Bin: filepath.Join(m.dir, "bin"), Victim: p.Victim, Plan: p.String(), Period: s.Period}
	if _, err := os.Stat(m.extra); err == nil {
		o.Extra = m.extra
	}
	made, err := archive.Build(o)
	if err != nil {
		err = fmt.Errorf("the boot archive of %q: %w", p.Victim, err)
		if !errors.Is(err, fs.ErrNotExist) { // else it was not built
			err = usageError{err}
		}
		return nil, err
	}
	return made.Archive, nil
}
