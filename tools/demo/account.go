package main

import (
	"context"
	"fmt"

	"bennu/tools/internal/control"
)

// accounts reads the table of accounts and holds what it sums up to against the time that has passed.
func (m *machine) accounts(ctx context.Context) (control.Accounts, error) {
	a, err := m.c.Accounts(ctx)
	if err == nil {
		err = sumsUp(&a)
	}
	return a, err
}

// sumsUp tells whether all rows and the idle time together are the machine's time: no less than when the reading
// began, but for a nanosecond that each row is rounded down by, and no more than when it ended.
func sumsUp(a *control.Accounts) error {
	sum := a.IdleNS
	for _, r := range a.Accounts {
		sum += r.CPUNS
	}
	rounded := uint64(len(a.Accounts) + 1)
	switch {
	case len(a.Accounts) < 3 || a.SinceBootNS == 0 || a.UntilNS <= a.SinceBootNS:
		return fmt.Errorf("accounts: %d rows, read from %d to %d ns: expected the kernel's, RS's and each service's", len(a.Accounts), a.SinceBootNS, a.UntilNS)
	case sum != a.SumNS:
		return fmt.Errorf("accounts: the machine adds up %d ns, its rows are %d ns", a.SumNS, sum)
	case sum+rounded < a.SinceBootNS || sum > a.UntilNS:
		return fmt.Errorf("accounts: the rows and the idle time are %d ns, expected the time since boot, %d to %d ns", sum, a.SinceBootNS, a.UntilNS)
	}
	return nil
}
