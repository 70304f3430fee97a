package result

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"bennu/kernel/abi"
	"bennu/rs/fi/outcome"
)

// Strata are the words for whose code a site is in; None is that of a strike, which has no site.
var Strata = []string{"driver", "sdk", "runtime", None}

// None is the stratum of what was not done to an instruction.
const None = "none"

var (
	id    = regexp.MustCompile(`^[A-Za-z0-9._-]+/[0-9]+/[0-9]+$`)
	label = regexp.MustCompile(`^[a-z0-9._-]{1,16}$`)
	word  = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*$`)
	words = regexp.MustCompile(`^[a-z0-9][a-z0-9.,-]*$`)
	crc   = regexp.MustCompile(`^([0-9a-f]{8})?$`)
	hex   = regexp.MustCompile(`^(0x[0-9a-f]{1,16})?$`)
	bytes = regexp.MustCompile(`^([0-9a-f]{2}){0,15}$`)
)

// Reasons are the words of the ABI.
func Reasons() (all []string) {
	for r := abi.ReasonNone; r.String() != "?"; r++ {
		all = append(all, r.String())
	}
	return all
}

var reasons = Reasons()

// Check returns what is wrong with the record by itself, as docs/schema/fault.schema.json has it: nil, or an error that names each field
// and what was expected.
func (f *Fault) Check() error {
	var wrong []string
	like := func(field, value string, r *regexp.Regexp) {
		if !r.MatchString(value) {
			wrong = append(wrong, fmt.Sprintf("%s %q: expected %s", field, value, r))
		}
	}
	among := func(field, value string, all []string) {
		if !slices.Contains(all, value) {
			wrong = append(wrong, fmt.Sprintf("%s %q: expected one of %s", field, value, strings.Join(all, ", ")))
		}
	}
	must := func(ok bool, field string, value any, expected string) {
		if !ok {
			wrong = append(wrong, fmt.Sprintf("%s %v: expected %s", field, value, expected))
		}
	}
	like("id", f.ID, id)
	like("service", f.Service, label)
	like("selection", f.Select, words)
	like("image", f.Image, crc)
	like("type", f.Type, word)
	like("addr", f.Addr, hex)
	like("rip", f.RIP, hex)
	like("before", f.Before, bytes)
	like("after", f.After, bytes)
	among("stratum", f.Stratum, Strata)
	if f.Reason != "" {
		among("reason", f.Reason, reasons)
	}
	_, known := outcome.Parse(f.Outcome)
	must(known, "outcome", f.Outcome, "a word of docs/FAULTS.md, \"Outcomes\"")
	must(f.Index >= 0, "index", f.Index, "0 or more")
	must(f.Faults >= 1, "faults", f.Faults, "1 or more")
	must(f.Weight > 0, "weight", f.Weight, "more than 0")
	must(f.Vector <= 255, "vector", f.Vector, "at most 255")
	must(f.Replay != "", "replay", `""`, "a command")
	must(f.Outcome != outcome.NotActivated.String() || !f.Activated, "activated", f.Activated, "false with this outcome")
	must(strings.HasSuffix(f.ID, fmt.Sprintf("/%d/%d", f.Block, f.Index)), "id", f.ID, fmt.Sprintf("/%d/%d at its end", f.Block, f.Index))
	if wrong == nil {
		return nil
	}
	return fmt.Errorf("%s", strings.Join(wrong, "; "))
}

// CampaignID is the campaign's part of ID.
func (f *Fault) CampaignID() string {
	c, _, _ := strings.Cut(f.ID, "/")
	return c
}
