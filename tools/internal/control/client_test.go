package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// port is the other end: a socket that a test serves line by line.
type port struct {
	t    *testing.T
	ctx  context.Context
	c    *Client
	conn net.Conn
	in   chan string
}

// newPort is a port that has greeted its client.
func newPort(t *testing.T) *port {
	p := barePort(t)
	done := make(chan error, 1)
	go func() { done <- p.c.Greet(p.ctx) }()
	p.welcome()
	p.want(done, nil)
	return p
}

// welcome answers the greeting.
func (p *port) welcome() {
	p.t.Helper()
	var hello struct{ ID, Cmd string }
	if l := p.raw(); json.Unmarshal([]byte(l), &hello) != nil || hello.Cmd != "hello" || len(hello.ID) < 20 {
		p.t.Fatalf("the client begins with %q, want a greeting", l)
	}
	p.say(`{"id":%q,"ok":true,"session":3}`, hello.ID)
}

func barePort(t *testing.T) *port {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	socket := filepath.Join(t.TempDir(), "ctl")
	dialled := make(chan *Client, 1)
	go func() { // before the socket exists
		c, err := Dial(ctx, socket)
		if err != nil {
			t.Error(err)
		}
		dialled <- c
	}()
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	p := &port{t: t, ctx: ctx, c: <-dialled, conn: conn, in: make(chan string, 100)}
	t.Cleanup(func() { conn.Close(); p.c.Close() })
	go func() {
		defer close(p.in)
		for s := bufio.NewScanner(conn); s.Scan(); {
			p.in <- s.Text()
		}
	}()
	if l := p.raw(); l != "" {
		t.Fatalf("the first line is %q, want an empty one", l)
	}
	return p
}

// raw takes a line.
func (p *port) raw() string {
	p.t.Helper()
	select {
	case l, ok := <-p.in:
		if !ok {
			p.t.Fatal("the client hung up")
		}
		return l
	case <-p.ctx.Done():
		p.t.Fatal("no line came")
	}
	return ""
}

// take takes a request and checks its command.
func (p *port) take(cmd string) (id uint64, fields map[string]any) {
	p.t.Helper()
	l := p.raw()
	if err := json.Unmarshal([]byte(l), &fields); err != nil || fields["cmd"] != cmd {
		p.t.Fatalf("request %q (%v), want %s", l, err, cmd)
	}
	return uint64(fields["id"].(float64)), fields
}

func (p *port) say(format string, args ...any) {
	p.t.Helper()
	if _, err := fmt.Fprintf(p.conn, format+"\n", args...); err != nil {
		p.t.Fatal(err)
	}
}

// do starts a request and gives a channel for its error.
func (p *port) do(cmd string, args Args, result any) chan error {
	done := make(chan error, 1)
	go func() { done <- p.c.Do(p.ctx, cmd, args, result) }()
	return done
}

func (p *port) want(done chan error, want error) {
	p.t.Helper()
	select {
	case err := <-done:
		if !errors.Is(err, want) {
			p.t.Errorf("ended with %v, want %v", err, want)
		}
	case <-p.ctx.Done():
		p.t.Fatal("the request did not end")
	}
}

const hello = `{"event":"hello","t":0.5,"label":"ctl","incarnation":%d}`

func TestDo(t *testing.T) {
	p := newPort(t)
	var rows struct {
		Services []Service `json:"services"`
	}
	slow := p.do("up", Args{"label": "rtc"}, nil)
	slowID, f := p.take("up")
	if f["label"] != "rtc" {
		t.Errorf("the request is %v", f)
	}
	quick := p.do("status", nil, &rows)
	quickID, _ := p.take("status")
	p.say(`not JSON`)
	p.say(`{"id":null,"ok":false,"errno":"EINVAL","error":"column 1"}`)
	p.say(`{"id":99,"ok":true}`)
	p.say(`{"id":%d,"ok":true,"t":1.5,"services":[{"label":"rtc","endpoint":131074,"state":"running"}]}`, quickID)
	p.want(quick, nil)
	if len(rows.Services) != 1 || rows.Services[0].Endpoint != 131074 {
		t.Errorf("status is %+v", rows)
	}
	p.say(`{"id":%d,"ok":false,"errno":"EPERM","error":"not permitted"}`, slowID)
	var e *Error
	if err := <-slow; !errors.As(err, &e) || e.Errno != "EPERM" || err.Error() != "up: EPERM: not permitted" {
		t.Errorf("ended with %v", err)
	}
}

// Without an answer the error says what is known.
func TestNoAnswer(t *testing.T) {
	p := newPort(t)
	ctx, cancel := context.WithCancel(p.ctx)
	done := make(chan error, 1)
	go func() { done <- p.c.Do(ctx, "status", nil, nil) }()
	p.take("status")
	p.say(`{"id":null,"ok":false,"errno":"E2BIG","error":"a line has at most 4096 bytes"}`)
	ok := p.do("info", nil, nil)
	id, _ := p.take("info")
	p.say(`{"id":%d,"ok":true}`, id)
	p.want(ok, nil) // so the complaint was read
	cancel()
	err := <-done
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "a line has at most 4096 bytes") {
		t.Errorf("ended with %v", err)
	}
}

