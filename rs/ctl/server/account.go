package server

import (
	"bennu/kernel/abi"
	"bennu/rs/service"
)

// accounts writes the table of accounts. Its times are whole nanoseconds, so that they sum up.
func (s *Server) accounts(res *service.Result) {
	w := &s.w
	w.Seconds("t", res.NowNS)
	w.Uint("since_boot_ns", res.NowNS)
	w.Uint("until_ns", res.UntilNS)
	w.Uint("sum_ns", service.RowsSum(res))
	w.Uint("idle_ns", res.Machine.IdleNS)
	s.list("accounts", len(res.Accounts), func(i int) { s.account(&res.Accounts[i]) })
}

func (s *Server) account(v *abi.AccountInfo) {
	w := &s.w
	w.Open('{')
	w.Uint("account", uint64(v.Account))
	w.Zeroed("label", v.Spec.Label[:])
	w.Uint("tasks", uint64(v.Tasks))
	w.Uint("priority", uint64(v.Spec.Priority))
	w.Uint("budget_ns", v.Spec.BudgetNS)
	w.Uint("period_ns", v.Spec.PeriodNS)
	w.Uint("cpu_ns", v.CPUNS)
	w.Int("left_ns", v.LeftNS)
	w.Uint("exhausted", v.Exhausted)
	w.Uint("worst_wait_ns", v.WorstWaitNS)
	w.Uint("lives", v.Lives)
	w.Uint("frames", v.Frames)
	w.Uint("frames_peak", v.FramesPeak)
	w.Uint("reserve_frames", uint64(v.Spec.ReserveFrames))
	w.Uint("ceiling_frames", uint64(v.Spec.CeilingFrames))
	w.Uint("kept_frames", uint64(v.Spec.KeptFrames))
	w.Uint("images", uint64(v.Images))
	w.Uint("hooks", uint64(v.Hooks))
	w.Uint("snapshot_frames", uint64(v.Snapshot))
	w.Close('}')
}
