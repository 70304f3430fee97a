package main

import (
	"context"
	"os"
	"strings"

	"bennu/kernel/archive"
)

// sizes are those of the files that boot.
func sizes(_ context.Context, o *options, r *Report) error {
	k, err := os.Stat(o.kernel)
	if err != nil {
		return err
	}
	b, err := os.ReadFile(o.archive)
	if err != nil {
		return err
	}
	a, err := archive.Open(b)
	if err != nil {
		return err
	}
	r.add(single(sectionSize, "kernel, with symbols", uint64(k.Size())), single(sectionSize, bootArchive, uint64(len(b))))
	for _, f := range a.Files() {
		if strings.HasPrefix(f.Name, "bin/") {
			r.add(single(sectionSize, f.Name, uint64(f.Size)))
		}
	}
	return nil
}
