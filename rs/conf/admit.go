package conf

import (
	"strconv"
	"time"

	"bennu/kernel/sched"
)

// checkTime lets services in, in the order of the file, as long as sched.Promise holds for each of them
// whatever the others do. A service that would break the promise is refused: an earlier one is more
// important, and keeps it.
func (p *parser) checkTime(services []*entry) {
	var in []*entry
	var demands []sched.Demand
	for _, e := range services {
		if e.bad {
			continue
		}
		all := append(demands, sched.Demand{Budget: uint64(e.s.Budget), Period: uint64(e.s.BudgetPeriod)})
		broken, wait, ok := sched.Admit(all)
		if ok {
			in, demands = append(in, e), all
			continue
		}
		who := "it"
		if broken < len(in) {
			who = in[broken].quoted()
		}
		text := "after " + strconv.Itoa(len(in)) + " others " + who + " could wait " + waitName(wait) +
			" for the processor, expected at most " + time.Duration(sched.Promise).String() + ": " + smaller(services) + "fewer services, or a smaller part of the period for them"
		if broken == len(in) && len(in) == 0 {
			text += ", or a larger one for it"
		}
		if w, ok := e.from["budget"]; ok {
			p.faultIn(e, w, 0, text, 0, 0)
			continue
		}
		p.current = e
		p.fault(e.name, "budget (the default, "+time.Duration(e.s.Budget).String()+" in "+time.Duration(e.s.BudgetPeriod).String()+"): "+text)
		p.current = nil
	}
}

// shares are budgets as small a part of the processor as the default, and smaller bursts: more services with these keep the
// promise beside each other.
var shares = []struct{ budget, period time.Duration }{{50 * time.Microsecond, 5 * time.Millisecond}, {20 * time.Microsecond, 2 * time.Millisecond}, {leastBudget, leastPeriod}}

// smaller is the first of shares that keeps the promise for all services, if those without a budget of their own take it;
// "": none does.
func smaller(services []*entry) string {
	for _, c := range shares {
		var all []sched.Demand
		saidNothing := false
		for _, e := range services {
			d := sched.Demand{Budget: uint64(e.s.Budget), Period: uint64(e.s.BudgetPeriod)}
			if _, said := e.from["budget"]; !said {
				saidNothing = true
				d = sched.Demand{Budget: uint64(c.budget), Period: uint64(c.period)}
			}
			all = append(all, d)
		}
		if _, _, ok := sched.Admit(all); ok && saidNothing {
			return `"budget ` + strconv.FormatInt(c.budget.Microseconds(), 10) + "us " + strconv.FormatInt(c.period.Milliseconds(), 10) + `ms;" in each entry that has none, or `
		}
	}
	return ""
}

func waitName(ns uint64) string {
	if ns == 0 {
		return "for ever"
	}
	return time.Duration(ns).Round(100 * time.Microsecond).String()
}
