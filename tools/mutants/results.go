package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// result is a line of results.jsonl.
type result struct {
	ID      string  `json:"id"`
	Commit  string  `json:"commit"`
	Tree    string  `json:"tree"` // hash of the sources: a result of others says nothing
	Outcome string  `json:"outcome"`
	By      string  `json:"by,omitempty"`
	What    string  `json:"what"`
	Change  string  `json:"change"` // hash of the texts before and after
	Seconds float64 `json:"seconds"`
}

// results is what is known of a tree, kept in a file so that a run that was stopped goes on.
type results struct {
	path string
	tree string
	of   map[string]result
}

// readResults reads those of a tree. A last line that is cut off is of a run that was stopped.
func readResults(path, tree string) (*results, error) {
	r := &results{path: path, tree: tree, of: map[string]result{}}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var one result
		if json.Unmarshal(lines.Bytes(), &one) == nil && one.Tree == tree {
			r.of[one.ID] = one
		}
	}
	return r, lines.Err()
}

// add keeps a result.
func (r *results) add(one result) error {
	one.Tree = r.tree
	r.of[one.ID] = one
	b, err := json.Marshal(one)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(r.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	return errors.Join(err, f.Close())
}

// argued is why each of some mutations may survive, by id.
type argued map[string]string

// readArgued reads argued.txt: "ID: reason", more lines of the reason indented; # begins a comment. Errors: with file and line.
func readArgued(path string) (argued, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	a := argued{}
	last := ""
	for n, l := range strings.Split(string(b), "\n") {
		text := strings.TrimSpace(l)
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		if l[0] == ' ' || l[0] == '\t' {
			if last == "" {
				return nil, fmt.Errorf("%s:%d: expected ID: REASON, got the rest of a reason", path, n+1)
			}
			a[last] += " " + text
			continue
		}
		id, reason, ok := strings.Cut(text, ":")
		reason = strings.TrimSpace(reason)
		switch {
		case !ok || id == "" || strings.ContainsAny(id, " \t"):
			return nil, fmt.Errorf("%s:%d: %q: expected ID: REASON", path, n+1, text)
		case len(reason) < 20:
			return nil, fmt.Errorf("%s:%d: %q is no reason: expected why no test can notice", path, n+1, reason)
		case a[id] != "":
			return nil, fmt.Errorf("%s:%d: %s is there twice", path, n+1, id)
		}
		a[id], last = reason, id
	}
	return a, nil
}
