package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sync"
	"time"

	"bennu/drivers/protocol/faulty"
	"bennu/tools/internal/control"
	"bennu/tools/internal/qemu"
)

// Limits of what is waited for; a machine that works is far from them.
const (
	bootLimit  = 40 * time.Second
	deathLimit = 60 * time.Second
	checkLimit = 10 * time.Second
)

const prompt = "bennu> "

// machine is a running one, with both its serial ports.
type machine struct {
	vm     *qemu.VM
	c      *control.Client
	events *control.Events
	boot   control.Event // all services were up
	said   int           // numbers what is written to the console
	puts   int           // numbers what is put into the data store
}

// start boots a machine and waits until its services run and its shell waits for a command.
func start(ctx context.Context, config qemu.Config, trace io.Writer) (*machine, error) {
	config.Control = true
	vm, err := qemu.Start(ctx, config)
	if err != nil {
		return nil, err
	}
	m := &machine{vm: vm}
	if err := m.attach(ctx, trace); err != nil {
		vm.Close()
		return nil, err
	}
	return m, nil
}

func (m *machine) attach(ctx context.Context, trace io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, bootLimit)
	defer cancel()
	conn, err := m.vm.Dial(ctx)
	if err != nil {
		return err
	}
	m.c = control.New(conn)
	if trace != nil {
		var mu sync.Mutex
		m.c.Trace = func(direction, line string) {
			mu.Lock()
			defer mu.Unlock()
			fmt.Fprintln(trace, direction, line)
		}
	}
	m.events = m.c.Events(true)
	if err := m.c.Subscribe(ctx, 0); err != nil {
		return m.explain(fmt.Errorf("the control port does not answer: %w", err))
	}
	if m.boot, err = m.events.Wait(ctx, "the end of the boot", func(e *control.Event) bool { return e.Kind == "boot" }); err != nil {
		return m.explain(err)
	}
	_, err = m.vm.WaitText(ctx, regexp.MustCompile(prompt))
	return err
}

// explain adds the console to an error after which nothing goes on.
func (m *machine) explain(err error) error {
	return fmt.Errorf("%w\nconsole:\n%s", err, m.vm.Log())
}

// powerOff ends the machine and checks that it ended well.
func (m *machine) powerOff(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, deathLimit)
	defer cancel()
	defer m.vm.Close()
	defer m.c.Close()
	if err := m.c.PowerOff(ctx, 0); err != nil {
		return err
	}
	status, err := m.vm.Wait(ctx)
	if err == nil && status != qemu.StatusOff {
		err = fmt.Errorf("power-off: the machine ended with status %d (%s), expected %d", status, qemu.StatusText(status), qemu.StatusOff)
	}
	return err
}

// status is the table of services by label.
func (m *machine) status(ctx context.Context) (map[string]control.Service, error) {
	rows, _, err := m.c.Status(ctx, "")
	table := map[string]control.Service{}
	for _, r := range rows {
		table[r.Label] = r
	}
	return table, err
}

// consoleWorks writes a line by the console's driver and sees it come out of COM1.
func (m *machine) consoleWorks(ctx context.Context) error {
	m.said++
	text := fmt.Sprintf("demo says %d", m.said)
	if err := m.c.Console(ctx, text); err != nil {
		return fmt.Errorf("the console: expected %q to be written: %w", text, err)
	}
	if _, err := m.vm.WaitText(ctx, regexp.MustCompile(text+"\r?\n")); err != nil {
		return fmt.Errorf("the console: expected %q on COM1: %w", text, err)
	}
	return nil
}

// shellWorks types a command whose answer is known, and reads that on COM1.
func (m *machine) shellWorks(ctx context.Context, s control.Service) error {
	want := fmt.Sprintf("%s: endpoint %d, incarnation %d", s.Label, s.Endpoint, s.Incarnation)
	if err := m.vm.Send("service lookup " + s.Label + "\n"); err != nil {
		return fmt.Errorf("the shell: typing: %w", err)
	}
	if _, err := m.vm.WaitText(ctx, regexp.MustCompile(regexp.QuoteMeta(want)+"\r?\n"+prompt)); err != nil {
		return fmt.Errorf("the shell: expected %q and a prompt: %w", want, err)
	}
	return nil
}

