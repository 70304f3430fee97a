package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"bennu/rs/fi/outcome"
	"bennu/tools/campaign/result"
)

type fact struct {
	Name, Value string
	Code        bool
}

type run struct {
	ID    string
	Facts []fact
}

// runs say what was run and how.
func (m *Model) runs(o Options) (runs []run) {
	for i := range m.Campaigns {
		c := &m.Campaigns[i]
		commit := c.Commit
		if c.Dirty {
			commit += ", with changes that were not committed"
		}
		r := run{ID: c.ID, Facts: []fact{
			{"command", strings.Join(c.Command, " "), true}, {"commit", commit, true}, {"emulator", c.QEMU, false}, {"machine", c.Machine, false}, {"Go", c.Go, false},
		}}
		add := func(name, format string, args ...any) {
			r.Facts = append(r.Facts, fact{Name: name, Value: fmt.Sprintf(format, args...)})
		}
		for _, name := range sortedKeys(c.Hashes) {
			r.Facts = append(r.Facts, fact{"SHA-256 of " + name, c.Hashes[name], true})
		}
		add("services", "%s", strings.Join(c.Services, ", "))
		add("selections", "%s", strings.Join(c.Selections, "; "))
		add("strata", "%s", strings.Join(c.Strata, ", "))
		add("blocks", "%s of %s for each service and selection, %s a boot", count(c.Blocks), of(c.Faults, "fault"), count(c.Group))
		kind := "a life that had a fault activated ends with its block"
		if c.Kind == "carry" {
			kind = "a life that survives its block has the next one's faults too, until it dies"
		}
		add("kind", "%s: %s", c.Kind, kind)
		drawn := "uniformly over all instructions where the type applies"
		if c.Reached {
			drawn = "uniformly over those that a run without faults reaches; estimates for all sites are weighted"
		}
		add("sites", "drawn %s", drawn)
		if c.Turn {
			add("types", "in turn")
		}
		add("seed", "%d", c.Seed)
		add("workload", "%d checked operations until a fault counts as masked, %s for each; pings every %s", c.Ops, c.Limit, c.Period)
		if o.HostTimes {
			ms, boots := m.hostTime(c.ID)
			add("host time", "%.1f s in %s", float64(ms)/1000, of(boots, "boot"))
		}
		if n, ranges := m.missing(c); n > 0 {
			add("missing", "%s without records: %s", of(n, "block"), some(ranges, 8))
		}
		runs = append(runs, r)
	}
	return runs
}

func (m *Model) hostTime(id string) (ms int64, boots int) {
	for _, b := range m.Boots {
		if b.Campaign == id {
			ms += b.WallMS
			boots++
		}
	}
	return ms, boots
}

