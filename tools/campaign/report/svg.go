package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"

	"bennu/rs/fi/outcome"
	"bennu/tools/campaign/stats"
)

// svg builds a drawing. Numbers have two digits after the point; colours are the style sheet's, so that they follow light and dark.
type svg struct{ strings.Builder }

func num(v float64) string {
	return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
}

// tag writes an element; pairs are names and values.
func (s *svg) tag(name, text string, pairs ...any) {
	s.WriteString("<" + name)
	for i := 0; i+1 < len(pairs); i += 2 {
		v := fmt.Sprint(pairs[i+1])
		if f, ok := pairs[i+1].(float64); ok {
			v = num(f)
		}
		fmt.Fprintf(s, ` %s="%s"`, pairs[i], html.EscapeString(v))
	}
	if text == "" {
		s.WriteString("/>")
		return
	}
	fmt.Fprintf(s, ">%s</%s>", text, name)
}

func (s *svg) text(x, y float64, class, words string) {
	s.tag("text", html.EscapeString(words), "x", x, "y", y, "class", class)
}

// drawing wraps what was drawn. What it shows is told in words for those who do not see it.
func (s *svg) drawing(class string, w, h float64, words string) template.HTML {
	return template.HTML(fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" class="%s" viewBox="0 0 %s %s" role="img" aria-label="%s">%s</svg>`,
		class, num(w), num(h), html.EscapeString(words), s.String()))
}

// Bars are barWidth wide, for shares from 0 to 1.
const barWidth, barHeight = 160.0, 16.0

// interval draws a share and its interval: a line from end to end of the scale, a bar from low to high, a mark at the share.
func interval(share float64, i stats.Interval) template.HTML {
	var s svg
	s.tag("path", "", "class", "scale", "d", fmt.Sprintf("M0 %[1]s H%[2]s M0 4 V12 M%[3]s 5 V11 M%[2]s 4 V12", num(barHeight/2), num(barWidth), num(barWidth/2)))
	s.tag("rect", "", "class", "range", "x", i.Low*barWidth, "y", 4.0, "width", max(0.5, (i.High-i.Low)*barWidth), "height", 8.0)
	s.tag("path", "", "class", "share", "d", fmt.Sprintf("M%s 1 V15", num(share*barWidth)))
	return s.drawing("bar", barWidth, barHeight, percent(share)+", "+between(i))
}

// stack draws how a whole is made of outcomes.
func stack(counts [outcome.Outcomes]int) template.HTML {
	var s svg
	all := 0
	for _, k := range counts {
		all += k
	}
	if all == 0 {
		return ""
	}
	x := 0.0
	var words []string
	for _, o := range order {
		if counts[o] == 0 {
			continue
		}
		w := float64(counts[o]) / float64(all) * barWidth
		label := fmt.Sprintf("%v: %s, %s", o, count(counts[o]), percent(float64(counts[o])/float64(all)))
		s.tag("rect", "<title>"+html.EscapeString(label)+"</title>", "class", "o-"+o.String(), "x", x, "y", 2.0, "width", w, "height", 12.0)
		words = append(words, label)
		x += w
	}
	return s.drawing("bar", barWidth, barHeight, strings.Join(words, "; "))
}

// What plots leave around their axes.
const plotWidth, plotHeight, left, right, top, bottom = 420.0, 270.0, 46.0, 12.0, 14.0, 44.0

// axes is a time axis with powers of ten and a vertical one.
type axes struct {
	svg
	low, high float64 // decades
}

func (a *axes) x(ns float64) float64 {
	return left + (math.Log10(ns)-a.low)/(a.high-a.low)*(plotWidth-left-right)
}

func (a *axes) y(share float64) float64 { return plotHeight - bottom - share*(plotHeight-top-bottom) }