// allAnswer asks every service for a sign of life.
func (m *machine) allAnswer(ctx context.Context, table map[string]control.Service) error {
	for _, l := range sorted(table) {
		if _, _, err := m.c.Echo(ctx, l); err != nil {
			return fmt.Errorf("expected %s to answer: %w", l, err)
		}
	}
	return nil
}

// clockWorks reads the clock.
func (m *machine) clockWorks(ctx context.Context) error {
	t, err := m.c.Date(ctx)
	if err == nil && t < 1_700_000_000 {
		err = fmt.Errorf("it says %d seconds since 1970, expected a time after 2023", t)
	}
	if err != nil {
		return fmt.Errorf("the clock: %w", err)
	}
	return nil
}

// formerEndpoint sends to the endpoint of a life that is over: it is dead, or the next life's, which has no such request.
func (m *machine) formerEndpoint(ctx context.Context, d death, ep uint32) error {
	want := "EDEADSRCDST"
	if d.alias {
		want = "ENOSYS"
	}
	_, err := m.c.Call(ctx, ep, uint32(faulty.Echo))
	var e *control.Error
	if !errors.As(err, &e) || e.Errno != want {
		return fmt.Errorf("a message to the endpoint %d of the life that died: expected %s, got %v", ep, want, err)
	}
	return nil
}

const storeKey = "demo.number"

// put has the data store keep a number.
func (m *machine) put(ctx context.Context) error {
	m.puts++
	return m.c.Do(ctx, "put", control.Args{"key": storeKey, "value": fmt.Sprint(m.puts)}, nil)
}

// kept looks whether the data store still has what was put there last.
func (m *machine) kept(ctx context.Context) error {
	var a struct {
		Entry struct{ String string }
	}
	if err := m.c.Do(ctx, "get", control.Args{"key": storeKey}, &a); err != nil {
		return fmt.Errorf("the data store: %w", err)
	}
	if want := fmt.Sprint(m.puts); a.Entry.String != want {
		return fmt.Errorf("the data store: expected %s = %q, got %q", storeKey, want, a.Entry.String)
	}
	return nil
}

// resources is what must be the same before and after. Memory of living tasks is counted as
// free: they may touch more of their own at any time; so is what services' lives begin with: a service that was short of memory makes it
// anew, and it need not be as large.
type resources struct {
	Frames uint64 `json:"frames_free_or_of_a_service"`
	control.Counts
}

func (m *machine) resources(ctx context.Context) (r resources, i control.Info, err error) {
	for range 50 {
		var tasks []control.Task
		var again control.Info
		if i, err = m.c.Info(ctx); err != nil {
			return r, i, err
		}
		if tasks, err = m.c.Tasks(ctx); err != nil {
			return r, i, err
		}
		accounts, err := m.c.Accounts(ctx)
		if err != nil {
			return r, i, err
		}
		if again, err = m.c.Info(ctx); err != nil {
			return r, i, err
		}
		if again.Counts != i.Counts {
			continue // somebody touched memory between the two tables
		}
		r.Counts, r.Frames = i.Counts, i.Counts.Frames
		r.Counts.Frames = 0
		for _, t := range tasks {
			r.Frames += t.Frames
		}
		for _, a := range accounts.Accounts {
			r.Frames += uint64(a.Snapshot)
		}
		return r, i, nil
	}
	return r, i, fmt.Errorf("the free resources never come to rest: %+v", i.Counts)
}

// same tells whether nothing is lost since want was read. Alarms and kept messages come and go with
// what living tasks do: more free ones than before are no loss.
func (r resources) same(want resources) bool {
	if r.Alarms < want.Alarms || r.Async < want.Async {
		return false
	}
	r.Alarms, r.Async = want.Alarms, want.Async
	return r == want
}

// settle reads the resources until they are as want says; after some tries it is what it is.
func (m *machine) settle(ctx context.Context, want resources) (r resources, err error) {
	for range 50 {
		if r, _, err = m.resources(ctx); err != nil || r.same(want) {
			return r, err
		}
	}
	return r, err
}
