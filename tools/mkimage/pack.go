package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"bennu/kernel/archive"
	"bennu/kernel/archive/pack"
	"bennu/rs/conf"
)

const (
	confName = "system.conf"
	binDir   = "bin/"
	rootName = binDir + "rs" // what the kernel starts
)

// packOptions are the arguments of mkimage pack.
type packOptions struct {
	out   string
	confs []string
	extra string
	force bool     // write the archive even when the checks fail: for tests of the boot
	files []string // NAME=FILE
}

func runPack(args []string, stdout, stderr io.Writer) error {
	var o packOptions
	f := flagSet("pack", stderr)
	f.StringVar(&o.out, "o", "", "the archive to write")
	f.Func("conf", "a `file` of system.conf; may be given again", func(s string) error {
		o.confs = append(o.confs, s)
		return nil
	})
	f.StringVar(&o.extra, "extra", "", "a `folder` of more executables, with a system.conf of their own")
	f.BoolVar(&o.force, "force", false, "write the archive though the checks fail (for tests)")
	if err := f.Parse(args); err != nil {
		return &usageError{err.Error()}
	}
	if o.files = f.Args(); o.out == "" || len(o.files) == 0 && o.extra == "" {
		return &usageError{"expected -o and at least one NAME=FILE"}
	}
	return packFiles(&o, stderr)
}

// packFiles collects, checks and writes. All faults come back, joined.
func packFiles(o *packOptions, stderr io.Writer) error {
	files, faults := collect(o)
	text, parts, err := joinConf(o)
	if err != nil {
		faults = append(faults, err)
	}
	if len(parts) > 0 {
		files[confName] = text
	}
	b, packErr := pack.Bytes(files)
	if len(parts) > 0 {
		faults = append(faults, checkConf(text, parts, files, uint64(len(b)), stderr)...)
	}
	faults = append(faults, checkPrograms(files)...)
	if len(faults) > 0 {
		if !o.force {
			return errors.Join(faults...)
		}
		for _, f := range faults {
			fmt.Fprintf(stderr, "mkimage: forced: %v\n", f)
		}
	}
	if packErr != nil {
		return packErr
	}
	if _, err := archive.Open(b); err != nil {
		return fmt.Errorf("what was written does not read: %w", err)
	}
	return writeFile(o.out, b, 0o644)
}

// collect reads the files of the arguments and of the extra folder, by their names in the archive.
func collect(o *packOptions) (files map[string][]byte, faults []error) {
	files = map[string][]byte{}
	add := func(name, path string) {
		if _, ok := files[name]; ok || name == confName {
			faults = append(faults, fmt.Errorf("%s: %s is in the archive already", path, name))
			return
		}
		b, err := os.ReadFile(path)
		if err != nil {
			faults = append(faults, err)
			return
		}
		files[name] = b
	}
	for _, a := range o.files {
		name, path, ok := strings.Cut(a, "=")
		if !ok || !archive.ValidName(name) || path == "" {
			faults = append(faults, fmt.Errorf("argument %q: expected NAME=FILE", a))
			continue
		}
		add(name, path)
	}
	if o.extra == "" {
		return files, faults
	}
	dir, err := os.ReadDir(o.extra)
	if err != nil {
		return files, append(faults, err)
	}
	for _, e := range dir {
		path := filepath.Join(o.extra, e.Name())
		info, err := os.Stat(path) // follows links: a folder of links to build results is fine
		switch {
		case err != nil:
			faults = append(faults, err)
		case !info.Mode().IsRegular() || info.Mode()&0o111 == 0:
			// system.conf, sources, notes
		case !archive.ValidName(binDir + e.Name()):
			faults = append(faults, fmt.Errorf("%s: not a name that the archive can hold", path))
		default:
			add(binDir+e.Name(), path)
		}
	}
	return files, faults
}

// confPart is a file that became lines first… of the joined system.conf.
type confPart struct {
	path  string
	first int // from 1
}

