package server

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"bennu/drivers/protocol/ds"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
	"bennu/rs/service"
)

// machine is the driver with a fake chip and kernel.
type machine struct {
	t *testing.T
	k *fake.Kernel
	u *fake.UART
}

func newMachine(t *testing.T, k *fake.Kernel, u *fake.UART) *machine {
	m := &machine{t, k, u}
	u.Raise = func() { k.Fire(Line) }
	k.Device = u
	if over, status, _ := k.Start(new(Driver)).Over(); over {
		t.Fatalf("the driver ended with status %d: %q", status, k.Lines)
	}
	m.settle()
	return m
}

// settle carries bytes and answers RS until nothing happens: there are no events.
func (m *machine) settle() {
	m.t.Helper()
	for range 10000 {
		m.u.Carry(16)
		m.k.Run()
		from := fake.Root
		r, ok := m.k.Take(fake.Root)
		if !ok {
			from = fake.DS
			r, ok = m.k.Take(fake.DS)
		}
		if !ok {
			if len(m.u.TX) == 0 {
				return
			}
			continue
		}
		a := abi.Msg{Arg: [7]uint64{2: r.Arg[2]}} // no events
		switch r.Type {
		case abi.RSReady, abi.RSUp:
			continue
		case abi.RSLookup:
			a = m.k.RS(r).Msg
		case ds.Keep:
			a = m.k.DS(r).Msg
		}
		a.Source, a.Type, a.Arg[6] = from, abi.MsgReply, r.Arg[6]
		m.k.Deliver(a, abi.KindSendA)
	}
	m.t.Fatal("no rest")
}

// sent takes what came out of the wire.
func (m *machine) sent() string {
	s := string(m.u.Sent)
	m.u.Sent = nil
	return s
}

func (m *machine) send(line string) string {
	m.t.Helper()
	for len(line) > 0 {
		n := min(len(line), 16)
		m.u.Type([]byte(line[:n])...)
		line = line[n:]
		m.settle()
	}
	return m.sent()
}

func TestDriver(t *testing.T) {
	k, u := fake.New(t, "ctl"), &fake.UART{Base: Base}
	m := newMachine(t, k, u)
	if s := m.sent(); !strings.HasPrefix(s, `{"event":"hello",`) || !strings.HasSuffix(s, "}\n") {
		t.Fatalf("said %q at the start", s)
	}
	if s := m.send(`{"id":1,"cmd":"events","since":7}` + "\n"); s != `{"id":1,"ok":true,"since":7}`+"\n" {
		t.Errorf("answered %q", s)
	}
	// While a slow request waits, others are answered, and pings.
	m.send(`{"id":2,"cmd":"up","label":"rtc"}` + "\n")
	if !k.Ping() {
		t.Error("a ping is not answered while a request waits")
	}
	if s := m.send(`{"id":3,"cmd":"help"}` + "\n"); !json.Valid([]byte(s)) || !strings.HasPrefix(s, `{"id":3,"ok":true`) {
		t.Errorf("answered %q", s)
	}
	if s := m.send("\xff\n"); !strings.Contains(s, `"error":"column 1: expected an object`) {
		t.Errorf("answered %q", s)
	}
	k.Advance(service.LimitLife + time.Second)
	m.settle()
	if s := m.sent(); !strings.HasPrefix(s, `{"id":2,"ok":false,"errno":"ETIMEDOUT"`) {
		t.Errorf("RS did not answer, and the client heard %q", s)
	}
	// The next incarnation has the subscription.
	k.Info.Incarnation, k.Info.Init = 1, abi.InitRestart
	m = newMachine(t, k, u)
	if s := m.sent(); !strings.Contains(s, `"incarnation":1,`) || !strings.Contains(s, `"subscribed":true,"next":7}`) {
		t.Errorf("the second incarnation said %q", s)
	}
}

// An answer larger than every buffer on its way arrives whole, with lost interrupts too.
func TestDriverLargeAnswer(t *testing.T) {
	k, u := fake.New(t, "ctl"), &fake.UART{Base: Base}
	m := newMachine(t, k, u)
	m.sent()
	var all strings.Builder
	for range 20 {
		m.k.Advance(time.Second)
		for _, c := range []byte(`{"id":3,"cmd":"help"}` + "\n") {
			u.Type(c)
			k.Run()
		}
		u.LoseIRQ = 3
		for range 300 {
			u.Carry(16)
			k.Advance(time.Millisecond)
		}
		m.settle()
		all.WriteString(m.sent())
	}
	lines := strings.Split(strings.TrimSuffix(all.String(), "\n"), "\n")
	for _, l := range lines {
		if !json.Valid([]byte(l)) {
			t.Fatalf("not JSON: %q", l)
		}
	}
	if len(lines) != 20 {
		t.Errorf("%d answers, want 20", len(lines))
	}
}

func TestDriverWithoutPort(t *testing.T) {
	k := fake.New(t, "ctl")
	k.Device = &fake.UART{Base: Base, Absent: true}
	over, status, _ := k.Start(new(Driver)).Over()
	if !over || status == 0 || len(k.Lines) == 0 || !strings.Contains(k.Lines[0], "no serial port") {
		t.Errorf("over %v, status %d, said %q; want an end that says why", over, status, k.Lines)
	}
}
