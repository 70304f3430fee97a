package main

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"

	"bennu/kernel/abi"
	"bennu/tools/internal/control"
)

// row is one death and what followed.
type row struct {
	Label       string   `json:"label"`
	Way         string   `json:"way"`
	Reason      string   `json:"reason"`
	Exception   string   `json:"exception,omitempty"`
	Incarnation uint32   `json:"incarnation"` // of the new life
	DetectNS    uint64   `json:"detect_ns"`
	RecoveryNS  uint64   `json:"recovery_ns"`
	Warm        bool     `json:"warm"` // the life that came began with the service's snapshot
	BackoffUS   uint64   `json:"backoff_us"`
	Probes      int      `json:"probes"`      // answers of the others meanwhile
	WorstNS     uint64   `json:"worst_ns"`    // the slowest of them
	WorstLabel  string   `json:"worst_label"` // and whose it was
	Failures    []string `json:"failures,omitempty"`
}

func (r *row) fail(format string, args ...any) {
	r.Failures = append(r.Failures, fmt.Sprintf(format, args...))
}

// die has one service die and checks everything around it. The error is for a machine with which
// nothing can be done any more.
func (m *machine) die(ctx context.Context, d death) (r row, err error) {
	ctx, cancel := context.WithTimeout(ctx, deathLimit)
	defer cancel()
	r = row{Label: d.label, Way: d.way}
	before, err := m.status(ctx)
	if err != nil {
		return r, err
	}
	old, ok := before[d.label]
	if !ok || old.State != "running" {
		r.fail("%s: expected it to run before, it is %q", d.label, old.State)
		return r, nil
	}
	if err := m.put(ctx); err != nil {
		return r, err
	}
	var had resources
	if d.alias {
		if had, _, err = m.resources(ctx); err != nil {
			return r, err
		}
	}
	probes := m.probe(ctx, d, others(before, d.label))
	if err := m.breakIt(ctx, d, &r, old); err != nil {
		probes.stop(&r)
		return r, fmt.Errorf("%s by %s: %w", d.label, d.way, err)
	}
	probes.stop(&r)
	if err := m.look(ctx, d, before, &r); err != nil || !d.alias {
		return r, err
	}
	has, err := m.settle(ctx, had)
	if !has.same(had) {
		r.fail("expected the resources of before, %+v; they are %+v", had, has)
	}
	return r, err
}

// breakIt injects the fault and waits for the next life.
func (m *machine) breakIt(ctx context.Context, d death, r *row, old control.Service) error {
	events := m.c.Events(false)
	err := m.c.Fault(ctx, d.label, d.way)
	if err != nil && !(d.label == "ctl" && errors.Is(err, control.ErrUnknown)) {
		return err
	}
	dead, err := events.Wait(ctx, "the death of "+d.label, func(e *control.Event) bool { return e.Is("death", d.label) })
	if err != nil {
		return err
	}
	r.Reason, r.Exception, r.DetectNS, r.BackoffUS = dead.Reason, dead.Exception, dead.DetectNS, dead.BackoffUS
	named := old.Endpoint
	if d.alias { // it lives on: the events name none
		named = 0
	}
	if dead.Incarnation != old.Incarnation || dead.Endpoint != named {
		r.fail("expected the death of incarnation %d, endpoint %d; incarnation %d, endpoint %d died", old.Incarnation, named, dead.Incarnation, dead.Endpoint)
	}
	if dead.Reason != d.reason || dead.Exception != d.exception {
		r.fail("expected reason %s, RS saw %s", strings.TrimSpace(d.reason+" "+d.exception), strings.TrimSpace(dead.Reason+" "+dead.Exception))
	}
	ready, err := events.Wait(ctx, "the next life of "+d.label, func(e *control.Event) bool { return e.Is("ready", d.label) })
	if err != nil {
		return err
	}
	r.Incarnation, r.RecoveryNS, r.Warm = ready.Incarnation, ready.RecoveryNS, ready.Warm
	if ready.Incarnation != old.Incarnation+1 || d.alias && ready.Endpoint != 0 || !d.alias && ready.Endpoint == old.Endpoint {
		r.fail("expected incarnation %d with another endpoint than %d; it is %d with %d", old.Incarnation+1, old.Endpoint, ready.Incarnation, ready.Endpoint)
	}
	if dead.Reason == abi.ReasonHang.String() { // its status is how old the oldest work was that it had not taken, when the kernel ended it
		r.DetectNS += dead.Status
		r.RecoveryNS += dead.Status
	}
	return nil
}

// look checks that everything works and that nothing but the victim changed.
func (m *machine) look(ctx context.Context, d death, before map[string]control.Service, r *row) error {
	after, err := m.status(ctx)
	if err != nil {
		return err
	}
	for _, label := range sorted(before) {
		a, b := after[label], before[label]
		same := label != d.label || d.alias
		if label == d.label {
			b.Incarnation, b.Deaths = b.Incarnation+1, b.Deaths+1
		}
		if a.Incarnation != b.Incarnation || a.Deaths != b.Deaths {
			r.fail("%s: expected incarnation %d after %d deaths, it is %d after %d (%s)", label, b.Incarnation, b.Deaths, a.Incarnation, a.Deaths, a.Reason)
		}
		if a.State != b.State || (a.Endpoint == b.Endpoint) != same {
			r.fail("%s: it was %s with endpoint %d, and is %s with endpoint %d: expected the same endpoint: %v", label, b.State, b.Endpoint, a.State, a.Endpoint, same)
		}
	}
	for _, check := range []func(context.Context) error{
		func(ctx context.Context) error { return m.allAnswer(ctx, after) },
		func(ctx context.Context) error { return m.formerEndpoint(ctx, d, before[d.label].Endpoint) },
		m.kept,
		m.clockWorks,
		m.consoleWorks,
		func(ctx context.Context) error { return m.shellWorks(ctx, after[d.label]) },
	} {
		limit, cancel := context.WithTimeout(ctx, checkLimit)
		if err := check(limit); err != nil {
			if errors.Is(err, control.ErrClosed) {
				cancel()
				return err
			}
			r.fail("afterwards, %v", firstLine(err))
		}
		cancel()
	}
	return nil
}

// firstLine cuts what an error quotes of the console.
func firstLine(err error) string {
	s, _, _ := strings.Cut(err.Error(), "\n")
	return s
}

func sorted(table map[string]control.Service) (labels []string) {
	for l := range table {
		labels = append(labels, l)
	}
	sort.Strings(labels)
	return labels
}
