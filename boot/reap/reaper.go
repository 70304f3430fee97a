//go:build tamago

package main

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"bennu/boot/reap/say"
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

const (
	look      = 20 * time.Microsecond // between two looks whether a life is over
	lifeLimit = 30 * time.Second      // for a life to be over, or for the next one to come
	every     = 1000                  // deaths between two lines of progress
	calm      = 3                     // rounds of the witness after the last death
)

// reaper ends lives.
type reaper struct {
	victims []string
	ways    []string
	kills   int
	most    uint64 // TSC counts of a life's own time until it ends, at most
	seed    uint64
	lo, hi  uint64 // what of a life's text is flipped
	r       *rand.Rand

	witness abi.Endpoint
	deaths  uint64
	failed  uint64
	flips   uint64 // lives in which a bit was changed
	died    uint64 // of them, those that ended by themselves
	stood   uint64 // and those in which the witness came no further
	spoiled uint64 // and those in which it noticed something
	lasted  uint64 // and those after which it noticed something that it had not before
	seen    uint64 // what it had noticed at the end of the last one
}

// Init reads the arguments: victims=LABEL,… ways=WAY,… kills=N most=N seed=N text=LOW-HIGH (of the ways of say.Flips; hexadecimal).
func (r *reaper) Init(c *sdk.Context) error {
	r.victims, r.ways, r.kills, r.most = []string{"rs"}, say.Ways[:1], 100, 200_000
	for _, a := range c.Args() {
		name, value, _ := strings.Cut(a, "=")
		n, err := strconv.ParseUint(value, 10, 62)
		switch name {
		case "victims":
			r.victims, err = strings.Split(value, ","), nil
		case "ways":
			r.ways, err = strings.Split(value, ","), nil
		case "kills":
			r.kills = int(n)
		case "most":
			r.most = max(n, 1)
		case "seed":
			r.seed = n
		case "text":
			low, high, _ := strings.Cut(value, "-")
			if r.lo, err = strconv.ParseUint(low, 16, 64); err == nil {
				r.hi, err = strconv.ParseUint(high, 16, 64)
			}
		default:
			return sdk.Fail(abi.EINVAL, a, ": expected victims=, ways=, kills=, most=, seed= or text=")
		}
		if err != nil {
			return sdk.Fail(abi.EINVAL, a, ": expected a number")
		}
	}
	r.r = rand.New(rand.NewPCG(r.seed, 1))
	c.Alarm(time.Millisecond)
	return nil
}

func (r *reaper) Message(c *sdk.Context, m *abi.Msg, _ abi.ReceiveKind) { c.Reply(m, abi.ENOSYS) }

// Alarm is the whole life of the reaper, once the witness is at work.
func (r *reaper) Alarm(c *sdk.Context) {
	ep, e := c.LookupWait(say.Witness, lifeLimit)
	if e != abi.OK {
		r.end(c, "no witness", e)
		return
	}
	r.witness = ep
	if rounds, _, e := r.ask(c); e != abi.OK || rounds == 0 {
		c.Alarm(time.Millisecond)
		return
	}
	for n := range r.kills {
		victim := r.victims[r.r.IntN(len(r.victims))]
		way := r.ways[r.r.IntN(len(r.ways))]
		if e := r.kill(c, victim, way); e != abi.OK {
			r.end(c, "the reaper could not end "+victim+" (death "+sdk.Dec(uint64(n))+", "+way+")", e)
			return
		}
		if way != "end" || victim != "rs" { // else it has lived as long as was drawn
			if e := r.pace(c); e != abi.OK {
				r.end(c, "the witness stands still after death "+sdk.Dec(uint64(n))+" ("+way+")", e)
				return
			}
		}
		if r.deaths++; r.deaths%every == 0 {
			rounds, failed, _ := r.ask(c)
			c.Log("event", "reaping", "deaths", sdk.Dec(r.deaths), "rounds", sdk.Dec(rounds), "noticed", sdk.Dec(failed))
		}
	}
	begun, _, _ := r.ask(c)
	for end := c.Now() + lifeLimit; ; {
		rounds, failed, e := r.ask(c)
		if e != abi.OK || failed > 0 || rounds >= begun+calm {
			m := abi.Msg{Type: say.Rest}
			e = c.Call(ep, &m, lifeLimit)
			rounds, r.failed = m.Arg[1], m.Arg[2]
			if e != abi.OK {
				r.failed++
			}
			r.done(c, rounds)
			return
		}
		if c.Now() > end {
			r.end(c, "the witness stands still", abi.ETIMEDOUT)
			return
		}
		c.Sleep(time.Millisecond)
	}
}

