//go:build qemu

package qemutest

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

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

func follow(t *testing.T) *followed {
	m := &followed{machine: boot(t, qemu.Config{Control: true})}
	m.ready()
	c := m.client()
	m.events = c.Events(true)
	if err := c.Subscribe(m.ctx, 0); err != nil {
		t.Fatal(err)
	}
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
		if _, err := m.events.Wait(m.ctx, "the last life of faulty", func(e *control.Event) bool {
			m.seen++
			return e.Is("ready", "faulty") && int(e.Incarnation) == m.lives
		}); err != nil {
			m.t.Fatal(err)
		}
	}
}

// memory is what the shell says that tasks have: it asks the kernel, and the control port nothing.
func (m *followed) memory() (of map[string]string) {
	m.t.Helper()
	of = map[string]string{}
	mark := fmt.Sprintf("at%d", m.seen)
	m.do("ps\nservice lookup " + mark)
	m.line(regexp.MustCompile("no service " + mark))
	text := m.Log()
	for _, row := range strings.Split(text[strings.LastIndex(text, "SLOT"):], "\n") {
		if f := strings.Fields(row); len(f) > 8 && (f[2] == "ctl" || f[2] == "rs") {
			of[f[2]] = f[7]
		}
	}
	return of
}

// followerMemory has a client told of so many events: the control port and the reincarnation server then have the memory that they
// had after a hundred.
func followerMemory(t *testing.T, events int) {
	m := follow(t)
	m.happen(100)
	before := m.memory()
	m.happen(events)
	after := m.memory()
	for _, label := range []string{"ctl", "rs"} {
		if before[label] == "" || before[label] != after[label] {
			t.Errorf("%s: %s after a hundred events, %s after %d", label, before[label], after[label], m.seen)
		}
	}
	t.Logf("%v, after %d events %v", before, m.seen, after)
}

// Three thousand events that a client is told of cost no memory.
func TestFollowerMemory(t *testing.T) { followerMemory(t, 3000) }

func TestX(t *testing.T) {
	m := follow(t)
	for _, n := range []int{100, 200, 400, 600, 800, 1000, 1500, 2000, 3000, 5000, 7000, 10000, 15000, 20000} {
		m.happen(n)
		t.Log(m.seen, m.memory(), m.memory())
	}
}
