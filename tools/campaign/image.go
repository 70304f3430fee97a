package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"bennu/rs/fi/code"
	"bennu/rs/fi/code/elffile"
	"bennu/rs/fi/fault"
	"bennu/rs/fi/plan"
	"bennu/rs/fi/types"
	"bennu/tools/campaign/emulator"
	"bennu/tools/campaign/machine"
	"bennu/tools/campaign/runner"
	"bennu/tools/campaign/spec"
	"bennu/tools/campaign/store"
	"bennu/tools/internal/qemu"
)

// image is what is booted: a folder with kernel.elf and bin/, and a user's with executables and their system.conf. A campaign keeps its own,
// so that it can be replayed when the tree has gone on.
type image struct{ dir, extra string }

// built is in dir; "": the tree's out.
func built(dir, extra string) (image, error) {
	if dir != "" {
		return image{dir, extra}, nil
	}
	root, err := qemu.Root()
	return image{filepath.Join(root, "out"), extra}, err
}

// kept is a campaign's.
func kept(st *store.Store) image {
	dir := filepath.Join(st.Dir, "image")
	return image{dir, filepath.Join(dir, "extra")}
}

func (m image) kernel() string { return filepath.Join(m.dir, "kernel.elf") }

// bin is a service's executable: the user's, if there is one of the name.
func (m image) bin(label string) string {
	own := filepath.Join(m.extra, label)
	if _, err := os.Stat(own); m.extra != "" && err == nil {
		return own
	}
	return filepath.Join(m.dir, "bin", label)
}

// files are the image's, by name.
func (m image) files() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(m.dir, "bin"))
	if err != nil {
		return nil, fmt.Errorf("%w: run make image", err)
	}
	l := []string{"kernel.elf"}
	for _, e := range entries {
		if slices.Contains(programs, e.Name()) {
			l = append(l, "bin/"+e.Name())
		}
	}
	return l, nil
}

// hashes are of the kernel, and of the archive for each service, with the campaign's first plan for it.
func (m image) hashes(s *spec.Spec) (map[string]string, error) {
	b, err := os.ReadFile(m.kernel())
	if err != nil {
		return nil, fmt.Errorf("%w: run make image", err)
	}
	h := map[string]string{"kernel": sum(b)}
	for _, g := range s.Groups() {
		name := "archive/" + g.Service
		if h[name] != "" {
			continue
		}
		p := s.Plan(g, g.First)
		if b, err = pack(m, s, &p); err != nil {
			return nil, err
		}
		h[name] = sum(b)
		if len(h) == 1+len(s.Services) {
			break
		}
	}
	return h, nil
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// keepImage copies an image into the campaign's folder.
func keepImage(st *store.Store, from image) error {
	if st.Campaign.Machine == "simulated" {
		return nil
	}
	names, err := from.files()
	if err != nil {
		return err
	}
	for _, n := range names {
		if err := st.Keep(filepath.Join("image", n), filepath.Join(from.dir, n)); err != nil {
			return err
		}
	}
	if from.extra == "" {
		return nil
	}
	own, err := os.ReadDir(from.extra)
	if err != nil {
		return err
	}
	for _, e := range own {
		info, err := os.Stat(filepath.Join(from.extra, e.Name())) // follows links, as the image builder does
		if err != nil {
			return err
		}
		if info.Mode().IsRegular() {
			if err := st.Keep(filepath.Join("image", "extra", e.Name()), filepath.Join(from.extra, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// openReal makes a machine of the campaign's own image.
func openReal(c *runner.Campaign, st *store.Store, s *spec.Spec, h *how) error {
	m := kept(st)
	now, err := m.hashes(s)
	if err != nil {
		return &machine.Fatal{Err: err}
	}
	for name, want := range st.Campaign.Hashes {
		if now[name] != want {
			return &machine.Fatal{Err: fmt.Errorf("%s: %s would not be what the campaign was made with (SHA-256 %s, not %s): expected the tree of commit %s", st.Dir, name, now[name], want, st.Campaign.Commit)}
		}
	}
	c.Machine = &emulator.Machine{Kernel: m.kernel(), Machine: s.Machine, Silence: h.silence, Archive: func(p *plan.Plan, file string) error {
		b, err := pack(m, s, p)
		if err != nil {
			return err
		}
		return os.WriteFile(file, b, 0o600)
	}}
	known := map[string]machine.Symbols{}
	for _, service := range s.Services {
		if known[service], err = readSymbols(m.bin(service)); err != nil {
			return &machine.Fatal{Err: fmt.Errorf("service %q: %w", service, err)}
		}
	}
	c.Symbols = func(service string) (machine.Symbols, error) { return known[service], nil }
	return nil
}

// symbols are those of a service's executable.
type symbols struct {
	*elffile.File
	eligible *sync.Map // by type
}

func readSymbols(file string) (machine.Symbols, error) {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: no executable of that name", err)
	}
	if err != nil {
		return nil, err
	}
	f, err := elffile.Read(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return symbols{f, new(sync.Map)}, nil
}

func (s symbols) Place(addr uint64) (symbol, place string) {
	if name, start := s.Symbol(addr); name != "" {
		symbol = fmt.Sprintf("%s+%#x", name, addr-start)
	}
	if file, line := s.Line(addr); file != "" {
		place = fmt.Sprintf("%s:%d", strings.TrimPrefix(file, "bennu/"), line)
	}
	return symbol, place
}

// Eligible looks at all of the text once for each type.
func (s symbols) Eligible(kind string) (n [code.Strata]uint32) {
	if have, ok := s.eligible.Load(kind); ok {
		return have.([code.Strata]uint32)
	}
	c, isCode := types.Named(kind).(fault.Code)
	for in := range s.Text.Sweep(code.All) {
		if isCode {
			in.Decode()
		}
		if !isCode || c.Applies(in) {
			n[in.Stratum()]++
		}
	}
	s.eligible.Store(kind, n)
	return n
}

func (s symbols) Asm(addr uint64, b []byte) string { return code.Disassemble(addr, b) }

func (s symbols) Bytes(addr uint64, n int) []byte {
	t := s.Text
	if addr < t.Base || addr-t.Base+uint64(n) > uint64(len(t.Bytes)) {
		return nil
	}
	return t.Bytes[addr-t.Base:][:n]
}

// debug prints how to stop a replay at a fault.
func (t *tool) debug(st *store.Store, b *runner.Stored, id spec.ID, port int) error {
	f := b.Lines[0]
	for _, l := range b.Lines {
		if l.Index == id.Index || id.Index < 0 && l.Activated && !f.Activated {
			f = l
		}
	}
	m := kept(st)
	injector, err := os.ReadFile(m.bin("swifi"))
	if err != nil {
		return err
	}
	kernel, err := os.ReadFile(m.kernel())
	if err != nil {
		return err
	}
	at, err := clocks(injector)
	if err != nil {
		return fmt.Errorf("%s: %w", m.bin("swifi"), err)
	}
	name := filepath.Join(st.Dir, "replay.gdb")
	script := gdbScript(port, &f, at, symbol(kernel, "bennu/kernel.(*Kernel).Panic"))
	if err := os.WriteFile(name, []byte(script), 0o644); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "the machine waits; stop it at fault %s with: gdb -x %s\n", f.ID, name)
	return nil
}
