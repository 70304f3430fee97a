// Package store is the folder that a campaign is kept in:
//
//	campaign.json            what is run, and how
//	groups/000012.jsonl.gz   what came of a group that is complete: one line a fault
//	groups/000012.boots.jsonl.gz, groups/000012.infra.json
//	                         its boots, and the infrastructure errors on the way, if there were any; they come before the other
//	image/                   what was booted
//	logs/                    of machines that hung or crashed
//	time.log                 how long groups took; merge leaves it out
//	lock                     held by the runner that works here
//
// A group appears whole or not at all, whenever the runner ends. The bytes of its file follow from the campaign alone.
package store

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"bennu/tools/campaign/result"
)

// Store is a campaign's folder.
type Store struct {
	Dir      string
	Campaign result.Campaign

	wrap func(io.Writer) io.Writer // of tests: a disk that is full
}

// Group is what came of a group.
type Group struct {
	Boots  []result.Boot
	Faults []result.Fault
	Infra  []Infra
}

// Infra is an infrastructure error that did not repeat, and so is no result.
type Infra struct {
	Group int    `json:"group"`
	Block uint32 `json:"block"` // that the boot had come to
	Words string `json:"words"`
}

// RoomError is a disk without room.
type RoomError struct {
	Dir string
	Err error
}

func (e *RoomError) Error() string {
	return fmt.Sprintf("no room in %s: %v; what is complete is kept: make room, then `campaign resume %s`", e.Dir, e.Err, e.Dir)
}

func (e *RoomError) Unwrap() error { return e.Err }

// Create makes the folder for a campaign, or opens the one that is there.
//
// Errors: it is another campaign's.
func Create(dir string, c *result.Campaign) (*Store, error) {
	s, err := Open(dir)
	if err == nil {
		return s, same(s, c)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	s = &Store{Dir: dir, Campaign: *c}
	if err := os.MkdirAll(filepath.Join(dir, "groups"), 0o755); err != nil {
		return nil, s.room(err)
	}
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return nil, err
	}
	return s, s.write("campaign.json", append(b, '\n'))
}

// Open opens a folder. fs.ErrNotExist: there is no campaign in it.
func Open(dir string) (*Store, error) {
	b, err := os.ReadFile(filepath.Join(dir, "campaign.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no campaign in %s: expected a folder with campaign.json, which `campaign run` makes: %w", dir, fs.ErrNotExist)
	}
	if err != nil {
		return nil, err
	}
	s := &Store{Dir: dir}
	if err := json.Unmarshal(b, &s.Campaign); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, "campaign.json"), err)
	}
	return s, nil
}

func (s *Store) name(n int) string { return fmt.Sprintf("groups/%06d.jsonl.gz", n) }

func (s *Store) infra(n int) string { return fmt.Sprintf("groups/%06d.infra.json", n) }

// Has tells whether group n is complete.
func (s *Store) Has(n int) bool {
	_, err := os.Stat(filepath.Join(s.Dir, s.name(n)))
	return err == nil
}

func (s *Store) boots(n int) string { return fmt.Sprintf("groups/%06d.boots.jsonl.gz", n) }

// Put keeps group n.
func (s *Store) Put(n int, g *Group) error {
	if len(g.Infra) == 0 {
		if err := os.Remove(filepath.Join(s.Dir, s.infra(n))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	} else {
		b, err := json.Marshal(g.Infra)
		if err != nil {
			return err
		}
		if err := s.write(s.infra(n), append(b, '\n')); err != nil {
			return err
		}
	}
	if err := writeLines(s, s.boots(n), g.Boots); err != nil {
		return err
	}
	return writeLines(s, s.name(n), g.Faults)
}

// lines are JSON, one a line.
func lines[T any](list []T) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for i := range list {
		if err := e.Encode(&list[i]); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

func writeLines[T any](s *Store, name string, list []T) error {
	text, err := lines(list)
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err = z.Write(text); err == nil {
		err = z.Close()
	}
	if err != nil {
		return err
	}
	return s.write(name, packed.Bytes())
}

// Get reads group n. fs.ErrNotExist: it is not complete.
func (s *Store) Get(n int) (*Group, error) {
	g := &Group{}
	if err := readLines(filepath.Join(s.Dir, s.name(n)), &g.Faults); err != nil {
		return nil, err
	}
	if err := readLines(filepath.Join(s.Dir, s.boots(n)), &g.Boots); err != nil {
		return nil, err
	}
	b, err := os.ReadFile(filepath.Join(s.Dir, s.infra(n)))
	if errors.Is(err, fs.ErrNotExist) {
		return g, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &g.Infra)
	}
	return g, err
}

func readLines[T any](path string, list *[]T) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for d := json.NewDecoder(z); ; {
		var line T
		if err := d.Decode(&line); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		*list = append(*list, line)
	}
}

// Each calls f with the complete ones of n groups, in order.
func (s *Store) Each(n int, f func(n int, g *Group) error) error {
	for i := range n {
		g, err := s.Get(i)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = f(i, g)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Took keeps how long a group took. It is for rates alone: a line that is torn or missing changes no result.
func (s *Store) Took(n, faults int, ms int64) error {
	f, err := os.OpenFile(filepath.Join(s.Dir, "time.log"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return s.room(err)
	}
	_, err = fmt.Fprintf(f, "{\"group\":%d,\"faults\":%d,\"wall_ms\":%d}\n", n, faults, ms)
	return s.room(errors.Join(err, f.Close()))
}

// Keep copies a file into the folder, if it is not there.
func (s *Store) Keep(name, from string) error {
	path := filepath.Join(s.Dir, name)
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return s.room(err)
	}
	return s.writeMode(name, b, info.Mode().Perm())
}

// write makes a file appear whole.
func (s *Store) write(name string, b []byte) error { return s.writeMode(name, b, 0o644) }

func (s *Store) writeMode(name string, b []byte, mode fs.FileMode) error {
	path := filepath.Join(s.Dir, name)
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return s.room(err)
	}
	var w io.Writer = f
	if s.wrap != nil {
		w = s.wrap(w)
	}
	_, err = w.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Chmod(f.Name(), mode)
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return s.room(err)
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// room has words for a full disk.
func (s *Store) room(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return &RoomError{s.Dir, err}
	}
	return err
}

// Sweep removes what a runner that was killed left half-written. The caller has the lock.
func (s *Store) Sweep() {
	for _, pattern := range []string{".new-*", "groups/.new-*", "image/.new-*", "image/bin/.new-*", "image/extra/.new-*"} {
		old, _ := filepath.Glob(filepath.Join(s.Dir, pattern)) // the pattern is good
		for _, f := range old {
			os.Remove(f)
		}
	}
}
