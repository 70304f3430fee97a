package server

import (
	"testing"
	"time"

	"bennu/drivers/sdk"
	"bennu/kernel/abi"
	operator "bennu/rs/service"
	"bennu/rs/service/live"
)

// The server, drivers of the SDK and the operator's front end as they are, on the kernel's own message passing.

// plain is a driver that does nothing.
type plain struct{ init func(c *sdk.Context) error }

func (d plain) Init(c *sdk.Context) error {
	if d.init != nil {
		return d.init(c)
	}
	return nil
}
func (plain) Message(c *sdk.Context, m *abi.Msg, _ abi.ReceiveKind) { c.Reply(m, abi.ENOSYS) }

// front asks what it is told to, as the control port does.
type front struct {
	plain
	a    *live.Asker
	next func(a *live.Asker) // asks more, while there is room
}

func (d *front) Init(c *sdk.Context) error {
	d.a = live.New(c)
	d.turn()
	return nil
}
func (d *front) turn() {
	d.next(d.a)
	d.a.Turn()
}
func (d *front) Alarm(*sdk.Context) {
	d.a.Alarm()
	d.turn()
}
func (d *front) Reply(_ *sdk.Context, m *abi.Msg) {
	d.a.Reply(m)
	d.turn()
}
func (d *front) News(*sdk.Context, uint64) { d.turn() }

// code has a life run a driver.
func (a *actor) code(d sdk.Driver) {
	a.t.Run(func() {
		c := sdk.Start(a.t.Gate(), d)
		for {
			over, _, kind := c.Over()
			if a.panicked = kind == abi.ExitPanic; over {
				return
			}
			c.Step()
		}
	})
}

// goOn lets the server and all lives that have code run until all wait.
func (w *world) goOn() {
	for again := true; again; {
		w.drain()
		again = false
		for _, a := range w.lives() {
			if a.t.Over() && a.panicked {
				w.die(a, abi.CausePanic)
				again = true
			} else if a.t.Over() {
				w.die(a, abi.CauseExit)
				again = true
			} else if a.t.Runs() {
				a.t.Resume()
				again = true
				w.drain() // it has the best priority
			}
		}
	}
}

func (w *world) passOn(d time.Duration) {
	for end := w.m.Now() + uint64(d); ; w.goOn() {
		at, ok := w.m.Next()
		if !ok || at > end {
			w.m.Pass(end)
			w.goOn()
			return
		}
		w.m.Pass(at)
	}
}

// 400 requests that begin and end lives, from one front end, with a service beside it that never receives: each is answered
// by the server, once.
func TestFourHundredLives(t *testing.T) {
	const total = 400
	targets := []string{"x", "y", "z"}
	asked, ended, bad := 0, 0, map[string]int{}
	w := newWorld(t, 1, crowd("ctl", "x", "y", "z", "deaf"), func(*actor) {})
	front := &front{next: func(a *live.Asker) {
		for ; asked < total && a.Waiting() < operator.MaxAsks-4; asked++ {
			typ := []abi.MsgType{abi.RSDown, abi.RSUp, abi.RSRefresh, abi.RSRestart}[asked%4]
			m := named(typ, targets[asked%3])
			a.Ask(a.RS(), m, operator.LimitLife, func(m *abi.Msg, e abi.Errno) {
				ended++
				if m == nil || abi.Why(m.Arg[5]) == abi.WhyTooMany {
					bad[e.Name()]++
				}
			})
		}
	}}
	w.started = func(a *actor) {
		switch a.label {
		case "ctl":
			a.code(front)
		case "deaf":
			a.mood = deaf
		default:
			a.code(plain{})
		}
	}
	for _, a := range w.lives() { // made before the line above
		w.started(a)
	}
	w.goOn()
	for n := 0; n < 2000 && ended < total; n++ {
		if d := w.find("deaf"); d != nil {
			d.ask(d.request(abi.RSLookup, "x"), abi.KindSendA)
		}
		w.passOn(10 * time.Millisecond)
	}
	w.passOn(time.Second)
	if asked != total || ended != total || len(bad) != 0 {
		t.Errorf("%d asked, %d ended, without an answer of the server: %v", asked, ended, bad)
	}
}

