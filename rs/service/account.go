package service

import "bennu/kernel/abi"

// accounts reads the kernel's table of accounts. Each reading first charges the time up to its moment, so the sum of
// all rows and of the idle time lies between the moments before and after.
func accounts(p Port) Result {
	res := Result{NowNS: p.Now()}
	if res.Accounts, res.Errno = list[abi.AccountInfo](p, abi.InfoAccount, abi.MaxAccounts); res.Errno != abi.OK {
		return res
	}
	if failed := counters(p, abi.InfoMachine, abi.Bytes(&res.Machine)); failed.Errno != abi.OK {
		return failed
	}
	res.UntilNS = p.Now()
	return res
}

// RowsSum is the CPU time of all accounts and the idle time, in ns. Each row is rounded down.
func RowsSum(r *Result) uint64 {
	sum := r.Machine.IdleNS
	for i := range r.Accounts {
		sum += r.Accounts[i].CPUNS
	}
	return sum
}

// AccountTable is what the services have used, for people.
func AccountTable(r *Result) string {
	var t table
	t.row("LABEL", "PRI", "BUDGET", "PERIOD", "CPU", "LEFT", "EXHAUSTED", "WORST WAIT", "LIVES", "MEMORY", "PEAK", "RESERVE", "CEILING", "KEPT")
	for i := range r.Accounts {
		a := &r.Accounts[i]
		s := &a.Spec
		if a.Account == abi.AccountKernel { // it has no tasks, no memory and no limits
			t.row(s.Label.String(), "-", "-", "-", Duration(a.CPUNS), "-", "-", "-", "-", "-", "-", "-", "-", "-")
			continue
		}
		t.row(s.Label.String(), Decimal(uint64(s.Priority)), Duration(s.BudgetNS), Duration(s.PeriodNS), Duration(a.CPUNS), signed(a.LeftNS),
			Decimal(a.Exhausted), Duration(a.WorstWaitNS), Decimal(a.Lives), pages(a.Frames), pages(a.FramesPeak),
			pages(uint64(s.ReserveFrames)), pages(uint64(s.CeilingFrames)), pages(uint64(s.KeptFrames)))
	}
	t.row("idle", "-", "-", "-", Duration(r.Machine.IdleNS), "-", "-", "-", "-", "-", "-", "-", "-", "-")
	return t.String() + "all of them " + Decimal(RowsSum(r)) + "ns; since boot " + Decimal(r.NowNS) + "ns before they were read and " +
		Decimal(r.UntilNS) + "ns after\n"
}

func pages(n uint64) string { return Size(n * abi.PageSize) }

// signed is Duration of a time that may be below zero.
func signed(ns int64) string {
	if ns < 0 {
		return "-" + Duration(uint64(-ns))
	}
	return Duration(uint64(ns))
}
