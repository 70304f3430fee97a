package main

import (
	"strings"
	"time"

	"bennu/drivers/protocol/load"
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
	"bennu/rs/fi/engine"
	"bennu/rs/fi/fault"
	"bennu/rs/fi/plan"
	"bennu/rs/fi/types"
	"bennu/rs/swifi/target"
)

// begins is how long after its own start it looks for the victim first, and how long it waits for it.
const (
	begins  = time.Millisecond
	patient = 10 * time.Second
)

// Tags of requests whose answers come as messages.
const (
	tagWork = 1 + iota
	tagOthers
	tagRefresh
)

// injector is the service.
type injector struct {
	c      *sdk.Context
	wire   wire
	plan   plan.Plan
	types  []fault.Type
	others []string
	victim abi.Label

	e       *engine.Engine // nil: it has not begun
	account abi.AccountID
	load    abi.Endpoint
	next    uint64 // number of the next event
	rows    [32]abi.Event
	stop    abi.TraceStop
	frame   []byte
	lines   []uint32
}

// Init is sdk.Driver.
func (j *injector) Init(c *sdk.Context) error {
	j.c, j.load = c, abi.None
	if e := j.wire.init(c.Ports()); e != abi.OK {
		return sdk.Fail(e, "no serial port at ", sdk.Hex(wireBase), " for the records")
	}
	if err := j.arguments(c.Args()); err != nil {
		return err
	}
	_, e := c.Alarm(begins)
	if e != abi.OK {
		return sdk.Fail(e, "alarm")
	}
	return nil
}

// arguments reads the plan, and who is not to notice.
func (j *injector) arguments(args []string) error {
	var words []string
	for _, a := range args {
		if list, ok := strings.CutPrefix(a, "others="); ok {
			j.others = strings.Split(list, ",")
			continue
		}
		words = append(words, a)
	}
	p, err := plan.Parse(words)
	if err != nil {
		return sdk.Fail(abi.EINVAL, "args: ", err.Error())
	}
	j.plan = p
	j.victim, _ = abi.MakeLabel(p.Victim)
	for _, name := range p.Types {
		names := types.List(name)
		if names == nil {
			names = []string{name}
		}
		for _, n := range names {
			t := types.Named(n)
			if t == nil {
				return sdk.Fail(abi.EINVAL, "args: types=: ", n, ": expected types of faults, or ", strings.Join(types.Lists, ", "))
			}
			j.types = append(j.types, t)
		}
	}
	return nil
}

// Message is sdk.Driver.
func (j *injector) Message(c *sdk.Context, m *abi.Msg, _ abi.ReceiveKind) { c.Reply(m, abi.ENOSYS) }

// Alarm is sdk.Alarmer.
func (j *injector) Alarm(*sdk.Context) {
	if j.e == nil {
		j.begin()
		return
	}
	j.stops()
	j.events()
	j.e.Alarm()
}

// begin reads the victim's code and starts the plan.
func (j *injector) begin() {
	ep, e := j.c.LookupWait(j.plan.Victim, patient)
	if e == abi.OK {
		j.load, e = j.c.LookupWait(load.Label(j.plan.Victim), patient)
	}
	if e != abi.OK {
		j.end("the victim or its workload is not there: " + e.Name())
		return
	}
	var info abi.TaskInfo
	if _, e := j.c.Info(abi.InfoTask, uint64(ep.Slot()), abi.Bytes(&info)); e != abi.OK || info.Endpoint != ep {
		j.end("the victim is gone")
		return
	}
	j.account = info.Account
	text, err := world{j}.text(ep)
	if err != nil {
		j.end(err.Error())
		return
	}
	var image abi.ImageInfo
	if _, e := j.c.Info(abi.InfoImage, uint64(info.Image), abi.Bytes(&image)); e != abi.OK {
		j.end("the victim's executable: " + e.Name())
		return
	}
	want, err := strata(j.plan.Strata)
	if err != nil {
		j.end(err.Error())
		return
	}
	j.lines = j.probe(ep)
	var machine abi.Machine
	j.c.Info(abi.InfoMachine, 0, abi.Bytes(&machine)) // it always answers
	j.e = engine.New(world{j}, j.plan, j.types, target.New(text, want, j.types, image.CRC32C, machine.TSCHz))
	j.skip()
	j.e.Start(ep, info.Incarnation)
}

// Traced is sdk.Tracer.
func (j *injector) Traced(*sdk.Context) { j.stops() }

// stops hands the engine all lives that are stopped.
func (j *injector) stops() {
	for j.c.TraceNext(&j.stop) == abi.OK {
		j.e.Stopped(&j.stop)
	}
}

// News is sdk.Newser.
func (j *injector) News(*sdk.Context, uint64) {
	j.stops()
	j.events()
}

// skip leaves out the events until now, and has those that come told.
func (j *injector) skip() {
	for {
		n, next, _, e := j.c.RS().Events(j.rows[:], j.next)
		if e != abi.OK || n == 0 {
			break
		}
		j.next = next
	}
	j.c.RS().Watch(j.next)
}

// events hands the engine what has happened since it was last told.
func (j *injector) events() {
	news := false
	for {
		n, next, lost, e := j.c.RS().Events(j.rows[:], j.next)
		if lost > 0 {
			j.end("events of the reincarnation server were lost")
			return
		}
		if e != abi.OK || n == 0 {
			break
		}
		news, j.next = true, next
		for i := range j.rows[:n] {
			j.e.Happened(j.rows[i].Label.String(), &j.rows[i])
		}
	}
	if news {
		j.c.RS().Watch(j.next)
	}
}

// Reply is sdk.Replier.
func (j *injector) Reply(_ *sdk.Context, m *abi.Msg) {
	j.stops()
	j.events()
	e := abi.Errno(m.Arg[0])
	switch m.Arg[6] {
	case tagWork:
		j.worked(m, e)
	case tagOthers:
		j.checked(m, e)
	case tagRefresh:
		j.refreshed(m, e)
	}
}

// end tells why there is no plan to follow, and ends the machine.
func (j *injector) end(words string) {
	j.c.Log("error", words)
	w := world{j}
	if j.e == nil {
		w.bye(words)
	}
	w.Over(words)
}
