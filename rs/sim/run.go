package sim

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"bennu/kernel/fake"
)

// Steps is how many events a world has, unless its seed's list is given.
const Steps = 2000

// Plan is a run: a seed, and which of its steps are done.
type Plan struct {
	Seed  uint64
	Kills bool
	Steps []int // indices, in their order; nil: the first N
	N     int
	Log   func(line string) // nil: nobody reads it

	killAt    int // which of the server's kernel calls is its end; 0: none
	killAfter bool
	plant     func(w *World, c fake.Call) (instead bool) // a fault of the server's, for tests: before each of its calls; instead: the call does nothing, and is OK
}

// Result is what came of a run.
type Result struct {
	Kind      Kind
	Done      int // steps
	Violation string
	Count     Count
}

// Run runs a plan.
func Run(p Plan) (res Result) {
	var w *World
	defer func() {
		if v := recover(); v != nil {
			res.Violation = fmt.Sprintf("the server panics: %v", v)
			if x, ok := v.(*Violation); ok {
				res.Violation = x.What
			}
		}
		if w != nil {
			res.Kind, res.Count = w.Kind, w.count
			res.Count.Turns = w.turns
			w.m.Reset(0)
		}
	}()
	w = newWorld(&p)
	w.goOn()
	r := rand.New(rand.NewPCG(p.Seed, 11))
	drawn := &drawn[w.Kind]
	if p.Steps == nil {
		for ; res.Done < p.N; res.Done++ {
			w.do(drawn.draw(r))
		}
	}
	for at, i := 0, 0; i < len(p.Steps); at++ {
		if s := drawn.draw(r); at == p.Steps[i] {
			w.do(s)
			i, res.Done = i+1, res.Done+1
		}
	}
	w.settle()
	w.finish()
	return res
}

// Command is how a plan with a list of steps is run again.
func (p *Plan) Command() string {
	var b strings.Builder
	for i := 0; i < len(p.Steps); {
		last := i
		for last+1 < len(p.Steps) && p.Steps[last+1] == p.Steps[last]+1 {
			last++
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		if fmt.Fprint(&b, p.Steps[i]); last > i {
			fmt.Fprintf(&b, "-%d", p.Steps[last])
		}
		i = last + 1
	}
	if len(p.Steps) == 0 {
		b.WriteString("none")
	}
	kills := ""
	if !p.Kills {
		kills = " KILLS=false"
	}
	return fmt.Sprintf("make sim SEED=%d ONLY=%s%s", p.Seed, b.String(), kills)
}

// List is a plan's steps in words, one a line.
func List(p Plan) string {
	kind := Run(Plan{Seed: p.Seed}).Kind
	r := rand.New(rand.NewPCG(p.Seed, 11))
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d, a %s world\n", p.Seed, kind)
	for at, i := 0, 0; i < len(p.Steps); at++ {
		if s := drawn[kind].draw(r); at == p.Steps[i] {
			fmt.Fprintf(&b, "%6d %s\n", at, s)
			i++
		}
	}
	return b.String()
}

// sort is what a violation is, whoever it is of.
func sort(violation string) string {
	return strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return -1
		}
		return c
	}, strings.SplitN(violation, ": ", 2)[0])
}

// Shrink finds a part of a failing plan's steps that fails in the same way. When it is done within so many runs and so much time, no step of it can be left out.
func Shrink(p Plan, res Result, most int, limit time.Duration) (Plan, Result) {
	began := time.Now()
	if p.Steps == nil {
		for i := range min(p.N, res.Done+1) {
			p.Steps = append(p.Steps, i)
		}
	}
	p.Log = nil
	for size := (len(p.Steps) + 1) / 2; size > 0; size /= 2 {
		for again := true; again; {
			again = false
			for at := 0; at < len(p.Steps) && most > 0 && time.Since(began) < limit; {
				q := p
				q.Steps = append(append(make([]int, 0, len(p.Steps)), p.Steps[:at]...), p.Steps[min(at+size, len(p.Steps)):]...)
				most--
				if r := Run(q); r.Violation != "" && sort(r.Violation) == sort(res.Violation) {
					p, res, again = q, r, size == 1
				} else {
					at += size
				}
			}
		}
	}
	return p, res
}
