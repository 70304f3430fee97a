package archive

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"bennu/drivers/protocol/load"
	"bennu/kernel/archive"
	"bennu/rs/conf"
	"bennu/tools/internal/tinyelf"
)

const root = "../../.."

// bin is a folder with an executable for each service.
func bin(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	names := []string{"rs", store, workload, injector}
	for _, p := range programs {
		names = append(names, p.label)
	}
	write(t, dir, 0o755, names, string(tinyelf.Task()))
	return dir
}

func write(t *testing.T, dir string, mode os.FileMode, names []string, text string) {
	t.Helper()
	for _, n := range names {
		if err := os.WriteFile(filepath.Join(dir, n), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
}

func options(t *testing.T, victim string) Options {
	return Options{Root: root, Bin: bin(t), Victim: victim, Plan: "victim=" + victim + " seed=1", Period: 3 * time.Millisecond}
}

// table reads what an image says.
func table(t *testing.T, o Options) (*Image, *conf.File) {
	t.Helper()
	m, err := Build(o)
	if err != nil {
		t.Fatal(err)
	}
	a, err := archive.Open(m.Archive)
	if err != nil {
		t.Fatal(err)
	}
	text, ok := a.File("system.conf")
	f, faults := conf.Parse("system.conf", text)
	if !ok || len(faults) > 0 || string(text) != m.Conf {
		t.Fatal(faults)
	}
	return m, f
}

// Each service can be the victim: the table is right by RS's own rules, has what a campaign needs, and gives nobody more than that.
func TestVictims(t *testing.T) {
	for _, p := range programs {
		t.Run(p.label, func(t *testing.T) {
			m, f := table(t, options(t, p.label))
			v, w, x := f.Service(p.label), f.Service(m.Label), f.Service(injector)
			if v == nil || w == nil || x == nil {
				t.Fatalf("no victim, workload or injector in\n%s", m.Conf)
			}
			period := 3 * time.Millisecond
			if p.label == "ctl" {
				period = played
			}
			if v.Period != period || v.Burst != 0 || v.BackoffUnit != time.Millisecond || v.BackoffMax != time.Millisecond || v.Init != 50*time.Millisecond ||
				v.Stop != 20*time.Millisecond || v.Snapshot == 0 {
				t.Errorf("the victim: %+v", v)
			}
			if w.Program != workload || !strings.Contains(w.Args, "victim="+p.label) || strings.Contains(w.Args, ","+p.label) || w.Priority != 1 || !slices.Contains(w.IPC, p.label) ||
				!slices.Contains(w.IPC, injector) {
				t.Errorf("the workload: %+v", w)
			}
			others := slices.DeleteFunc(labels(f), func(l string) bool { return l == p.label || l == m.Label || l == injector || l == store })
			if x.Args != "victim="+p.label+" seed=1 others="+strings.Join(others, ",") || x.Priority != 0 || !slices.Equal(x.Trace, append([]string{p.label}, others...)) ||
				!slices.Equal(x.Control, []string{p.label}) || !slices.Contains(x.IPC, m.Label) {
				t.Errorf("the injector: %+v", x)
			}
			for i := range f.Services {
				s := &f.Services[i]
				mayTrace := s == w && (p.label == "kbd" || p.label == "tty")
				if s != x && ((len(s.Trace) > 0) != mayTrace || mayTrace && !slices.Equal(s.Trace, []string{p.label})) {
					t.Errorf("%s may trace %q", s.Label, s.Trace)
				}
				if s != x && (s.Priority == 0 || s != w && s.Priority < 2) {
					t.Errorf("%s has priority %d", s.Label, s.Priority)
				}
				if s.Label != injector && s.Burst != 0 {
					t.Errorf("%s is given up after %d deaths", s.Label, s.Burst)
				}
			}
			if len(m.Notes) > 0 && p.label != "tty" {
				t.Errorf("notes: %q", m.Notes)
			}
		})
	}
}

// The reincarnation server and the data store can be victims: the injector alone may trace them. The server's helper, which the workload may have replaced, is none
// of those who are not to notice. Nobody's restarts are held back because of many others'.
func TestServers(t *testing.T) {
	for _, victim := range []string{server, store} {
		m, f := table(t, options(t, victim))
		x, w := f.Service(injector), f.Service(workload)
		helped := victim == server
		if x.TraceRS != helped || slices.Contains(x.Trace, store) == helped || len(m.Notes) > 0 {
			t.Errorf("%s: the injector may trace rs %v, and %q; notes %q", victim, x.TraceRS, x.Trace, m.Notes)
		}
		if got := strings.Join(x.Control, " "); got != controlled(victim) || helped == (got == victim) {
			t.Errorf("%s: the injector controls %q", victim, got)
		}
		if w.Operator() != helped || strings.Contains(x.Args, load.Helper) == helped || !strings.Contains(w.Args, "victim="+victim) {
			t.Errorf("%s: the workload %+v, the injector %q", victim, w, x.Args)
		}
		for i := range f.Services {
			s := &f.Services[i]
			if s != x && (s.TraceRS || len(s.Trace) > 0) {
				t.Errorf("%s: %s may trace rs %v, and %q", victim, s.Label, s.TraceRS, s.Trace)
			}
			if s != x && s != w && !s.Storm {
				t.Errorf("%s: the restarts of %s are limited with those of all others", victim, s.Label)
			}
		}
	}
	if s := func() *conf.Service { _, f := table(t, options(t, store)); return f.Service(store) }(); s.Period != 3*time.Millisecond || s.BackoffUnit != time.Millisecond || s.Kept == 0 {
		t.Errorf("the store as a victim: %+v", s)
	}
	if s := func() *conf.Service { _, f := table(t, options(t, "rtc")); return f.Service(store) }(); s.Period != 500*time.Millisecond {
		t.Errorf("the store as none: %+v", s)
	}
}

func labels(f *conf.File) (list []string) {
	for i := range f.Services {
		list = append(list, f.Services[i].Label)
	}
	return list
}

// The permits of the drivers that have any name the workload in their own campaign, and it is tty's only reader.
func TestPermits(t *testing.T) {
	for label, args := range map[string]string{"rtc": "sets=shell,ctl,load", "kbd": "reads=load", "tty": "reads=load types=kbd"} {
		_, f := table(t, options(t, label))
		if s := f.Service(label); s.Args != args {
			t.Errorf("%s: %q, want %q", label, s.Args, args)
		}
		if label == "tty" && f.Service("shell") != nil {
			t.Error("there is a shell beside the workload that reads tty")
		}
		_, f = table(t, options(t, "faulty"))
		if s := f.Service(label); strings.Contains(s.Args, "load") {
			t.Errorf("%s in another one's campaign: %q", label, s.Args)
		}
	}
	m, f := table(t, options(t, "shell"))
	if s := f.Service("tty"); m.Label != "tty" || s.Program != workload || len(s.Ports) > 0 || !strings.HasSuffix(s.Args, " role=tty") || f.Service(workload) != nil {
		t.Errorf("the shell's console: %+v", s)
	}
}

// The list of programs is the Makefile's, and the one in C.
func TestPrograms(t *testing.T) {
	text, err := os.ReadFile(root + "/Makefile")
	if err != nil {
		t.Fatal(err)
	}
	tasks := regexp.MustCompile(`(?m)^TASKS := (.*)$`).FindSubmatch(text)
	if tasks == nil {
		t.Fatal("no list of tasks in the Makefile")
	}
	var want, got []string
	for _, task := range strings.Fields(string(tasks[1])) {
		name, folder, _ := strings.Cut(task, "=")
		if name != "rs" {
			want = append(want, name+" "+folder)
		}
	}
	got = append(got, store+" "+filepath.Dir(storePart))
	for _, p := range programs {
		if p.label != "sum" {
			got = append(got, p.label+" "+filepath.Dir(p.part))
		}
		if !load.Knows(p.label) {
			t.Errorf("the workload knows no operation on %s", p.label)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("programs %q, the Makefile has %q", got, want)
	}
}

// A user's driver is a victim when the user has a workload for it; a service of the image can be a user's, too.
func TestExtra(t *testing.T) {
	extra := func(conf string, names ...string) Options {
		dir := t.TempDir()
		write(t, dir, 0o755, names, string(tinyelf.Task()))
		write(t, dir, 0o644, []string{"system.conf"}, conf)
		o := options(t, "mine")
		o.Extra = dir
		return o
	}
	const mine = "class slow { period 10s; burst 3 1s; };\nservice mine {\n\tclass slow;\n\targs \"of the user's\";\n\tipc rs;\n};\n"
	o := extra(mine+"service load {\n\targs \"of the user's\";\n\tipc rs mine;\n};\n", "mine", "load")
	_, f := table(t, o)
	if s := f.Service("mine"); s.Period != 3*time.Millisecond || s.Burst != 0 || s.Args != "of the user's" {
		t.Errorf("the victim: %+v", s)
	}
	if s := f.Service("load"); s.Args != "of the user's" || !slices.Contains(s.IPC, "mine") || len(s.Trace) != 0 {
		t.Errorf("the workload: %+v", s)
	}
	o = extra("class asks { ipc rs mine; };\n"+mine+"service load { class asks; };\n", "mine", "load")
	table(t, o)
	o.Victim = "rtc"
	if _, err := Build(o); err == nil || !strings.HasSuffix(err.Error(), `system.conf:8:9: service "load": its ipc has no "rtc": expected the victim, which a workload asks`) {
		t.Errorf("a workload for another victim: %v", err)
	}
	o = extra(mine, "mine")
	if _, err := Build(o); err == nil || !strings.Contains(err.Error(), `victim "mine": rs/load knows no operation on it, expected a service "load" of your own in `) {
		t.Errorf("without a workload: %v", err)
	}
	o = extra("service rtc {\n\tperiod 9s;\n};\n", "rtc")
	o.Victim = "rtc"
	if _, f := table(t, o); f.Service("rtc").Period != 3*time.Millisecond || len(f.Service("rtc").Ports) > 0 {
		t.Errorf("the user's own rtc: %+v", f.Service("rtc"))
	}
}

// Whatever is wrong has its place, in the file where it is written.
func TestFaults(t *testing.T) {
	good := options(t, "rtc")
	for name, c := range map[string]struct {
		change func(o *Options)
		want   []string
	}{
		"no such victim": {func(o *Options) { o.Victim = "nobody" }, []string{`victim "nobody": expected one of tty, ctl, rtc,`}},
		"the workload":   {func(o *Options) { o.Victim = "load" }, []string{`victim "load": expected one of`}},
		"a period":       {func(o *Options) { o.Period = 0 }, []string{"period 0s: expected one from 1ms to 1s"}},
		"a long plan":    {func(o *Options) { o.Plan = strings.Repeat("x", 257) }, []string{`rs/swifi/swifi.conf:`, `service "swifi": args: 293 bytes, expected at most 256`}},
		"no programs":    {func(o *Options) { o.Bin = t.TempDir() }, []string{"sum: no such file", "swifi: no such file"}},
		"a user's fault": {func(o *Options) {
			o.Extra = t.TempDir()
			write(t, o.Extra, 0o644, []string{"system.conf"}, "\n\nservice mine {\n\tipc rs;\n\tirq x;\n};\n")
		}, []string{`system.conf:5:6: service "mine": irq: `}},
		"a user's fault in a victim": {func(o *Options) {
			o.Extra, o.Victim = t.TempDir(), "rtc"
			write(t, o.Extra, 0o755, []string{"rtc"}, string(tinyelf.Task()))
			write(t, o.Extra, 0o644, []string{"system.conf"}, "service rtc {\n\tperiod\n1s;\n\tfrob;\n\tio 60;\n};\n")
		}, []string{`system.conf:4:2: service "rtc": unknown keyword "frob"`}},
		"the injector's label": {func(o *Options) {
			o.Extra = t.TempDir()
			write(t, o.Extra, 0o644, []string{"system.conf"}, "service swifi { };\n")
		}, []string{`service "swifi": expected another label`}},
	} {
		o := good
		c.change(&o)
		_, err := Build(o)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: got\n%v\nwant %s", name, err, w)
			}
		}
	}
}

// No edit moves a line.
func TestEditsKeepLines(t *testing.T) {
	const text = "# 1\nservice a {\n\targs \"x\"\n\t\t\"y\"; period 1s;\n\tserver;\n}; service b { };\n"
	got, found := apply([]byte(text), "a", []edit{set("args", `"z"`), set("burst", "none"), {key: "server", drop: true}, {key: "quantum", drop: true}})
	const want = "# 1\nservice a {\n\targs \"z\";\n period 1s;\n\t\nburst none; }; service b { };\n"
	if !found || string(got) != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got, found = apply([]byte(text), "c", []edit{set("x", "y")}); found || string(got) != text {
		t.Errorf("an entry that is not there: %v\n%s", found, got)
	}
	if got := rename([]byte(text), "b", "other"); string(got) != strings.Replace(text, "service b", "service other", 1) {
		t.Errorf("renamed:\n%s", got)
	}
}
