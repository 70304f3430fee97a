package report

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bennu/rs/fi/outcome"
	"bennu/tools/campaign/report/fake"
	"bennu/tools/campaign/result"
	"bennu/tools/campaign/stats"
)

var pages = flag.String("pages", "", "a folder to leave the tests' pages in, to be looked at")

// bad is a campaign on a machine that breaks what it promises.
func bad() fake.Spec {
	s := fake.One
	s.Seed, s.Bad = 3, true
	return s
}

// carried is one whose lives go on from block to block: few faults of each are enough to die later.
func carried() fake.Spec {
	s := fake.Many
	s.Seed, s.Faults, s.Shift = 5, 2, -0.3
	return s
}

func samples() map[string]*result.Records {
	b, c := bad(), carried()
	return map[string]*result.Records{"one": fake.One.Make(), "many": fake.Many.Make(), "bad": b.Make(), "carried": c.Make()}
}

func render(t *testing.T, name string, m *Model) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteHTML(&b, m, Options{HostTimes: true}); err != nil {
		t.Fatal(err)
	}
	leave(t, name, b.Bytes())
	return b.Bytes()
}

func leave(t *testing.T, name string, page []byte) {
	t.Helper()
	if *pages == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(*pages, name+".html"), page, 0o644); err != nil {
		t.Fatal(err)
	}
}

