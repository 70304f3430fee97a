//go:build qemu

package qemutest

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/archive/pack"
	"bennu/kernel/room"
	"bennu/rs/conf"
	"bennu/tools/internal/control"
	"bennu/tools/internal/qemu"
)

// filled is the boot files with one more service, whose reserve is, to the page, what the smallest machine has left by the image
// builder's count.
func filled(t *testing.T) map[string][]byte {
	t.Helper()
	files := bootFiles(t)
	table := string(files["system.conf"])
	with := func(reserve uint64) {
		files["system.conf"] = []byte(table + fmt.Sprintf("service fill { program faulty; period 100ms; memory %06dK; reserve %06dK; system BASIC; ipc rs; };\n", reserve>>10, reserve>>10))
	}
	with(0)
	b, err := pack.Bytes(files)
	if err != nil {
		t.Fatal(err)
	}
	f, faults := conf.Parse("system.conf", []byte(table))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	with((f.Room(uint64(len(b))).Bytes - f.Reserved()) &^ (abi.PageSize - 1))
	f, faults = conf.Parse("system.conf", files["system.conf"])
	left := f.Room(uint64(len(b)))
	for i := range f.Services {
		if x, ok := f.Admit(&left, &f.Services[i]); !ok {
			faults = append(faults, x)
		}
	}
	if len(faults) > 0 || f.Reserved()+abi.PageSize <= left.Bytes {
		t.Fatalf("%d bytes in reserve, room for %d: %v", f.Reserved(), left.Bytes, faults)
	}
	return files
}

// states is the state of each service.
func states(m *machine, c *control.Client) map[string]control.Service {
	m.t.Helper()
	rows, _, err := c.Status(m.ctx, "")
	if err != nil {
		m.t.Fatal(err)
	}
	by := map[string]control.Service{}
	for _, r := range rows {
		by[r.Label] = r
	}
	return by
}

// TestSmallestMachine: what the image builder lets into an archive, the smallest machine that is documented starts, all of it, though
// the reserves fill it to the last page.
func TestSmallestMachine(t *testing.T) {
	archive := archiveOf(t, filled(t))
	for _, name := range []string{"q35", "pc"} {
		t.Run(name, func(t *testing.T) {
			m := boot(t, qemu.Config{Machine: name, Memory: fmt.Sprintf("%dM", room.Minimum>>20), Archive: archive, Control: true})
			log := m.ready()
			if strings.Contains(log, "event=refuse") {
				t.Errorf("refused:\n%s", log)
			}
			by := states(m, m.client())
			for _, label := range []string{"tty", "ctl", "rtc", "kbd", "faulty", "shell", "fill"} {
				if s := by[label]; s.State != "running" || s.Deaths != 0 {
					t.Errorf("%s is %q after %d deaths (%s)", label, s.State, s.Deaths, s.Words)
				}
			}
			if len(by) != 7 {
				t.Errorf("%d services, want 7", len(by))
			}
		})
	}
}

// TestReservesRefusedAtBoot: on a machine that is smaller than that, RS says which service there is no memory for, and starts the others.
func TestReservesRefusedAtBoot(t *testing.T) {
	const memory = 64
	m := boot(t, qemu.Config{Memory: fmt.Sprintf("%dM", memory), Archive: archiveOf(t, filled(t)), Control: true})
	log := m.ready()
	said := regexp.MustCompile(`rs: system\.conf:\d+:\d+: service "fill": reserve: \d+K makes the sum \d+K of \d+K, expected at most \d+K: 3840K are promised to those before it; this machine has them`)
	if !said.MatchString(log) || !strings.Contains(log, "label=fill event=refuse errno=ENOMEM why=account") || strings.Count(log, "event=refuse") != 1 {
		t.Errorf("log\n%s", log)
	}
	c := m.client()
	for label, s := range states(m, c) {
		switch {
		case label == "fill":
			if s.State != "failed" || s.Errno != "ENOMEM" || s.Why != "account" || !strings.Contains(s.Words, "makes the sum") {
				t.Errorf("fill: %+v", s)
			}
		case s.State != "running":
			t.Errorf("%s is %q (%s)", label, s.State, s.Words)
		}
	}
	err := c.Do(m.ctx, "up", control.Args{"label": "fill"}, nil)
	if err == nil || !strings.Contains(err.Error(), "ENOMEM: fill was not started: system.conf:") || !strings.Contains(err.Error(), "makes the sum") {
		t.Errorf("up fill: %v", err)
	}
}

// TestLeastMemory: a machine on which nothing but RS fits starts, and RS says so of each service; a smaller one is refused, with the
// size that would do.
func TestLeastMemory(t *testing.T) {
	archive := archiveOf(t, bootFiles(t))
	b, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	const mib = 1 << 20
	least := (room.Least(uint64(len(b))) + mib - 1) / mib
	m := boot(t, qemu.Config{Memory: fmt.Sprintf("%dM", least), Archive: archive})
	if n := strings.Count(m.ready(), "errno=ENOMEM why=account"); n == 0 {
		t.Errorf("on %d MiB no service was refused:\n%s", least, m.KernelLog())
	}
	m = boot(t, qemu.Config{Memory: fmt.Sprintf("%dM", least-2), Archive: archive})
	m.line(regexp.MustCompile(fmt.Sprintf(`bennu: refused: too little memory: \d+ MiB for tasks, expected \d+ MiB for the reincarnation server alone: a machine of %d MiB$`, least)))
	m.ends(qemu.StatusRefused)
}
