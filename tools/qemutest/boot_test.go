//go:build qemu

package qemutest

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"bennu/tools/internal/qemu"
)

// normal is a kernel log without what changes from build to build and from run to run. Lines
// of RS from its first on are sorted: which service is ready first is no promise.
func normal(log string) string {
	for _, r := range []struct{ re, by string }{
		{`(?m)^\[\d+\.\d{6}\] `, "[T] "},
		{`(?m)^(\[T\] bennu \S+: ).*$`, "${1}CPU"},
		{`\b\d+ kHz`, "N kHz"},
		{`\b\d+ MiB`, "N MiB"},
		{`seed=\d+`, "seed=N"},
		{`\b\d+(\.\d+)?(ns|us|ms|s)\b`, "T"},
		{`0x[0-9a-f]+`, "0xN"},
		{`code=[0-9a-f]*`, "code=N"},
	} {
		log = regexp.MustCompile(r.re).ReplaceAllString(log, r.by)
	}
	lines := strings.Split(strings.TrimRight(log, "\n"), "\n")
	if i := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "[T] rs: ") }); i >= 0 {
		slices.Sort(lines[i:])
	}
	return strings.Join(lines, "\n") + "\n"
}

// until cuts a log after the line that says that all services have come up or failed.
func until(t *testing.T, log, line string) string {
	t.Helper()
	i := strings.Index(log, line)
	if i < 0 {
		t.Fatalf("no %q in the log:\n%s", line, log)
	}
	return log[:i+len(line)]
}

// ready waits until RS says that all services have come up or failed, and returns the log so far.
func (m *machine) ready() string {
	m.t.Helper()
	if _, err := m.WaitKernelLine(m.ctx, regexp.MustCompile(`rs: event=boot$`)); err != nil {
		m.t.Fatal(err)
	}
	return until(m.t, m.KernelLog(), "rs: event=boot\n")
}

// The boot, line by line, on both machines.
func TestTranscript(t *testing.T) {
	for _, name := range []string{"q35", "pc"} {
		t.Run(name, func(t *testing.T) {
			m := boot(t, qemu.Config{Machine: name, Icount: "0"})
			m.line(upLine)
			m.shell()
			got := normal(m.ready())
			m.off()
			file := "testdata/" + name + ".golden"
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("the boot has changed (make golden rewrites %s). got\n%s\nwant\n%s", file, got, want)
			}
		})
	}
}

// The machine's end is the status of the command that began it.
func TestPowerOff(t *testing.T) {
	t.Run("clean", func(t *testing.T) {
		m := boot(t, qemu.Config{})
		m.shell()
		m.off()
	})
	t.Run("failed", func(t *testing.T) {
		m := boot(t, qemu.Config{})
		m.shell()
		m.do("poweroff 1")
		m.ends(qemu.StatusFailed)
	})
	t.Run("reboot", func(t *testing.T) {
		m := boot(t, qemu.Config{})
		m.shell()
		m.do("reboot")
		m.ends(qemu.StatusReset)
	})
}

// Two runs of the same instructions log the same, to the nanosecond.
func TestReplay(t *testing.T) {
	var logs [2]string
	for i := range logs {
		m := boot(t, qemu.Config{Icount: "0", Seed: "1"})
		m.shell()
		logs[i] = m.ready()
		m.Close()
	}
	if logs[0] != logs[1] {
		t.Errorf("first\n%s\nsecond\n%s", logs[0], logs[1])
	}
}

// With little memory it says that it is too little; it never hangs or resets. Where the kernel begins at the end of RAM or
// past it, and QEMU starts it all the same, qemu.sh says so.
func TestMemory(t *testing.T) {
	for _, c := range []struct {
		size string
		want int
	}{
		{"24M", qemu.StatusRefused}, {"28M", qemu.StatusRefused}, {"39M", qemu.StatusRefused}, {"44M", qemu.StatusRefused},
		{"128M", qemu.StatusOff}, {"1G", qemu.StatusOff}, {"5G", qemu.StatusOff},
	} {
		t.Run(c.size, func(t *testing.T) {
			if c.size == "5G" && testing.Short() {
				t.Skip("needs address space for 5 GiB")
			}
			if c.want == qemu.StatusOff {
				m := boot(t, qemu.Config{Memory: c.size})
				m.shell()
				m.off()
				return
			}
			cfg := qemu.Config{Memory: c.size}
			if c.size < "40M" { // QEMU would put the whole archive over the kernel
				cfg.Archive = archiveOf(t, nil)
			}
			m := boot(t, cfg)
			m.line(regexp.MustCompile(`^(\[ *\d+\.\d+\] )?bennu: .*(memory|MiB)`))
			m.ends(c.want)
		})
	}
}

// A processor without what isolation rests on is refused, by the feature's name.
func TestProcessor(t *testing.T) {
	for _, c := range []struct{ model, feature string }{
		{"max,-smep", "smep"}, {"max,-smap", "smap"}, {"max,-mce", "mce"}, {"max,-nx", "nx"},
		{"max,-fsgsbase", "fsgs"}, {"max,-xsave", "xsav"}, {"max,-lm", "lm"}, {"max,-syscall", "syscall"}, {"max,-sse4.2", "sse4.2"}, {"qemu64", ""},
	} {
		t.Run(c.model, func(t *testing.T) {
			m := boot(t, qemu.Config{CPU: c.model})
			m.line(regexp.MustCompile(`bennu: .*cpu lacks:? .*` + regexp.QuoteMeta(c.feature)))
			m.ends(qemu.StatusRefused)
		})
	}
}

// Without UMIP it says so and goes on.
func TestWithoutUMIP(t *testing.T) {
	m := boot(t, qemu.Config{CPU: "max,-umip"})
	m.line(regexp.MustCompile(`^bennu: cpu lacks umip: goes on without`))
	m.shell()
	m.off()
}