// The machine ends: everything that waits ends with ErrClosed, and what comes later too.
func TestClosed(t *testing.T) {
	p := newPort(t)
	done := p.do("status", nil, nil)
	p.take("status")
	events := p.c.Events(false)
	p.conn.Close()
	p.want(done, ErrClosed)
	p.want(p.do("status", nil, nil), ErrClosed)
	if _, err := events.Next(p.ctx); !errors.Is(err, ErrClosed) {
		t.Errorf("events end with %v", err)
	}
	if err := p.c.PowerOff(p.ctx, 0); err != nil {
		t.Errorf("power-off of a machine that ends: %v", err)
	}
}

// The first hello changes nothing: what was sent waits unread in the port.
func TestFirstHello(t *testing.T) {
	p := barePort(t)
	done := p.do("up", Args{"label": "rtc"}, nil)
	greeting := p.raw()
	id, _ := p.take("up")
	p.say(hello, 0)
	p.say(`{"id":%s,"ok":true}`, strings.Split(strings.TrimPrefix(greeting, `{"id":`), ",")[0])
	p.say(`{"id":%d,"ok":true}`, id)
	p.want(done, nil)
}

// After a hello, what can be done twice is sent again in its order, the rest ends with
// ErrUnknown, and events go on where they were.
func TestHello(t *testing.T) {
	p := newPort(t)
	sub := make(chan error, 1)
	go func() { sub <- p.c.Subscribe(p.ctx, 0) }()
	id, _ := p.take("events")
	p.say(`{"id":%d,"ok":true,"since":0}`, id)
	p.want(sub, nil)
	events := p.c.Events(true)
	p.say(`{"event":"ready","seq":7,"t":1.0,"label":"rtc"}`)
	p.say(`{"event":"ready","seq":8,"t":1.0,"label":"kbd"}`)
	status := p.do("status", nil, nil)
	statusID, _ := p.take("status")
	set := p.do("date", Args{"set": 5}, nil)
	p.take("date")
	up := p.do("up", Args{"label": "rtc"}, nil)
	p.take("up")
	p.say(`{"id":%d,"ok":tr`, statusID) // and it dies
	p.say(hello, 1)
	p.want(up, ErrUnknown)
	p.want(set, ErrUnknown)
	if l := p.raw(); l != "" {
		t.Errorf("the first line after a hello is %q, want an empty one", l)
	}
	if again, _ := p.take("status"); again != statusID {
		t.Errorf("sent again with id %d, want %d", again, statusID)
	}
	if _, f := p.take("events"); f["since"] != float64(9) {
		t.Errorf("events from %v on, want 9", f["since"])
	}
	p.say(`{"id":%d,"ok":true}`, statusID)
	p.want(status, nil)
	p.say(`{"event":"ready","seq":8,"t":1.0,"label":"kbd"}`) // again
	p.say(`{"event":"death","seq":9,"t":1.25,"label":"ctl","reason":"exception","vector":6,"detect_ns":1234}`)
	var got []string
	for len(got) < 4 {
		e, err := events.Next(p.ctx)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(e.Kind, e.Seq))
	}
	if s := strings.Join(got, " "); s != "ready7 ready8 hello0 death9" {
		t.Errorf("events %s", s)
	}
}

func TestWait(t *testing.T) {
	p := newPort(t)
	p.say(`{"event":"ready","seq":5,"t":1.0,"label":"rtc"}`)
	events := p.c.Events(true)
	p.say(`{"event":"lost","t":1.0,"n":3}`)
	p.say(`{"event":"ready","seq":9,"t":1.0,"label":"kbd"}`)
	p.say(`{"event":"ready","seq":12,"t":1.0,"label":"tty"}`)
	e, err := events.Wait(p.ctx, "the loss", func(e *Event) bool { return e.Kind == "lost" })
	if err != nil || e.N != 3 {
		t.Fatalf("lost is %+v, %v", e, err)
	}
	// What is missing without a word is told as lost as well.
	e, err = events.Wait(p.ctx, "the gap", func(e *Event) bool { return e.Kind == "lost" })
	if err != nil || e.N != 2 {
		t.Fatalf("the gap is %+v, %v", e, err)
	}
	p.conn.Close()
	_, err = events.Wait(p.ctx, "godot", func(e *Event) bool { return e.Is("ready", "godot") })
	if !errors.Is(err, ErrClosed) || !strings.Contains(err.Error(), `waited for godot`) || !strings.Contains(err.Error(), "ready tty") {
		t.Errorf("error %v", err)
	}
}

func TestDialGivesUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Dial(ctx, filepath.Join(t.TempDir(), "none")); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
