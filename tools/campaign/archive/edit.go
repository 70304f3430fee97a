package archive

import (
	"bytes"
	"slices"
	"strings"

	"bennu/rs/conf"
)

// edit is a change of a service's entry.
type edit struct {
	key  string
	args string // as a file has them; with drop nothing
	drop bool   // the statement goes; what a class says then counts
}

func set(key, args string) edit { return edit{key: key, args: args} }

// apply makes edits of the entry of a label in a part. A statement that is there is replaced where it stands, another one stands before the entry's '}':
// no line moves. found is false when the part has no such entry.
func apply(text []byte, label string, edits []edit) (changed []byte, found bool) {
	var cuts []cut
	for _, o := range conf.Outlines(text) {
		if o.Class || o.Label != label {
			continue
		}
		found = true
		closing := ""
		for _, e := range edits {
			there := false
			for _, s := range o.Statements {
				if s.Key == e.key {
					there = true
					cuts = append(cuts, cut{offset(text, s.From), offset(text, s.To), e.statement()})
				}
			}
			if !there && !e.drop {
				closing += e.statement() + " "
			}
		}
		at := offset(text, o.Close)
		cuts = append(cuts, cut{at, at, closing})
	}
	return patch(text, cuts), found
}

// rename gives the entry of a label another one.
func rename(text []byte, label, to string) []byte {
	var cuts []cut
	for _, o := range conf.Outlines(text) {
		if from := offset(text, o.Name); !o.Class && o.Label == label && string(text[from:from+len(label)]) == label {
			cuts = append(cuts, cut{from, from + len(label), to})
		}
	}
	return patch(text, cuts)
}

func (e edit) statement() string {
	switch {
	case e.drop:
		return ""
	case e.args == "":
		return e.key + ";"
	}
	return e.key + " " + e.args + ";"
}

// cut is a piece of a text, and what takes its place.
type cut struct {
	from, to int
	text     string
}

// patch makes cuts. The line feeds of what is cut stay.
func patch(text []byte, cuts []cut) []byte {
	slices.SortStableFunc(cuts, func(a, b cut) int { return a.from - b.from })
	var b []byte
	at := 0
	for _, c := range cuts {
		b = append(append(b, text[at:c.from]...), c.text...)
		b = append(b, strings.Repeat("\n", bytes.Count(text[c.from:c.to], []byte{'\n'}))...)
		at = c.to
	}
	return append(b, text[at:]...)
}

// offset is where a place is in a text.
func offset(text []byte, p conf.Place) int {
	at := 0
	for range p.Line - 1 {
		at += bytes.IndexByte(text[at:], '\n') + 1
	}
	return at + p.Col - 1
}
