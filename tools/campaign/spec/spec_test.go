package spec

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"bennu/rs/fi/plan"
)

func good() *Spec {
	return &Spec{Services: []string{"rtc", "sum"}, Selections: [][]string{{"text"}, {"nop", "loop"}, {"random"}}, Strata: []string{"driver", "runtime"}, Faults: 7,
		Blocks: 100, Seed: 1 << 63, Kind: plan.Carry, Ops: 16, Limit: 20 * time.Millisecond, Period: 2 * time.Millisecond, Machine: "q35", Reached: true, Group: 17}
}

// Each block of the campaign is in one group, and each group in one shard.
func TestGroups(t *testing.T) {
	s := good()
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	seen := make([]int, s.Total())
	cells := map[string]int{}
	for n, g := range s.Groups() {
		if g.N != n {
			t.Errorf("group %d has number %d", n, g.N)
		}
		for b := g.First; b < g.First+g.Blocks; b++ {
			seen[b]++
			if o, ok := s.GroupOf(b); !ok || !reflect.DeepEqual(o, g) {
				t.Fatalf("block %d is in %+v, by GroupOf in %+v", b, g, o)
			}
		}
		cells[g.Service+" "+strings.Join(g.Selection, ",")] += int(g.Blocks)
	}
	for b, n := range seen {
		if n != 1 {
			t.Errorf("block %d is in %d groups", b, n)
		}
	}
	if len(cells) != 6 {
		t.Errorf("%d cells: %v", len(cells), cells)
	}
	for c, n := range cells {
		if n != s.Blocks {
			t.Errorf("%s has %d blocks", c, n)
		}
	}
	if _, ok := s.GroupOf(uint32(s.Total())); ok {
		t.Error("there is a block behind the last")
	}
}

func TestShards(t *testing.T) {
	s := good()
	all := s.Groups()
	for n := 1; n <= len(all)+1; n++ {
		seen := map[int]int{}
		refused := false
		for i := 1; i <= n; i++ {
			gs, err := s.Shard(i, n)
			if err != nil {
				refused = true
				continue
			}
			faults := 0
			for _, g := range gs {
				seen[g.N]++
				faults += int(g.Blocks) * s.Faults
			}
			if n > 1 && faults < ShardFaults {
				t.Errorf("shard %d/%d has %d faults", i, n, faults)
			}
		}
		if poor := n > 1 && s.least(all, n) < ShardFaults; poor != refused {
			t.Errorf("%d shards: refused is %v, but the poorest has %d faults", n, refused, s.least(all, n))
		}
		if !refused && len(seen) != len(all) {
			t.Errorf("%d shards have %d of %d groups", n, len(seen), len(all))
		}
		for g, k := range seen {
			if k != 1 {
				t.Errorf("%d shards: group %d is in %d of them", n, g, k)
			}
		}
	}
	for _, bad := range [][2]int{{0, 3}, {4, 3}, {1, 0}, {-1, -1}} {
		if _, err := s.Shard(bad[0], bad[1]); err == nil {
			t.Errorf("shard %d/%d is taken", bad[0], bad[1])
		}
	}
}

