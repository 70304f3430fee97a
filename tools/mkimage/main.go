// Command mkimage makes what a boot loader loads: the boot archive, and a kernel ELF with
// the headers that PVH and Multiboot2 loaders look for.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

const usage = `usage:
  mkimage pack -o OUT [-conf FILE]... [-extra DIR] [-force] NAME=FILE...
        write the boot archive: system.conf (all -conf parts joined) and the files
  mkimage kernel [-symbol NAME | -entry ADDR] [-multiboot2 NAME] [-strip] IN OUT
        make a kernel ELF bootable
  mkimage ls ARCHIVE      list what is in it
  mkimage check ARCHIVE   compare all files with the manifest
`

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the command with its arguments and files made explicit; the result is the exit
// status: 1 for bad input, 2 for bad arguments.
func run(args []string, stdout, stderr io.Writer) int {
	verbs := map[string]func([]string, io.Writer, io.Writer) error{
		"pack": runPack, "kernel": runKernel, "ls": runList, "check": runCheck,
	}
	verb, ok := verbs[first(args)]
	if !ok {
		fmt.Fprint(stderr, usage)
		return 2
	}
	err := verb(args[1:], stdout, stderr)
	var u *usageError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, flag.ErrHelp):
		return 2
	case errors.As(err, &u):
		fmt.Fprintf(stderr, "mkimage %s: %v\n%s", args[0], err, usage)
		return 2
	}
	for _, e := range unjoin(err) {
		fmt.Fprintf(stderr, "mkimage: %v\n", e)
	}
	return 1
}

// usageError is a mistake in the arguments.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// unjoin takes errors.Join apart, so that each error is a line.
func unjoin(err error) []error {
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		return j.Unwrap()
	}
	return []error{err}
}

// flagSet is a verb's flags; what is wrong with them goes to stderr.
func flagSet(verb string, stderr io.Writer) *flag.FlagSet {
	f := flag.NewFlagSet("mkimage "+verb, flag.ContinueOnError)
	f.SetOutput(stderr)
	return f
}