// What the server says of a start that fails, and of an order to misbehave, from where it is known to where it is read.
func TestWhyEndToEnd(t *testing.T) {
	inits := map[string]func(*sdk.Context) error{
		"good": nil,
		"bad":  func(*sdk.Context) error { return sdk.Fail(abi.ENODEV, "no chip") },
		"dies": func(*sdk.Context) error { panic("early") },
		"slow": func(c *sdk.Context) error { return c.Sleep(time.Hour).Err() },
	}
	config := crowd("op", "deaf") + `
service good { start manual; unguarded 100:4; program p; };
service clash { start manual; unguarded 102; program p; };
service bad { start manual; program p; init 1s; };
service dies { start manual; program p; init 1s; };
service slow { start manual; program p; init 2m; };
service wrong { irqs 3; };
`
	for _, c := range []struct{ line, want string }{
		{"service up good", "good runs, endpoint "},
		{"service up clash", "EINVAL: the entry of clash was refused: system.conf:"},
		{"service up bad", "ENODEV: Init of bad failed: no chip (server/joint_test.go:"},
		{"service up dies", "EIO: dies died: panic: early (server/joint_test.go:"},
		{"service up slow", "ETIMEDOUT: Init of slow did not answer in 120.0s\n"},
		{"service up wrong", "EINVAL: the entry of wrong was refused: system.conf:"},
		{"service up nobody", "ESRCH: no service nobody (service status lists them)\n"},
		{"service fi good nil", "ENOSYS: good has no such way to misbehave\n"},
		{"service fi bad kill", "ESRCH: bad was given up (service status tells why, service restart tries again)\n"},
		{"service fi deaf nil", "ETIMEDOUT: deaf did not answer the order to misbehave in 2.000s\n"},
		{"service lookup bad", "ESRCH: bad was given up (service status tells why, service restart tries again)\n"},
		{"service down good", "good is down\n"},
		{"service fi dies kill", "ESRCH: dies is down (service up starts it)\n"},
	} {
		if got := whyEndToEnd(t, config, inits, c.line); len(got) < len(c.want) || got[:len(c.want)] != c.want {
			t.Errorf("%s: %q, want %q", c.line, got, c.want)
		}
	}
}

// whyEndToEnd brings up what can be, and runs one line of an operator.
func whyEndToEnd(t *testing.T, config string, inits map[string]func(*sdk.Context) error, line string) (got string) {
	w := newWorld(t, 1, config, func(*actor) {})
	done := false
	steps := []string{"service up good", "service up bad", line}
	for i := range steps { // not what the line itself is to do
		if steps[i] == line {
			steps = steps[:i+1]
			break
		}
	}
	front := &front{next: func(a *live.Asker) {
		for len(steps) > 0 && a.Waiting() == 0 {
			r, _, err := operator.Parse(steps[0])
			if err != nil {
				t.Fatal(err)
			}
			last := len(steps) == 1
			steps = steps[1:]
			operator.Run(a.Asker, r, func(res operator.Result) {
				if last {
					got, done = operator.Text(r, res), true
				}
			})
		}
	}}
	w.started = func(a *actor) {
		switch a.label {
		case "op":
			a.code(front)
		case "deaf":
			a.mood = deaf
			a.ready = a.ask(a.request(abi.RSReady, ""), abi.KindSendA)
		default:
			a.code(plain{inits[a.label]})
		}
	}
	for _, a := range w.lives() {
		w.started(a)
	}
	w.goOn()
	for n := 0; n < 300 && !done; n++ {
		w.passOn(time.Second)
	}
	return got
}
