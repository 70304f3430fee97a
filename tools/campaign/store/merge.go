package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"bennu/tools/campaign/result"
)

// Merge puts the groups of several folders of one campaign into a new one. The order of the folders, and how often one is named, change
// no byte of it.
//
// Errors: the folders have different campaigns, or differ in what came of a fault: both are named. out exists.
func Merge(out string, groups func(*result.Campaign) (int, error), dirs ...string) (*Store, error) {
	if _, err := os.Stat(out); err == nil {
		return nil, fmt.Errorf("%s exists: expected a new folder", out)
	}
	var from []*Store
	for _, d := range dirs {
		s, err := Open(d)
		if err != nil {
			return nil, err
		}
		from = append(from, s)
	}
	if len(from) == 0 {
		return nil, errors.New("nothing to merge: expected folders")
	}
	c := &from[0].Campaign
	for _, s := range from[1:] {
		if diff := Differences(c, &s.Campaign); len(diff) > 0 {
			return nil, fmt.Errorf("%s and %s are not parts of one campaign: %s", from[0].Dir, s.Dir, strings.Join(diff, "; "))
		}
		// Of records that differ in what is free to differ one is taken, whatever the order.
		if a, b := key(c), key(&s.Campaign); bytes.Compare(b, a) < 0 {
			c = &s.Campaign
		}
	}
	n, err := groups(c)
	if err != nil {
		return nil, err
	}
	to, err := Create(out, c)
	if err != nil {
		return nil, err
	}
	for i := range n {
		if err := to.mergeGroup(i, from); err != nil {
			os.RemoveAll(out)
			return nil, err
		}
	}
	return to, to.image(from)
}

func key(c *result.Campaign) []byte {
	b, err := json.Marshal(c)
	if err != nil {
		panic(err) // as in fields
	}
	return b
}

func (s *Store) mergeGroup(n int, from []*Store) error {
	var best *Group
	var bestFrom *Store
	for _, f := range from {
		g, err := f.Get(n)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if best != nil {
			if err := agree(n, bestFrom, best, f, g); err != nil {
				return err
			}
		}
		if best == nil || fewer(g.Infra, best.Infra) {
			best, bestFrom = g, f
		}
	}
	if best == nil {
		return nil
	}
	return s.Put(n, best)
}

// fewer orders what the host did wrong in two runs of one group.
func fewer(a, b []Infra) bool {
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	return errA == nil && errB == nil && bytes.Compare(x, y) < 0
}

// agree compares what two folders have of a group.
func agree(n int, a *Store, g *Group, b *Store, h *Group) error {
	if err := agreeLines(n, a.Dir, g.Faults, b.Dir, h.Faults); err != nil {
		return err
	}
	return agreeLines(n, a.Dir, g.Boots, b.Dir, h.Boots)
}

func agreeLines[T any](n int, a string, x []T, b string, y []T) error {
	for i := range min(len(x), len(y)) {
		p, errA := lines(x[i : i+1])
		q, errB := lines(y[i : i+1])
		if err := errors.Join(errA, errB); err != nil {
			return err
		}
		if !bytes.Equal(p, q) {
			return fmt.Errorf("group %d: %s and %s differ in what came of it:\n%s: %s%s: %s", n, a, b, a, p, b, bytes.TrimSpace(q))
		}
	}
	if len(x) != len(y) {
		return fmt.Errorf("group %d: %s has %d lines of it, %s %d", n, a, len(x), b, len(y))
	}
	return nil
}

// image keeps what was booted: the hashes say that all folders have the same.
func (s *Store) image(from []*Store) error {
	for _, f := range from {
		src := filepath.Join(f.Dir, "image")
		if _, err := os.Stat(src); err == nil {
			return s.room(os.CopyFS(filepath.Join(s.Dir, "image"), os.DirFS(src)))
		}
	}
	return nil
}
