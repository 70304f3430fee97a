package runner

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"bennu/rs/fi/outcome"
	"bennu/rs/fi/plan"
	"bennu/tools/campaign/machine"
	"bennu/tools/campaign/result"
	"bennu/tools/campaign/simulated"
	"bennu/tools/campaign/spec"
	"bennu/tools/campaign/store"
)

func small() *spec.Spec {
	return &spec.Spec{Services: []string{"rtc"}, Selections: [][]string{{"text"}}, Strata: spec.Strata, Faults: 5, Blocks: 10, Seed: 3, Ops: 16,
		Limit: 20 * time.Millisecond, Period: 2 * time.Millisecond, Machine: "simulated", Group: 10}
}

func campaign(s *spec.Spec, m machine.Machine) *Campaign {
	return &Campaign{ID: "c", Spec: s, Machine: m, Symbols: func(string) (machine.Symbols, error) { return simulated.Symbols{}, nil }}
}

// at has one thing go wrong, in block 4: in each boot that comes there, or in the first alone.
func at(odd simulated.Odd, always bool) *simulated.Machine {
	return &simulated.Machine{Odd: func(block uint32, n int) simulated.Odd {
		if block == 4 && (always || n == 0) {
			return odd
		}
		return simulated.Fine
	}}
}

// What goes wrong in a block is that block's, the others come to what they come to anyhow, and each fault has its record.
func TestGroup(t *testing.T) {
	fine, err := campaign(small(), at(simulated.Fine, true)).group(t.Context(), small().Groups()[0], func([]result.Fault) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		odd    simulated.Odd
		always bool
		want   outcome.Outcome // of block 4; Outcomes: as if nothing were wrong
		infra  int
		boots  int
		words  string
	}{
		{"crash", simulated.Crash, true, outcome.KernelCrash, 0, 2, "kernel panic: kernel: panic: made up"},
		{"hang", simulated.Hang, true, outcome.MachineHang, 0, 2, "silent"},
		{"host that was slow once", simulated.Hang, false, outcome.Outcomes, 1, 1, ""},
		{"stream cut", simulated.Truncate, true, outcome.Infrastructure, 0, 2, "ends within a frame"},
		{"stream cut once", simulated.Truncate, false, outcome.Outcomes, 1, 1, ""},
		{"damage", simulated.Damage, true, outcome.Infrastructure, 0, 2, "a frame's sum is wrong"},
		{"damage once", simulated.Damage, false, outcome.Outcomes, 1, 1, ""},
		{"block twice", simulated.Repeat, true, outcome.Outcomes, 0, 2, ""},
		{"injector gives up", simulated.Quit, true, outcome.InjectorError, 0, 3, "made up: enough"},
	} {
		t.Run(c.name, func(t *testing.T) {
			blocks := 0
			k, err := campaign(small(), at(c.odd, c.always)).group(t.Context(), small().Groups()[0], func([]result.Fault) { blocks++ })
			if err != nil {
				t.Fatal(err)
			}
			if len(k.Infra) != c.infra || len(k.Boots) != c.boots || len(k.Faults) != 50 || blocks != 10 {
				t.Errorf("%d infrastructure errors, %d boots, %d faults, %d blocks: want %d, %d, 50, 10", len(k.Infra), len(k.Boots), len(k.Faults), blocks, c.infra, c.boots)
			}
			for i, f := range k.Faults {
				if err := f.Check(); err != nil {
					t.Errorf("%s: %v", f.ID, err)
				}
				if f.Block == 4 && c.want != outcome.Outcomes {
					if f.Outcome != c.want.String() || !strings.Contains(f.Words, c.words) || f.Index != i%5 {
						t.Errorf("%s: %s %q, want %s %q", f.ID, f.Outcome, f.Words, c.want, c.words)
					}
					continue
				}
				want := fine.Faults[i]
				want.Life = f.Life // of another boot
				// A block that comes twice is seen when the next one has to come.
				if c.odd == simulated.Repeat && f.Block == 5 {
					if f.Outcome != outcome.Infrastructure.String() || !strings.Contains(f.Words, "block 4 begins where block 5 has to") {
						t.Errorf("%s: %s %q", f.ID, f.Outcome, f.Words)
					}
					continue
				}
				if !reflect.DeepEqual(f, want) {
					t.Errorf("%+v\nwant %+v", f, want)
				}
			}
		})
	}
}

