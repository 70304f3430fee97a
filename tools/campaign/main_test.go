package main

import (
	"bufio"
	"bytes"
	"context"
	"debug/elf"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"bennu/rs/fi/types"
	"bennu/tools/campaign/result"
	"bennu/tools/internal/tinyelf"
)

// asRunner makes the test's own executable the tool, so that it can be killed.
const asRunner = "CAMPAIGN_TEST_IS_THE_TOOL"

func TestMain(m *testing.M) {
	if os.Getenv(asRunner) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// run is the tool in this process.
func run(t *testing.T, args ...string) (status int, out, err string) {
	t.Helper()
	var o, e bytes.Buffer
	status = (&tool{out: &o, err: &e}).main(t.Context(), args)
	return status, o.String(), e.String()
}

// must is run where nothing may go wrong.
func must(t *testing.T, args ...string) string {
	t.Helper()
	status, out, err := run(t, args...)
	if status != statusDone {
		t.Fatalf("%v: status %d\n%s%s", args, status, out, err)
	}
	return out
}

// results are the files of a campaign that its report is made of.
func results(t *testing.T, dir string) map[string]string {
	t.Helper()
	m := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && path != "time.log" && path != "lock" && path != "shard" {
			var b []byte
			b, err = os.ReadFile(filepath.Join(dir, path))
			m[path] = string(b)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// reports are the files of a campaign's report.
func reports(t *testing.T, dir string) map[string]string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "report")
	must(t, "report", "-o", to, dir)
	return results(t, to)
}

// options of a campaign that is cut into 32 groups.
func cut32(dir string, more ...string) []string {
	return append([]string{"run", "-o", dir, "-machine", "simulated", "-services", "rtc,sum", "-selections", "minix8", "-faults", "20", "-blocks", "60",
		"-group", "30", "-jobs", "2", "-seed", "5"}, more...)
}

// A runner that is killed at any moment loses no group that was complete, and goes on to the same records, which the report's reader takes.
func TestKilled(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "whole")
	must(t, cut32(whole)...)
	want := results(t, whole)
	all := 0
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 1))
		dir := filepath.Join(t.TempDir(), "killed")
		before := map[string]string{}
		kills := 0
		for {
			if !killed(t, r.IntN(4000), cut32(dir)...) {
				break
			}
			kills++
			all++
			now := results(t, dir)
			for name, b := range before {
				if strings.HasPrefix(name, "groups/0") && now[name] != b {
					t.Errorf("seed %d: %s is lost or changed", seed, name)
				}
			}
			before = now
		}
		if got := results(t, dir); !reflect.DeepEqual(got, want) {
			t.Errorf("seed %d, killed %d times: %d files, want %d", seed, kills, len(got), len(want))
		}
		if !reflect.DeepEqual(reports(t, dir), reports(t, whole)) {
			t.Errorf("seed %d, killed %d times: another report", seed, kills)
		}
	}
	if all == 0 {
		t.Error("nobody was killed")
	}
	rec, err := result.Read(whole)
	if err != nil || len(rec.Faults) != 2*8*60*20 || len(rec.Campaigns) != 1 || len(rec.Boots) < 32 || rec.Notes != nil {
		t.Errorf("%d faults, %d campaigns, %d boots, %v, %v", len(rec.Faults), len(rec.Campaigns), len(rec.Boots), rec.Notes, err)
	}
}

// killed runs the tool as a process, and kills it when it has written n bytes of progress. false: it ended before, as it should.
func killed(t *testing.T, n int, args ...string) bool {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), exe, args...)
	c.Env = append(os.Environ(), asRunner+"=1")
	progress, err := c.StderrPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReaderSize(progress, 16)
	var text []byte
	for {
		b, err := in.ReadByte()
		if err != nil {
			break
		}
		if text = append(text, b); len(text) == n {
			if err := c.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	err = c.Wait()
	if err == nil {
		return false
	}
	if !strings.Contains(err.Error(), "killed") {
		t.Fatalf("%v\n%s", err, text)
	}
	return true
}

// Any number of shards, some lost and made again, some twice, merged in any order, are the whole.
func TestShardsAreTheWhole(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "whole")
	must(t, cut32(whole)...)
	want := results(t, whole)
	for _, n := range []int{2, 5} {
		tmp := t.TempDir()
		var dirs []string
		for i := 1; i <= n; i++ {
			dir := filepath.Join(tmp, fmt.Sprint(i))
			must(t, cut32(dir, "-shard", fmt.Sprintf("%d/%d", i, n))...)
			dirs = append(dirs, dir)
		}
		twice := filepath.Join(tmp, "twice")
		must(t, cut32(twice, "-shard", fmt.Sprintf("1/%d", n))...)
		dirs = append(dirs, twice, dirs[0])
		r := rand.New(rand.NewPCG(uint64(n), 2))
		r.Shuffle(len(dirs), func(i, j int) { dirs[i], dirs[j] = dirs[j], dirs[i] })
		out := filepath.Join(tmp, "out")
		must(t, append([]string{"merge", out}, dirs...)...)
		if got := results(t, out); !reflect.DeepEqual(got, want) {
			t.Errorf("%d shards: %d files, want %d", n, len(got), len(want))
		}
	}
	// A shard that was stopped by its budget, then resumed, does its part and no other.
	dir := filepath.Join(t.TempDir(), "resumed")
	must(t, cut32(dir, "-shard", "2/5", "-budget", "1f")...)
	if out := must(t, "resume", dir); !strings.Contains(out, "shard 2/5: 7 of 7 groups") {
		t.Errorf("%s", out)
	}
}

