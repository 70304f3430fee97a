package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"

	"bennu/rs/fi/outcome"
	"bennu/tools/campaign/report/fake"
	"bennu/tools/campaign/result"
	"bennu/tools/campaign/stats"
)

func encode(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// node is an element of a page.
type node struct {
	name     string
	attr     map[string]string
	children []*node
	text     string // its own
}

// parse reads a page as XML: what is not well-formed is an error.
func parse(t *testing.T, page []byte) *node {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(page))
	root := &node{}
	stack := []*node{root}
	for {
		token, err := d.Token()
		if err == io.EOF {
			return root
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
		top := stack[len(stack)-1]
		switch e := token.(type) {
		case xml.StartElement:
			n := &node{name: e.Name.Local, attr: map[string]string{}}
			for _, a := range e.Attr {
				if _, twice := n.attr[a.Name.Local]; twice {
					t.Errorf("<%s>: %s twice", n.name, a.Name.Local)
				}
				n.attr[a.Name.Local] = a.Value
			}
			top.children = append(top.children, n)
			stack = append(stack, n)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			top.text += string(e)
		}
	}
}

func (n *node) walk(f func(n *node)) {
	f(n)
	for _, c := range n.children {
		c.walk(f)
	}
}

// all are the elements of that name at or below n.
func (n *node) all(name string) (out []*node) {
	n.walk(func(n *node) {
		if n.name == name {
			out = append(out, n)
		}
	})
	return out
}

// words is all the text at or below n.
func (n *node) words() (s string) {
	n.walk(func(n *node) { s += n.text })
	return s
}

func (n *node) number(t *testing.T, attr string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(n.attr[attr], 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		t.Fatalf("<%s %s=%q>: expected a number", n.name, attr, n.attr[attr])
	}
	return v
}

// A page is one file, needs no script and no network, and says what its tables and drawings are to those who do not see them.
func TestPage(t *testing.T) {
	for name, records := range samples() {
		page := render(t, name, New(records))
		root := parse(t, page)
		ids, links := map[string]bool{}, []string{}
		root.walk(func(n *node) {
			switch n.name {
			case "script", "link", "img", "iframe", "object", "embed", "form", "input":
				t.Errorf("%s: <%s>", name, n.name)
			case "th":
				if s := n.attr["scope"]; s != "col" && s != "row" {
					t.Errorf("%s: <th> of scope %q", name, s)
				}
			case "svg":
				if n.attr["aria-hidden"] != "true" && (n.attr["role"] != "img" || n.attr["aria-label"] == "") {
					t.Errorf("%s: a drawing without words", name)
				}
			case "a":
				links = append(links, n.attr["href"])
			case "tr":
				columns(t, name, n)
			}
			for a, v := range n.attr {
				if strings.HasPrefix(a, "on") || a == "src" || strings.Contains(v, "://") && a != "xmlns" {
					t.Errorf("%s: <%s %s=%q>", name, n.name, a, v)
				}
			}
			if id := n.attr["id"]; id != "" {
				if ids[id] {
					t.Errorf("%s: two %s", name, id)
				}
				ids[id] = true
			}
		})
		for _, l := range links {
			if !ids[strings.TrimPrefix(l, "#")] {
				t.Errorf("%s: link to %q", name, l)
			}
		}
		if len(links) != 10 || strings.Contains(style, "url(") || strings.Contains(style, "@import") || bytes.Contains(page, []byte("ZgotmplZ")) {
			t.Errorf("%s: %d links, or something is loaded or refused", name, len(links))
		}
	}
}

// columns: a row of a table has as many columns as its head.
func columns(t *testing.T, name string, tr *node) {
	n := 0
	for _, c := range tr.children {
		span, err := strconv.Atoi(c.attr["colspan"])
		if err != nil {
			span = 1
		}
		n += span
	}
	if n < 2 {
		t.Errorf("%s: a row of %d columns: %s", name, n, tr.words())
	}
}

// tally is what a cell's trials came to, by the word of the outcome; "" has all of them.
type tally map[string]int

// naive counts all cells' trials again, from the records and in another way than the model.
func naive(r *result.Records) map[string]tally {
	blocks, active := map[uint32][]result.Fault{}, map[uint32]bool{}
	for _, f := range r.Faults {
		blocks[f.Block] = append(blocks[f.Block], f)
		active[f.Block] = active[f.Block] || f.Activated
	}
	cells := map[string]tally{}
	for number, faults := range blocks {
		worst := map[string]int{}
		for _, f := range faults {
			came := f.Outcome
			if active[number] && !f.Activated {
				came = "not-activated"
			}
			o, _ := outcome.Parse(came)
			for _, cell := range []string{"//", f.Service + "/" + f.Stratum + "/" + f.Type} {
				if w, ok := worst[cell]; !ok || rank(o) > w {
					worst[cell] = rank(o)
				}
			}
		}
		for cell, w := range worst {
			if cells[cell] == nil {
				cells[cell] = tally{}
			}
			if w >= 0 {
				cells[cell][order[w].String()]++
				cells[cell][""]++
			}
		}
	}
	return cells
}

// Each interval that is drawn is Wilson's of the trials of its cell: bar, mark, words and numbers.
func TestDrawnIntervals(t *testing.T) {
	for name, records := range samples() {
		if name == "carried" {
			continue // its trials are lives; TestTrials counts them
		}
		n, cells, counted := 0, map[string]bool{}, naive(records)
		parse(t, render(t, name, New(records))).walk(func(td *node) {
			cell, ok := td.attr["data-cell"]
			if !ok {
				return
			}
			n++
			cells[cell] = true
			k, of := counted[cell][td.attr["data-outcome"]], counted[cell][""]
			want, share := stats.Wilson(k, of), float64(k)/float64(of)
			bar := td.all("rect")[0]
			low := bar.number(t, "x") / barWidth
			high := low + bar.number(t, "width")/barWidth
			if math.Abs(low-want.Low) > 1e-4 || math.Abs(high-want.High) > 0.5/barWidth+1e-4 {
				t.Errorf("%s, %s of %s: drawn %.4f to %.4f, want %v of %d in %d", name, td.attr["data-outcome"], cell, low, high, want, k, of)
			}
			var mark float64
			if _, err := fmt.Sscanf(td.all("path")[1].attr["d"], "M%g 1", &mark); err != nil || math.Abs(mark/barWidth-share) > 1e-4 {
				t.Errorf("%s, %s of %s: marked %.4f, want %.4f", name, td.attr["data-outcome"], cell, mark/barWidth, share)
			}
			if words := percent(share) + ", " + between(want); td.all("svg")[0].attr["aria-label"] != words || !strings.Contains(td.words(), between(want)) {
				t.Errorf("%s, %s of %s: %q and %q, want %s", name, td.attr["data-outcome"], cell, td.all("svg")[0].attr["aria-label"], td.words(), words)
			}
		})
		if n < 50 || len(cells) < 10 || !cells["//"] {
			t.Errorf("%s: %d intervals of %d cells", name, n, len(cells))
		}
	}
}

// A stack is as wide as its whole, its parts touch each other, and each is as wide as its share.
func TestDrawnStacks(t *testing.T) {
	counts := [outcome.Outcomes]int{outcome.Masked: 30, outcome.Recovered: 60, outcome.Lie: 10}
	root := parse(t, []byte(stack(counts)))
	x := 0.0
	for i, r := range root.all("rect") {
		want := []float64{30, 60, 10}[i] / 100 * barWidth
		if math.Abs(r.number(t, "x")-x) > 0.01 || math.Abs(r.number(t, "width")-want) > 0.01 {
			t.Errorf("part %d: %v", i, r.attr)
		}
		x += want
	}
	if got := root.all("title")[2].text; x != barWidth || got != "lie: 10, 10.0"+nbsp+"%" {
		t.Errorf("%g wide; %s", x, got)
	}
	if stack([outcome.Outcomes]int{}) != "" {
		t.Error("nothing is drawn")
	}
}

// A cumulative line rises from 0 to the share that has a time at all, and passes the median at half of it.
func TestDrawnDistribution(t *testing.T) {
	values := []float64{1e3, 1e4, 1e4, 1e5}
	root := parse(t, []byte(cumulative("x", []series{{"some", values, 5}, {"none", nil, 3}})))
	var lines []*node
	for _, p := range root.all("path") {
		if strings.HasPrefix(p.attr["class"], "line") {
			lines = append(lines, p)
		}
	}
	a := axes{low: 3, high: 5}
	got := lines[0].attr["d"]
	points := fmt.Sprintf("M%s %s V%s H%s V%s H%s V%s H%s", num(a.x(1e3)), num(a.y(0)), num(a.y(0.2)), num(a.x(1e4)), num(a.y(0.6)), num(a.x(1e5)), num(a.y(0.8)), num(plotWidth-right))
	if len(lines) != 1 || strings.Replace(got, " H"+num(a.x(1e3)), "", 1) != points {
		t.Errorf("%d lines\ngot  %s\nwant %s", len(lines), got, points)
	}
	bars := parse(t, []byte(histogram("x", values))).all("rect")
	sum := 0.0
	for _, b := range bars {
		sum += b.number(t, "height") / (a.y(0) - a.y(1)) * 2
	}
	if math.Abs(sum-4) > 0.01 {
		t.Errorf("%d bars, in all %g high, want 4", len(bars), sum)
	}
	if cumulative("x", nil) != "" || histogram("x", nil) != "" {
		t.Error("nothing is drawn")
	}
}

// Everything that somebody must look at is on the page with its replay command, and what is left out is counted.
func TestWorstIsShown(t *testing.T) {
	m := New(samples()["bad"])
	worst := ""
	for _, s := range parse(t, render(t, "bad", m)).all("section") {
		if s.attr["id"] == "worst" {
			worst = s.words()
		}
	}
	shown := 0
	for _, b := range m.Blocks {
		if o := b.Outcome; o.Bad() {
			shown++
			if !strings.Contains(worst, o.String()+": ") || len(m.Worst(o)) <= shownBlocks && !strings.Contains(worst, b.First().Replay) {
				t.Errorf("%s (%v) is not among the worst", b.Name(), o)
			}
		}
	}
	corrupt := len(m.Worst(outcome.Corruption))
	if shown == 0 || corrupt <= shownBlocks || !strings.Contains(worst, fmt.Sprintf("corruption: %d (the first %d here, all in faults.csv)", corrupt, shownBlocks)) {
		t.Errorf("%d promises broken, %d corruptions", shown, corrupt)
	}
	if !strings.Contains(worst, "mov 0x10(%rbx),%rax") {
		t.Error("no disassembly")
	}
}

// What victims and hosts say is text, whatever is in it.
func TestHostileWords(t *testing.T) {
	b := bad()
	r := b.Make()
	const evil = `<script>alert("1")</script>&amp;]]>'--><svg onload=x>`
	for i := range r.Faults {
		f := &r.Faults[i]
		f.Words, f.DiedIn, f.Symbol, f.Did, f.BeforeAs, f.Replay = evil, evil, evil, evil, evil, evil
		f.Collateral = []string{evil}
	}
	r.Campaigns[0].Command = []string{evil}
	r.Boots[0].End = evil
	m := New(r)
	page := render(t, "hostile", m)
	parse(t, page).walk(func(n *node) {
		if n.name == "script" || n.attr["onload"] != "" {
			t.Error("the records' words are markup")
		}
	})
	var junit bytes.Buffer
	if err := WriteJUnit(&junit, m); err != nil {
		t.Fatal(err)
	}
	parse(t, junit.Bytes())
	var drawn svg
	drawn.tag("rect", "", "class", evil)
	if got := parse(t, []byte(drawn.String())).children[0].attr["class"]; got != evil {
		t.Errorf("an attribute became %q", got)
	}
	if !strings.Contains(parse(t, page).words(), evil) {
		t.Error("the words are not there")
	}
}

// A report of records without campaign and boots tells that, and works.
func TestBareRecords(t *testing.T) {
	m := New(&result.Records{Faults: fake.One.Make().Faults[:3]})
	if page := string(render(t, "bare", m)); !strings.Contains(page, "No campaign.json is among the records") {
		t.Error("not told")
	}
}
