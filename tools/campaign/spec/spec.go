// Package spec says what a campaign is: which faults are made in which services, cut into groups. A group is what one boot of the machine
// begins with, and what shards deal: all of it follows from the spec.
package spec

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"bennu/kernel/abi"
	"bennu/rs/fi/plan"
	"bennu/rs/fi/types"
)

// Spec is a campaign. Each service has Blocks blocks of each selection.
type Spec struct {
	Services   []string
	Selections [][]string // of types; of a selection one is drawn for each fault
	Strata     []string
	Faults     int // a block
	Blocks     int
	Seed       uint64
	Kind       plan.Kind
	Ops        int           // checked operations after which a fault counts as masked
	Limit      time.Duration // that one operation may take
	Period     time.Duration // of pings
	Machine    string
	Reached    bool
	Turn       bool // types come in turn
	Group      int  // blocks
}

// Machines are the values of Spec.Machine. The last makes its results up.
var Machines = []string{"q35", "pc", "simulated"}

// Strata are the values of Spec.Strata.
var Strata = []string{"driver", "sdk", "runtime"}

// Kinds are the values of Spec.Kind.
var Kinds = []plan.Kind{plan.Single, plan.Carry}

// Group is some blocks on one service.
type Group struct {
	N         int
	Service   string
	Selection []string
	First     uint32 // block
	Blocks    uint32
}

// ShardFaults is the least that a shard is given: below it a boot costs more than what it does.
const ShardFaults = 100

// GroupBlocks is how many blocks a boot does when nobody says: some tens of seconds of work.
func GroupBlocks(faults, blocks int) int { return max(1, min(20_000/max(faults, 1), 1000, blocks)) }

// Check tells all that is wrong.
func (s *Spec) Check() error {
	var faults []string
	bad := func(text string, args ...any) { faults = append(faults, fmt.Sprintf(text, args...)) }
	names := func(what string, list, known []string) {
		if len(list) == 0 {
			bad("no %s: expected at least one", what)
		}
		for i, n := range list {
			switch {
			case known != nil && !slices.Contains(known, n):
				bad("%s %q: expected %s", what, n, strings.Join(known, ", "))
			case !word(n):
				bad("%s %q: expected lower-case letters, digits and '-'", what, n)
			case slices.Contains(list[:i], n):
				bad("%s %q: is named twice", what, n)
			}
		}
	}
	names("service", s.Services, nil)
	for _, n := range s.Services {
		if len(n) > abi.LabelSize {
			bad("service %q: expected at most %d bytes", n, abi.LabelSize)
		}
	}
	names("stratum", s.Strata, Strata)
	if len(s.Selections) == 0 {
		bad("no types: expected at least one")
	}
	for i, l := range s.Selections {
		names("type", l, known())
		if slices.ContainsFunc(s.Selections[:i], func(o []string) bool { return slices.Equal(o, l) }) {
			bad("selection %q: is named twice", strings.Join(l, ","))
		}
	}
	if !slices.Contains(Machines, s.Machine) {
		bad("machine %q: expected %s", s.Machine, strings.Join(Machines, ", "))
	}
	s.numbers(bad)
	if faults == nil {
		for _, g := range s.Groups() {
			if text := s.Plan(g, g.First).String(); len(text) > abi.ArgsSize {
				bad("%q: expected at most %d bytes: choose fewer types, or one of the lists' names", text, abi.ArgsSize)
				break
			}
		}
	}
	if faults == nil {
		return nil
	}
	return fmt.Errorf("%s", strings.Join(faults, "\n"))
}

