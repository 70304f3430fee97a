package report

import (
	"bufio"
	"fmt"
	"io"
)

// WriteKTAP writes one result a cell, as tools/internal/ktap reads them. A cell of which nothing was activated is no result, and told in a
// remark: a test that tested nothing has not passed. A void campaign has one more result, which failed.
func WriteKTAP(w io.Writer, m *Model) error {
	b := bufio.NewWriter(w)
	var cells, idle []*Cell
	for _, c := range m.tests() {
		if c.verdict().skipped {
			idle = append(idle, c)
		} else {
			cells = append(cells, c)
		}
	}
	n := len(cells)
	if m.Void() != "" || n == 0 {
		n++
	}
	fmt.Fprintf(b, "KTAP version 1\n1..%d\n", n)
	for _, c := range idle {
		fmt.Fprintf(b, "# not tested: %v: %s\n", c.Key, c.verdict().message)
	}
	for i, c := range cells {
		v := c.verdict()
		word := "ok"
		if v.failed || v.broken {
			word = "not ok"
			fmt.Fprintf(b, "# %v: %s\n", c.Key, v.message)
			for _, f := range c.Examples {
				fmt.Fprintf(b, "# %s\n", f.Replay)
			}
		}
		fmt.Fprintf(b, "%s %d %v\n", word, i+1, c.Key)
	}
	switch {
	case m.Void() != "":
		fmt.Fprintf(b, "# %s\nnot ok %d valid\n", m.Void(), n)
	case len(cells) == 0:
		fmt.Fprintf(b, "# no fault of any cell was activated\nnot ok %d activated\n", n)
	}
	return b.Flush()
}
