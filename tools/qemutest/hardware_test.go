//go:build qemu

package qemutest

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"bennu/tools/internal/qemu"
)

// hmp gives a line to QEMU's monitor for people, and returns what it says.
func (m *machine) hmp(q *qemu.Monitor, line string) string {
	m.t.Helper()
	raw, err := q.Execute(m.ctx, "human-monitor-command", map[string]any{"command-line": line})
	if err != nil {
		m.t.Fatal(err)
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		m.t.Fatal(err)
	}
	return s
}

func (m *machine) monitor() *qemu.Monitor {
	m.t.Helper()
	q, err := m.Monitor(m.ctx)
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { q.Close() })
	return q
}

var (
	halted  = regexp.MustCompile(`\bRFL=[0-9a-f]{5}[014589cd][0-9a-f]{2} (?s:.*)\bHLT=1\b`) // bit 9, IF, is clear
	refused = regexp.MustCompile(`^bennu: refused: `)
	ends    = regexp.MustCompile(`^power: halted: |^(\[.*\] )?bennu .*: QEMU|^bennu: refused: `)
)

// still waits until the processor stands in HLT with interrupts off: nothing but an NMI or a reset by
// hand ends that.
func (m *machine) still(q *qemu.Monitor) {
	m.t.Helper()
	r := ""
	for range 1000 {
		if r = m.hmp(q, "info registers"); halted.MatchString(r) {
			return
		}
	}
	m.t.Fatalf("the processor does not halt:\n%s", r)
}

// A machine that is refused, on a board that has no isa-debug-exit: the words stay on the console, and it does
// not start again.
func TestHalts(t *testing.T) {
	files := bootFiles(t)
	delete(files, "bin/rs")
	rootless := archiveOf(t, files)
	for _, c := range []struct {
		name   string
		config qemu.Config
		why    string
	}{
		{"command line", qemu.Config{CmdLine: "nonsense"}, `bennu: refused: command line: nonsense: expected seed=N`},
		{"archive", qemu.Config{Archive: rootless}, `bennu: refused: boot archive: bin/rs: no such file`},
		{"processor", qemu.Config{CPU: "max,-smep"}, `bennu: refused: cpu lacks:.* smep`},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.config.Hardware, c.config.QMP = true, true
			m := boot(t, c.config)
			m.line(regexp.MustCompile(c.why))
			if l := m.line(ends); !strings.HasPrefix(l, "power: halted: ") {
				t.Fatalf("it started again, and says %q", l)
			}
			m.still(m.monitor())
			if n := strings.Count(m.Log(), "power: halted: "); n != 1 {
				t.Errorf("%d times:\n%s", n, m.Log())
			}
		})
	}
}

// A root task that cannot live has the machine start again, which says why, before and after.
func TestRebootWithWords(t *testing.T) {
	files := bootFiles(t)
	files["bin/rs"] = files["bin/faulty"]
	m := boot(t, qemu.Config{Archive: archiveOf(t, files), Hardware: true})
	const why = `kernel: reboot: the root task has ended by itself before it was ready, 15 times in a row; up for \d+ s, last by \w+`
	m.line(regexp.MustCompile(why))
	m.line(regexp.MustCompile(`the boot before ended itself: .*` + why))
	if n := strings.Count(m.Log(), "kernel: death label=rs "); n < 15 {
		t.Errorf("%d lines of deaths, want 15", n)
	}
}

// It resets where the command line asks for it.
func TestResetsWhenAsked(t *testing.T) {
	files := bootFiles(t)
	delete(files, "bin/rs")
	m := boot(t, qemu.Config{Archive: archiveOf(t, files), CmdLine: "panic=reset", Hardware: true})
	for range 3 {
		m.line(refused)
		m.line(regexp.MustCompile(`^power: resetting, as panic=reset asks`))
	}
}

// A power-off that no software can do halts with words too; here ACPI does it, with whatever status.
func TestPowerOffHardware(t *testing.T) {
	for _, command := range []string{"poweroff", "poweroff 1"} {
		t.Run(command, func(t *testing.T) {
			m := boot(t, qemu.Config{Hardware: true})
			m.shell()
			m.do(command)
			m.ends(qemu.StatusOff)
		})
	}
}

// A NVMe drive makes the firmware take memory from where QEMU has put the archive, unless the boot order is strict.
func TestNVMe(t *testing.T) {
	for _, name := range []string{"q35", "pc"} {
		t.Run(name, func(t *testing.T) {
			m := boot(t, qemu.Config{Machine: name, Args: []string{"-drive", "driver=null-co,size=64M,if=none,id=drive", "-device", "nvme,drive=drive,serial=1"}})
			m.shell()
			m.off()
		})
	}
}

// Where an instruction takes half a microsecond or a whole one the clocks are found all the same. (Whether services can
// keep their time limits with a million instructions a second is another question.)
func TestSlowProcessor(t *testing.T) {
	for _, shift := range []string{"9", "10"} {
		for _, name := range []string{"q35", "pc"} {
			t.Run(name+" "+shift, func(t *testing.T) {
				m := boot(t, qemu.Config{Machine: name, Icount: shift})
				l := m.line(regexp.MustCompile(`\] clock: tsc (\d+) kHz by `))
				if !regexp.MustCompile(`tsc (999[5-9]|1000[0-4])\d\d kHz .* apic timer (999[5-9]|1000[0-4])\d\d kHz$`).MatchString(l) {
					t.Errorf("%q: a count is a nanosecond there", l)
				}
				m.line(regexp.MustCompile(`\] interrupts: \d+ lines`)) // it goes on
			})
		}
	}
}