// joinConf joins the parts of system.conf in the order of the arguments, the extra folder's last.
func joinConf(o *packOptions) (text []byte, parts []confPart, err error) {
	paths := o.confs
	if o.extra != "" {
		if p := filepath.Join(o.extra, confName); exists(p) {
			paths = append(paths[:len(paths):len(paths)], p)
		}
	}
	line := 1
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			return nil, nil, err
		}
		if n := len(b); n > 0 && b[n-1] != '\n' {
			b = append(b, '\n')
		}
		parts = append(parts, confPart{p, line})
		line += strings.Count(string(b), "\n")
		text = append(text, b...)
	}
	return text, parts, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// checkConf reports all faults of system.conf at the file, line and column where they were written, the services whose
// program is not in the archive, and those for which there is no memory: neither of their own nor on the smallest machine
// that boots an archive of size bytes. Notes only go to stderr.
func checkConf(text []byte, parts []confPart, files map[string][]byte, size uint64, stderr io.Writer) (faults []error) {
	f, wrong := conf.Parse(confName, text)
	notes := f.Notes
	room := f.Room(size)
	for i := range f.Services {
		s := &f.Services[i]
		if program, ok := files[binDir+s.Program]; !ok {
			wrong = append(wrong, conf.Fault{Line: s.Line, Col: s.Col, Label: s.Label, Text: "its program " + binDir + s.Program + " is not in the archive"})
		} else if x, note, ok := f.AdmitLife(s, lifeTakes(program, s)); note {
			notes = append(notes, x)
		} else if !ok {
			wrong = append(wrong, x)
		}
		if x, ok := f.Admit(&room, s); !ok {
			wrong = append(wrong, x)
		}
	}
	for _, n := range notes {
		n.File, n.Line = locate(parts, n.Line)
		fmt.Fprintf(stderr, "mkimage: note: %v\n", n)
	}
	if len(wrong) == 0 {
		noteIdle(f, files, stderr)
	}
	for _, w := range wrong {
		w.File, w.Line = locate(parts, w.Line)
		if w.Other.Line != 0 {
			w.Other.File, w.Other.Line = locate(parts, w.Other.Line)
		}
		faults = append(faults, w)
	}
	return faults
}

// noteIdle tells of programs that no service has. Preconditions: all entries are right.
func noteIdle(f *conf.File, files map[string][]byte, stderr io.Writer) {
	started := map[string]bool{rootName: true}
	for i := range f.Services {
		started[binDir+f.Services[i].Program] = true
	}
	for _, name := range sortedNames(files) {
		if strings.HasPrefix(name, binDir) && !started[name] {
			fmt.Fprintf(stderr, "mkimage: note: %s: no service of %s has this program, so nobody starts it\n", name, confName)
		}
	}
}

func locate(parts []confPart, line int) (path string, at int) {
	for i := len(parts) - 1; i >= 0; i-- {
		if line >= parts[i].first {
			return parts[i].path, line - parts[i].first + 1
		}
	}
	return confName, line
}

// checkPrograms asks for the root task, and for executables that the kernel will take.
func checkPrograms(files map[string][]byte) (faults []error) {
	if _, ok := files[rootName]; !ok {
		faults = append(faults, fmt.Errorf("%s is not in the archive: the kernel starts it", rootName))
	}
	for _, name := range sortedNames(files) {
		if strings.HasPrefix(name, binDir) {
			if why := taskFault(files[name]); why != "" {
				faults = append(faults, fmt.Errorf("%s: %s", name, why))
			}
		}
	}
	return faults
}

// writeFile replaces path in one step, so that a build that is stopped leaves no half image.
func writeFile(path string, b []byte, mode os.FileMode) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return err
	}
	_, err = tmp.Write(b)
	err = errors.Join(err, tmp.Chmod(mode), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		os.Remove(tmp.Name())
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}
