package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"

	"bennu/kernel/archive"
)

func openArchive(args []string) (*archive.Archive, []byte, error) {
	if len(args) != 1 {
		return nil, nil, &usageError{"expected one archive"}
	}
	b, err := os.ReadFile(args[0])
	if err != nil {
		return nil, nil, err
	}
	a, err := archive.Open(b)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", args[0], err)
	}
	return a, b, nil
}

func runList(args []string, stdout, _ io.Writer) error {
	a, b, err := openArchive(args)
	if err != nil {
		return err
	}
	for _, e := range a.Files() {
		fmt.Fprintf(stdout, "%x %08x %9d %s\n", e.SHA256, e.CRC32C, e.Size, e.Name)
	}
	fmt.Fprintf(stdout, "%x          %9d %s\n", sha256.Sum256(b), len(b), args[0])
	return nil
}

func runCheck(args []string, stdout, _ io.Writer) error {
	a, _, err := openArchive(args)
	if err != nil {
		return err
	}
	var faults []error
	for _, e := range a.Files() {
		b, _ := a.File(e.Name)
		if err := a.Check(e.Name); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", args[0], err))
		}
		if sum := sha256.Sum256(b); sum != e.SHA256 {
			faults = append(faults, fmt.Errorf("%s: %s: SHA-256 is %x, the manifest says %x", args[0], e.Name, sum, e.SHA256))
		}
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	fmt.Fprintf(stdout, "%s: %d files, all as the manifest says\n", args[0], len(a.Files()))
	return nil
}
