package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"bennu/tools/campaign/result"
)

const groups = 12

func count(*result.Campaign) (int, error) { return groups, nil }

func group(n int) *Group {
	g := &Group{Boots: []result.Boot{{Campaign: "c", Plan: fmt.Sprint("plan ", n), First: uint32(n), End: "done"}}}
	for i := range 3 {
		g.Faults = append(g.Faults, result.Fault{ID: fmt.Sprintf("c/%d/%d", n, i), Block: uint32(n), Index: i, Outcome: "masked <>&", Collateral: []string{"tty"}})
	}
	return g
}

func create(t *testing.T, list ...int) *Store {
	t.Helper()
	s, err := Create(filepath.Join(t.TempDir(), "c"), &result.Campaign{ID: "c", Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range list {
		if err := s.Put(n, group(n)); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// tree is all files of a folder, and what is in them.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	m := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			var b []byte
			b, err = os.ReadFile(filepath.Join(dir, path))
			m[path] = string(b)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestPutGet(t *testing.T) {
	s := create(t)
	want := group(3)
	want.Infra = []Infra{{3, 7, "words"}}
	if err := s.Put(3, want); err != nil {
		t.Fatal(err)
	}
	if g, err := s.Get(3); err != nil || !reflect.DeepEqual(g, want) {
		t.Errorf("%+v, %v, want %+v", g, err, want)
	}
	if !s.Has(3) || s.Has(4) {
		t.Errorf("has 3: %v, 4: %v", s.Has(3), s.Has(4))
	}
	if _, err := s.Get(4); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, want that it does not exist", err)
	}
	// A group that is done again, without errors of the host, has none.
	if err := s.Put(3, group(3)); err != nil {
		t.Fatal(err)
	}
	if g, err := s.Get(3); err != nil || g.Infra != nil {
		t.Errorf("%+v, %v", g, err)
	}
	// The report's reader takes what is written; its own check refuses these made-up words.
	if _, err := result.Read(s.Dir); err == nil || !strings.Contains(err.Error(), "masked") {
		t.Errorf("%v", err)
	}
}

// full writes some bytes, and then there is no room.
type full struct {
	w    io.Writer
	left *int
}

func (f full) Write(b []byte) (int, error) {
	n := min(len(b), *f.left)
	*f.left -= n
	m, err := f.w.Write(b[:n])
	if err == nil && n < len(b) {
		err = &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	}
	return m, err
}

// However little room there is, a group is there whole or not at all, the error says why, and with room it goes on.
func TestFullDisk(t *testing.T) {
	whole := tree(t, create(t, 1, 2).Dir)
	size := 0
	for _, name := range []string{"groups/000002.jsonl.gz", "groups/000002.boots.jsonl.gz"} {
		size += len(whole[name])
	}
	for room := 0; room < size; room += 41 {
		s := create(t, 1)
		left := room
		s.wrap = func(w io.Writer) io.Writer { return full{w, &left} }
		err := s.Put(2, group(2))
		var e *RoomError
		if !errors.As(err, &e) || !strings.Contains(err.Error(), "resume") {
			t.Fatalf("%d bytes of room: %v, want RoomError", room, err)
		}
		if s.Has(2) {
			t.Fatalf("%d bytes of room: the group is there", room)
		}
		for name := range tree(t, s.Dir) {
			if strings.Contains(name, ".new") {
				t.Errorf("%d bytes of room: %s is left", room, name)
			}
		}
		s.wrap = nil
		if err := s.Put(2, group(2)); err != nil {
			t.Fatal(err)
		}
		if got := tree(t, s.Dir); !reflect.DeepEqual(got, whole) {
			t.Fatalf("%d bytes of room, then all: %d files, want %d", room, len(got), len(whole))
		}
	}
}

func TestLock(t *testing.T) {
	dir := t.TempDir()
	f, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(dir); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("process %d ", os.Getpid())) {
		t.Errorf("%v, want who has it", err)
	}
	f.Close()
	// The file stays, as after a process that was killed; it is nobody's.
	g, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	g.Close()
}

func TestAnotherCampaign(t *testing.T) {
	s := create(t)
	if _, err := Create(s.Dir, &result.Campaign{ID: "d", Seed: 2}); err == nil || !strings.Contains(err.Error(), "seed 1 and 2") {
		t.Errorf("%v, want what differs", err)
	}
	if _, err := Create(s.Dir, &result.Campaign{ID: "c", Seed: 1, Commit: "x"}); err != nil {
		t.Errorf("another commit of the same binaries: %v", err)
	}
	if _, err := Open(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// Shards that overlap as they like, in any order, each once or twice, are the whole, to the byte.
func TestMerge(t *testing.T) {
	all := make([]int, groups)
	for i := range all {
		all[i] = i
	}
	whole := tree(t, create(t, all...).Dir)
	for seed := range uint64(10) {
		r := rand.New(rand.NewPCG(seed, 0))
		shards := make([][]int, 1+r.IntN(5))
		for n := range groups { // each is in one or two
			for range 1 + r.IntN(2) {
				i := r.IntN(len(shards))
				shards[i] = append(shards[i], n)
			}
		}
		var dirs []string
		for _, l := range shards {
			s := create(t, l...)
			for range 1 + r.IntN(2) {
				dirs = append(dirs, s.Dir)
			}
		}
		r.Shuffle(len(dirs), func(i, j int) { dirs[i], dirs[j] = dirs[j], dirs[i] })
		out := filepath.Join(t.TempDir(), "out")
		if _, err := Merge(out, count, dirs...); err != nil {
			t.Fatal(err)
		}
		if got := tree(t, out); !reflect.DeepEqual(got, whole) {
			t.Fatalf("seed %d: shards %v: %d files, want %d", seed, shards, len(got), len(whole))
		}
	}
}

// What the host did wrong in one of two runs of a group is not in the result, whatever the order.
func TestMergeInfra(t *testing.T) {
	a, b := create(t, 1), create(t)
	g := group(1)
	g.Infra = []Infra{{1, 1, "late"}}
	if err := b.Put(1, g); err != nil {
		t.Fatal(err)
	}
	for _, dirs := range [][]string{{a.Dir, b.Dir}, {b.Dir, a.Dir}} {
		out := filepath.Join(t.TempDir(), "out")
		if _, err := Merge(out, count, dirs...); err != nil {
			t.Fatal(err)
		}
		if got := tree(t, out); !reflect.DeepEqual(got, tree(t, a.Dir)) {
			t.Errorf("%v: %d files", dirs, len(got))
		}
	}
}

func TestMergeConflict(t *testing.T) {
	a, b := create(t, 1, 2), create(t, 2, 3)
	g := group(2)
	g.Faults[1].Outcome = "lie"
	if err := b.Put(2, g); err != nil {
		t.Fatal(err)
	}
	for _, dirs := range [][]string{{a.Dir, b.Dir}, {b.Dir, a.Dir}} {
		out := filepath.Join(t.TempDir(), "out")
		_, err := Merge(out, count, dirs...)
		if err == nil {
			t.Fatal("records that differ are merged")
		}
		for _, want := range []string{"c/2/1", a.Dir, b.Dir, "lie", "masked"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q in it", err, want)
			}
		}
		if _, err := os.Stat(out); err == nil {
			t.Error("half of a merge is left")
		}
	}
	other, err := Create(filepath.Join(t.TempDir(), "c"), &result.Campaign{ID: "d", Seed: 9})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Merge(filepath.Join(t.TempDir(), "out"), count, a.Dir, other.Dir); err == nil || !strings.Contains(err.Error(), "seed 1 and 9") {
		t.Errorf("%v, want what differs", err)
	}
	if _, err := Merge(a.Dir, count, b.Dir); err == nil || !strings.Contains(err.Error(), "exists") {
		t.Errorf("%v, want that it exists", err)
	}
}
