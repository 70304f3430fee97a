package report

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"bennu/rs/fi/outcome"
	"bennu/tools/campaign/result"
	"bennu/tools/campaign/stats"
)

//go:embed compare.tmpl
var compareText string

// Difference is one outcome of one cell in two campaigns, over independent trials.
type Difference struct {
	Key
	Outcome        outcome.Outcome
	KA, NA, KB, NB int
	A, B           stats.Interval
	P, Holm        float64 // Fisher's, and corrected for all that are compared
}

// ShareA is what A's trials say.
func (d *Difference) ShareA() float64 { return float64(d.KA) / float64(d.NA) }

// ShareB is what B's trials say.
func (d *Difference) ShareB() float64 { return float64(d.KB) / float64(d.NB) }

// Differs tells whether the two differ, with all the comparisons counted.
func (d *Difference) Differs() bool { return d.Holm < stats.Alpha }

// Medians are the recovery times of one service and reason.
type Medians struct {
	Service, Reason string
	NA, NB          int
	A, B            float64 // ns
}

// Comparison is of two campaigns.
type Comparison struct {
	A, B         *Model
	Differences  []Difference // the smallest p first
	OnlyA, OnlyB []string     // cells of one of them
	Medians      []Medians
}

// Compare holds B beside A. Only cells that both have are compared, and in them the outcomes that either has seen.
func Compare(a, b *Model) *Comparison {
	c := &Comparison{A: a, B: b}
	of := map[Key]*Cell{}
	for _, cell := range b.tests() {
		of[cell.Key] = cell
	}
	for _, x := range a.tests() {
		y := of[x.Key]
		delete(of, x.Key)
		if y == nil || x.N() == 0 || y.N() == 0 {
			c.OnlyA = append(c.OnlyA, x.Key.String())
			continue
		}
		for _, o := range order {
			if !void(o) && x.Trials[o]+y.Trials[o] > 0 {
				c.Differences = append(c.Differences, Difference{Key: x.Key, Outcome: o, KA: x.Trials[o], NA: x.N(), KB: y.Trials[o], NB: y.N(),
					A: stats.Wilson(x.Trials[o], x.N()), B: stats.Wilson(y.Trials[o], y.N()), P: stats.Fisher(x.Trials[o], x.N(), y.Trials[o], y.N())})
			}
		}
	}
	for k := range of {
		c.OnlyB = append(c.OnlyB, k.String())
	}
	slices.Sort(c.OnlyB)
	p := make([]float64, len(c.Differences))
	for i := range p {
		p[i] = c.Differences[i].P
	}
	for i, h := range stats.Holm(p) {
		c.Differences[i].Holm = h
	}
	slices.SortStableFunc(c.Differences, func(a, b Difference) int { return cmp.Compare(a.P, b.P) })
	c.medians()
	return c
}

func (c *Comparison) medians() {
	type key struct{ service, reason string }
	collect := func(m *Model) map[key][]float64 {
		all := map[key][]float64{}
		for _, b := range m.Blocks {
			if f := b.First(); f.RecoveryNS > 0 {
				k := key{f.Service, f.Reason}
				all[k] = append(all[k], float64(f.RecoveryNS))
			}
		}
		for _, v := range all {
			slices.Sort(v)
		}
		return all
	}
	a, b := collect(c.A), collect(c.B)
	for k, v := range a {
		if w := b[k]; w != nil {
			c.Medians = append(c.Medians, Medians{k.service, k.reason, len(v), len(w), stats.Quantile(v, 0.5), stats.Quantile(w, 0.5)})
		}
	}
	slices.SortFunc(c.Medians, func(a, b Medians) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Reason, b.Reason))
	})
}

