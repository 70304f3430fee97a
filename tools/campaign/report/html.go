package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"bennu/rs/fi/outcome"
	"bennu/tools/campaign/result"
	"bennu/tools/campaign/stats"
)

//go:embed page.tmpl
var pageText string

//go:embed style.css
var style string

// functions are what templates call.
var functions = template.FuncMap{
	"count": func(n any) string {
		switch n := n.(type) {
		case int:
			return count(n)
		case uint32:
			return count(n)
		}
		return fmt.Sprint(n)
	},
	"percent": percent, "atMost": atMost, "between": between, "duration": duration, "interval": interval, "stack": stack,
	"rule": func(n int) string { return atMost(stats.RuleOfThree(n)) },
	"line": func(i int) int { return i % lineStyles },
}

// Options are what a page has beside its records' contents.
type Options struct {
	HostTimes bool // how long boots took on the host: the only thing that differs when a campaign is run again
}

// row is a cell as tables show it.
type row struct {
	Heads    []string
	Cell     *Cell
	Back     float64        // share of the trials that died
	Interval stats.Interval // of that
	Bound    float64
	Outcomes []outcomeRow
}

type outcomeRow struct {
	Outcome   outcome.Outcome
	Faults    int
	Trials    int
	Share     float64
	Interval  stats.Interval
	Sites     stats.Ratio
	Bad, Void bool
}

type table struct {
	Caption  string
	Heads    []string
	Trials   string // what trials are, as a head
	Weighted bool
	Rows     []row
}

// table makes one of cells; heads takes a cell's from its key.
func (m *Model) table(caption string, heads []string, cells []*Cell, of func(k Key) []string) table {
	t := table{Caption: caption, Heads: heads, Trials: m.unitWord()}
	for _, c := range cells {
		n := c.N()
		r := row{Heads: of(c.Key), Cell: c, Interval: stats.Wilson(c.Back, c.Died), Bound: stats.Upper(c.Bad(), n)}
		if c.Died > 0 {
			r.Back = float64(c.Back) / float64(c.Died)
		}
		for _, o := range order {
			if c.Faults[o] == 0 && c.Trials[o] == 0 {
				continue
			}
			line := outcomeRow{Outcome: o, Faults: c.Faults[o], Trials: c.Trials[o], Interval: stats.Wilson(c.Trials[o], n), Sites: c.Sites[o], Bad: o.Bad(), Void: void(o)}
			if n > 0 {
				line.Share = float64(c.Trials[o]) / float64(n)
			}
			r.Outcomes = append(r.Outcomes, line)
		}
		t.Weighted = t.Weighted || c.Weighted
		t.Rows = append(t.Rows, r)
	}
	return t
}

type link struct{ ID, Title string }

type service struct {
	Name        string
	Short, Long table
}

// page is what the template shows.
type page struct {
	Title         string
	Style         template.CSS
	Void, Summary string
	Broken        []string
	Kept, Ground  string
	Contents      []link
	Runs          []run
	Notes         []string
	Claims        []Claim
	Unit          string
	Legend        []outcome.Outcome
	Overall       table
	Selections    table
	Services      []service
	Sites         []sites
	Activation    []*Cell
	timesView
	DeathsCaption string
	Deaths        []*Death
	Worst         []worstView
	Errors        string
	Ends          []string
	Unknown       []fact
	Not           []string
}

// WriteHTML writes the page: one file, without scripts.
func WriteHTML(w io.Writer, m *Model, o Options) error {
	t, err := template.New("page").Funcs(functions).Parse(pageText)
	if err != nil {
		return err
	}
	return t.Execute(w, m.page(o))
}

func (m *Model) page(o Options) *page {
	p := &page{Title: m.title(), Style: template.CSS(style), Void: m.Void(), Broken: m.Broken(), Kept: m.Kept(), Ground: m.Ground(), Claims: m.Claims(), Notes: m.Notes, Unit: m.unit(), Legend: order,
		Runs: m.runs(o), Sites: m.sites(), timesView: m.times(), Not: m.not(), Ends: m.ends(), Unknown: m.unknown(), Errors: m.errors()}
	p.Contents = []link{{"run", "What was run"}, {"promises", "What must not happen"}, {"outcomes", "Outcomes"}, {"cells", "By service, stratum and type"}, {"sites", "Sites and activation"},
		{"times", "Detection and recovery"}, {"deaths", "Deaths by place"}, {"worst", "The worst"}, {"errors", "Errors"}, {"not", "What is not in it"}}
	all := m.Cells(everything)
	p.Overall = m.table("All faults", nil, all, func(Key) []string { return nil })
	if len(all) > 0 {
		p.Summary = fmt.Sprintf("%s, %s, %s. Activated: %s of the faults. %s.", of(m.Faults, "fault"), of(len(m.Blocks), "block"), of(len(m.Boots), "boot"),
			percent(all[0].Activation.Share), deathsWords(m))
	}
	p.Selections = m.table("All strata. “Came back” is the share of the "+m.unitWord()+" that died", []string{"service", "selection"}, m.Cells(func(f *result.Fault) Key { return Key{Service: f.Service, Type: f.Select} }),
		func(k Key) []string { return []string{k.Service, k.Type} })
	p.Services = m.services()
	p.Activation = m.Cells(func(f *result.Fault) Key { return Key{Service: f.Service, Stratum: f.Stratum} })
	m.showDeaths(p)
	m.showWorst(p)
	return p
}

func (m *Model) title() string {
	var names []string
	for _, k := range m.Cells(func(f *result.Fault) Key { return Key{Service: f.Service} }) {
		names = append(names, k.Service)
	}
	return "Faults in " + strings.Join(names, ", ")
}

func deathsWords(m *Model) string {
	dead, back := 0, 0
	for _, b := range m.Blocks {
		if b.First().Deaths > 0 {
			dead++
			if b.First().Works {
				back++
			}
		}
	}
	return fmt.Sprintf("The victim died in %s and was brought back in %s of those", of(dead, "block"), count(back))
}

// unit says what was counted.
func (m *Model) unit() string {
	s := "A fault that was not reached counts as not activated, whatever came of its block; the others have the outcome of their block. "
	if m.Carried {
		return s + "Faults that were made in one life share its fate, so the independent trial is the life: intervals are over lives, each counted by the worst that came of its faults in the cell."
	}
	return s + "Faults of one block share its fate, so the independent trial is the block: intervals are over blocks, each counted by the worst that came of its faults in the cell."
}

// services are the tables of cells, one service after the other.
func (m *Model) services() (out []service) {
	cells := m.Cells(func(f *result.Fault) Key { return Key{f.Service, f.Stratum, f.Type} })
	heads := func(k Key) []string { return []string{k.Type, k.Stratum} }
	for len(cells) > 0 {
		name := cells[0].Service
		end := slices.IndexFunc(cells, func(c *Cell) bool { return c.Service != name })
		if end < 0 {
			end = len(cells)
		}
		t := m.table("Types and strata of "+name+". “Came back” is the share of the "+m.unitWord()+" that died; the last column has those that broke a promise, and the bound of their share", []string{"type", "stratum"}, cells[:end], heads)
		out = append(out, service{name, t, t})
		cells = cells[end:]
	}
	return out
}