func sortedKeys[V any](all map[string]V) (keys []string) {
	for k := range all {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// some joins at most n words, and says how many are left out.
func some(all []string, n int) string {
	if len(all) <= n {
		return strings.Join(all, ", ")
	}
	return fmt.Sprintf("%s, and %s more", strings.Join(all[:n], ", "), count(len(all)-n))
}

type sites struct {
	Service, Image, Stratum string
	All, Reached            uint32
	Share                   float64
}

// sites are those of each executable, once.
func (m *Model) sites() (out []sites) {
	for _, b := range m.Boots {
		for i, all := range b.Sites {
			s := sites{Service: b.Service, Image: b.Image, Stratum: result.Strata[i], All: all, Reached: b.Reached[i], Share: math.NaN()}
			if all > 0 {
				s.Share = float64(s.Reached) / float64(all)
			}
			if !slices.ContainsFunc(out, func(o sites) bool { return o.Service == s.Service && o.Image == s.Image && o.Stratum == s.Stratum }) {
				out = append(out, s)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b sites) int { return strings.Compare(a.Service+" "+a.Image, b.Service+" "+b.Image) })
	return out
}

// unknown are the addresses that do not decode, by executable.
func (m *Model) unknown() (out []fact) {
	all := map[string][]string{}
	for _, b := range m.Boots {
		name := b.Service + " (" + b.Image + ")"
		for _, a := range b.Unknown {
			if !slices.Contains(all[name], a) {
				all[name] = append(all[name], a)
			}
		}
	}
	for _, name := range sortedKeys(all) {
		slices.Sort(all[name])
		out = append(out, fact{Name: fmt.Sprintf("%s, %s", name, of(len(all[name]), "place")), Value: some(all[name], 200)})
	}
	return out
}

func (m *Model) errors() string {
	injector, host := m.Voids()
	if injector+host+len(m.Infra) == 0 {
		return "None: no block was spoiled by the injector or by the host."
	}
	return fmt.Sprintf("%s spoiled by the injector, %s by the host (QEMU, a disk), of %s: they are no trials of the machine, and in no share. %s of the host did not repeat, and cost nothing. With more than one error of the host in %s faults, a campaign is void.",
		of(injector, "block"), of(host, "block"), count(len(m.Blocks)), of(len(m.Infra), "error"), count(int(1/MaxVoid)))
}

// ends are the boots that did not end as planned, and what the spoiled blocks say.
func (m *Model) ends() (out []string) {
	boots, blocks := map[string]int{}, map[string][]string{}
	for _, b := range m.Boots {
		if b.End != "done" {
			boots[b.End]++
		}
	}
	for _, b := range m.Blocks {
		if void(b.Outcome) {
			key := b.Outcome.String() + ": " + b.First().Words
			blocks[key] = append(blocks[key], b.Name())
		}
	}
	for _, e := range m.Infra {
		key := "did not repeat: " + e.Words
		blocks[key] = append(blocks[key], fmt.Sprintf("%s/%d", e.Campaign, e.Block))
	}
	for _, k := range sortedKeys(boots) {
		out = append(out, fmt.Sprintf("%s: %s", of(boots[k], "boot"), k))
	}
	for _, k := range sortedKeys(blocks) {
		out = append(out, fmt.Sprintf("%s: %s (%s)", of(len(blocks[k]), "block"), k, some(blocks[k], 5)))
	}
	return out
}

// not says what the numbers do not cover.
func (m *Model) not() (out []string) {
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for i := range m.Campaigns {
		c := &m.Campaigns[i]
		if n, ranges := m.missing(c); n > 0 {
			add("Campaign %s planned %s that have no records: %s.", c.ID, of(n, "block"), some(ranges, 8))
		}
		add("Masked means: right in the next %d checked operations of the workload. What would have shown later is not seen.", c.Ops)
		var left []string
		for _, s := range result.Strata[:3] {
			if !slices.Contains(c.Strata, s) {
				left = append(left, s)
			}
		}
		if left != nil {
			add("No faults in %s code.", strings.Join(left, " or "))
		}
		if c.Reached {
			add("Sites that a run without faults does not reach were not drawn; estimates for all sites count them as not activated.")
		}
	}
	for _, name := range m.empty() {
		add("%s", name)
	}
	add("Faults of devices, of the kernel's own code and of the processor: only services were broken.")
	add("Other machines: what QEMU's TCG does not do as silicon does (caches, speculation, several processors) is not tried.")
	slices.Sort(out)
	return slices.Compact(out)
}

// empty are types that apply nowhere, and cells of which nothing was ever activated.
func (m *Model) empty() (out []string) {
	nowhere := map[string]int{}
	for _, b := range m.Boots {
		for t, n := range b.Eligible {
			if n == 0 {
				nowhere[fmt.Sprintf("%s has no site in %s.", t, b.Service)]++
			}
		}
	}
	out = sortedKeys(nowhere)
	var idle []string
	for _, c := range m.Cells(func(f *result.Fault) Key { return Key{f.Service, f.Stratum, f.Type} }) {
		if c.Activated == 0 && c.Faults[outcome.Infrastructure] < c.All {
			idle = append(idle, c.Key.String())
		}
	}
	if idle != nil {
		out = append(out, fmt.Sprintf("Nothing was activated in %s: %s.", of(len(idle), "cell"), some(idle, 12)))
	}
	return out
}
