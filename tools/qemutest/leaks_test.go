//go:build qemu

package qemutest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"bennu/tools/internal/qemu"
)

// TestLeaks: processors differ in what they leak, and the boot says so. Features that the emulator would not show by itself are
// forced, so that what clears is really executed: its log of translated code has it, and has it not with mitigate=off.
func TestLeaks(t *testing.T) {
	const forced = ",x-force-features=on,md-clear=on,spec-ctrl=on"
	for _, c := range []struct {
		name, cpu, words, line string
		clears                 bool
	}{
		{"AMD", "max", "", `leaks: spectre-v2 ssb; mitigate=auto clears on a switch: none; open: spectre-v2 ssb$`, false},
		{"Intel", "Skylake-Client,umip=on", "", `leaks: meltdown l1tf mds .*\(assumed: .*clears on a switch: none; open: meltdown .*; by meltdown a task can read all memory`, false},
		{"Intel that clears", "max,vendor=GenuineIntel" + forced, "", `mitigate=auto clears on a switch: buffers predictors; open: meltdown l1tf rfds ssb;`, true},
		{"off", "max,vendor=GenuineIntel" + forced, "mitigate=off", `mitigate=off clears on a switch: none; open: meltdown l1tf mds `, false},
		{"on", "max,vendor=GenuineIntel" + forced, "mitigate=on", `mitigate=on clears on a switch: buffers predictors; open: meltdown `, true},
		{"AMD that clears", "max,x-force-features=on,ibpb=on,amd-no-ssb=on", "", `leaks: spectre-v2; mitigate=auto clears on a switch: predictors; open: none$`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			log := filepath.Join(t.TempDir(), "qemu.log")
			m := boot(t, qemu.Config{CPU: c.cpu, CmdLine: c.words, Env: []string{"LOG=" + log}, Args: []string{"-d", "in_asm", "-dfilter", "0x100000+0x4000000"}})
			m.line(regexp.MustCompile(c.line))
			m.shell()
			m.off()
			b, err := os.ReadFile(log)
			if err != nil {
				t.Fatal(err)
			}
			text := string(b)
			if !strings.Contains(text, "iretq") && !strings.Contains(text, "sysret") {
				t.Fatal("the log of translated code has no way out of ring 0: it shows nothing")
			}
			if got := strings.Contains(text, "verw"); got != c.clears {
				t.Errorf("VERW was executed: %v, want %v", got, c.clears)
			}
		})
	}
}

// TestMitigateRefused: a wish that cannot be met, or that is none, ends the boot with words.
func TestMitigateRefused(t *testing.T) {
	for words, want := range map[string]string{
		"mitigate=on":     `bennu: refused: mitigate=on: the processor can clear nothing, expected one with md-clear`,
		"mitigate=yes":    `bennu: refused: command line: mitigate=yes: expected mitigate=off, mitigate=auto or mitigate=on`,
		"mitigate=":       `bennu: refused: command line: mitigate=: expected mitigate=off`,
		"mitigate":        `bennu: refused: command line: mitigate: expected seed=N, panic=halt|reset, mitigate=off|auto|on, iommu=auto|39|48|off, rs.hang=MS, rs.limit=N/S or rs=once|twice`,
		"mitigations=off": `bennu: refused: command line: mitigations=off: expected seed=N, panic=halt|reset, mitigate=off|auto|on, iommu=auto|39|48|off, rs.hang=MS, rs.limit=N/S or rs=once|twice`,
	} {
		t.Run(words, func(t *testing.T) {
			m := boot(t, qemu.Config{CmdLine: words})
			m.line(regexp.MustCompile(regexp.QuoteMeta(want)))
			m.ends(qemu.StatusRefused)
		})
	}
}
