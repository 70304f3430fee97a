// Command check holds the rules of this project that compilers do not know: formatting,
// where unsafe code may be, how long files and functions may be, no init functions, no names that nobody uses. It prints
// one line a fault, file:line: what and what is expected, and ends with status 1 if there
// is any.
package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	root := "."
	if len(os.Args) > 1 {
		root = os.Args[1]
	}
	faults, n, err := checkTree(root)
	if err != nil {
		fmt.Fprintf(os.Stderr, "check: %v\n", err)
		os.Exit(1)
	}
	for _, f := range faults {
		fmt.Println(f)
	}
	if len(faults) > 0 {
		fmt.Fprintf(os.Stderr, "check: %d faults in %d files\n", len(faults), n)
		os.Exit(1)
	}
	fmt.Printf("check: %d files keep the rules\n", n)
}

// checkTree looks at all Go files below root but those that go itself passes over
// (testdata, names with '.' or '_' in front), and those below out/.
func checkTree(root string) (faults []string, files int, err error) {
	u := newUses()
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || name == "out") {
				return filepath.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(name, ".s") || strings.HasSuffix(name, "_amd64.h") {
			b, err := os.ReadFile(path)
			u.assembly(b)
			return err
		}
		if !strings.HasSuffix(name, ".go") || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		faults = append(faults, checkFile(path, b)...)
		u.file(path, b)
		return nil
	})
	faults = append(faults, u.dead(root)...)
	slices.Sort(faults)
	return faults, files, err
}
