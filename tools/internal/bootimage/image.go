package bootimage

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"bennu/kernel/archive"
	"bennu/kernel/archive/pack"
	"bennu/rs/conf"
)

// Names in the archive.
const (
	ConfName = "system.conf"
	BinDir   = "bin/"
	RootName = BinDir + "rs" // what the kernel starts
)

// Part is a file of system.conf. Its text may be changed, as long as its lines stay where they are.
type Part struct {
	Path string
	Text []byte
}

// Image is what an archive is made of.
type Image struct {
	Parts []Part            // in their order
	Files map[string][]byte // by their names in the archive

	paths map[string]string // of files that were read, by the same names
}

// New is an image without anything.
func New() *Image { return &Image{Files: map[string][]byte{}, paths: map[string]string{}} }

// ReadPart reads a file of system.conf.
func (m *Image) ReadPart(path string) error {
	b, err := os.ReadFile(path)
	if err == nil {
		m.Parts = append(m.Parts, Part{path, b})
	}
	return err
}

// ReadFile reads a file, which is called name in the archive.
func (m *Image) ReadFile(name, path string) error {
	if _, ok := m.Files[name]; ok || name == ConfName {
		return fmt.Errorf("%s: %s is in the archive already", path, name)
	}
	b, err := os.ReadFile(path)
	if err == nil {
		m.Files[name], m.paths[name] = b, path
	}
	return err
}

// ReadExtra reads a user's folder: its executables become bin/NAME.
func (m *Image) ReadExtra(folder string) (faults []error) {
	dir, err := os.ReadDir(folder)
	if err != nil {
		return []error{err}
	}
	for _, e := range dir {
		path := filepath.Join(folder, e.Name())
		info, err := os.Stat(path) // follows links: a folder of links to build results is fine
		switch {
		case err != nil:
		case !info.Mode().IsRegular() || info.Mode()&0o111 == 0:
			continue // system.conf, sources, notes
		case !archive.ValidName(BinDir + e.Name()):
			err = fmt.Errorf("%s: not a name that the archive can hold", path)
		default:
			err = m.ReadFile(BinDir+e.Name(), path)
		}
		if err != nil {
			faults = append(faults, err)
		}
	}
	return faults
}

// ReadExtraPart reads that folder's system.conf, if it has one.
func (m *Image) ReadExtraPart(folder string) error {
	path := filepath.Join(folder, ConfName)
	if _, err := os.Stat(path); err != nil {
		return nil
	}
	return m.ReadPart(path)
}

// Pack writes the archive, and finds everything that is wrong with it and what may be a slip. b is nil when its files cannot be packed, which
// is a fault too.
func (m *Image) Pack() (b []byte, faults []error, notes []string) {
	text := m.join()
	if len(m.Parts) > 0 {
		m.Files[ConfName] = text
	}
	b, err := pack.Bytes(m.Files)
	if err == nil {
		if _, bad := archive.Open(b); bad != nil {
			err = fmt.Errorf("what was written does not read: %w", bad)
		}
	}
	if len(m.Parts) > 0 {
		faults, notes = m.check(text, uint64(len(b)))
	}
	faults = append(faults, m.checkPrograms()...)
	if err != nil {
		return nil, append(faults, err), notes
	}
	return b, faults, notes
}

// join joins the parts of system.conf.
func (m *Image) join() (text []byte) {
	for _, p := range m.Parts {
		text = append(text, p.Text...)
		if n := len(text); n > 0 && text[n-1] != '\n' {
			text = append(text, '\n')
		}
	}
	return text
}

// locate is the file and line of a line of the joined parts.
func (m *Image) locate(line int) (path string, at int) {
	for _, p := range m.Parts {
		n := strings.Count(string(p.Text), "\n")
		if len(p.Text) > 0 && p.Text[len(p.Text)-1] != '\n' {
			n++
		}
		if path = p.Path; line <= n {
			return path, line
		}
		line -= n
	}
	return path, line // the end of the last one
}

// check finds all faults of system.conf, the services whose program is not in the archive, and those for which there is no memory: neither of
// their own nor on the smallest machine that boots an archive of size bytes.
func (m *Image) check(text []byte, size uint64) (faults []error, words []string) {
	f, wrong := conf.Parse(ConfName, text)
	notes := f.Notes
	room := f.Room(size)
	for i := range f.Services {
		s := &f.Services[i]
		if program, ok := m.Files[BinDir+s.Program]; !ok {
			wrong = append(wrong, conf.Fault{Line: s.Line, Col: s.Col, Label: s.Label, Text: "its program " + BinDir + s.Program + " is not in the archive"})
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
		n.File, n.Line = m.locate(n.Line)
		words = append(words, n.Error())
	}
	if len(wrong) == 0 {
		words = append(words, m.idle(f)...)
	}
	for _, w := range wrong {
		w.File, w.Line = m.locate(w.Line)
		if w.Other.Line != 0 {
			w.Other.File, w.Other.Line = m.locate(w.Other.Line)
		}
		faults = append(faults, w)
	}
	return faults, words
}

// idle tells of programs that no service has. Preconditions: all entries are right.
func (m *Image) idle(f *conf.File) (notes []string) {
	started := map[string]bool{RootName: true}
	for i := range f.Services {
		started[BinDir+f.Services[i].Program] = true
	}
	for _, name := range m.names() {
		if strings.HasPrefix(name, BinDir) && !started[name] {
			notes = append(notes, fmt.Sprintf("%s: no service of %s has this program, so nobody starts it", name, ConfName))
		}
	}
	return notes
}

// names are the files', sorted.
func (m *Image) names() []string { return slices.Sorted(maps.Keys(m.Files)) }

// checkPrograms asks for the root task, and for executables that the kernel will take.
func (m *Image) checkPrograms() (faults []error) {
	if _, ok := m.Files[RootName]; !ok {
		faults = append(faults, fmt.Errorf("%s is not in the archive: the kernel starts it", RootName))
	}
	for _, name := range m.names() {
		if strings.HasPrefix(name, BinDir) {
			if why := TaskFault(m.Files[name]); why != "" {
				if path, ok := m.paths[name]; ok {
					why += " (" + path + ")"
				}
				faults = append(faults, fmt.Errorf("%s: %s", name, why))
			}
		}
	}
	return faults
}
