package main

import (
	"slices"
	"strings"

	"bennu/drivers/protocol/load"
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
	"bennu/rs/fi/code"
	"bennu/rs/fi/fault"
	"bennu/rs/fi/plan"
	"bennu/rs/fi/types"
)

// arguments reads the plan, and who is not to notice. Errors: EINVAL.
func (j *injector) arguments(args []string) error {
	var words []string
	seen := false
	for _, a := range args {
		list, ok := strings.CutPrefix(a, "others=")
		switch {
		case !ok:
			words = append(words, a)
		case seen:
			return bad("others=: expected once")
		default:
			if seen = true; list != "" {
				j.others = strings.Split(list, ",")
			}
		}
	}
	p, err := plan.Parse(words)
	if err != nil {
		return bad(err.Error())
	}
	j.plan = p
	j.victim, _ = abi.MakeLabel(p.Victim)
	if err := j.expand(p.Types); err != nil {
		return err
	}
	if j.want, err = strata(p.Strata); err != nil {
		return err
	}
	return j.checkOthers()
}

func bad(words ...string) error {
	return sdk.Fail(abi.EINVAL, "args: ", strings.Join(words, ""))
}

// expand makes types of names and of lists of names. A type that several of them have is one: each has the same chance.
func (j *injector) expand(names []string) error {
	for _, name := range names {
		list := types.List(name)
		if list == nil {
			list = []string{name}
		}
		for _, n := range list {
			t := types.Named(n)
			if t == nil {
				return bad("types=: ", n, ": expected types of faults, or ", strings.Join(types.Lists, ", "))
			}
			if !slices.ContainsFunc(j.types, func(o fault.Type) bool { return o.Name() == n }) {
				j.types = append(j.types, t)
			}
		}
	}
	return nil
}

// strata is the set of some names; without names it is all.
func strata(names []string) (m code.Mask, err error) {
	if len(names) == 0 {
		return code.All, nil
	}
	for _, n := range names {
		found := false
		for s := range code.Strata {
			if s.String() == n {
				m |= code.Of(s)
				found = true
			}
		}
		if !found {
			return 0, bad("strata=: ", n, ": expected driver, sdk, runtime")
		}
	}
	return m, nil
}

// checkOthers refuses what the workload, which has the same list, cannot have either.
func (j *injector) checkOthers() error {
	if len(j.others) > load.MaxOthers {
		return bad("others=: ", sdk.Dec(uint64(len(j.others))), " labels, expected at most ", sdk.Dec(load.MaxOthers))
	}
	for i, l := range j.others {
		switch _, ok := abi.MakeLabel(l); {
		case !ok:
			return bad("others=: ", l, ": expected labels of services, a comma between two")
		case l == j.plan.Victim:
			return bad("others=: ", l, ": expected services that are not the victim")
		case slices.Contains(j.others[:i], l):
			return bad("others=: ", l, ": expected each label once")
		}
	}
	return nil
}
