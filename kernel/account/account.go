// Package account is the table of accounts: how much each service may use, in all its lives together, and how
// much it has used. CPU is kept by kernel/sched under the same number.
package account

import (
	"bennu/kernel/abi"
	"bennu/kernel/keep"
	"bennu/kernel/mem"
)

// Account is what one service may use.
type Account struct {
	ID     abi.AccountID
	Used   bool
	Spec   abi.AccountSpec
	Frames mem.Holder

	Tasks     uint32 // on it, dying ones included
	Images    uint32
	Lives     uint64
	WorstWait uint64 // TSC counts
}

// Limits of an AccountSpec.
const (
	maxPeriodNS = 1e9
	flags       = abi.AccountServer
)

// Table is all accounts.
type Table struct {
	pool      *mem.Pool
	accounts  [abi.MaxAccounts]Account
	imageRows uint32 // that no account has
	free      int
}

// NewTable makes a table of the kernel's own account and the root task's, which may use nothing yet; frames come out of pool.
func NewTable(pool *mem.Pool) *Table {
	t := &Table{pool: pool, imageRows: abi.MaxImages - 1, free: abi.MaxAccounts - 2} // 0 names no image
	k, root := &t.accounts[abi.AccountKernel], &t.accounts[abi.AccountRoot]
	k.Used, root.ID, root.Used = true, abi.AccountRoot, true
	k.Spec.Label, _ = abi.MakeLabel("kernel")
	return t
}

// Get is an account that exists; nil otherwise.
func (t *Table) Get(id abi.AccountID) *Account {
	if id >= abi.MaxAccounts || !t.accounts[id].Used {
		return nil
	}
	return &t.accounts[id]
}

// Free is how many accounts can still be made.
func (t *Table) Free() uint64 { return uint64(t.free) }

// ImageRows is how many rows of the image table no account has.
func (t *Table) ImageRows() uint64 { return uint64(t.imageRows) }

// Set makes an account (id 0), or changes what an account may use.
//
// Errors: EINVAL (priority, budget, period, flags, kept memory out of range, or kept memory otherwise than it was first set; reserve above
// ceiling, or below what kept memory takes), ESRCH (no such account),
// ENOSPC (no account is free, or no rows of images), ENOMEM (the reserve is not there).
func (t *Table) Set(id abi.AccountID, spec *abi.AccountSpec) (*Account, abi.Errno) {
	if e := check(spec); e != abi.OK {
		return nil, e
	}
	a := t.Get(id)
	switch {
	case id == abi.AccountKernel: // nobody sets the kernel's: a new one is meant
		a = t.unused()
	case a == nil:
		return nil, abi.ESRCH
	case a.Spec.PeriodNS != 0 && spec.KeptFrames != a.Spec.KeptFrames: // lives see it
		return nil, abi.EINVAL
	}
	if a == nil || spec.Images > t.imageRows+a.Spec.Images {
		return nil, abi.ENOSPC
	}
	if !t.pool.Promise(&a.Frames, uint64(spec.ReserveFrames), uint64(spec.CeilingFrames)) {
		return nil, abi.ENOMEM
	}
	if !a.Used {
		a.Used = true
		t.free--
	}
	t.imageRows += a.Spec.Images
	t.imageRows -= spec.Images
	a.Spec = *spec
	return a, abi.OK
}

// check refuses a spec that no account can have, and gives the usual quantum to one that names none. Errors:
// EINVAL.
func check(s *abi.AccountSpec) abi.Errno {
	if s.Priority >= abi.Priorities || s.Flags&^flags != 0 || s.BudgetNS == 0 || s.BudgetNS > s.PeriodNS || s.PeriodNS > maxPeriodNS ||
		s.ReserveFrames > s.CeilingFrames {
		return abi.EINVAL
	}
	if n := s.KeptFrames; n != 0 && (!keep.Size(n) || keep.Frames(uint64(n)) > uint64(s.ReserveFrames)) {
		return abi.EINVAL
	}
	if s.QuantumNS == 0 {
		s.QuantumNS = abi.DefaultQuantumNS
	}
	return abi.OK
}

// unused is an account that nobody has; nil when all are used.
func (t *Table) unused() *Account {
	for id := range t.accounts {
		if a := &t.accounts[id]; !a.Used {
			a.ID = abi.AccountID(id)
			return a
		}
	}
	return nil
}

// Close gives an account up. Errors: ESRCH, EPERM (the kernel's, the root task's), EBUSY (tasks or images are on it).
func (t *Table) Close(id abi.AccountID) abi.Errno {
	a := t.Get(id)
	switch {
	case a == nil:
		return abi.ESRCH
	case id <= abi.AccountRoot:
		return abi.EPERM
	case a.Tasks > 0 || a.Images > 0 || a.Frames.Used() > 0:
		return abi.EBUSY
	}
	t.pool.Forget(&a.Frames)
	t.imageRows += a.Spec.Images
	*a = Account{}
	t.free++
	return abi.OK
}
