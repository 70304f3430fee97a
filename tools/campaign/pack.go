package main

import (
	"path/filepath"

	"bennu/rs/fi/plan"
	"bennu/tools/campaign/archive"
	"bennu/tools/campaign/spec"
	"bennu/tools/internal/qemu"
)

// programs are those of the campaign's archive.
var programs = []string{"rs", "tty", "ctl", "rtc", "kbd", "faulty", "shell", "sum", "swifi", "load"}

// pack makes the boot archive of a plan.
func pack(m image, s *spec.Spec, p *plan.Plan) ([]byte, error) {
	root, err := qemu.Root()
	if err != nil {
		return nil, err
	}
	i, err := archive.Build(archive.Options{Root: root, Bin: filepath.Join(m.dir, "bin"), Victim: p.Victim, Plan: p.String(), Period: s.Period})
	if err != nil {
		return nil, err
	}
	return i.Archive, nil
}