func (s *Spec) numbers(bad func(string, ...any)) {
	for _, n := range []struct {
		name            string
		n, least, limit int
	}{
		{"faults", s.Faults, 1, plan.MaxFaults}, {"blocks", s.Blocks, 1, math.MaxInt32}, {"ops", s.Ops, 1, 10_000}, {"group", s.Group, 1, math.MaxInt32},
	} {
		if n.n < n.least || n.n > n.limit {
			bad("%s %d: expected %d to %d", n.name, n.n, n.least, n.limit)
		}
	}
	if cells := len(s.Services) * len(s.Selections); s.Blocks > 0 && cells > math.MaxUint32/s.Blocks {
		bad("%d services × %d selections × %d blocks: expected at most %d blocks in all", len(s.Services), len(s.Selections), s.Blocks, uint32(math.MaxUint32))
	}
	if s.Period < time.Millisecond || s.Period > time.Second {
		bad("period %v: expected 1ms to 1s", s.Period)
	}
	if s.Limit < time.Millisecond || s.Limit > time.Minute {
		bad("limit %v: expected 1ms to 1m", s.Limit)
	}
}

// known are the types and the lists of them.
func known() (l []string) {
	for _, r := range types.All() {
		l = append(l, r.Name())
	}
	return append(l, types.Lists...)
}

func word(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return s != ""
}

// Groups cuts the campaign. They come in an order that leaves services and selections with equally many blocks wherever it is left.
func (s *Spec) Groups() []Group {
	var gs []Group
	for from := 0; from < s.Blocks; from += s.Group {
		for i, service := range s.Services {
			for j, l := range s.Selections {
				cell := i*len(s.Selections) + j
				gs = append(gs, Group{N: len(gs), Service: service, Selection: l,
					First: uint32(cell*s.Blocks + from), Blocks: uint32(min(s.Group, s.Blocks-from))})
			}
		}
	}
	return gs
}

// Total is the number of blocks in all.
func (s *Spec) Total() int { return len(s.Services) * len(s.Selections) * s.Blocks }

// GroupOf finds the group that a block lies in.
func (s *Spec) GroupOf(block uint32) (Group, bool) {
	for _, g := range s.Groups() {
		if block-g.First < g.Blocks {
			return g, true
		}
	}
	return Group{}, false
}

// serverLimit is how long an operation on the reincarnation server may take at least: it is many requests, and a hang of the server is found after 20 to 30 ms, and one without an answer
// ends the operation.
const serverLimit = 250 * time.Millisecond

// Plan is what a boot is told that does a group from a block on.
func (s *Spec) Plan(g Group, first uint32) plan.Plan {
	p := s.plan(g, first)
	p.Prove = plan.Keeps(g.Service)
	if g.Service == "rs" {
		p.Limit = max(p.Limit, serverLimit)
	}
	return p
}

func (s *Spec) plan(g Group, first uint32) plan.Plan {
	return plan.Plan{Victim: g.Service, Types: g.Selection, Strata: s.Strata, Faults: s.Faults, First: first, Blocks: g.First + g.Blocks - first,
		Seed: s.Seed, Ops: s.Ops, Limit: s.Limit, Kind: s.Kind, Reached: s.Reached, Turn: s.Turn}
}

// BootSeed is the kernel's: another one for each group, the same in each boot of it.
func (s *Spec) BootSeed(g Group) uint64 {
	x := s.Seed ^ uint64(g.N+1)*0x9e3779b97f4a7c15 // splitmix64
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return (x ^ x>>31) >> 1
}

// Shard deals groups: the i-th of n has those whose number leaves i-1.
//
// Errors: one of the n would have less than ShardFaults.
func (s *Spec) Shard(i, n int) ([]Group, error) {
	if n < 1 || i < 1 || i > n {
		return nil, fmt.Errorf("shard %d/%d: expected I/N with I from 1 to N", i, n)
	}
	all := s.Groups()
	if n > 1 {
		for most := n; ; most-- {
			if most == 1 || s.least(all, most) >= ShardFaults {
				if most < n {
					return nil, fmt.Errorf("shard %d/%d: this campaign has %d groups: expected at most %d shards, so that each has %d faults", i, n, len(all), most, ShardFaults)
				}
				break
			}
		}
	}
	var own []Group
	for _, g := range all {
		if g.N%n == i-1 {
			own = append(own, g)
		}
	}
	return own, nil
}

// least is how many faults the poorest of n shards has.
func (s *Spec) least(all []Group, n int) int {
	sums := make([]int, n)
	for _, g := range all {
		sums[g.N%n] += int(g.Blocks) * s.Faults
	}
	return slices.Min(sums)
}
