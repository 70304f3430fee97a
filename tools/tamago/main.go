// Command tamago builds TamaGo programs with the stock Go toolchain.
//
// TamaGo's runtime hooks (runtime/goos) are in a fork of Go. This command gives
// them to the installed Go instead: it makes a shadow GOROOT in the user's cache,
// which is symbolic links to the installed one, with some files of package
// runtime changed, left out or added, and runs go with that.
//
// With -tamago, or TAMAGO in the environment, it runs the go command of the
// official distribution instead, with the same tags and addresses.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

const usage = `usage:
  tamago build [flags] PKG      build a bare-metal program
  tamago vet [flags] PKG...     check its sources
  tamago env [flags]            print the environment and the flags
flags:
`

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintf(os.Stderr, "tamago: %v\n", err)
		}
		os.Exit(1)
	}
}

// run is the command with its arguments and files made explicit.
func run(args []string, stdout, stderr io.Writer) error {
	var c config
	flags := flag.NewFlagSet("tamago", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage); flags.PrintDefaults() }
	ringFlag := flags.Int("ring", 0, "`0` for the kernel, 3 for a task: chooses the address")
	text := flags.String("text", "", "`address` of the first instruction (default 0x1001000 in ring 0, 0x40201000 in ring 3)")
	tagList := flags.String("tags", "", "more build tags, with commas")
	dry := flags.Bool("n", false, "print the command, do not run it")
	flags.StringVar(&c.out, "o", "", "output `file`")
	flags.BoolVar(&c.symbols, "symbols", false, "keep the symbol table and debug information")
	flags.StringVar(&c.tamago, "tamago", os.Getenv("TAMAGO"), "go `command` of the official TamaGo distribution, to use instead of stock Go")
	if len(args) == 0 {
		flags.Usage()
		return errors.New("no command: expected build, vet or env")
	}
	verb := args[0]
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	c.tags = strings.Split(*tagList, ",")
	var err error
	if c.text, err = textAddress(*ringFlag, *text); err != nil {
		return err
	}
	if err := checkArgs(verb, flags.Args()); err != nil {
		return err
	}
	root, goroot, err := c.prepare()
	if err != nil {
		return err
	}
	var cmd command
	switch verb {
	case "build":
		cmd = c.build(root, goroot, flags.Arg(0))
	case "vet":
		cmd = c.vet(root, goroot, flags.Args())
	case "env":
		for _, line := range append(c.environ(goroot), c.buildFlags()...) {
			fmt.Fprintln(stdout, line)
		}
		return nil
	}
	if *dry {
		fmt.Fprintln(stdout, cmd)
		return nil
	}
	return cmd.run(stdout, stderr)
}

// prepare finds the installed GOROOT and the shadow of it. The official
// distribution needs neither.
func (c *config) prepare() (root, goroot string, err error) {
	if c.tamago != "" {
		return "", "", nil
	}
	tc, err := findToolchain()
	if err != nil {
		return "", "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", "", fmt.Errorf("shadow GOROOT: expected a cache folder: %w", err)
	}
	goroot, err = shadow(tc, cache)
	return tc.root, goroot, err
}

// textAddress returns the address to link at: text, or the ring's own.
func textAddress(number int, text string) (uint64, error) {
	for _, r := range rings {
		if r.number != number {
			continue
		}
		if text == "" {
			return r.text, nil
		}
		addr, err := strconv.ParseUint(text, 0, 64)
		if err != nil || addr%0x1000 != 0 || addr == 0 {
			return 0, fmt.Errorf("-text %s: expected a multiple of 0x1000", text)
		}
		return addr, nil
	}
	return 0, fmt.Errorf("-ring %d: expected 0 or 3", number)
}

// checkArgs refuses what would only fail later, and less clearly.
func checkArgs(verb string, args []string) error {
	switch {
	case verb == "build" && len(args) != 1:
		return fmt.Errorf("build: expected one package, found %d", len(args))
	case verb == "vet" && len(args) == 0:
		return errors.New("vet: expected packages")
	case verb == "env" && len(args) != 0:
		return fmt.Errorf("env: expected no arguments, found %q", args[0])
	case verb != "build" && verb != "vet" && verb != "env":
		return fmt.Errorf("%q: expected build, vet or env", verb)
	}
	return nil
}