func TestCampaignComesBack(t *testing.T) {
	s := good()
	c := s.Campaign(Made{Commit: "c", Hashes: map[string]string{"kernel": "1"}})
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	d := c
	if err := json.Unmarshal(b, &d); err != nil {
		t.Fatal(err)
	}
	o, err := Of(&d)
	if err != nil || !reflect.DeepEqual(o, s) {
		t.Errorf("%+v, %v, want %+v", o, err, s)
	}
	// The ID follows from what is run, and from nothing else.
	if e := s.Campaign(Made{Commit: "other", Dirty: true, Go: "go2", Hashes: map[string]string{"kernel": "1"}}); e.ID != c.ID {
		t.Errorf("ID %s and %s", c.ID, e.ID)
	}
	if e := s.Campaign(Made{Hashes: map[string]string{"kernel": "2"}}); e.ID == c.ID {
		t.Error("another kernel has the same ID")
	}
	s.Seed--
	if e := s.Campaign(Made{Hashes: map[string]string{"kernel": "1"}}); e.ID == c.ID {
		t.Error("another seed has the same ID")
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		change func(s *Spec)
		want   string
	}{
		{func(s *Spec) { s.Services = nil }, "no service: expected at least one"},
		{func(s *Spec) { s.Services = []string{"rtc", "rtc"} }, `service "rtc": is named twice`},
		{func(s *Spec) { s.Services = []string{"a-label-that-is-too-long"} }, "expected at most 16 bytes"},
		{func(s *Spec) { s.Services = []string{""} }, `service "": expected lower-case letters`},
		{func(s *Spec) { s.Strata = []string{"kernel"} }, `stratum "kernel": expected driver, sdk, runtime`},
		{func(s *Spec) { s.Selections = nil }, "no types"},
		{func(s *Spec) { s.Selections = [][]string{{"text"}, {"text"}} }, `selection "text": is named twice`},
		{func(s *Spec) { s.Selections = [][]string{{"tekst"}} }, `type "tekst": expected `},
		{func(s *Spec) { s.Services = []string{"r tc"} }, `service "r tc": expected lower-case`},
		{func(s *Spec) { s.Faults = 101 }, "faults 101: expected 1 to 100"},
		{func(s *Spec) { s.Blocks = 0 }, "blocks 0: expected 1 to"},
		{func(s *Spec) { s.Blocks = 1 << 30 }, "2 services × 3 selections × 1073741824 blocks"},
		{func(s *Spec) { s.Ops = 0 }, "ops 0: expected 1 to 10000"},
		{func(s *Spec) { s.Group = 0 }, "group 0: expected 1 to"},
		{func(s *Spec) { s.Machine = "vax" }, `machine "vax": expected q35, pc, simulated`},
		{func(s *Spec) { s.Period = 0 }, "period 0s: expected 1ms to 1s"},
		{func(s *Spec) { s.Limit = time.Hour }, "limit 1h0m0s: expected 1ms to 1m"},
		{func(s *Spec) { s.Selections = [][]string{{"text", "text"}} }, `type "text": is named twice`},
		{func(s *Spec) { s.Selections = [][]string{known()} }, "expected at most 256 bytes"},
	} {
		s := good()
		c.change(s)
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

func TestID(t *testing.T) {
	for _, text := range []string{"ab12/0/0", "ab12/4294967295/99", "ab12/3"} {
		id, err := ParseID(text)
		if err != nil || id.String() != text {
			t.Errorf("%q: %v, %v", text, id, err)
		}
	}
	for _, text := range []string{"", "ab", "/1/2", "ab/x/2", "ab/1/-2", "ab/4294967296/1", "ab/1/2/3", "a b/1/2"} {
		if id, err := ParseID(text); err == nil {
			t.Errorf("%q is %v", text, id)
		}
	}
}

// Who keeps something for later lives has each of its blocks proved, and an operation on the server, which is many requests, has the time for that.
func TestPlansOfServers(t *testing.T) {
	for service, want := range map[string]struct {
		prove bool
		limit time.Duration
	}{"rtc": {false, 20 * time.Millisecond}, "ds": {true, 20 * time.Millisecond}, "rs": {true, serverLimit}} {
		s := good()
		s.Services, s.Limit = []string{service}, 20*time.Millisecond
		if p := s.Plan(s.Groups()[0], 0); p.Prove != want.prove || p.Limit != want.limit {
			t.Errorf("%s: prove %v, limit %v", service, p.Prove, p.Limit)
		}
		s.Limit = time.Second
		if p := s.Plan(s.Groups()[0], 0); p.Limit != time.Second {
			t.Errorf("%s: limit %v", service, p.Limit)
		}
	}
}
