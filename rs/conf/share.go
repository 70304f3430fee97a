package conf

import (
	"strconv"
	"time"

	"bennu/kernel/abi"
)

// The keywords that give a share of the machine: time and memory.

func readPriority(a *arguments) {
	want := "a number from 0 (first) to " + strconv.Itoa(abi.Priorities-1)
	if !a.count(1, 1, want) {
		return
	}
	n, ok := number(a.args[0].text)
	if !ok || n >= abi.Priorities {
		a.wrong(a.args[0], want)
	}
	a.s.Priority = uint32(n)
}

func readQuantum(a *arguments) {
	if a.count(1, 1, "a duration") {
		a.s.Quantum = a.duration(a.args[0], 100*time.Microsecond, time.Second)
	}
}

// Limits of a budget and its period.
const (
	leastBudget = 10 * time.Microsecond
	leastPeriod = time.Millisecond
	mostPeriod  = time.Second
)

func readBudget(a *arguments) {
	if !a.count(2, 2, "CPU time and the period that it is for: two durations") {
		return
	}
	a.s.Budget = a.duration(a.args[0], leastBudget, mostPeriod)
	a.s.BudgetPeriod = a.duration(a.args[1], leastPeriod, mostPeriod)
	if a.s.Budget > a.s.BudgetPeriod && a.s.Budget <= mostPeriod && a.s.BudgetPeriod >= leastPeriod {
		a.fault(a.args[0], "more than its period, expected at most "+a.args[1].text)
	}
}

func readServer(a *arguments) {
	if a.count(0, 0, "none") {
		a.s.Server = true
	}
}

func readMemory(a *arguments) { a.size(&a.s.Memory, 64<<10, "a size such as 16M, from 64K to 1G") }

func readReserve(a *arguments) { a.size(&a.s.Reserve, 0, "a size such as 512K, from 0K to 1G") }

// readKept reads the size of the memory that outlives the service's lives (abi.CallKeep).
func readKept(a *arguments) {
	a.sizeWithin(&a.s.Kept, abi.MinKept, abi.MaxKept, "a size such as 64K, from "+sizeName(abi.MinKept)+" to "+sizeName(abi.MaxKept))
}

// size reads the only argument, at least so much, of one service's memory.
func (a *arguments) size(to *uint64, least uint64, want string) { a.sizeWithin(to, least, 1<<30, want) }

// sizeWithin reads the only argument. A wrong one leaves the size unchanged, so that it is one fault.
func (a *arguments) sizeWithin(to *uint64, least, most uint64, want string) {
	if !a.count(1, 1, want) {
		return
	}
	n, ok := size(a.args[0].text)
	if !ok || n < least || n > most {
		a.wrong(a.args[0], want)
		return
	}
	*to = n
}
