//go:build qemu

package control_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"bennu/tools/internal/control"
	"bennu/tools/internal/qemu"
)

// boot starts what make built and waits for its services.
func boot(t *testing.T) (context.Context, *control.Client) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	vm, err := qemu.Start(ctx, qemu.Config{Control: true, Icount: "3"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(vm.Close)
	conn, err := vm.Dial(ctx)
	if err != nil {
		t.Fatal(err)
	}
	c := control.New(conn)
	t.Cleanup(func() { c.Close() })
	events := c.Events(true)
	if err := c.Subscribe(ctx, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := events.Wait(ctx, "the boot", func(e *control.Event) bool { return e.Kind == "boot" }); err != nil {
		t.Fatal(err)
	}
	return ctx, c
}

// The port's task dies again and again while many ask through it, and while services die that the
// client is to hear of. Every request is answered, and the events have no gap: the deaths of
// the port itself are among them.
func TestPortDiesUnderLoad(t *testing.T) {
	const askers, asks, deaths = 8, 40, 5
	ctx, c := boot(t)
	events := c.Events(true)
	var all sync.WaitGroup
	for range askers {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := range asks {
				var err error
				if i%4 == 0 {
					_, _, err = c.Status(ctx, "")
				} else {
					_, _, err = c.Echo(ctx, []string{"tty", "rtc", "kbd"}[i%3])
				}
				if err != nil {
					t.Errorf("ask %d: %v", i, err)
					return
				}
			}
		}()
	}
	for i := range deaths {
		for _, label := range []string{"faulty", "ctl"} {
			ready := c.Events(false)
			if err := c.Fault(ctx, label, "exception"); err != nil && !errors.Is(err, control.ErrUnknown) {
				t.Fatalf("death %d of %s: %v", i, label, err)
			}
			if _, err := ready.Wait(ctx, label, func(e *control.Event) bool { return e.Is("ready", label) }); err != nil {
				t.Fatal(err)
			}
		}
	}
	all.Wait()
	checkStream(ctx, t, events, deaths)
}

// checkStream takes events up to the last death of ctl and what followed it.
func checkStream(ctx context.Context, t *testing.T, events *control.Events, deaths int) {
	t.Helper()
	next, died, hellos := uint64(0), 0, 0
	for died < deaths {
		e, err := events.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		switch e.Kind {
		case "hello":
			hellos++
			continue
		case "lost":
			t.Fatalf("%d events were lost after number %d", e.N, next)
		}
		if e.Seq != next {
			t.Fatalf("event %d follows %d", e.Seq, next-1)
		}
		next++
		if e.Is("death", "ctl") {
			died++
		}
	}
	if hellos < deaths {
		t.Errorf("%d hellos for %d lives", hellos, deaths+1)
	}
}

// wire is the socket without a client's manners: lines out, lines in.
type wire struct {
	net.Conn
	r *bufio.Reader
}

func dial(ctx context.Context, t *testing.T, vm *qemu.VM) *wire {
	t.Helper()
	conn, err := vm.Dial(ctx)
	if err != nil {
		t.Fatal(err)
	}
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		t.Fatal(err)
	}
	return &wire{conn, bufio.NewReader(conn)}
}

func (w *wire) say(t *testing.T, text string) {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
}

// until reads lines up to one that begins with want, and returns those before it.
func (w *wire) until(t *testing.T, want string) (before []string) {
	t.Helper()
	for {
		l, err := w.r.ReadString('\n')
		if err != nil {
			t.Fatalf("waited for %s: %v; before: %q", want, err, before)
		}
		if strings.HasPrefix(l, want) {
			return before
		}
		before = append(before, l)
	}
}

// Clients that hang up without a word, in the middle of everything: none hears what another one asked for.
func TestClientsThatGo(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	vm, err := qemu.Start(ctx, qemu.Config{Control: true})
	if err != nil {
		t.Fatal(err)
	}
	defer vm.Close()
	kill := func(w *wire, id string) { w.say(t, `{"id":`+id+`,"cmd":"refresh","label":"faulty"}`+"\n") }

	first := dial(ctx, t, vm)
	first.say(t, "\n"+`{"id":1,"cmd":"events"}`+"\n")
	first.until(t, `{"event":"boot"`)
	kill(first, "2")
	first.until(t, `{"event":"ready"`)
	first.Close()

	// One that says hello, and one that only begins to count anew.
	for i, begin := range []string{`{"id":"a","cmd":"hello"}` + "\n", ``} {
		w := dial(ctx, t, vm)
		w.say(t, begin)
		kill(w, "1")
		kill(w, "2")
		w.say(t, `{"id":3,"cmd":"echo","label":"faulty"}`+"\n")
		for _, l := range w.until(t, `{"id":3,`) {
			if strings.Contains(l, `"event"`) {
				t.Errorf("client %d was told %s", i, l)
			}
		}
		// A subscription for the next one to be spared: what has happened is told, and nothing is on its way.
		w.say(t, `{"id":4,"cmd":"down","label":"faulty"}`+"\n"+`{"id":5,"cmd":"events"}`+"\n")
		w.until(t, `{"event":"down"`)
		w.say(t, `{"id":6,"cmd":"up","label":"faulty"}`+"\n")
		w.until(t, `{"event":"ready"`)
		w.say(t, `{"id":1,"cmd":"sta`) // and half a line
		w.Close()
	}

	// Our own client is not touched by the half line, whose id is its own, and a second one is told why it waits.
	conn, err := vm.Dial(ctx)
	if err != nil {
		t.Fatal(err)
	}
	c := control.New(conn)
	defer c.Close()
	if rows, _, err := c.Status(ctx, "faulty"); err != nil || len(rows) != 1 {
		t.Fatalf("after a half line: %+v, %v", rows, err)
	}
	second, err := control.Dial(ctx, vm.ControlSocket)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	short, stop := context.WithTimeout(ctx, 100*time.Millisecond)
	defer stop()
	if err := second.Greet(short); err == nil || !strings.Contains(err.Error(), "another client has the port") {
		t.Errorf("the second client was told %v", err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := second.Greet(ctx); err != nil {
		t.Errorf("its turn did not come: %v", err)
	}
}