// ask asks the witness how it goes.
func (r *reaper) ask(c *sdk.Context) (rounds, failed uint64, e abi.Errno) {
	m := abi.Msg{Type: say.Report}
	e = c.Call(r.witness, &m, lifeLimit)
	return m.Arg[1], m.Arg[2], e
}

// kill ends the life of a service, and waits until the next one is there.
func (r *reaper) kill(c *sdk.Context, label, way string) abi.Errno {
	t, e := r.find(c, label, lifeLimit)
	if e != abi.OK {
		return e
	}
	switch way {
	case "end":
		_, e = c.Trace(abi.TraceEnd, t.Endpoint, 1+r.r.Uint64N(r.most), 0)
	case "text", "data":
		e = r.flip(c, &t, way)
	default:
		e = r.plant(c, &t, way)
	}
	if e != abi.OK && e != abi.EDEADSRCDST {
		return e
	}
	return r.await(c, label, &t)
}

// await waits for a life that is not t.
func (r *reaper) await(c *sdk.Context, label string, t *abi.TaskInfo) abi.Errno {
	for end := c.Now() + lifeLimit; c.Now() < end; c.Sleep(look) {
		n, e := r.find(c, label, 0)
		if e == abi.OK && (n.Endpoint != t.Endpoint || n.Incarnation != t.Incarnation) {
			return abi.OK
		}
	}
	return abi.ETIMEDOUT
}

// find asks the kernel for the life of a service, which may be about to come.
func (r *reaper) find(c *sdk.Context, label string, limit time.Duration) (t abi.TaskInfo, e abi.Errno) {
	for end := c.Now() + limit; ; c.Sleep(look) {
		for slot := range uint64(abi.MaxTasks) {
			if _, e := c.Info(abi.InfoTask, slot, abi.Bytes(&t)); e == abi.OK && t.Label.String() == label {
				return t, abi.OK
			}
		}
		if c.Now() >= end {
			return t, abi.ESRCH
		}
	}
}

// code is what a life does instead of what it would have done next. Source: Intel SDM Vol. 2.
var code = map[string][]byte{
	"exception":  {0x0f, 0x0b},                                                                                // UD2
	"exit":       {0xb8, byte(abi.CallExit), 0, 0, 0, 0x31, 0xff, 0x31, 0xf6, 0x0f, 0x05},                     // MOV EAX, n; XOR EDI, EDI; XOR ESI, ESI; SYSCALL
	"panic":      {0xb8, byte(abi.CallExit), 0, 0, 0, 0xbe, 1, 0, 0, 0, 0x0f, 0x05},                           // the same with ESI 1
	"bad-call":   {0xb8, 0xff, 0xff, 0, 0, 0x0f, 0x05},                                                        // MOV EAX, FFFF; SYSCALL
	"hang":       {0xeb, 0xfe},                                                                                // JMP to itself
	"hang-calls": {0xb8, byte(abi.CallTimes), 0, 0, 0, 0xbf, byte(abi.Self), 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf2}, // again: MOV EAX, n; MOV EDI, Self; SYSCALL; JMP again
	"memory":     {0xbf, 0, 0, 0, 0x80, 0x88, 0x07, 0x81, 0xc7, 0, 0x10, 0, 0, 0xeb, 0xf6},                    // MOV EDI, RAM; again: MOV [RDI], AL; ADD EDI, 4096; JMP again
}

// plant writes code where a life goes on.
func (r *reaper) plant(c *sdk.Context, t *abi.TaskInfo, way string) abi.Errno {
	var regs abi.Registers
	if e := c.TraceRegs(t.Endpoint, &regs); e != abi.OK {
		return e
	}
	b, ok := code[way]
	if !ok {
		return abi.EINVAL
	}
	return c.TraceWrite(t.Endpoint, regs.RIP, b)
}

// use is how many rounds of the witness a life with a changed bit lives through, before it is ended.
const use = 3

// patience is how long the witness may come no further, until a life is given up that has a changed bit.
const patience = 200 * time.Millisecond

