package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"bennu/tools/internal/qemu"
)

const usage = `usage:
  figures ready [-dirty]                           tell, before measuring, whether the tree is one that a record may name
  figures record [-dirty] -bench FILE -demo FILE   record what bench -json and demo -json printed, and rewrite the documents
  figures campaigns [-dirty] FILE                  record the summary.json of campaign report, and rewrite the documents
  figures write                                    rewrite the documents' blocks
  figures check                                    compare them with what is recorded
`

func main() {
	root, err := qemu.Root()
	if err != nil {
		fmt.Fprintln(os.Stderr, "figures:", err)
		os.Exit(1)
	}
	os.Exit(run(root, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the command with its arguments made explicit; the result is the exit status.
func run(root string, args []string, stdout, stderr io.Writer) int {
	verb := ""
	if len(args) > 0 {
		verb, args = args[0], args[1:]
	}
	f := flag.NewFlagSet("figures "+verb, flag.ContinueOnError)
	f.SetOutput(stderr)
	bench := f.String("bench", "", "the `file` of bench -json")
	demo := f.String("demo", "", "the `file` of demo -json")
	dirty := f.Bool("dirty", false, "record though the tree had changes that no commit has")
	if f.Parse(args) != nil {
		return 2
	}
	reports := *bench != "" && *demo != ""
	if (f.NArg() == 1) != (verb == "campaigns") || f.NArg() > 1 || reports != (verb == "record") {
		fmt.Fprint(stderr, usage)
		return 2
	}
	var err error
	switch verb {
	case "record":
		if err = recordReports(filepath.Join(root, recordFile), *bench, *demo, *dirty); err == nil {
			err = write(root, stdout)
		}
	case "campaigns":
		if err = recordCampaigns(filepath.Join(root, recordFile), f.Arg(0), *dirty); err == nil {
			err = write(root, stdout)
		}
	case "ready":
		err = ready(root, *dirty)
	case "write":
		err = write(root, stdout)
	case "check":
		err = check(root)
	default:
		fmt.Fprint(stderr, usage)
		return 2
	}
	if err != nil {
		var all interface{ Unwrap() []error }
		if !errors.As(err, &all) {
			all = errors.Join(err).(interface{ Unwrap() []error })
		}
		for _, e := range all.Unwrap() {
			fmt.Fprintln(stderr, "figures:", e)
		}
		return 1
	}
	return 0
}

// documents are the files that may have blocks.
func documents(root string) (paths []string, err error) {
	for _, pattern := range []string{"README.md", "docs/*.md", "docs/decisions/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return nil, err
		}
		paths = append(paths, found...)
	}
	return paths, nil
}

// write rewrites what is not as recorded.
func write(root string, out io.Writer) error {
	return each(root, func(path, text, want string) error {
		if text == want {
			return nil
		}
		fmt.Fprintln(out, "figures: wrote", path)
		return os.WriteFile(path, []byte(want), 0o644)
	})
}

// check tells what is not as recorded. All faults come back, joined.
func check(root string) error {
	return each(root, func(path, text, want string) error {
		var faults []error
		if text != want {
			faults = append(faults, fmt.Errorf("%s: its figures are not those of %s: make figures measures anew, `figures write` only copies", path, recordFile))
		}
		return errors.Join(append(faults, strays(path, text)...)...)
	})
}

// each hands every document over, as it is and as it should be.
func each(root string, do func(path, text, want string) error) error {
	r, err := readRecord(filepath.Join(root, recordFile))
	if err != nil {
		return err
	}
	paths, err := documents(root)
	if err != nil {
		return err
	}
	var faults []error
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			name = path
		}
		want, err := fill(name, string(text), r)
		if err == nil {
			err = do(path, string(text), want)
		}
		if err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}
