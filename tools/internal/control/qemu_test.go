//go:build qemu

package control_test

import (
	"context"
	"errors"
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
