package main

import (
	"testing"

	"bennu/tools/internal/control"
)

// TestSumsUp: time that nobody was charged for, or that was charged twice, is found.
func TestSumsUp(t *testing.T) {
	good := func() *control.Accounts {
		return &control.Accounts{SinceBootNS: 1000, UntilNS: 1010, SumNS: 1005, IdleNS: 505,
			Accounts: []control.Account{{CPUNS: 100}, {CPUNS: 300}, {CPUNS: 100}}}
	}
	if err := sumsUp(good()); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(a *control.Accounts){
		"lost":        func(a *control.Accounts) { a.IdleNS -= 10; a.SumNS -= 10 },
		"twice":       func(a *control.Accounts) { a.IdleNS += 10; a.SumNS += 10 },
		"another sum": func(a *control.Accounts) { a.SumNS++ },
		"no rows":     func(a *control.Accounts) { a.Accounts, a.IdleNS = nil, a.SumNS },
		"never began": func(a *control.Accounts) { a.SinceBootNS = 0 },
		"never ended": func(a *control.Accounts) { a.UntilNS = 1000 },
	} {
		a := good()
		if spoil(a); sumsUp(a) == nil {
			t.Errorf("%s: no fault found in %+v", name, a)
		}
	}
}
