package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"bennu/kernel/abi"
	"bennu/kernel/layout"
)

// A ring is what a program is linked for.
type ring struct {
	number int
	text   uint64 // address of the first instruction; the ELF header's page is below
}

// The page at the base is the ELF header's.
var rings = []ring{
	{0, layout.KernelBase + 0x1000},
	{3, abi.ImageBase + 0x1000},
}

// tags are set in every build. The link… tags keep tamago's packages from
// defining what a board of ours defines.
var tags = []string{"tamago", "linkcpuinit", "linkramstart", "linkramsize", "linkprintk"}

// A config is one call of the builder.
type config struct {
	text    uint64
	out     string
	tags    []string
	symbols bool
	tamago  string // go command of the official distribution; empty: stock Go
}

// A command is a go command to run: the changes to the environment, and the
// arguments.
type command struct {
	env  []string
	args []string
}

// environ returns the changes to the environment under which goroot, or the
// official distribution, builds for bare metal.
func (c *config) environ(goroot string) []string {
	if c.tamago != "" {
		return []string{"CGO_ENABLED=0", "GOAMD64=v1", "GOARCH=amd64", "GOOS=tamago", "GOOSPKG=" + tamagoModule, "GOTOOLCHAIN=local"}
	}
	return []string{"CGO_ENABLED=0", "GOAMD64=v1", "GOARCH=amd64", "GOOS=linux", "GOROOT=" + goroot, "GOTOOLCHAIN=local"}
}

// goCommand returns the path of the go command to run.
func (c *config) goCommand(root string) string {
	if c.tamago != "" {
		return c.tamago
	}
	return filepath.Join(root, "bin", "go")
}

// tagsFlag returns the -tags flag, without duplicates, in a fixed order.
func (c *config) tagsFlag() string {
	all := slices.Clone(tags)
	for _, t := range c.tags {
		if t != "" && !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	return "-tags=" + strings.Join(all, ",")
}

// buildFlags returns the flags of go build. Paths and version control leave no
// trace in the result, so that the same sources give the same bytes anywhere.
func (c *config) buildFlags() []string {
	ldflags := "-T 0x" + strconv.FormatUint(c.text, 16) + " -R 0x1000 -checklinkname=0"
	if !c.symbols {
		ldflags = "-s -w " + ldflags
	}
	return []string{"-trimpath", "-buildvcs=false", c.tagsFlag(), "-ldflags=" + ldflags}
}

// build returns the command that builds pkg.
func (c *config) build(root, goroot, pkg string) command {
	args := append([]string{c.goCommand(root), "build"}, c.buildFlags()...)
	if c.out != "" {
		args = append(args, "-o", c.out)
	}
	return command{c.environ(goroot), append(args, pkg)}
}

// vet returns the command that checks pkgs as they are built.
func (c *config) vet(root, goroot string, pkgs []string) command {
	args := []string{c.goCommand(root), "vet", "-trimpath", "-buildvcs=false", c.tagsFlag()}
	return command{c.environ(goroot), append(args, pkgs...)}
}

// String returns the command as one would type it in a shell.
func (c command) String() string {
	words := make([]string, 0, len(c.env)+len(c.args))
	for _, w := range slices.Concat(c.env, c.args) {
		if strings.ContainsAny(w, " '\"$\\") {
			w = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		words = append(words, w)
	}
	return strings.Join(words, " ")
}

// run runs the command with its output going to the builder's.
func (c command) run(stdout, stderr io.Writer) error {
	cmd := exec.Command(c.args[0], c.args[1:]...)
	cmd.Env = append(os.Environ(), c.env...)
	cmd.Env = append(cmd.Env, "GOFLAGS=")
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", filepath.Base(c.args[0]), c.args[1], err)
	}
	return nil
}

// sortedKeys returns the keys of m in order.
func sortedKeys(m map[string][]byte) []string {
	return slices.Sorted(maps.Keys(m))
}
