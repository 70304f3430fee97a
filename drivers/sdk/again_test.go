package sdk_test

import (
	"testing"
	"time"

	"bennu/drivers/sdk"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

// methods are how a driver makes requests to the reincarnation server; those without a method are made by the rules of the table.
var methods = map[abi.MsgType]func(c *sdk.Context, l abi.Label) abi.Errno{
	abi.RSUp:      func(c *sdk.Context, l abi.Label) abi.Errno { _, e := c.RS().Up(l); return e },
	abi.RSDown:    func(c *sdk.Context, l abi.Label) abi.Errno { return c.RS().Down(l) },
	abi.RSRefresh: func(c *sdk.Context, l abi.Label) abi.Errno { _, e := c.RS().Refresh(l); return e },
	abi.RSRestart: func(c *sdk.Context, l abi.Label) abi.Errno { _, e := c.RS().Restart(l); return e },
	abi.RSShutdown: func(c *sdk.Context, l abi.Label) abi.Errno {
		return c.RS().Shutdown(0)
	},
	abi.RSLookup: func(c *sdk.Context, l abi.Label) abi.Errno { _, _, e := c.Lookup(l.String()); return e },
	abi.RSStatus: func(c *sdk.Context, l abi.Label) abi.Errno {
		_, e := c.RS().Status(make([]abi.ServiceStatus, 2))
		return e
	},
	abi.RSPCI: func(c *sdk.Context, l abi.Label) abi.Errno {
		_, e := c.RS().Functions(make([]abi.FunctionInfo, 2))
		return e
	},
	abi.RSEvents: func(c *sdk.Context, l abi.Label) abi.Errno {
		_, _, _, e := c.RS().Events(make([]abi.Event, 2), 0)
		return e
	},
	abi.RSWatch: func(c *sdk.Context, l abi.Label) abi.Errno { return c.RS().Watch(1) },
	abi.RSFault: func(c *sdk.Context, l abi.Label) abi.Errno { return c.RS().Fault(l, abi.FaultKill, 0) },
}

// statements are what the SDK says by itself, to the fake server.
var statements = map[abi.MsgType]bool{abi.RSHeartbeat: true, abi.RSWords: true, abi.RSFaulted: true}

// rsPeer is a server that does what it is asked for once, and dies over requests.
type rsPeer struct {
	k      *fake.Kernel
	r      *abi.Request
	dies   int  // over so many more
	before bool // it has done anything
	asked  int
	done   int
}

func (p *rsPeer) ask(m abi.Msg) (a fake.Answer) {
	p.asked++
	second := p.done > 0
	if die := p.dies > 0; die {
		p.dies--
		p.k.At(0, func() { p.k.At(500*time.Microsecond, func() { delete(p.k.Dead, fake.Root) }) })
		if !p.before && (!second || p.r.Repeat == abi.RepeatNever) {
			p.done++
		}
		return fake.Answer{Dies: true}
	}
	if !second || p.r.Repeat == abi.RepeatNever {
		p.done++
	} else {
		a.Msg.Arg[0] = uint64(p.r.Unsure[0])
	}
	return a
}

// The server is gone before it has done what it was asked for, or after that, for good: what may be repeated is, once more and within the limit; of what may not, and of what is
// answered as if it had been so before, the driver is told that this is not known.
func TestRepeats(t *testing.T) {
	l, _ := abi.MakeLabel("rtc")
	for n := 0; ; n++ {
		r, ok := abi.RSRequests(n)
		if !ok {
			break
		}
		if statements[r.Type] {
			continue
		}
		ask := methods[r.Type]
		if ask == nil {
			ask = func(c *sdk.Context, l abi.Label) abi.Errno {
				m := abi.Msg{Type: r.Type}
				return c.AskRoot(&m, time.Second)
			}
		}
		for _, before := range []bool{true, false} {
			k, c := start(t, new(driver))
			p := &rsPeer{k: k, r: r, dies: 1, before: before}
			k.Peers[fake.Root] = p.ask
			e := ask(c, l)
			asked, done, want := 2, 1, abi.OK
			switch {
			case r.Repeat == abi.RepeatNever:
				asked, want = 1, abi.EINDOUBT
				if before {
					done = 0
				}
			case !before && r.Unsure[0] != abi.OK:
				want = abi.EINDOUBT
			}
			if e != want || p.asked != asked || p.done != done {
				t.Errorf("%s, dies before it %v: %s, want %s; asked %d times, done %d times", r.Name, before, e.Name(), want.Name(), p.asked, p.done)
			}
		}
	}
}

// A server that never answers: what may not be repeated is in doubt when the time is over, if it was received; the rest is late.
func TestNoAnswer(t *testing.T) {
	l, _ := abi.MakeLabel("rtc")
	for _, c := range []struct {
		what string
		busy bool
		m    abi.Msg
		want abi.Errno
	}{
		{"received, never", false, sdk.FaultRequest(l, abi.FaultKill, 0), abi.EINDOUBT},
		{"not received, never", true, sdk.FaultRequest(l, abi.FaultKill, 0), abi.ETIMEDOUT},
		{"received, once", false, sdk.LabelRequest(abi.RSUp, l), abi.ETIMEDOUT},
		{"received, same", false, sdk.LabelRequest(abi.RSLookup, l), abi.ETIMEDOUT},
		{"received, a request that nobody knows", false, abi.Msg{Type: 0x7ff}, abi.EINDOUBT},
	} {
		k, ctx := start(t, new(driver))
		asked := 0
		k.Peers[fake.Root] = func(abi.Msg) fake.Answer { asked++; return fake.Answer{Silent: true} }
		if c.busy {
			k.BusyTo[fake.Root] = ctx.Now() + time.Hour
		}
		m, before := c.m, ctx.Now()
		e := ctx.AskRoot(&m, time.Second)
		if took := ctx.Now() - before; e != c.want || asked > 1 || took < time.Second || took > time.Second+100*time.Millisecond {
			t.Errorf("%s: %s, want %s; asked %d times, %v", c.what, e.Name(), c.want.Name(), asked, took)
		}
	}
}

// A server that dies over every request is not asked for ever, and not in a hurry.
func TestRepeatsEnd(t *testing.T) {
	l, _ := abi.MakeLabel("rtc")
	k, c := start(t, new(driver))
	r := abi.RSRequest(abi.RSUp)
	p := &rsPeer{k: k, r: r, dies: 1 << 30, before: true}
	k.Peers[fake.Root] = p.ask
	before := c.Now()
	_, e := c.RS().Up(l)
	if took := c.Now() - before; e != abi.EDEADSRCDST || took < 4*time.Second || took > 6*time.Second || p.asked < 2 || p.asked > 10_000 {
		t.Errorf("%s after %v, asked %d times", e.Name(), took, p.asked)
	}
}
