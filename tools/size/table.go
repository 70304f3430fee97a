package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// document has the table, between these lines.
const (
	document = "docs/ARCHITECTURE.md"
	begins   = "<!-- the size of ring 0: make size -->\n"
	ends     = "<!-- end of the size of ring 0 -->\n"
)

// totals adds up what is not the board, and the board.
func totals(rows []row) (kernel, board row) {
	kernel.Folder, board.Folder = "ring 0 without board/", "board/"
	for _, r := range rows {
		if strings.HasPrefix(r.Folder, "board/") {
			board = board.plus(r)
		} else {
			kernel = kernel.plus(r)
		}
	}
	return kernel, board
}

func table(rows []row) string {
	var b strings.Builder
	b.WriteString("| package | functions linked | types, constants, tables | functions not linked | whole | assembly |\n|---|---|---|---|---|---|\n")
	line := func(r row, name string) {
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d |\n", name, r.Functions, r.Others, r.Left, r.Whole(), r.Assembly)
	}
	kernel, board := totals(rows)
	line(kernel, "**"+kernel.Folder+"**")
	line(board, "**"+board.Folder+"**")
	for _, r := range rows {
		if !strings.HasPrefix(r.Folder, "board/") {
			line(r, "`"+r.Folder+"`")
		}
	}
	return b.String()
}

// block is the table that a document has.
func block(text string) (string, error) {
	_, after, found := strings.Cut(text, begins)
	inside, _, closed := strings.Cut(after, ends)
	if !found || !closed {
		return "", fmt.Errorf("%s: expected a table between %q and %q", document, begins, ends)
	}
	return inside, nil
}

func replace(text, old, with string) string {
	return strings.Replace(text, begins+old+ends, begins+with+ends, 1)
}

// slack is how far a figure of the table may be off before it is stale, so that not every change to the kernel has to write it anew: so many lines, or
// so many in a hundred.
const slack, slackPercent = 20, 2

// stale says in words what is wrong with a table that should be another; "": nothing.
func stale(is, want string) string {
	old, now := cells(is), cells(want)
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if old[name] == nil {
			return name + " is missing"
		}
	}
	for _, name := range slices.Sorted(maps.Keys(old)) {
		if now[name] == nil {
			return name + " is not in ring 0"
		}
		for i, n := range now[name] {
			if d := n - old[name][i]; max(d, -d) > max(slack, n*slackPercent/100) {
				return fmt.Sprintf("%s: column %d is %d, and %d is right", name, i+1, old[name][i], n)
			}
		}
	}
	return ""
}

// cells are the figures of a table, by the first column.
func cells(table string) map[string][]int {
	all := map[string][]int{}
	for line := range strings.Lines(table) {
		columns := strings.Split(strings.Trim(line, "|\n "), " | ")
		figures := make([]int, 5)
		if len(columns) != len(figures)+1 {
			continue
		}
		for i := range figures {
			figures[i], _ = strconv.Atoi(columns[i+1])
		}
		all[strings.Trim(columns[0], "*`")] = figures
	}
	return all
}
