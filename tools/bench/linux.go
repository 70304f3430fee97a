package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"bennu/tools/internal/qemu"
)

// linux boots a Linux whose only process is package linux, and keeps its figures. Without -linux it does
// nothing.
func linux(ctx context.Context, o *options, r *Report) error {
	if o.linux == "" {
		return nil
	}
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	root, err := qemu.Root()
	if err != nil {
		return err
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(dir, "init"), "./tools/bench/linux")
	build.Dir, build.Env = root, append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("tools/bench/linux: %w\n%s", err, text)
	}
	program, err := os.ReadFile(filepath.Join(dir, "init"))
	if err != nil {
		return err
	}
	disk := filepath.Join(dir, "initrd")
	if err := os.WriteFile(disk, ramdisk(program), 0o600); err != nil {
		return err
	}
	c := o.config(disk)
	c.Kernel, c.CmdLine = o.linux, "console=ttyS0 quiet panic=-1"
	if r.Linux, err = collect(ctx, c); err != nil {
		return fmt.Errorf("Linux: %w", err)
	}
	return nil
}

// ramdisk is an initial RAM disk with a console and a program to start.
//
// Source: Linux, "initramfs buffer format" (the "newc" format of cpio).
func ramdisk(program []byte) []byte {
	const folder, device, file = 0o040755, 0o020600, 0o100755
	var b bytes.Buffer
	n := 0
	add := func(name string, mode, major, minor int, data []byte) {
		n++
		fmt.Fprintf(&b, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", n, mode, 0, 0, 1, 0, len(data), 0, 0, major, minor, len(name)+1, 0)
		b.WriteString(name + "\x00")
		pad(&b)
		b.Write(data)
		pad(&b)
	}
	add("dev", folder, 0, 0, nil)
	add("dev/console", device, 5, 1, nil)
	add("dev/null", device, 1, 3, nil)
	add("init", file, 0, 0, program)
	add("TRAILER!!!", 0, 0, 0, nil)
	return b.Bytes()
}

// pad fills up to a multiple of four bytes.
func pad(b *bytes.Buffer) { b.Write(make([]byte, -b.Len()&3)) }
