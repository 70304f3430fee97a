//go:build qemu

package qemutest

import (
	"context"
	"os"
	"testing"
	"time"

	"bennu/boot/gopher/ask"
	"bennu/kernel/abi"
	"bennu/tools/internal/control"
	"bennu/tools/internal/qemu"
	"bennu/tools/internal/suite"
)

// gophers are services of one executable, boot/gopher. What they have but BASIC is what their names say.
const gophers = `
class goprogram { program gopher; memory 32M; reserve 2M; priority 4; };
service gopher { class goprogram; period 2ms; system BASIC; ipc rs ctl peer; };
service peer { class goprogram; system BASIC ENTROPY; ipc rs ctl gopher; };
service calm { class goprogram; system BASIC; ipc rs ctl; };
`

// gopherRun is a booted system with them.
type gopherRun struct {
	*machine
	c    *control.Client
	rows map[string]control.Service
}

func bootGophers(t *testing.T, c qemu.Config) *gopherRun {
	t.Helper()
	files := bootFiles(t)
	b, err := os.ReadFile(suite.Built(t, "bin/gopher"))
	if err != nil {
		t.Fatal(err)
	}
	files["bin/gopher"] = b
	files["system.conf"] = append(files["system.conf"], gophers...)
	c.Archive, c.Control = archiveOf(t, files), true
	r := &gopherRun{machine: boot(t, c)}
	r.ready()
	r.c = r.client()
	r.look()
	return r
}

func (r *gopherRun) look() { r.rows = states(r.machine, r.c) }

// ask asks a service; the answer's Arg[1] and on.
func (r *gopherRun) ask(who string, typ abi.MsgType, arg ...uint64) []uint64 {
	r.t.Helper()
	reply, err := r.tryAsk(who, typ, arg...)
	if err != nil || len(reply) != 6 {
		r.t.Fatalf("%s, request %#x %d: %d, %v\n%s", who, typ, arg, reply, err, r.KernelLog())
	}
	return reply[1:]
}

func (r *gopherRun) tryAsk(who string, typ abi.MsgType, arg ...uint64) ([]uint64, error) {
	ctx, cancel := context.WithTimeout(r.ctx, time.Minute)
	defer cancel()
	var a struct {
		Reply []uint64 `json:"reply"`
	}
	if arg == nil {
		arg = []uint64{}
	}
	err := r.c.Do(ctx, "call", control.Args{"endpoint": r.rows[who].Endpoint, "type": uint32(typ), "arg": arg, "limit_ms": 60_000}, &a)
	return a.Reply, err
}

func (r *gopherRun) ep(who string) uint64 { return uint64(r.rows[who].Endpoint) }

// TestGoProgram: net/http moves 10 MiB within a service whose hangs are found within 4 ms, and it answers other requests
// meanwhile; functions of timers are called in time, with goroutines and without; goroutines call another service, all at
// once, while the handlers go on.
func TestGoProgram(t *testing.T) {
	r := bootGophers(t, qemu.Config{Icount: "0", Seed: "1"})
	ms := uint64(time.Millisecond)

	if late := r.ask("calm", ask.After, 50*ms)[0] - 50*ms; late > ms {
		t.Errorf("time.AfterFunc in a service without goroutines: %d ns late", late)
	}
	if n := r.ask("gopher", ask.Serve, 10)[0]; n != 10<<20 {
		t.Errorf("net/http moved %d bytes, want 10 MiB", n)
	}
	if a := r.ask("gopher", ask.Ask, 12, r.ep("peer"), 40*ms); a[0] != 12 {
		t.Errorf("of 12 Calls at once %d were answered right", a[0])
	}
	if e := r.ask("gopher", ask.Late, r.ep("peer"), 30*ms, 10*ms)[0]; abi.Errno(e) != abi.ETIMEDOUT {
		t.Errorf("a Call whose limit ends: %s", abi.Errno(e).Name())
	}
	if e := r.ask("gopher", ask.Late, r.ep("peer"), 5*ms, 100*ms)[0]; abi.Errno(e) != abi.OK {
		t.Errorf("the Call after that: %s", abi.Errno(e).Name())
	}
	r.ask("peer", ask.Block, r.ep("gopher"), 20*ms) // a failure is an error
	a := r.ask("gopher", ask.Spin, r.ep("peer"), 20*ms)
	if abi.Errno(a[0]) != abi.OK || a[1] < 100 {
		t.Errorf("a Call of the driver's own goroutine: %s, and the other had %d turns of 10 us in 20 ms", abi.Errno(a[0]).Name(), a[1])
	}
	if r.ask("calm", ask.Listen)[0] != 1 {
		t.Error("net.Listen does not answer ENOSYS")
	}
	r.look()
	for _, who := range []string{"gopher", "peer", "calm"} {
		if s := r.rows[who]; s.Deaths != 0 || s.State != "running" {
			t.Errorf("%s: %s after %d deaths: %s %s\n%s", who, s.State, s.Deaths, s.Reason, s.Words, r.KernelLog())
		}
	}
}
