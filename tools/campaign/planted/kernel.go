package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"bennu/tools/internal/sources"
)

// bench is where kernels are built and campaigns run.
type bench struct {
	root string // of the tree
	dir  string // out/planted
}

// open copies the tree, and builds the tools.
func open(ctx context.Context, root string) (*bench, error) {
	b := &bench{root: root, dir: filepath.Join(root, "out/planted")}
	if err := os.MkdirAll(b.tree(), 0o755); err != nil {
		return nil, err
	}
	if _, err := sources.Copy(root, b.tree(), func(string) bool { return false }); err != nil {
		return nil, err
	}
	for _, t := range []string{"tamago", "mkimage", "campaign"} {
		if err := b.command(ctx, root, "go", "build", "-o", b.tool(t), "./tools/"+t); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (b *bench) tree() string            { return filepath.Join(b.dir, "tree") }
func (b *bench) tool(name string) string { return filepath.Join(b.dir, name) }

// kernel builds a kernel with some edits, and puts the tree's executables beside it. It returns the folder of both.
func (b *bench) kernel(ctx context.Context, name string, edits []sources.Edit) (string, error) {
	dir := filepath.Join(b.dir, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "bin")
	if err := os.Remove(bin); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err := os.Symlink(filepath.Join(b.root, "out/bin"), bin); err != nil {
		return "", err
	}
	raw := filepath.Join(dir, "kernel.raw.elf")
	return dir, sources.With(b.tree(), edits, func() error {
		if err := b.command(ctx, b.tree(), b.tool("tamago"), "build", "-ring", "0", "-symbols", "-o", raw, "./boot/kernel"); err != nil {
			return err
		}
		return b.command(ctx, b.tree(), b.tool("mkimage"), "kernel", "-multiboot2", "mb2init", raw, filepath.Join(dir, "kernel.elf"))
	})
}

// command runs one, and quotes what it says if it fails.
func (b *bench) command(ctx context.Context, dir, name string, args ...string) error {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %v: %w\n%s", filepath.Base(name), args, err, out)
	}
	return nil
}
