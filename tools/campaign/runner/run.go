package runner

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"bennu/tools/campaign/machine"
	"bennu/tools/campaign/result"
	"bennu/tools/campaign/spec"
	"bennu/tools/campaign/store"
)

// Budget is after what no new group is begun. Zero values are no limit.
type Budget struct {
	Time   time.Duration
	Faults int
	Bad    bool // after an outcome that is bad
}

// Progress is told what happens, by one goroutine at a time.
type Progress interface {
	Block(l []result.Fault)
	Group(g spec.Group, k *store.Group)
}

// Run does the groups that the store does not have. It returns false when the budget ended before them.
//
// Errors: ctx's, when it ended before them; *machine.Fatal; *store.RoomError. What was complete is kept in any case.
func (c *Campaign) Run(ctx context.Context, s *store.Store, groups []spec.Group, jobs int, budget Budget, p Progress) (all bool, err error) {
	inner, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	next := make(chan spec.Group)
	w := &workers{c: c, s: s, p: p, untilBad: budget.Bad}
	for range max(jobs, 1) {
		w.wait.Go(func() {
			for g := range next {
				if w.over() {
					continue
				}
				if err := w.one(inner, g); err != nil {
					stop(err)
				}
			}
		})
	}
	all = deal(inner, s, groups, budget, next)
	close(next)
	w.wait.Wait()
	if err := context.Cause(inner); err != nil {
		return false, err
	}
	return all && !w.left, nil
}

// deal hands out groups until the budget ends.
func deal(ctx context.Context, s *store.Store, groups []spec.Group, budget Budget, next chan<- spec.Group) (all bool) {
	began, faults := time.Now(), 0
	spec, _ := spec.Of(&s.Campaign) // it was checked when it was opened
	for _, g := range groups {
		if s.Has(g.N) {
			continue
		}
		if budget.Time > 0 && time.Since(began) >= budget.Time || budget.Faults > 0 && faults >= budget.Faults {
			return false
		}
		faults += int(g.Blocks) * spec.Faults
		select {
		case next <- g:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

type workers struct {
	c    *Campaign
	s    *store.Store
	wait sync.WaitGroup
	mu   sync.Mutex
	p    Progress

	untilBad bool
	tally    Tally
	left     bool // a group, after something bad
}

// over tells whether no group is to be begun any more.
func (w *workers) over() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.left = w.left || w.untilBad && len(w.tally.Worst) > 0
	return w.left
}

func (w *workers) one(ctx context.Context, g spec.Group) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	began := time.Now()
	k, err := w.c.group(ctx, g, func(l []result.Fault) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.p.Block(l)
	})
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.s.Put(g.N, k); err != nil {
		return err
	}
	w.tally.Group(k)
	w.p.Group(g, k)
	return w.s.Took(g.N, len(k.Faults), time.Since(began).Milliseconds())
}

// VoidError says that the host did too much wrong for the results to be believed.
type VoidError struct{ Infra, Faults int }

func (e *VoidError) Error() string {
	return fmt.Sprintf("void: %d infrastructure errors in %d faults: expected at most one in 1,000 faults", e.Infra, e.Faults)
}

// Void tells whether infrastructure errors are too many.
func Void(infra, faults int) error {
	if infra*1000 > faults {
		return &VoidError{infra, faults}
	}
	return nil
}

// Infrastructure tells whether err is the host's.
func Infrastructure(err error) bool {
	var fatal *machine.Fatal
	var room *store.RoomError
	var void *VoidError
	return errors.As(err, &fatal) || errors.As(err, &room) || errors.As(err, &void)
}
