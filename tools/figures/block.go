package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

const (
	blockBegins = "<!-- figures: "
	blockEnds   = "<!-- end -->"
)

// blocks is what a block of a name says.
var blocks = map[string]func(r *record) (string, error){
	"summary":  summary,
	"demo":     demonstration,
	"measured": measured,
	"rows":     meanings,
	"table":    table,
	"linux":    linuxTable,

	"claim":     claim,
	"campaigns": campaigns,
}

// fill is a document with its blocks as r says. Errors: a block of an unknown name, without an end, within another, or
// of figures that are not recorded; with name and line.
func fill(name, text string, r *record) (string, error) {
	var out strings.Builder
	inside, since := "", 0
	for n, line := range strings.SplitAfter(text, "\n") {
		mark := strings.TrimSpace(line)
		switch begins := strings.HasPrefix(mark, blockBegins); {
		case begins && inside != "":
			return "", fmt.Errorf("%s:%d: a block begins within another: expected %q, the block %q of line %d is open", name, n+1, blockEnds, inside, since)
		case begins:
			inside, since = strings.TrimSuffix(strings.TrimPrefix(mark, blockBegins), " -->"), n+1
			write, ok := blocks[inside]
			if !ok {
				return "", fmt.Errorf("%s:%d: block %q: expected one of %s", name, n+1, inside, blockNames())
			}
			content, err := write(r)
			if err != nil {
				return "", fmt.Errorf("%s:%d: block %q: %w", name, n+1, inside, err)
			}
			out.WriteString(line + content)
		case mark == blockEnds && inside != "":
			inside = ""
			out.WriteString(line)
		case inside == "":
			out.WriteString(line)
		}
	}
	if inside != "" {
		return "", fmt.Errorf("%s:%d: block %q: expected %q after it", name, since, inside, blockEnds)
	}
	return out.String(), nil
}

func blockNames() string {
	var names []string
	for n := range blocks {
		names = append(names, n)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// measuredFigure is how a figure looks that somebody has measured: a count with thousands apart, or a time, or a size with a fraction
// or of memory. A document whose figures are all in blocks has none outside.
var measuredFigure = regexp.MustCompile(`\d{1,3}(,\d{3})+|\d[\d.–-]* ?(ns|µs|us|ms|s of guest time|KiB)\b|\d+\.\d+ (MiB|s)\b`)

// measuredShare is how a figure looks that is said in words: a part of something, or how many times another. Who tries things twice, and what
// comes third, is none.
var measuredShare = regexp.MustCompile(`(?i)\b(half|halves|quarters?|thirds|fourths|fifths|sixths|sevenths|eighths|ninths|tenths|hundredths?|thousandths?|thrice|(two|three|four|five|ten|hundred|many)-?fold)\b` +
	`|\b(a|an|one) (third|fourth|fifth|sixth|seventh|eighth|ninth|tenth)\b|\btwice (as|the|what|that)\b|\btimes (as|the|what|that|faster|slower|more|less|fewer|longer)\b|\d ?(%|per ?cent)`)

// held are the documents in which no figure may stand outside of a block. Limits and constants are no figures: other
// documents have those.
var held = map[string]bool{"README.md": true, "docs/BENCHMARKS.md": true}

// strays tells of figures outside of blocks and of quoted code.
func strays(path, text string) (faults []error) {
	name := path
	for h := range held {
		if strings.HasSuffix(path, "/"+h) || path == h {
			name = h
		}
	}
	if !held[name] {
		return nil
	}
	block, code, tail := false, false, ""
	for n, line := range strings.Split(text, "\n") {
		mark := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(mark, blockBegins):
			block = true
		case mark == blockEnds:
			block = false
		case strings.HasPrefix(mark, "```"):
			code = !code
		case !block && !code && !strings.HasPrefix(line, "    "):
			for _, f := range []string{measuredFigure.FindString(line), share(tail, line)} {
				if f != "" {
					faults = append(faults, fmt.Errorf("%s:%d: %q stands outside of a block: who would notice when it is no longer true?", name, n+1, f))
				}
			}
			tail = line[strings.LastIndexByte(line, ' ')+1:]
			continue
		}
		tail = ""
	}
	return faults
}

// share is a figure in words that ends in line. tail is the last word of the line before it.
func share(tail, line string) string {
	if f := measuredShare.FindString(line); f != "" || measuredShare.MatchString(tail) {
		return f
	}
	return measuredShare.FindString(tail + " " + line)
}
