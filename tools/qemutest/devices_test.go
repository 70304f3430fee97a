//go:build qemu

package qemutest

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"bennu/tools/internal/qemu"
)

// reborn kills a driver and waits for its next life.
func (m *machine) reborn(label string, life int) {
	m.t.Helper()
	m.do("service fi " + label + " kill")
	m.shell()
	if _, err := m.WaitKernelLine(m.ctx, regexp.MustCompile(fmt.Sprintf(`rs: label=%s inc=%d event=ready `, label, life))); err != nil {
		m.t.Fatal(err)
	}
}

// The keyboard's state is spoiled from outside, the driver dies, and what is typed then comes out right.
func TestKeyboardFromAnyState(t *testing.T) {
	m := boot(t, qemu.Config{QMP: true})
	q := m.monitor()
	m.shell()
	for i, c := range []struct{ name, writes string }{
		{"as it was", ""},
		{"scan code set 1", "60=f0 60=01"},
		{"scan code set 3", "60=f0 60=03"},
		{"lights on", "60=ed 60=07"},
		{"not scanning", "60=f5"},
		{"a parameter is to come: lights", "60=ed"},
		{"a parameter is to come: set", "60=f0"},
		{"a parameter is to come: rate", "60=f3"},
		{"a data byte is to come: command byte", "64=60"},
		{"a data byte is to come: mouse", "64=d4"},
		{"a data byte is to come: output port", "64=d1"},
		{"no translation", "64=60 60=05"},
		{"no interrupt", "64=60 60=44"},
		{"keyboard off, mouse on", "64=ad 64=a8"},
		{"all at once", "60=f0 60=01 60=ed 60=05 60=f3 64=60 60=10 64=d4"},
	} {
		m.hmp(q, "stop")
		for _, w := range strings.Fields(c.writes) {
			port, v, _ := strings.Cut(w, "=")
			m.hmp(q, "o /b 0x"+port+" 0x"+v)
		}
		m.hmp(q, "cont")
		m.reborn("kbd", i+1)
		if err := q.Keys(m.ctx, "c", "d", "ret"); err != nil {
			t.Fatal(err)
		}
		got, err := m.WaitText(m.ctx, regexp.MustCompile(`got "[^"]*"`))
		if err != nil {
			t.Fatal(err)
		}
		if got != `got "cd"` {
			t.Errorf("%s: typed c d, the shell %s", c.name, got)
		}
		m.shell()
	}
	m.off()
}

// date asks the shell and returns its answer.
func (m *machine) date(command string) string {
	m.t.Helper()
	m.do(command)
	got, err := m.WaitText(m.ctx, regexp.MustCompile(`(?s)`+regexp.QuoteMeta(command)+`\r?\n[^\n]*\n`))
	if err != nil {
		m.t.Fatal(err)
	}
	m.shell()
	_, answer, _ := strings.Cut(strings.TrimSpace(got), "\n")
	return answer
}

// At the end of its range the clock says so, in each life: never another century in silence.
func TestClockEndOfRange(t *testing.T) {
	m := boot(t, qemu.Config{})
	m.shell()
	m.ready() // the clock's driver may be the last that is
	const last = "2099-12-31T23:59:58"
	if got := m.date("date -s " + last); got != "2099-12-31 23:59:58 UTC" {
		t.Fatalf("set: %q", got)
	}
	const over = "EDOM: no time from the clock: it shows a year that is none from 1970 to 2099 (date -s sets it)"
	for got := ""; got != over; {
		if got = m.date("date"); !strings.HasPrefix(got, "2099-12-31 23:59:5") && got != over {
			t.Fatalf("after the last second: %q", got)
		}
	}
	m.reborn("rtc", 1)
	if got := m.date("date"); got != over {
		t.Errorf("the next life: %q", got)
	}
	if got := m.date("date -s 2030"); !strings.HasPrefix(got, "column 9: expected a time from 1970 to 2099 ") {
		t.Errorf("date -s 2030: %q", got)
	}
	if got := m.date("date -s 2030-01-02T03:04:05"); got != "2030-01-02 03:04:05 UTC" {
		t.Errorf("set again: %q", got)
	}
	m.reborn("rtc", 2)
	if got := m.date("date"); !regexp.MustCompile(`^2030-01-02 03:0\d:\d\d UTC$`).MatchString(got) {
		t.Errorf("the life after that: %q", got)
	}
	m.off()
}

// The clock is spoiled from outside and the driver dies: who asks is told what is wrong with the time.
func TestClockFromAnyState(t *testing.T) {
	m := boot(t, qemu.Config{QMP: true})
	q := m.monitor()
	m.shell()
	m.ready()
	for i, c := range []struct{ writes, want string }{
		{"", `^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$`},
		{"0b=82 09=55", `^2055-.* UTC, not to be trusted: a driver died while it set the clock \(`},
		{"0b=82 08=13", `not to be trusted: a driver died while it set the clock`},
		{"0a=76", `the clock had stopped`},
		{"0b=06", `not to be trusted: its mode was changed|EIO: no time from the clock: its mode was changed; its registers hold no date and time`},
		{"0b=84", `a driver died while it set the clock; its mode was changed`},
	} {
		m.hmp(q, "stop")
		for _, w := range strings.Fields(c.writes) {
			reg, v, _ := strings.Cut(w, "=")
			m.hmp(q, "o /b 0x70 0x"+reg)
			m.hmp(q, "o /b 0x71 0x"+v)
		}
		m.hmp(q, "cont")
		m.reborn("rtc", i+1)
		if got := m.date("date"); !regexp.MustCompile(c.want).MatchString(got) {
			t.Errorf("%q: %q, want %s", c.writes, got, c.want)
		}
		if got := m.date("date -s 2030-01-02T03:04:05"); got != "2030-01-02 03:04:05 UTC" {
			t.Errorf("%q: set: %q", c.writes, got)
		}
		if got := m.date("date"); !regexp.MustCompile(`^2030-01-02 03:04:\d\d UTC$`).MatchString(got) {
			t.Errorf("%q: set, and then %q", c.writes, got)
		}
	}
	m.off()
}
