package control

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bennu/rs/ctl/server"
)

// What comes before the greeting is answered was for clients before, whatever ids they used; a port that dies before it
// is greeted again.
func TestGreeting(t *testing.T) {
	p := barePort(t)
	events := p.c.Events(true)
	p.say(`sta"}`)
	done := p.do("status", nil, nil)
	p.raw()
	id, _ := p.take("status")
	for _, of := range []string{fmt.Sprint(id), `"x"`, "null", `{"a":1}`} {
		p.say(`{"id":%s,"ok":false,"errno":"EPERM","error":"of another client"}`, of)
	}
	p.say(`{"event":"death","seq":7,"t":1.0,"label":"rtc"}`)
	p.say(hello, 2)
	if l := p.raw(); l != "" {
		t.Errorf("after a hello came %q", l)
	}
	p.welcome()
	if again, _ := p.take("status"); again != id {
		t.Errorf("sent again with id %d, want %d", again, id)
	}
	p.say(`{"id":%d,"ok":true}`, id)
	p.want(done, nil)
	p.say(`{"event":"ready","seq":8,"t":1.0,"label":"kbd"}`)
	for _, want := range []string{"hello", "ready"} {
		if e, err := events.Next(p.ctx); err != nil || e.Kind != want {
			t.Errorf("event %+v, %v; want %s", e, err, want)
		}
	}
}

// A port that closes before there was a greeting has served nobody, and no machine ended by this client's doing.
func TestClosedBeforeTheGreeting(t *testing.T) {
	ours, port := net.Pipe()
	c := New(ours)
	port.Close()
	<-c.served
	if err := c.Greet(t.Context()); !errors.Is(err, ErrUnserved) {
		t.Errorf("error %v, want %v", err, ErrUnserved)
	}
}

// A port that serves somebody else: the error says so, in time, and a machine that ends then has done nothing.
func TestUnserved(t *testing.T) {
	p := barePort(t)
	ctx, cancel := context.WithTimeout(p.ctx, 50*time.Millisecond)
	defer cancel()
	err := p.c.Do(ctx, "status", nil, nil)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), "status: the control port did not answer in ") ||
		!strings.Contains(err.Error(), "QEMU has taken the connection, but nothing in the machine answers it") {
		t.Errorf("error %v", err)
	}
	off := make(chan error, 1)
	go func() { off <- p.c.PowerOff(p.ctx, 0) }()
	p.raw()
	p.take("status")
	p.take("poweroff")
	p.conn.Close()
	p.want(off, ErrUnserved)
}

// QEMU takes one client at a time: the second one is told why it waits, and so is one that has no place to.
func TestBusy(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "ctl")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var clients [2]*Client
	for i := range clients {
		if clients[i], err = Dial(t.Context(), socket); err != nil {
			t.Fatal(err)
		}
		defer clients[i].Close()
		if i == 0 {
			conn, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := clients[1].Greet(ctx); err == nil || !strings.Contains(err.Error(), "another client has the port, and QEMU serves one at a time") {
		t.Errorf("error %v", err)
	}
	for table, want := range map[string]string{
		"":                                     "another client has the port (QEMU serves one at a time), or nothing in the machine answers",
		" 02 0 /a/ctl\n":                       "QEMU does not take the connection",
		" 03 7 ctl\n":                          "QEMU has taken the connection, but nothing in the machine answers it (not booted yet, or its control port is down)",
		" 03 7 ctl\n1: 3 0 0 1 02 0 /a/ctl":    "another client has the port, and QEMU serves one at a time",
		" 03 7 /a/ctl\n1: 3 0 0 1 02 0 /b/ctl": "QEMU has taken the connection, but nothing in the machine answers it (not booted yet, or its control port is down)",
	} {
		if got := diagnose("Num RefCount Protocol Flags Type St Inode Path\n0: 3 0 0 1"+table, "/a/ctl"); got != want {
			t.Errorf("%q: %s, want %s", table, got, want)
		}
	}
}

// A client that goes says so, when it has anything to give up.
func TestClose(t *testing.T) {
	p := newPort(t)
	sub := make(chan error, 1)
	go func() { sub <- p.c.Subscribe(p.ctx, 0) }()
	id, _ := p.take("events")
	p.say(`{"id":%d,"ok":true,"since":0}`, id)
	p.want(sub, nil)
	closed := make(chan error, 1)
	go func() { closed <- p.c.Close() }()
	id, _ = p.take("bye")
	p.say(`{"id":%d,"ok":true}`, id)
	p.want(closed, nil)
}

// A subscriber that only listens shows now and then that it lives.
func TestAlive(t *testing.T) {
	p := newPort(t)
	for n := range aliveAfter {
		p.say(`{"event":"ready","seq":%d,"t":1.0,"label":"rtc"}`, n)
	}
	if l := p.raw(); l != "" {
		t.Errorf("after %d events came %q, want an empty line", aliveAfter, l)
	}
}

// It does so several times within what the port sends to one of which nothing is heard.
func TestAliveInTime(t *testing.T) {
	if aliveAfter > server.MaxUnheard/4 {
		t.Errorf("a sign of life at every %dth event, of %d that the port sends without one", aliveAfter, server.MaxUnheard)
	}
}
