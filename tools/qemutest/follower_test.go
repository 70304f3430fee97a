//go:build qemu

package qemutest

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"bennu/kernel/abi"
	"bennu/tools/internal/control"
	"bennu/tools/internal/qemu"
)

// followed is a machine whose events are followed by one client of the control port.
type followed struct {
	*machine
	events *control.Events
	lives  int // of faulty, by order
	seen   int // events
}

// follow boots it. The client begins when more has happened than the reincarnation server keeps, so that it is told of all that by the
// largest pieces: buffers are filled as far as they ever are.
func follow(t *testing.T) *followed {
	const before = abi.EventsKept / 2 // lives, of three events each
	m := &followed{machine: boot(t, qemu.Config{Control: true}), lives: before}
	m.ready()
	m.do(strings.Repeat("service refresh faulty\n", before) + "service lookup before")
	m.line(regexp.MustCompile("no service before"))
	c := m.client()
	m.events = c.Events(true)
	if err := c.Subscribe(m.ctx, 0); err != nil {
		t.Fatal(err)
	}
	m.await()
	return m
}

// happen has things happen until the client has been told of n events in all. The port may be too slow for some of them; then more
// happens.
func (m *followed) happen(n int) {
	m.t.Helper()
	for m.seen < n {
		more := min(200, (n-m.seen)/3+1) // a start, a death, a life that is ready
		m.lives += more
		if err := m.Send(strings.Repeat("service refresh faulty\n", more)); err != nil {
			m.t.Fatal(err)
		}
		m.await()
	}
}

// await waits until the client is told of the last life.
func (m *followed) await() {
	m.t.Helper()
	if _, err := m.events.Wait(m.ctx, "the last life of faulty", func(e *control.Event) bool {
		m.seen++
		return e.Is("ready", "faulty") && int(e.Incarnation) == m.lives
	}); err != nil {
		m.t.Fatal(err)
	}
}

// memory is how many KiB the shell says that tasks have: it asks the kernel, and the control port nothing.
func (m *followed) memory() (of map[string]float64) {
	m.t.Helper()
	of = map[string]float64{}
	mark := fmt.Sprintf("at%d", m.seen)
	m.do("ps\nservice lookup " + mark)
	m.line(regexp.MustCompile("no service " + mark))
	text := m.Log()
	for _, row := range strings.Split(text[strings.LastIndex(text, "SLOT"):], "\n") {
		if f := strings.Fields(row); len(f) > 8 && (f[2] == "ctl" || f[2] == "rs") {
			size, err := strconv.ParseFloat(strings.TrimSuffix(f[7], "KiB"), 64)
			if err != nil {
				m.t.Fatalf("%s has %s, expected KiB", f[2], f[7])
			}
			of[f[2]] = size
		}
	}
	if len(of) != 2 {
		m.t.Fatalf("the memory of %v, expected that of ctl and rs", of)
	}
	return of
}

// Ten thousand events that a client is told of cost neither the control port nor the reincarnation server memory. After a thousand the
// one has all that it keeps, and the other's buffers have been used; a page more may be touched of one that a slow host fills further.
func TestFollowerMemory(t *testing.T) {
	m := follow(t)
	m.happen(1000)
	before := m.memory()
	m.happen(10_000)
	after := m.memory()
	for label, size := range before {
		if after[label] > size+abi.PageSize/1024 {
			t.Errorf("%s: %.1f KiB after a thousand events, %.1f KiB after %d", label, size, after[label], m.seen)
		}
	}
	t.Logf("KiB: %v, after %d events %v", before, m.seen, after)
}
