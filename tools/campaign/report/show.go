package report

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"bennu/rs/fi/outcome"
	"bennu/tools/campaign/result"
	"bennu/tools/campaign/stats"
)

// lineStyles are as many as the style sheet has: l0 to l5.
const lineStyles = 6

type plot struct {
	Drawing template.HTML
	Caption string
}

type timesRow struct {
	Reason    string
	Deaths    int
	Never     int
	Quantiles [6]float64 // detected: median, 95 %, most; ready: likewise
}

type timesView struct {
	Reasons []string
	Plots   []plot
	Times   []timesRow
}

// lifetimes are the times of the deaths of one reason.
type lifetimes struct {
	reason        string
	deaths        int
	detect, ready []float64
}

// byReason has the commonest reason first.
func (m *Model) byReason() (all []*lifetimes) {
	known := map[string]*lifetimes{}
	for _, b := range m.Blocks {
		f := b.First()
		if f.Deaths == 0 {
			continue
		}
		l := known[f.Reason]
		if l == nil {
			l = &lifetimes{reason: f.Reason}
			known[f.Reason] = l
			all = append(all, l)
		}
		l.deaths++
		if f.DetectNS > 0 {
			l.detect = append(l.detect, float64(f.DetectNS))
		}
		if f.RecoveryNS > 0 {
			l.ready = append(l.ready, float64(f.RecoveryNS))
		}
	}
	for _, l := range all {
		slices.Sort(l.detect)
		slices.Sort(l.ready)
	}
	slices.SortFunc(all, func(a, b *lifetimes) int {
		return cmp.Or(cmp.Compare(b.deaths, a.deaths), cmp.Compare(a.reason, b.reason))
	})
	return all
}

func (m *Model) times() (v timesView) {
	var detect, ready []series
	var allDetect, allReady []float64
	for _, l := range m.byReason() {
		v.Reasons = append(v.Reasons, l.reason)
		detect = append(detect, series{l.reason, l.detect, l.deaths})
		ready = append(ready, series{l.reason, l.ready, l.deaths})
		allDetect, allReady = append(allDetect, l.detect...), append(allReady, l.ready...)
		r := timesRow{Reason: l.reason, Deaths: l.deaths, Never: l.deaths - len(l.ready)}
		for i, q := range []float64{0.5, 0.95, 1} {
			r.Quantiles[i], r.Quantiles[3+i] = stats.Quantile(l.detect, q), stats.Quantile(l.ready, q)
		}
		v.Times = append(v.Times, r)
	}
	slices.Sort(allDetect)
	slices.Sort(allReady)
	add := func(d template.HTML, caption string) {
		if d != "" {
			v.Plots = append(v.Plots, plot{d, caption})
		}
	}
	add(cumulative("fault to detection, guest time", detect), "Detection: share of the deaths of a reason that were noticed within that time.")
	add(cumulative("fault to ready, guest time", ready), "Recovery: share of the deaths of a reason after which a life was ready within that time. A line ends below 100 % by those that never were.")
	add(histogram("fault to detection, guest time", allDetect), "Detection, all reasons: blocks a fifth of a decade.")
	add(histogram("fault to ready, guest time", allReady), "Recovery, all reasons: blocks a fifth of a decade.")
	return v
}

// shownDeaths, shownBlocks and shownFaults are how much of a long list a page shows. What is left out is counted, and in the CSV.
const shownDeaths, shownBlocks, shownFaults = 60, 8, 6

func (m *Model) showDeaths(p *page) {
	p.Deaths = m.Deaths()
	n := len(p.Deaths)
	p.DeathsCaption = "Blocks whose first death has the same reason, vector and function. " + of(n, "group")
	if n > shownDeaths {
		p.Deaths = p.Deaths[:shownDeaths]
		p.DeathsCaption += fmt.Sprintf(", the %d greatest here, all in deaths.csv", shownDeaths)
	}
	p.DeathsCaption += ". The example is the block's last fault to be activated."
}

type blockView struct {
	Name, Service string
	Life          uint32
	Warm          bool
	Story, More   string
	Changes       []*result.Fault
	Replay        string
}

type worstView struct {
	Outcome outcome.Outcome
	All     int
	Left    int
	Blocks  []blockView
}

func (m *Model) showWorst(p *page) {
	for _, o := range worst {
		blocks := m.Worst(o)
		if len(blocks) == 0 {
			continue
		}
		v := worstView{Outcome: o, All: len(blocks), Left: max(0, len(blocks)-shownBlocks)}
		for _, b := range blocks[:min(len(blocks), shownBlocks)] {
			v.Blocks = append(v.Blocks, b.view())
		}
		p.Worst = append(p.Worst, v)
	}
}

func (b *Block) view() blockView {
	f := b.First()
	v := blockView{Name: b.Name(), Service: f.Service, Life: f.Life, Warm: f.Warm, Replay: b.example().Replay}
	for _, f := range b.Faults {
		if f.Activated {
			v.Changes = append(v.Changes, f)
		}
	}
	if v.Changes == nil {
		v.More = "None of its faults was activated: what came of it is unexplained."
	}
	// The last ones to be activated are the likeliest causes.
	slices.SortStableFunc(v.Changes, func(a, b *result.Fault) int { return cmp.Compare(b.ActivatedAt, a.ActivatedAt) })
	if n := len(v.Changes); n > shownFaults {
		v.Changes = v.Changes[:shownFaults]
		v.More = fmt.Sprintf("The last %d of %s that were activated; shrink finds the fewest that suffice.", shownFaults, of(n, "fault"))
	}
	var story []string
	say := func(ok bool, format string, args ...any) {
		if ok {
			story = append(story, fmt.Sprintf(format, args...))
		}
	}
	d := Death{Reason: f.Reason, Vector: f.Vector, Where: f.DiedIn}
	say(f.Reason != "" && f.Reason != "none", "%s, %s", d.Title(), of(int(f.Deaths), "death"))
	say(f.Wrong > 0, "%s", of(int(f.Wrong), "wrong answer"))
	say(f.Lost > 0, "%s without an answer", of(int(f.Lost), "operation"))
	say(f.WrongNS > 0, "the first %s after the fault", duration(float64(f.WrongNS)))
	say(f.Errors > 0, "%s", of(int(f.Errors), "definite error"))
	say(len(f.Collateral) > 0, "%s", strings.Join(f.Collateral, ", "))
	say(f.Words != "", "%s", f.Words)
	v.Story = strings.Join(story, "; ")
	return v
}
