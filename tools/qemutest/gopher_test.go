//go:build qemu

package qemutest

import (
	"context"
	"fmt"
	"os"
	"strings"
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
service calm { class goprogram; backoff 1ms; system BASIC; ipc rs ctl; };
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
	const calls = 3 * abi.MaxAsync // more than the kernel keeps
	if a := r.ask("gopher", ask.Ask, calls, r.ep("peer"), 40*ms); a[0] != calls {
		t.Errorf("of %d Calls at once %d were answered right", calls, a[0])
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

// TestGoProgramIdle: with goroutines that wait and a timer that is far away, ten seconds in which nothing happens cost next to nothing.
func TestGoProgramIdle(t *testing.T) {
	r := bootGophers(t, qemu.Config{Icount: "0", Seed: "1"})
	r.ask("peer", ask.Serve, 1)
	r.ask("peer", ask.Park, 10)
	r.ask("calm", ask.After, uint64(time.Second)) // what Serve left ends
	before := r.cpu("peer")
	const idle = 10 * time.Second
	if took := r.ask("calm", ask.After, uint64(idle))[0]; took < uint64(idle) {
		t.Fatalf("it took %d ns", took)
	}
	if n := r.cpu("peer") - before; n >= 1000 {
		t.Errorf("%d instructions in 10 s, want fewer than 1,000", n)
	} else {
		t.Logf("%d instructions in 10 s", n)
	}
	if r.ask("peer", ask.Hello)[0] != 1 {
		t.Error("it does not answer after that")
	}
}

// cpu is what a service has used, in ns.
func (r *gopherRun) cpu(who string) uint64 {
	r.t.Helper()
	a, err := r.c.Accounts(r.ctx)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, x := range a.Accounts {
		if x.Label == who {
			return x.CPUNS
		}
	}
	r.t.Fatalf("no account of %s", who)
	return 0
}

// TestOwnGoroutineOnly: what only the driver's own goroutine may do is, in another one, the end with words that say what.
func TestOwnGoroutineOnly(t *testing.T) {
	r := bootGophers(t, qemu.Config{Icount: "0", Seed: "1"})
	for way, what := range []string{"Exit", "Alarm", "IRQ", "IgnorePings", "Permits"} {
		r.look()
		if _, err := r.tryAsk("calm", ask.Wrong, uint64(way)); err == nil {
			t.Errorf("%s: answered", what)
		}
		s := control.Service{}
		for n := 0; n < 1000 && s.State != "running"; n++ { // each look takes the machine some time
			r.look()
			s = r.rows["calm"]
		}
		said := "calm: panic: sdk: Context." + what + " by another goroutine than the driver's own"
		if s.Reason != "panic" || s.Deaths != uint32(way+1) || !strings.Contains(r.KernelLog(), said) {
			t.Errorf("%s: %d deaths, the last by %s; want the line %q in\n%s", what, s.Deaths, s.Reason, said, r.KernelLog())
		}
	}
}

// TestSecrets: crypto/rand gives what the kernel does, and nothing without the right to it; with seed= the same in each run, and
// the boot says so.
func TestSecrets(t *testing.T) {
	draw := func(c qemu.Config, says string) [4]uint64 {
		r := bootGophers(t, c)
		if log := r.KernelLog(); !strings.Contains(log, says) {
			t.Errorf("no %q in\n%s", says, log)
		}
		if _, err := r.tryAsk("calm", ask.Secret); err == nil {
			t.Error("a service without ENTROPY got secrets")
		}
		r.look()
		if s := r.rows["calm"]; s.Reason != "panic" || !strings.Contains(r.KernelLog(), "`system ENTROPY` is missing") {
			t.Errorf("it ended by %s\n%s", s.Reason, r.KernelLog())
		}
		a, b := r.ask("peer", ask.Secret), r.ask("peer", ask.Secret)
		if [4]uint64(a) == [4]uint64(b) {
			t.Errorf("twice %x", a)
		}
		return [4]uint64(a)
	}
	const given = "secrets: none: seed= is given"
	one, again := draw(qemu.Config{Icount: "0", Seed: "7"}, given), draw(qemu.Config{Icount: "0", Seed: "7"}, given)
	if one != again {
		t.Errorf("one seed, %x and %x", one, again)
	}
	if other := draw(qemu.Config{Icount: "0", Seed: "8"}, given); other == one {
		t.Errorf("two seeds, one %x", one)
	}
	const real = "secrets: by SHA-256 from RD"    // whichever the emulated processor has
	asked := qemu.Config{Icount: "3", CPU: "max"} // a busy host makes no service late, and the numbers are the host's
	if a, b := draw(asked, real), draw(asked, real); a == b {
		t.Errorf("two boots, one %x", a)
	}
}

// TestGoDate: time.Now has the clock's date from boot on, and date -s changes it in all tasks at once, also where they run already.
func TestGoDate(t *testing.T) {
	r := bootGophers(t, qemu.Config{Icount: "0", Seed: "1"})
	r.ask("calm", ask.After, uint64(1500*time.Millisecond)) // an update has come
	differs := func(what string, want uint64) {
		t.Helper()
		for _, who := range []string{"gopher", "peer", "calm"} {
			if got := r.ask(who, ask.Wall)[0]; got < want || got > want+uint64(200*time.Millisecond) {
				t.Errorf("%s: %s has %v, want %v", what, who, time.Unix(0, int64(got)).UTC(), time.Unix(0, int64(want)).UTC())
			}
		}
	}
	s, err := r.c.Date(r.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.ask("calm", ask.Wall)[0]; got < (s-1)*1e9 || got > (s+2)*1e9 {
		t.Errorf("time.Now is %v, the clock says %v", time.Unix(0, int64(got)).UTC(), time.Unix(int64(s), 0).UTC())
	}
	for _, want := range []int64{1_900_000_000, 1_500_000_000} {
		if err := r.c.Do(r.ctx, "date", control.Args{"set": fmt.Sprintf("@%d", want)}, nil); err != nil {
			t.Fatal(err)
		}
		differs("after date -s", uint64(want)*1e9)
	}
	at := r.ask("peer", ask.Wall)[0]
	if err := r.c.Fault(r.ctx, "rtc", "exception"); err != nil {
		t.Fatal(err)
	}
	r.ask("calm", ask.After, uint64(1200*time.Millisecond))
	differs("after the death of rtc", at+uint64(1200*time.Millisecond))
}

// TestCallOfADyingService: a Call of a goroutine ends when the service dies that has its request, and says so.
func TestCallOfADyingService(t *testing.T) {
	r := bootGophers(t, qemu.Config{Icount: "0", Seed: "1"})
	answer := make(chan []uint64)
	go func() {
		reply, err := r.tryAsk("gopher", ask.Late, r.ep("peer"), uint64(time.Hour), uint64(10*time.Second))
		if err != nil {
			t.Error(err)
		}
		answer <- reply
	}()
	for n := 0; r.calls("peer") == 0; n++ { // until it has the request
		if n == 1000 {
			t.Fatal("the request never came")
		}
	}
	if err := r.c.Fault(r.ctx, "peer", "kill"); err != nil {
		t.Fatal(err)
	}
	if reply := <-answer; len(reply) != 6 || abi.Errno(reply[1]) != abi.EDEADSRCDST {
		t.Errorf("answered %d, want EDEADSRCDST", reply)
	}
}

// calls is how many kernel calls a service has made since it was ready, beyond the one that it waits in.
func (r *gopherRun) calls(who string) uint64 {
	r.t.Helper()
	tasks, err := r.c.Tasks(r.ctx)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, x := range tasks {
		if x.Label == who {
			return x.Calls - 2 // RSReady, receive
		}
	}
	r.t.Fatalf("no task %s", who)
	return 0
}

// TestHangIsFound: a handler that never returns is found out, though a goroutine of the driver's waits in a Call, and so somebody
// receives.
func TestHangIsFound(t *testing.T) {
	r := bootGophers(t, qemu.Config{Icount: "0", Seed: "1"})
	if _, err := r.tryAsk("gopher", ask.Hang, r.ep("peer"), uint64(time.Second)); err == nil {
		t.Error("it answered")
	}
	r.look()
	if s := r.rows["gopher"]; s.Deaths != 1 || s.Reason != "no-heartbeat" {
		t.Errorf("%d deaths, the last by %s", s.Deaths, s.Reason)
	}
}