// A machine that ends after the last block, before Bye, did so in consequence of that block.
func TestEndAfterLast(t *testing.T) {
	s := small()
	b := &boot{first: 0, failed: &failure{outcome: outcome.KernelCrash, words: "panic"}}
	m := at(simulated.Fine, true)
	told, err := read(t.Context(), m, machine.Boot{Plan: s.Plan(s.Groups()[0], 0)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b.hello, b.blocks = told.hello, told.blocks
	if how := b.finish(10); how != "panic" || b.blocks[9].end.Outcome != outcome.KernelCrash || b.blocks[8].end.Outcome == outcome.KernelCrash {
		t.Errorf("%q: %v, %v", how, b.blocks[8].end, b.blocks[9].end)
	}
}

// Bytes that are not the executable's are the injector's error, for all faults of the block.
func TestVerified(t *testing.T) {
	c := campaign(small(), at(simulated.Fine, true))
	c.Symbols = func(string) (machine.Symbols, error) { return other{}, nil }
	k, err := c.group(t.Context(), small().Groups()[0], func([]result.Fault) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range k.Faults {
		if f.Outcome != outcome.InjectorError.String() || !strings.Contains(f.Words, "the executable has") {
			t.Fatalf("%s: %s %q", f.ID, f.Outcome, f.Words)
		}
	}
}

type other struct{ simulated.Symbols }

func (other) Bytes(addr uint64, n int) []byte { return make([]byte, n) }

func TestNoMachine(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{&machine.End{How: machine.NotStarted, Words: "no such program"}, "says hello: not started: no such program"},
		{&machine.End{How: machine.Panic, Words: "refused"}, "says hello: kernel panic: refused"},
		{&machine.Fatal{Err: errors.New("no room")}, "no room"},
	} {
		m := at(simulated.Fine, true)
		m.Starts = func(machine.Boot) error { return c.err }
		_, err := campaign(small(), m).group(t.Context(), small().Groups()[0], nil)
		if !Infrastructure(err) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	// Each time in another block: nobody knows what that is.
	m := &simulated.Machine{Odd: func(block uint32, n int) simulated.Odd {
		if int(block) == n {
			return simulated.Damage
		}
		return simulated.Fine
	}}
	if _, err := campaign(small(), m).group(t.Context(), small().Groups()[0], nil); !Infrastructure(err) || !strings.Contains(err.Error(), "failed 4 times") {
		t.Errorf("%v", err)
	}
}

func TestVoid(t *testing.T) {
	for _, c := range []struct {
		infra, faults int
		void          bool
	}{{0, 0, false}, {1, 1000, false}, {1, 999, true}, {300, 300_000, false}, {301, 300_000, true}} {
		if err := Void(c.infra, c.faults); (err != nil) != c.void || c.void && !Infrastructure(err) {
			t.Errorf("%d in %d: %v", c.infra, c.faults, err)
		}
	}
}

type quiet struct{}

func (quiet) Block([]result.Fault)           {}
func (quiet) Group(spec.Group, *store.Group) {}

func newStore(t *testing.T, s *spec.Spec) *store.Store {
	t.Helper()
	c := s.Campaign(spec.Made{})
	st, err := store.Create(filepath.Join(t.TempDir(), "c"), &c)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func TestBudget(t *testing.T) {
	s := small()
	s.Group = 2 // 5 groups of 10 faults
	st := newStore(t, s)
	c := campaign(s, &simulated.Machine{})
	for i, want := range []struct {
		groups int
		all    bool
	}{{2, false}, {4, false}, {5, true}, {5, true}} {
		all, err := c.Run(t.Context(), st, s.Groups(), 1, Budget{Faults: 11}, quiet{})
		n := 0
		for g := range 5 {
			if st.Has(g) {
				n++
			}
		}
		if err != nil || all != want.all || n != want.groups {
			t.Errorf("run %d: %v, %v, %d groups: want %v, %d", i, all, err, n, want.all, want.groups)
		}
	}
}

// A context that ends keeps what is complete; the error of one group ends the others.
func TestRunEnds(t *testing.T) {
	s := small()
	s.Group = 1
	st := newStore(t, s)
	m := &simulated.Machine{}
	ctx, cancel := context.WithCancel(t.Context())
	boots := 0
	m.Starts = func(b machine.Boot) error {
		if boots++; boots == 4 {
			cancel()
		}
		return nil
	}
	if _, err := campaign(s, m).Run(ctx, st, s.Groups(), 1, Budget{}, quiet{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want that it was cancelled", err)
	}
	if !st.Has(2) || st.Has(3) {
		t.Errorf("group 2: %v, 3: %v", st.Has(2), st.Has(3))
	}
	m.Starts = func(b machine.Boot) error {
		if b.Plan.First == 6 {
			return &machine.Fatal{Err: errors.New("no room")}
		}
		return nil
	}
	if all, err := campaign(s, m).Run(t.Context(), st, s.Groups(), 3, Budget{}, quiet{}); all || !Infrastructure(err) {
		t.Errorf("%v, %v", all, err)
	}
}

// Each block of a campaign with all that can go wrong replays to the same record.
func TestReplay(t *testing.T) {
	s := small()
	s.Blocks, s.Group = 300, 60
	st := newStore(t, s)
	c := campaign(s, &simulated.Machine{})
	if _, err := c.Run(t.Context(), st, s.Groups(), 2, Budget{}, quiet{}); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for n := range uint32(300) {
		b, err := c.Find(st, n)
		if err != nil {
			t.Fatal(err)
		}
		again, err := c.Replay(t.Context(), b, machine.Boot{})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range Compare(b.Lines, again) {
			t.Errorf("block %d: %s", n, d)
		}
		seen[b.Lines[0].Outcome]++
	}
	for _, o := range []outcome.Outcome{outcome.Recovered, outcome.NotActivated, outcome.KernelCrash, outcome.MachineHang} {
		if seen[o.String()] == 0 {
			t.Errorf("no block came to %v: %v", o, seen)
		}
	}
	if _, err := c.Find(st, 300); err == nil || !strings.Contains(err.Error(), "blocks 0 to 299") {
		t.Errorf("%v", err)
	}
	// A record that is not what the machine does is told, with its field.
	b, err := c.Find(st, 7)
	if err != nil {
		t.Fatal(err)
	}
	again := slices.Clone(b.Lines)
	again[2].EndTSC++
	if d := Compare(b.Lines, again); len(d) != 1 || !strings.Contains(d[0], "c/7/2: end_tsc is") {
		t.Errorf("%q", d)
	}
}

// The search comes to the faults that it takes, and to no other.
func TestShrink(t *testing.T) {
	for _, want := range [][]int{{0}, {99}, {31}, {3, 4}, {0, 99}, {7, 50, 93}, {1, 2, 4, 8, 16, 32, 64}} {
		s := small()
		s.Faults, s.Blocks, s.Group = 100, 3, 3
		m := at(simulated.Fine, true)
		m.Culprits = func(*plan.Plan, uint32) []int { return want }
		c := campaign(s, m)
		st := newStore(t, s)
		if _, err := c.Run(t.Context(), st, s.Groups(), 1, Budget{}, quiet{}); err != nil {
			t.Fatal(err)
		}
		b, err := c.Find(st, 1)
		if err != nil {
			t.Fatal(err)
		}
		tries := 0
		got, err := c.Shrink(t.Context(), b, func(int, string) { tries++ })
		if err != nil || !slices.Equal(got.Made, want) || got.Class != "recovered by exception" || got.Boots != tries || len(got.Lines) != len(want) {
			t.Errorf("%+v, %v, want %v", got, err, want)
		}
	}
}

// A block that comes to something else when it is alone is made smaller where it was; one that comes to something else there too is refused.
func TestShrinkAfter(t *testing.T) {
	s := small()
	alone, boot := true, false
	m := at(simulated.Fine, true)
	m.Culprits = func(p *plan.Plan, k uint32) []int {
		switch {
		case p.First == k && p.Blocks == 1 && alone || p.First+p.Blocks-1 == k && boot: // made again it is harmless
			return nil
		}
		return []int{2}
	}
	c := campaign(s, m)
	st := newStore(t, s)
	if _, err := c.Run(t.Context(), st, s.Groups(), 1, Budget{}, quiet{}); err != nil {
		t.Fatal(err)
	}
	b, err := c.Find(st, 4)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Shrink(t.Context(), b, func(int, string) {})
	if err != nil || !slices.Equal(got.Made, []int{2}) || got.After != int(b.Lines[0].Block-b.Boot.First) || got.After == 0 || len(got.Lines) != 1 {
		t.Errorf("%+v, %v, want fault 2 after the blocks before", got, err)
	}
	boot = true
	if _, err := c.Shrink(t.Context(), b, func(int, string) {}); !errors.Is(err, ErrOther) {
		t.Errorf("%v, want ErrOther", err)
	}
	for i := range b.Lines {
		b.Lines[i].Outcome = outcome.NotActivated.String()
	}
	if _, err := c.Shrink(t.Context(), b, func(int, string) {}); err == nil || !strings.Contains(err.Error(), "expected something that a fault did") {
		t.Errorf("%v", err)
	}
}

// ddmin's result holds, and holds no longer without any one element.
func TestMinimal(t *testing.T) {
	for n := range 200 {
		size := 1 + n%17
		set := make([]int, size)
		for i := range set {
			set[i] = i
		}
		// Holds where enough of the elements below a limit are in: not monotone in each element, as faults are not.
		holds := func(l []int) bool {
			sum := 0
			for _, x := range l {
				sum += (x*7 + n) % 5
			}
			return sum%3 != 1 || len(l) == size
		}
		got := ddmin(set, holds)
		if !holds(got) {
			t.Errorf("%d: %v does not hold", n, got)
		}
		for i := range got {
			if less := slices.Delete(slices.Clone(got), i, i+1); len(less) > 0 && holds(less) {
				t.Errorf("%d: %v holds without %d", n, got, got[i])
			}
		}
	}
}

func TestRead(t *testing.T) {
	s := small()
	p := s.Plan(s.Groups()[0], 0)
	b, err := read(t.Context(), at(simulated.Fine, true), machine.Boot{Plan: p}, func(n uint32) bool { return n == 3 })
	if err != nil || b.at() != 4 || b.bye != nil || b.failed != nil {
		t.Errorf("%+v, %v", b, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := read(ctx, at(simulated.Fine, true), machine.Boot{Plan: p}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	for _, end := range []machine.End{{How: machine.Off}, {How: machine.Reset}, {How: machine.Silent, Words: "x"}} {
		if text := end.Error(); text == "" || text == fmt.Sprint(end.How, "x") {
			t.Errorf("%q", text)
		}
	}
}