// Headline says how many differ.
func (c *Comparison) Headline() string {
	n := 0
	for i := range c.Differences {
		if c.Differences[i].Differs() {
			n++
		}
	}
	what := "none differs"
	if n == 1 {
		what = "1 differs"
	} else if n > 1 {
		what = fmt.Sprintf("%s differ", count(n))
	}
	return fmt.Sprintf("Of %s (an outcome in a cell that both campaigns have), %s: Fisher's exact test, two-sided, corrected for that number by Holm's method, below 5%s%%.",
		of(len(c.Differences), "comparison"), what, nbsp)
}

// Names are what the two campaigns are called.
func (c *Comparison) Names() (out [2]string) {
	for i, m := range []*Model{c.A, c.B} {
		var ids []string
		for j := range m.Campaigns {
			ids = append(ids, m.Campaigns[j].ID)
		}
		if ids == nil && len(m.Blocks) > 0 {
			ids = []string{m.Blocks[0].First().CampaignID()}
		}
		out[i] = strings.Join(ids, ", ")
	}
	return out
}

// Unit says what was compared.
func (c *Comparison) Unit() string {
	return fmt.Sprintf("Trials are independent: A's are %s, B's %s. A: %s. B: %s.", c.A.unitWord(), c.B.unitWord(), c.A.Ground(), c.B.Ground())
}

// WriteText writes the comparison for a terminal: what differs, and at most 20 lines of what does not.
func (c *Comparison) WriteText(w io.Writer) error {
	names := c.Names()
	fmt.Fprintf(w, "A: %s\nB: %s\n%s\n%s\n\n", names[0], names[1], c.Headline(), strings.TrimSpace(c.Unit()+" "+c.SameFaults()))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "cell\toutcome\tA\t\tB\t\tp\tcorrected")
	same := 0
	for i := range c.Differences {
		d := &c.Differences[i]
		if !d.Differs() {
			if same++; same > 20 {
				continue
			}
		}
		fmt.Fprintf(t, "%v\t%v\t%d of %d\t%s\t%d of %d\t%s\t%s\t%s\n", d.Key, d.Outcome, d.KA, d.NA, percent(d.ShareA()), d.KB, d.NB, percent(d.ShareB()), pvalue(d.P), pvalue(d.Holm))
	}
	if same > 20 {
		fmt.Fprintf(t, "and %d more that do not differ\n", same-20)
	}
	fmt.Fprintln(t, "\nservice\treason\tA ready, median\tdeaths\tB ready, median\tdeaths")
	for _, m := range c.Medians {
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t%d\n", m.Service, m.Reason, duration(m.A), m.NA, duration(m.B), m.NB)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for i, only := range [][]string{c.OnlyA, c.OnlyB} {
		if only != nil {
			fmt.Fprintf(w, "\nnot compared, %s alone has trials of them: %s\n", [2]string{"A", "B"}[i], some(only, 12))
		}
	}
	return nil
}

// WriteHTML writes the comparison as a page of its own.
func (c *Comparison) WriteHTML(w io.Writer) error {
	more := template.FuncMap{"p": pvalue, "some": some}
	t, err := template.New("compare").Funcs(functions).Funcs(more).Parse(compareText)
	if err != nil {
		return err
	}
	return t.Execute(w, struct {
		*Comparison
		Style template.CSS
	}{c, template.CSS(style)})
}

// SameFaults notes that A and B drew the same faults: then their differences are the machine's.
func (c *Comparison) SameFaults() string {
	key := func(m *Model) (out []string) {
		for i := range m.Campaigns {
			d := &m.Campaigns[i]
			out = append(out, fmt.Sprint(d.Seed, d.Services, d.Selections, d.Strata, d.Faults, d.Blocks, d.Kind, d.Reached, images(m)))
		}
		return out
	}
	if a := key(c.A); a != nil && slices.Equal(a, key(c.B)) {
		return "Both drew the same faults in the same executables: pairs are not independent between A and B, and Fisher's p is a little too great."
	}
	return ""
}

// images are the executables that the faults were made in.
func images(m *Model) (out []string) {
	for _, k := range m.Cells(func(f *result.Fault) Key { return Key{Service: f.Service, Type: f.Image} }) {
		out = append(out, k.String())
	}
	return out
}
