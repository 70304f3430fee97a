package control

import (
	"context"

	"bennu/kernel/abi"
	"bennu/rs/service"
)

// Account is a row of the kernel's table of accounts: what a service has used in all its lives.
type Account struct {
	Account       uint32 `json:"account"`
	Label         string `json:"label"`
	Tasks         uint32 `json:"tasks"`
	Priority      uint32 `json:"priority"`
	BudgetNS      uint64 `json:"budget_ns"`
	PeriodNS      uint64 `json:"period_ns"`
	CPUNS         uint64 `json:"cpu_ns"`
	LeftNS        int64  `json:"left_ns"` // of the budget; negative: overdrawn
	Exhausted     uint64 `json:"exhausted"`
	WorstWaitNS   uint64 `json:"worst_wait_ns"`
	Lives         uint64 `json:"lives"`
	Frames        uint64 `json:"frames"`
	FramesPeak    uint64 `json:"frames_peak"`
	ReserveFrames uint32 `json:"reserve_frames"`
	CeilingFrames uint32 `json:"ceiling_frames"`
	KeptFrames    uint32 `json:"kept_frames"`
	Images        uint32 `json:"images"`
	Hooks         uint32 `json:"hooks"`
	Snapshot      uint32 `json:"snapshot_frames"`
}

// Accounts is the table, and the time that it sums up to: SumNS, which is at least SinceBootNS, when the reading
// began, but for the rounding of each row, and at most UntilNS, when it had ended.
type Accounts struct {
	SinceBootNS uint64    `json:"since_boot_ns"`
	UntilNS     uint64    `json:"until_ns"`
	SumNS       uint64    `json:"sum_ns"`
	IdleNS      uint64    `json:"idle_ns"`
	Accounts    []Account `json:"accounts"`
}

// Accounts reads the table of accounts.
func (c *Client) Accounts(ctx context.Context) (a Accounts, err error) {
	return a, c.Do(ctx, "accounts", nil, &a)
}

// Measure is Info, and has the worst delays counted anew from now on.
func (c *Client) Measure(ctx context.Context) (i Info, err error) {
	return i, c.Do(ctx, "info", Args{"delays": "reset"}, &i)
}

// Result is what the machine made the table of, so that it prints in the same way.
func (a *Accounts) Result() (r service.Result) {
	r.NowNS, r.UntilNS, r.Machine.IdleNS = a.SinceBootNS, a.UntilNS, a.IdleNS
	for i := range a.Accounts {
		v := &a.Accounts[i]
		row := abi.AccountInfo{Account: abi.AccountID(v.Account), Tasks: v.Tasks, CPUNS: v.CPUNS, LeftNS: v.LeftNS, Exhausted: v.Exhausted,
			WorstWaitNS: v.WorstWaitNS, Lives: v.Lives, Frames: v.Frames, FramesPeak: v.FramesPeak, Images: v.Images, Hooks: v.Hooks, Snapshot: v.Snapshot}
		row.Spec = abi.AccountSpec{Priority: v.Priority, BudgetNS: v.BudgetNS, PeriodNS: v.PeriodNS, ReserveFrames: v.ReserveFrames, CeilingFrames: v.CeilingFrames, KeptFrames: v.KeptFrames}
		row.Spec.Label, _ = abi.MakeLabel(v.Label)
		r.Accounts = append(r.Accounts, row)
	}
	return r
}