// flip changes a bit of a life, and ends it when it has been used.
func (r *reaper) flip(c *sdk.Context, t *abi.TaskInfo, way string) abi.Errno {
	at := r.lo + r.r.Uint64N(max(r.hi, r.lo+1)-r.lo)
	if way == "data" {
		e := abi.OK
		if at, e = r.datum(c, t.Endpoint); e != abi.OK {
			return e
		}
	}
	var b [1]byte
	if n, e := c.TraceRead(t.Endpoint, at, b[:]); e != abi.OK || n == 0 {
		return abi.EFAULT
	}
	b[0] ^= 1 << r.r.IntN(8)
	begun, failed, e := r.ask(c)
	if e != abi.OK {
		return e
	}
	if e := c.TraceWrite(t.Endpoint, at, b[:]); e != abi.OK {
		return e
	}
	if r.flips > 0 && failed != r.seen {
		r.lasted++
	}
	r.flips++
	rounds, now := begun, failed
	for end := c.Now() + patience; rounds < begun+use; c.Sleep(look) {
		n, e := r.find(c, t.Label.String(), 0)
		if e != abi.OK || n.Endpoint != t.Endpoint || n.Incarnation != t.Incarnation {
			r.died++
			break
		}
		if c.Now() >= end {
			r.stood++
			break
		}
		m := abi.Msg{Type: say.Report} // the witness may be waiting for a life that does not answer
		if e = c.Call(r.witness, &m, patience/10); e == abi.OK {
			rounds, now = m.Arg[1], m.Arg[2]
		}
	}
	if r.seen = now; now != failed {
		r.spoiled++
	}
	if _, e = c.Trace(abi.TraceEnd, t.Endpoint, 1, 0); e == abi.OK {
		c.Notify(t.Endpoint) // it may wait for nobody, or for something that does not come
	}
	return e
}

// pace waits until the witness has gone on.
func (r *reaper) pace(c *sdk.Context) abi.Errno {
	begun, _, e := r.ask(c)
	for end := c.Now() + lifeLimit; e == abi.OK; c.Sleep(look) {
		var rounds uint64
		if rounds, _, e = r.ask(c); rounds > begun {
			break
		}
		if c.Now() >= end {
			return abi.ETIMEDOUT
		}
	}
	return e
}

// datum is the address of a byte that a life may write, and has.
func (r *reaper) datum(c *sdk.Context, ep abi.Endpoint) (uint64, abi.Errno) {
	var pages []uint64
	for at := uint64(0); ; {
		var a abi.TraceArea
		if e := c.TraceRegion(ep, at, &a); e != abi.OK {
			break
		}
		if at = a.End; a.Rights&abi.AreaWrite == 0 {
			continue
		}
		for p := a.Start; p < a.End && len(pages) < 4096; p += abi.PageSize {
			var b [1]byte
			if n, _ := c.TraceRead(ep, p, b[:]); n == 1 {
				pages = append(pages, p)
			}
		}
	}
	if len(pages) == 0 {
		return 0, abi.ESRCH
	}
	return pages[r.r.IntN(len(pages))] + r.r.Uint64N(abi.PageSize), abi.OK
}

// done says how it was, and ends the machine.
func (r *reaper) done(c *sdk.Context, rounds uint64) {
	c.Log("event", "reaped", "victims", strings.Join(r.victims, ","), "ways", strings.Join(r.ways, ","), "seed", sdk.Dec(r.seed), "deaths", sdk.Dec(r.deaths),
		"rounds", sdk.Dec(rounds), "flips", sdk.Dec(r.flips), "died", sdk.Dec(r.died), "stood", sdk.Dec(r.stood),
		"spoiled", sdk.Dec(r.spoiled), "lasted", sdk.Dec(r.lasted), "noticed", sdk.Dec(r.failed))
	status := uint64(0)
	if r.failed > 0 && r.flips == 0 {
		status = 1
	}
	if e := c.RS().Shutdown(status); e != abi.OK {
		r.end(c, "shutdown", e)
	}
}

// end ends the machine because the test could not go on.
func (r *reaper) end(c *sdk.Context, why string, e abi.Errno) {
	c.Log("event", "reaped", "why", why, "errno", e.Name(), "deaths", sdk.Dec(r.deaths), "noticed", sdk.Dec(r.failed+1))
	c.PowerOff(1)
}
