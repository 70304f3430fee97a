//go:build qemu

package qemutest

import (
	"errors"
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
	"bennu/tools/internal/suite"
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
			for _, label := range []string{"ds", "tty", "ctl", "rtc", "kbd", "faulty", "shell", "fill"} {
				if s := by[label]; s.State != "running" || s.Deaths != 0 {
					t.Errorf("%s is %q after %d deaths (%s)", label, s.State, s.Deaths, s.Words)
				}
			}
			if len(by) != 9 { // rs too
				t.Errorf("%d services, want 9", len(by))
			}
		})
	}
}

// TestReservesRefusedAtBoot: on a machine that is smaller than that, RS says which service there is no memory for, and starts the others.
func TestReservesRefusedAtBoot(t *testing.T) {
	const memory = 64
	m := boot(t, qemu.Config{Memory: fmt.Sprintf("%dM", memory), Archive: archiveOf(t, filled(t)), Control: true})
	log := m.ready()
	said := regexp.MustCompile(`rs: system\.conf:\d+:\d+: service "fill": reserve: \d+K makes the sum \d+K of \d+K, expected at most \d+K: \d+[KM] are promised to those before it; this machine has them`)
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

// TestLeastMemory: the smallest machine that kernel, archive and RS fit on starts, and RS says so of a service that does not; a smaller one is
// refused, with the size that would do.
func TestLeastMemory(t *testing.T) {
	archive := archiveOf(t, filled(t))
	b, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	const mib = 1 << 20
	least := (room.Least(uint64(len(b))) + mib - 1) / mib
	m := boot(t, qemu.Config{Memory: fmt.Sprintf("%dM", least), Archive: archive})
	if !strings.Contains(m.ready(), "label=fill event=refuse errno=ENOMEM why=account") {
		t.Errorf("on %d MiB no service was refused:\n%s", least, m.KernelLog())
	}
	m = boot(t, qemu.Config{Memory: fmt.Sprintf("%dM", least-2), Archive: archive})
	m.line(regexp.MustCompile(fmt.Sprintf(`bennu: refused: too little memory: \d+ MiB for tasks, expected \d+ MiB for the reincarnation server alone: a machine of %d MiB$|bennu: no room in memory for the kernel: what is at [0-9a-f]{12}, size: [0-9a-f]{12} is put over it`, least)))
	m.ends(qemu.StatusRefused)
}

// lives is how often each service is reborn while there is no memory but its own: a hundred times, all together. The kernel's
// tests do that to one.
const lives = 17

// TestRebornWithoutFreeMemory: a hog holds every frame that is promised to nobody. Each service of the image dies, and is born
// again, cold, out of what it has in reserve; what that needs is measured, and the reserve covers it.
func TestRebornWithoutFreeMemory(t *testing.T) {
	files := bootFiles(t)
	services, faults := conf.Parse("system.conf", files["system.conf"])
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	var err error
	if files["bin/hog"], err = os.ReadFile(suite.Built(t, "bin/hog")); err != nil {
		t.Fatal(err)
	}
	files["system.conf"] = append(files["system.conf"], "service hoard { program hog; args hoard; memory 64M; period 250ms; system BASIC; ipc rs; };\n"...)
	m := boot(t, qemu.Config{Memory: "64M", Archive: archiveOf(t, files), Control: true, Icount: "3"}) // a busy host costs nobody a heartbeat
	m.ready()
	c := m.client()
	for m.unpromised(c) > 16 { // it takes them as fast as it is let
	}
	m.shell() // it works, too
	m.do(strings.Repeat("service status\nps\nlog -n 20\n", 100) + "service lookup nobody")
	m.line(regexp.MustCompile(`no service nobody `))
	for i := range services.Services {
		label := services.Services[i].Label
		for n := range uint32(lives) {
			if n == 0 {
				err = c.Fault(m.ctx, label, "exception")
			} else {
				err = c.Do(m.ctx, "refresh", control.Args{"label": label}, nil)
			}
			if err != nil && !errors.Is(err, control.ErrUnknown) { // that is ctl's own end
				t.Fatalf("end %d of %s: %v\n%s", n, label, err, m.KernelLog())
			}
			for s := (control.Service{}); s.State != "running" || s.Incarnation < n+1; s = states(m, c)[label] {
				if s.State == "failed" {
					t.Fatalf("life %d of %s: %+v\n%s", n+1, label, s, m.KernelLog())
				}
			}
		}
	}
	if left := m.unpromised(c); left > 16 {
		t.Errorf("in the end %d frames are promised to nobody: the hog held less than all", left)
	}
	by := states(m, c)
	a, err := c.Accounts(m.ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range a.Accounts {
		s := services.Service(r.Label)
		if s == nil {
			continue
		}
		t.Logf("%s: %d lives, at most %d frames, %d in reserve", r.Label, r.Lives, r.FramesPeak, r.ReserveFrames)
		if r.FramesPeak > uint64(r.ReserveFrames) || r.Lives < lives+1 || r.ReserveFrames != uint32(s.Reserve/abi.PageSize) {
			t.Errorf("%s: %d lives took up to %d frames, its reserve is %d", r.Label, r.Lives, r.FramesPeak, r.ReserveFrames)
		}
		if d := by[r.Label]; d.State != "running" || d.Deaths != lives {
			t.Errorf("%s is %q, after %d deaths, want %d (%s)", r.Label, d.State, d.Deaths, lives, d.Reason)
		}
	}
	if h := by["hoard"]; h.State != "running" || h.Deaths != 0 {
		t.Errorf("the hog: %+v", h)
	}
}

// unpromised is how many frames are free and nobody's. Two answers make it: it is read again until nothing was taken in between.
func (m *machine) unpromised(c *control.Client) uint64 {
	m.t.Helper()
	owed := func() (n uint64) {
		a, err := c.Accounts(m.ctx)
		if err != nil {
			m.t.Fatal(err)
		}
		for _, r := range a.Accounts {
			n += max(uint64(r.ReserveFrames), r.Frames) - r.Frames
		}
		return n
	}
	for before := owed(); ; {
		i, err := c.Info(m.ctx)
		if err != nil {
			m.t.Fatal(err)
		}
		after := owed()
		if before == after {
			if after > i.Counts.Frames {
				m.t.Fatalf("%d frames are promised, %d are free", after, i.Counts.Frames)
			}
			return i.Counts.Frames - after
		}
		before = after
	}
}