func TestReplayAndShrink(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "c")
	out := must(t, "run", "-o", dir, "-machine", "simulated", "-blocks", "200", "-faults", "8")
	_, id, ok := strings.Cut(out, "campaign replay ")
	if !ok {
		t.Fatalf("nothing bad in\n%s", out)
	}
	id, _, _ = strings.Cut(id, "\n")
	if out := must(t, "replay", id, "-dir", dir, "-times", "3"); !strings.Contains(out, "the same 3 times") {
		t.Errorf("%s", out)
	}
	rec, err := result.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range rec.Faults {
		if f.Activated {
			id = f.ID
		}
	}
	if out := must(t, "shrink", "-dir", dir, id); !strings.Contains(out, "with 1 of its 8 faults") {
		t.Errorf("%s", out)
	}
	// A record that says another thing is told, and status is 1.
	name := filepath.Join(dir, "groups", "000000.jsonl.gz")
	other := filepath.Join(t.TempDir(), "d")
	must(t, "run", "-o", other, "-machine", "simulated", "-blocks", "200", "-faults", "8", "-seed", "2")
	b, err := os.ReadFile(filepath.Join(other, "groups", "000000.jsonl.gz"))
	if err == nil {
		err = os.WriteFile(name, b, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	if status, out, _ := run(t, "replay", "-dir", dir, id); status != statusDiffers || !strings.Contains(out, "differs: ") {
		t.Errorf("status %d\n%s", status, out)
	}
}

// Another runner in the folder is refused, and changes nothing.
func TestTwoRunners(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "c")
	must(t, cut32(dir, "-budget", "1f")...)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), "flock", filepath.Join(dir, "lock"), "sh", "-c", "echo locked; read x")
	if _, err := exec.LookPath("flock"); err != nil {
		t.Fatal("flock, of util-linux, is missing")
	}
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	second := exec.CommandContext(t.Context(), exe, "resume", dir)
	second.Env = append(os.Environ(), asRunner+"=1")
	b, err := second.CombinedOutput()
	if err == nil || !strings.Contains(string(b), "another runner works here") {
		t.Errorf("%v: %s", err, b)
	}
	in.Close()
	if err := c.Wait(); err != nil && !strings.Contains(err.Error(), "exit status 1") { // read x met the end
		t.Error(err)
	}
	must(t, "resume", dir)
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var o, e bytes.Buffer
	dir := filepath.Join(t.TempDir(), "c")
	must(t, cut32(dir, "-budget", "1f")...)
	status := (&tool{out: &o, err: &e}).main(ctx, []string{"resume", dir})
	if status != statusInterrupted || !strings.Contains(e.String(), "campaign resume "+dir) {
		t.Errorf("status %d\n%s", status, e.String())
	}
}