// newAxes spans the values. label says what is measured, high what the top of the vertical axis is.
func newAxes(least, most float64, label string, ticks []string) *axes {
	// Rounding must not add a decade.
	a := &axes{low: math.Floor(math.Log10(least) + 1e-9), high: math.Ceil(math.Log10(most) - 1e-9)}
	if a.high <= a.low {
		a.high = a.low + 1
	}
	for i, t := range ticks {
		y := a.y(float64(i) / float64(len(ticks)-1))
		a.tag("path", "", "class", "grid", "d", fmt.Sprintf("M%s %s H%s", num(left), num(y), num(plotWidth-right)))
		a.text(left-5, y+4, "end", t)
	}
	for d := a.low; d <= a.high; d++ {
		x := a.x(math.Pow(10, d))
		a.tag("path", "", "class", "grid", "d", fmt.Sprintf("M%s %s V%s", num(x), num(top), num(plotHeight-bottom)))
		class := "middle"
		if d == a.high {
			class = "end"
		}
		a.text(x, plotHeight-bottom+16, class, duration(math.Pow(10, d)))
	}
	a.text((left+plotWidth-right)/2, plotHeight-8, "middle", label)
	return a
}

// series is one line of a cumulative plot: all are how many there were, with those that have no time.
type series struct {
	Name   string
	Values []float64 // rising
	All    int
}

// cumulative draws the share of all that took at most so long. A line ends below 100 % where some never did.
func cumulative(label string, lines []series) template.HTML {
	least, most := math.Inf(1), 0.0
	for _, l := range lines {
		if len(l.Values) > 0 {
			least, most = min(least, l.Values[0]), max(most, l.Values[len(l.Values)-1])
		}
	}
	if most == 0 {
		return ""
	}
	a := newAxes(least, most, label, []string{"0 %", "25 %", "50 %", "75 %", "100 %"})
	var words []string
	for i, l := range lines {
		if len(l.Values) == 0 {
			continue
		}
		var d strings.Builder
		fmt.Fprintf(&d, "M%s %s", num(a.x(l.Values[0])), num(a.y(0)))
		last := ""
		for _, s := range stats.ECDF(l.Values) {
			x, y := num(a.x(s.X)), num(a.y(float64(s.Count)/float64(l.All)))
			if x != last { // steps that are drawn in one place are one
				fmt.Fprintf(&d, " H%s", x)
			}
			fmt.Fprintf(&d, " V%s", y)
			last = x
		}
		fmt.Fprintf(&d, " H%s", num(plotWidth-right))
		a.tag("path", "<title>"+html.EscapeString(l.Name)+"</title>", "class", fmt.Sprintf("line l%d", i%6), "d", d.String())
		words = append(words, fmt.Sprintf("%s: median %s of %s", l.Name, duration(stats.Quantile(l.Values, 0.5)), count(len(l.Values))))
	}
	return a.drawing("plot", plotWidth, plotHeight, label+", cumulative: "+strings.Join(words, "; "))
}

// histogram draws five bars to a factor of ten.
func histogram(label string, values []float64) template.HTML {
	bins := stats.LogBins(values, 5)
	if len(bins) == 0 {
		return ""
	}
	most := 0
	for _, b := range bins {
		most = max(most, b.Count)
	}
	scale := niceAbove(most)
	a := newAxes(bins[0].Low, bins[len(bins)-1].High, label, []string{"0", count(scale / 2), count(scale)})
	for _, b := range bins {
		x, y := a.x(b.Low), a.y(float64(b.Count)/float64(scale))
		title := fmt.Sprintf("%s to %s: %s", duration(b.Low), duration(b.High), count(b.Count))
		a.tag("rect", "<title>"+html.EscapeString(title)+"</title>", "class", "column", "x", x, "y", y, "width", a.x(b.High)-x-1, "height", a.y(0)-y)
	}
	return a.drawing("plot", plotWidth, plotHeight, fmt.Sprintf("%s, histogram of %s: median %s", label, count(len(values)), duration(stats.Quantile(values, 0.5))))
}

// niceAbove is an even number of few digits, at least n.
func niceAbove(n int) int {
	for step := 1; ; step *= 10 {
		for _, k := range []int{2, 4, 6, 10} {
			if k*step >= n {
				return k * step
			}
		}
	}
}