// all is every form of a report, one after the other.
func all(t *testing.T, r *result.Records) string {
	t.Helper()
	m := New(r)
	var b bytes.Buffer
	for _, err := range []error{WriteHTML(&b, m, Options{}), WriteJUnit(&b, m), WriteKTAP(&b, m), WriteCells(&b, m), WriteDeaths(&b, m), WriteFaults(&b, m), Compare(m, m).WriteText(&b), Compare(m, m).WriteHTML(&b)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// The merge laws: records in any order, some of them twice, boots that ran again and took another time, give the same bytes.
func TestSameRecordsSameBytes(t *testing.T) {
	const seed = 7
	r := rand.New(rand.NewPCG(seed, 1))
	for name, records := range samples() {
		want := all(t, records)
		for range 2 {
			mixed := &result.Records{Campaigns: append(slices.Clone(records.Campaigns), records.Campaigns...), Boots: slices.Clone(records.Boots), Faults: slices.Clone(records.Faults)}
			for range 100 {
				mixed.Faults = append(mixed.Faults, records.Faults[r.IntN(len(records.Faults))])
				again := records.Boots[r.IntN(len(records.Boots))]
				again.WallMS += int64(r.IntN(1000))
				mixed.Boots = append(mixed.Boots, again)
			}
			r.Shuffle(len(mixed.Faults), func(i, j int) { mixed.Faults[i], mixed.Faults[j] = mixed.Faults[j], mixed.Faults[i] })
			r.Shuffle(len(mixed.Boots), func(i, j int) { mixed.Boots[i], mixed.Boots[j] = mixed.Boots[j], mixed.Boots[i] })
			if got := all(t, mixed); got != want {
				t.Fatalf("%s, seed %d: another report of the same records", name, seed)
			}
		}
		// And one record less is another report.
		less := *records
		less.Faults = less.Faults[1:]
		if all(t, &less) == want {
			t.Errorf("%s: a record is missing, and the report is the same", name)
		}
	}
}

// Two records of one fault that differ are told, and the order does not decide which counts.
func TestConflict(t *testing.T) {
	r := fake.One.Make()
	other := r.Faults[5]
	other.Ops += 3
	r.Faults = append(r.Faults, other)
	m := New(r)
	if len(m.Notes) != 1 || !strings.Contains(m.Notes[0], other.ID+": 2 records that differ") {
		t.Errorf("%q", m.Notes)
	}
	one, two := []result.Fault{r.Faults[5], other, other}, []result.Fault{other, r.Faults[5], r.Faults[5]}
	if a, b := New(&result.Records{Faults: one}), New(&result.Records{Faults: two}); !slices.Equal(a.Notes, b.Notes) || a.Blocks[0].First().Ops != b.Blocks[0].First().Ops {
		t.Errorf("the order decides: %q, %q", a.Notes, b.Notes)
	}
	if page := string(render(t, "conflict", m)); !strings.Contains(page, "2 records that differ") {
		t.Error("the page does not tell")
	}
}

// block makes one block of faults; a is which of them were activated.
func block(number uint32, life uint32, o outcome.Outcome, a ...bool) (out []result.Fault) {
	for i, on := range a {
		out = append(out, result.Fault{ID: fmt.Sprintf("c/%d/%d", number, i), Service: "s", Select: "x", Type: "x", Stratum: "driver", Block: number, Index: i, Faults: len(a), Life: life,
			Activated: on, Outcome: o.String(), Weight: 1, Replay: "r"})
	}
	return out
}

// What was not activated did nothing; but when nothing was, and something came of it, that is not lost.
func TestFaultsOfABlock(t *testing.T) {
	r := &result.Records{Faults: slices.Concat(block(0, 0, outcome.Recovered, true, false, true), block(1, 1, outcome.KernelCrash, false, false), block(2, 1, outcome.NotActivated, false))}
	c := New(r).Cells(everything)[0]
	want := [outcome.Outcomes]int{outcome.Recovered: 2, outcome.NotActivated: 2, outcome.KernelCrash: 2}
	trials := [outcome.Outcomes]int{outcome.Recovered: 1, outcome.NotActivated: 1, outcome.KernelCrash: 1}
	if c.Faults != want || c.Trials != trials || c.Activated != 2 || c.All != 6 || c.N() != 3 || c.Bad() != 1 {
		t.Errorf("%+v", c)
	}
	if d := New(r).Broken(); len(d) != 1 || !strings.HasPrefix(d[0], "Kernel crash: 1 of 3 blocks") {
		t.Errorf("%q", d)
	}
}

// Blocks that one life carries are one trial; spoiled ones are none, and hide nothing.
func TestTrials(t *testing.T) {
	faults := slices.Concat(block(0, 0, outcome.Masked, true), block(1, 0, outcome.Masked, true), block(2, 0, outcome.KernelCrash, true), block(3, 1, outcome.Infrastructure, true),
		block(4, 2, outcome.Masked, true), block(5, 2, outcome.InjectorError, false))
	carry := New(&result.Records{Campaigns: []result.Campaign{{ID: "c", Kind: "carry"}}, Faults: faults})
	c := carry.Cells(everything)[0]
	if carry.Trials != 3 || !carry.Carried || c.N() != 2 || c.Trials[outcome.KernelCrash] != 1 || c.Trials[outcome.Masked] != 1 || c.Voids() != 1 {
		t.Errorf("carried: %d trials, %+v", carry.Trials, c)
	}
	single := New(&result.Records{Campaigns: []result.Campaign{{ID: "c", Kind: "single"}}, Faults: faults})
	if c := single.Cells(everything)[0]; single.Trials != 6 || single.Carried || c.N() != 4 || c.Voids() != 2 {
		t.Errorf("single: %d trials, %+v", single.Trials, c)
	}
	m := New(samples()["carried"])
	if !m.Carried || m.Trials >= len(m.Blocks) || !strings.Contains(m.Kept(), "lives that carry") {
		t.Errorf("%d trials of %d blocks: %s", m.Trials, len(m.Blocks), m.Kept())
	}
}

// Sums of weights are made in one order, to the last bit.
func TestSumsRepeat(t *testing.T) {
	r := fake.One.Make()
	for i := range r.Faults {
		r.Faults[i].Weight = 1 / float64(3+i*i)
	}
	m := New(r)
	want := m.Cells(everything)[0]
	for range 20 {
		if got := m.Cells(everything)[0]; got.Sites != want.Sites || got.Activation != want.Activation {
			t.Fatalf("%v\n%v", got.Sites, want.Sites)
		}
	}
}

func TestClaims(t *testing.T) {
	m := New(fake.Many.Make())
	n := len(m.Blocks)
	want := fmt.Sprintf("No kernel crash, no machine hang, no lie, no collateral damage and no service given up in 19,200 faults in 192 blocks: with 95 %% confidence each happens in at most %s of blocks.",
		atMost(stats.ZeroBound(n)))
	if got := m.Kept(); n != 192 || got != want || m.Broken() != nil || m.Void() != "" {
		t.Errorf("%d blocks\ngot  %s\nwant %s\nbroken %q, void %q", n, got, want, m.Broken(), m.Void())
	}
	b := New(samples()["bad"])
	if len(b.Broken()) != 5 || b.Kept() != "" || !strings.Contains(b.Void(), "so this campaign is void") {
		t.Errorf("%q, %q, %q", b.Broken(), b.Kept(), b.Void())
	}
	if s := atMost(0.015482); s != "1.6"+nbsp+"%" {
		t.Errorf("a bound is rounded to %s", s)
	}
}

// One error of the host in a thousand faults is allowed, not more, whether it cost a result or not, and one that is told twice is one.
func TestVoid(t *testing.T) {
	for _, c := range []struct {
		n, spoiled, retried int
		void                bool
	}{{2000, 0, 0, false}, {2000, 2, 0, false}, {2000, 3, 0, true}, {999, 1, 0, true}, {2000, 1, 1, false}, {2000, 1, 2, true}, {2000, 0, 3, true}} {
		r := &result.Records{}
		for i := range c.n {
			o := outcome.Masked
			if i < c.spoiled {
				o = outcome.Infrastructure
			}
			r.Faults = append(r.Faults, block(uint32(i), 0, o, true)...)
		}
		for i := range c.retried {
			e := result.Infra{Campaign: "c", Group: i, Words: "QEMU did not run"}
			r.Infra = append(r.Infra, e, e)
		}
		m := New(r)
		if got := m.Void() != ""; got != c.void {
			t.Errorf("%d blocks and %d retried of %d: void is %v", c.spoiled, c.retried, c.n, got)
		}
		if page := string(render(t, "void", m)); c.retried > 0 && !strings.Contains(page, "did not repeat: QEMU did not run") {
			t.Error("the page does not tell")
		}
	}
}

// A shard that was lost is told with its blocks.
func TestMissing(t *testing.T) {
	r := fake.One.Make()
	r.Faults = slices.DeleteFunc(r.Faults, func(f result.Fault) bool { return f.Block >= 40 && f.Block < 80 || f.Block == 7 || f.Block == 2159 })
	m := New(r)
	n, ranges := m.missing(&m.Campaigns[0])
	if n != 42 || strings.Join(ranges, " ") != "7 40–79 2159" {
		t.Errorf("%d: %q", n, ranges)
	}
	if page := string(render(t, "missing", m)); !strings.Contains(page, "42 blocks that have no records: 7, 40–79, 2159") {
		t.Error("the page does not tell")
	}
}

func TestDeaths(t *testing.T) {
	r := &result.Records{}
	for i, where := range []string{"main.f+0x10", "main.f+0x24", "main.g+0x2", "", "main.f+0x10"} {
		b := block(uint32(i), 0, outcome.Recovered, true, true)
		for j := range b {
			b[j].Reason, b[j].Vector, b[j].DiedIn, b[j].RIP, b[j].Deaths, b[j].ActivatedAt = "exception", 14, where, "0x401000", 1, uint64(10-j)
		}
		if i == 4 {
			b[0].Vector, b[1].Vector = 6, 6
		}
		r.Faults = append(r.Faults, b...)
	}
	var got []string
	for _, d := range New(r).Deaths() {
		got = append(got, fmt.Sprintf("%d %s %s", d.Blocks, d.Title(), d.First.ID))
	}
	want := []string{"2 exception 14 (#PF) in main.f c/0/0", "1 exception 14 (#PF) in 0x401000 c/3/0", "1 exception 14 (#PF) in main.g c/2/0", "1 exception 6 (#UD) in main.f c/4/0"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestFormats(t *testing.T) {
	for want, got := range map[string]string{"0 %": percent(0), "100 %": percent(1), "12.3 %": percent(0.1234), "0.46 %": percent(0.00456), "0.10 %": percent(0.00099999), "1.0 %": percent(0.0099999),
		"0.000088 %": percent(8.8e-7), "99.994 %": percent(0.999948), "99.9 %": percent(0.999), "0.040 to 1.2 %": between(stats.Interval{Low: 0.0004, High: 0.012}),
		"1,234,567": count(1_234_567), "999": count(999), "1 fault": of(1, "fault"), "2 lives": of(2, "life"), "340 ns": duration(340), "83.6 µs": duration(83_600), "2 ms": duration(2e6), "<1e-300": pvalue(0), "0.0432": pvalue(0.0432)} {
		if strings.ReplaceAll(got, nbsp, " ") != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for _, p := range []float64{1e-7, 0.0123, 0.5, 0.09999} {
		var v float64
		fmt.Sscanf(atMost(p), "%g", &v)
		if v/100 < p || v/100 > p*1.1+1e-12 {
			t.Errorf("at most %g is written %s", p, atMost(p))
		}
	}
}

// folder writes records as a campaign does.
func folder(t *testing.T, r *result.Records) string {
	t.Helper()
	dir := t.TempDir()
	put := func(name string, lines ...string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.Join(lines, "")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var boots, faults []string
	for _, b := range r.Boots {
		boots = append(boots, encode(t, b)+"\n")
	}
	for _, f := range r.Faults {
		faults = append(faults, encode(t, f)+"\n")
	}
	put("campaign.json", encode(t, r.Campaigns[0]))
	put("boots.jsonl", boots...)
	put("faults.jsonl", faults...)
	return dir
}

func TestVerbs(t *testing.T) {
	b := bad()
	one, broken := folder(t, fake.One.Make()), folder(t, b.Make())
	var out bytes.Buffer
	if err := Main([]string{"report", one}, &out); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out.String(), "No kernel crash") || !strings.HasSuffix(out.String(), "report.html\n") {
		t.Errorf("%s", out.String())
	}
	for _, name := range []string{"report.html", "junit.xml", "report.ktap", "summary.json", "cells.csv", "deaths.csv", "faults.csv.gz"} {
		if i, err := os.Stat(filepath.Join(one, "report", name)); err != nil || i.Size() < 100 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left, err := filepath.Glob(filepath.Join(one, "report", ".*")); err != nil || left != nil {
		t.Errorf("left: %q", left)
	}
	out.Reset()
	if err := Main([]string{"compare", "-html", filepath.Join(one, "c.html"), one, broken}, &out); err != nil || !strings.Contains(out.String(), "A: fake0001\nB: fake0003\nOf ") {
		t.Errorf("%v: %s", err, out.String())
	}
	out.Reset()
	if err := Main([]string{"howmany", "-bound", "0.01", "-margin", "0.05"}, &out); err != nil || !strings.Contains(out.String(), "381 trials") || !strings.Contains(out.String(), "299 trials") {
		t.Errorf("%v: %s", err, out.String())
	}
	for _, c := range []struct {
		want string
		args []string
	}{
		{"expected report, compare or howmany", nil}, {`"draw": expected`, []string{"draw"}}, {"expected folders", []string{"report"}}, {"two folders", []string{"compare", one}},
		{"no such file", []string{"report", one + "/none"}}, {"no records of faults", []string{"report", t.TempDir()}}, {"between 0 and 1", []string{"howmany", "-margin", "5"}},
		{"flag provided but not defined", []string{"report", "-x", one}},
	} {
		if err := Main(c.args, io.Discard); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v", c.args, err)
		}
	}
}
