//go:build qemu

package qemutest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"bennu/drivers/protocol/load"
	"bennu/tools/campaign/archive"
	"bennu/tools/internal/control"
	"bennu/tools/internal/qemu"
	"bennu/tools/internal/suite"
	"bennu/tools/internal/tinyelf"
)

// campaignBin is the built executables, with an injector that does nothing.
func campaignBin(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, n := range []string{"rs", "ds", "tty", "ctl", "rtc", "kbd", "faulty", "shell", "sum", "load"} {
		if err := os.Symlink(suite.Built(t, "bin/"+n), filepath.Join(dir, n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "swifi"), tinyelf.Task(), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// loadRun is a campaign's machine in which nobody injects anything.
type loadRun struct {
	*machine
	c        *control.Client
	victim   string
	workload string
}

func bootLoad(t *testing.T, victim, extra string) *loadRun {
	t.Helper()
	m, err := archive.Build(archive.Options{Root: suite.Root(t), Bin: campaignBin(t), Extra: extra, Victim: victim, Plan: "victim=" + victim, Period: 3 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	r := &loadRun{machine: boot(t, qemu.Config{Archive: temp(t, m.Archive), Icount: "0", Control: true, Silence: time.Minute}), victim: victim, workload: m.Label}
	r.c = r.client()
	for states(r.machine, r.c)[r.workload].State != "running" {
		if r.ctx.Err() != nil {
			t.Fatalf("the workload does not come up\n%s", r.KernelLog())
		}
	}
	return r
}

// call asks the workload.
func (r *loadRun) call(typ uint32, arg ...uint64) [6]uint64 {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.ctx, time.Minute)
	defer cancel()
	var a struct {
		Reply []uint64 `json:"reply"`
	}
	err := r.c.Do(ctx, "call", control.Args{"endpoint": states(r.machine, r.c)[r.workload].Endpoint, "type": typ, "arg": arg, "limit_ms": 60_000}, &a)
	if err != nil || len(a.Reply) != 6 || a.Reply[0] != 0 {
		r.t.Fatalf("%s: request %#x %d: %d, %v\n%s", r.victim, typ, arg, a.Reply, err, r.KernelLog())
	}
	return [6]uint64(a.Reply)
}

// operations asks for a Run in which all is right.
func (r *loadRun) operations(n, interrupted int) {
	r.t.Helper()
	began := time.Now()
	a := r.call(uint32(load.Run), uint64(n), uint64(20*time.Millisecond), 1)
	right, refused, wrong, lost := load.Tally(a[1]).Counts()
	why, e, deaths := load.Ending(a[5]).Parts()
	if right != n || refused+wrong+lost > 0 || why != load.Done || deaths > interrupted {
		silent, step, _ := load.Place(a[3]).Parts()
		bad, at, errno := load.Place(a[4]).Parts()
		r.t.Errorf("%s: %d right, %d refused (first %d, step %d, %v), %d wrong, %d lost (first %d, step %d, at %d ns), ended by %v %v, %d deaths\n%s", r.victim,
			right, refused, bad, at, errno, wrong, lost, silent, step, a[2], why, e, deaths, r.KernelLog())
		return
	}
	r.t.Logf("%s: %d operations in %v", r.victim, n, time.Since(began))
}

// TestWorkload: on each service the workload's operations are all right where nothing is broken, on later lives too, and so are all
// others; a dead life leaves nothing behind that they see.
func TestWorkload(t *testing.T) {
	for _, victim := range load.Kinds {
		if victim == "ctl" {
			continue // the control port cannot be asked to ask itself, and has no device without an injector
		}
		t.Run(victim, func(t *testing.T) {
			r := bootLoad(t, victim, "")
			r.operations(100, 0)
			r.others()
			for range 3 {
				if err := r.c.Do(r.ctx, "fi", control.Args{"label": victim, "kind": "kill"}, nil); err != nil {
					t.Fatal(err)
				}
				r.operations(50, 1)
				r.others()
			}
		})
	}
}

func (r *loadRun) others() {
	r.t.Helper()
	a := r.call(uint32(load.Others), uint64(20*time.Millisecond))
	if a[2] != 0 || load.Tally(a[1]) == 0 {
		r.t.Errorf("%s: others: failed %#x, tally %#x", r.victim, a[2], a[1])
	}
}

// TestExamples: the services in C do what they say, in a machine: a user's workload finds a user's service right, on its later lives too.
func TestExamples(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"echo", "oracle"} {
		if out, err := exec.Command(filepath.Join(suite.Root(t), "docs/examples", name, "build.sh"), dir).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
	}
	r := bootLoad(t, "echo", dir)
	r.operations(100, 0)
	for range 3 {
		if err := r.c.Do(r.ctx, "fi", control.Args{"label": "echo", "kind": "kill"}, nil); err != nil {
			t.Fatal(err)
		}
		r.operations(20, 1)
	}
	if err := r.c.Do(r.ctx, "down", control.Args{"label": "echo"}, nil); err != nil {
		t.Fatal(err)
	}
	a := r.call(uint32(load.Run), 20, uint64(20*time.Millisecond), 1)
	if why, _, _ := load.Ending(a[5]).Parts(); why != load.Gone || load.Tally(a[1]) != 0 {
		t.Errorf("without a victim: ended by %v, tally %#x", why, a[1])
	}
}
