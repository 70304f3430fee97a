package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"bennu/tools/internal/control"
)

// others are the services that run, without the victim and without ctl, which asks for the rest.
func others(table map[string]control.Service, victim string) (labels []string) {
	for _, l := range sorted(table) {
		if l != victim && l != "ctl" && table[l].State == "running" {
			labels = append(labels, l)
		}
	}
	return labels
}

// probes asks services for signs of life until it is stopped.
type probes struct {
	stopped atomic.Bool
	done    sync.WaitGroup
	mu      sync.Mutex
	n       int
	worst   uint64
	whose   string
	failed  map[string]int // what was wrong, how often
}

// probeLimit is how long a healthy service may take on a busy host; while the reincarnation server hangs, until that is found out, too.
const probeLimit = 30 * time.Second

// probe asks the others for signs of life while a service dies, one after the other. All of it goes by way of the reincarnation server: while that
// dies they are asked all at once, and it as well, so that each has a request open.
func (m *machine) probe(ctx context.Context, d death, others []string) *probes {
	p := &probes{failed: map[string]int{}}
	switch {
	case d.label == "ctl" || len(others) == 0: // it is the one that asks
	case d.alias:
		for _, l := range append(others, d.label) {
			p.ask(ctx, m.c, []string{l})
		}
	default:
		p.ask(ctx, m.c, others)
	}
	return p
}

// ask asks them in turn, until it is stopped and the last has answered.
func (p *probes) ask(ctx context.Context, c *control.Client, labels []string) {
	p.done.Add(1)
	go func() {
		defer p.done.Done()
		for i := 0; i == 0 || !p.stopped.Load(); i++ {
			p.one(ctx, c, labels[i%len(labels)])
		}
	}()
}

func (p *probes) one(ctx context.Context, c *control.Client, label string) {
	limit, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	_, ns, err := c.Echo(limit, label)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.failed[label+": expected it to answer meanwhile: "+firstLine(err)]++
		return
	}
	p.n++
	if ns > p.worst {
		p.worst, p.whose = ns, label
	}
}

// stop ends the probing when what was asked is answered, and writes down what it saw.
func (p *probes) stop(r *row) {
	p.stopped.Store(true)
	p.done.Wait()
	r.Probes, r.WorstNS, r.WorstLabel = p.n, p.worst, p.whose
	for what, n := range p.failed {
		r.fail("%s (%d times)", what, n)
	}
}