func TestBadInput(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "c")
	must(t, cut32(dir, "-budget", "1f")...)
	for _, c := range []struct {
		args   string
		status int
		want   string
	}{
		{"", statusUsage, "docs/CAMPAIGNS.md"},
		{"go", statusUsage, `"go": expected one of run, `},
		{"run -h", statusUsage, "-services"},
		{"run -faults x", statusUsage, "invalid value"},
		{"run rtc", statusUsage, "1 arguments: expected 0"},
		{"run -machine vax", statusUsage, "expected q35, pc, simulated"},
		{"run -machine simulated -extra " + dir + "/none", statusUsage, "expected a folder with executables"},
		{"run -machine simulated -extra " + dir + "/campaign.json", statusUsage, "expected a folder with executables"},
		{"run -machine simulated -budget 10", statusUsage, `budget "10": expected a time, as 10m, a number of faults, as 50000f, or bad`},
		{"run -machine simulated -budget -3f", statusUsage, "expected a time"},
		{"run -machine simulated -kind both", statusUsage, "expected single or carry"},
		{"run -machine simulated -types text -selections nop", statusUsage, "expected one of them"},
		{"run -machine simulated -types text,tekst", statusUsage, `type "tekst": expected `},
		{"run -machine simulated -shard 1", statusUsage, "expected I/N"},
		{"run -machine simulated -shard 3/2", statusUsage, "expected I/N with I from 1 to N"},
		{"plan -machine simulated -blocks 1 -faults 10 -shard 1/2", statusUsage, "expected at most 1 shards"},
		{"run -machine simulated -seed 9 -o " + dir, statusDiffers, "seed 5 and 9"},
		{"resume", statusUsage, "0 arguments: expected 1"},
		{"resume " + dir + "/none", statusDiffers, "no campaign in"},
		{"status " + dir + "/none", statusDiffers, "which `campaign run` makes"},
		{"replay 12", statusUsage, "expected CAMPAIGN/BLOCK/INDEX"},
		{"replay a/1/2 -times 0", statusUsage, "expected at least 1"},
		{"replay nosuch/1/2", statusDiffers, "-dir names another folder"},
		{"replay -dir " + dir + " nosuch/1/2", statusUsage, "-dir names another folder"},
		{"shrink x", statusUsage, "expected CAMPAIGN/BLOCK/INDEX"},
		{"merge " + dir, statusUsage, "1 arguments: expected at least 2"},
		{"merge " + dir + " " + dir, statusDiffers, "exists"},
	} {
		status, out, err := run(t, strings.Fields(c.args)...)
		if status != c.status || !strings.Contains(err, c.want) {
			t.Errorf("%q: status %d, want %d with %q\n%s%s", c.args, status, c.status, c.want, out, err)
		}
	}
}

// minix8 is the seven types of which MINIX's random draws, and random.
func TestMINIX8(t *testing.T) {
	a, b := slices.Clone(seven), types.Random()
	slices.Sort(a)
	slices.Sort(b)
	if !slices.Equal(a, b) {
		t.Errorf("%v, want %v", a, b)
	}
}

// The script stops when the injector has read the very count at which it made the fault active, and then at the faulty bytes.
func TestGDBScript(t *testing.T) {
	f := result.Fault{ID: "c/1/2", Activated: true, ActivatedAt: 19596889, Stop: 7, Addr: "0x40271960", After: "9031", Symbol: "main.f+0x10", BeforeAs: "rdtsc", AfterAs: "nop; (bad)"}
	got := gdbScript(1234, &f, []uint64{0x40001002, 0x40002003}, 0)
	for _, want := range []string{
		"target remote 127.0.0.1:1234\n",
		"hbreak *0x40001002 if (((unsigned long)$rdx << 32) | ((unsigned long)$rax & 0xffffffff)) == 19596889\nhbreak *0x40002003 if ",
		"continue\ndelete\n# The victim",
		"hbreak *0x40271960 if *(unsigned char *)(0x40271960+0) == 0x90 && *(unsigned char *)(0x40271960+1) == 0x31\ncontinue\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s\nwant %q", got, want)
		}
	}
	f.ActivatedAt = 0
	if got := gdbScript(1234, &f, nil, 0x10a2160); !strings.Contains(got, "not activated") || !strings.Contains(got, "hbreak *0x10a2160\ncontinue\n") || strings.Contains(got, "$rdx") {
		t.Errorf("%s", got)
	}
}

func TestClocks(t *testing.T) {
	file := tinyelf.ELF([]byte{0x90, 0x0f, 0x31, 0xc3, 0x0f, 0x01, 0xf9, 0x90}, tinyelf.NotePVH)
	f, err := elf.NewFile(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	at, err := clocks(file)
	if err != nil || !slices.Equal(at, []uint64{f.Entry + 3, f.Entry + 7}) {
		t.Errorf("%#x, %v: entry %#x", at, err, f.Entry)
	}
	if _, err := clocks([]byte("no ELF")); err == nil {
		t.Error("that is an executable")
	}
}

func TestPlanPrints(t *testing.T) {
	out := must(t, "plan", "-services", "rtc,sum", "-selections", "minix8", "-blocks", "10", "-shard", "2/4")
	if !strings.Contains(out, "group 1: blocks 10 to 19: victim=rtc types=source ") || !strings.Contains(out, "4 groups, shard 2/4: 4000 faults") {
		t.Errorf("%s", out)
	}
}
