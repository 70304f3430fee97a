package main

import (
	"errors"
	"time"

	"bennu/drivers/protocol/load"
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
	"bennu/rs/fi/code"
	"bennu/rs/fi/engine"
	"bennu/rs/fi/fault"
	"bennu/rs/fi/plan"
	"bennu/rs/swifi/target"
)

// begins is how long after its own start it looks for the victim first, and how long it waits for it.
const (
	begins  = time.Millisecond
	patient = 10 * time.Second
)

const injectorLabel = "swifi"

// Tags of requests whose answers come as messages.
const (
	tagWork = 1 + iota
	tagOthers
	tagRefresh
	tagFirst
	tagReady // of the reincarnation server, with the number of its life above it
)

// injector is the service.
type injector struct {
	c      *sdk.Context
	wire   wire
	plan   plan.Plan
	types  []fault.Type
	want   code.Mask
	others []string
	victim abi.Label

	e       *engine.Engine // nil: it has not begun
	server  *server        // the victim is the reincarnation server; nil: it is not
	device  *device        // of the victim's; nil: it drives its own
	ep      abi.Endpoint   // of the victim's life that was stopped last
	due     time.Duration  // of the engine's alarm; 0: none
	over    bool           // the machine is ended
	account abi.AccountID
	target  *target.Target
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
	err := j.prepare(c)
	if err != nil { // who waits for its records hears of it, and nobody waits for nothing
		j.end(err.Error())
	}
	return err
}

// prepare is Init but for its bad end.
func (j *injector) prepare(c *sdk.Context) error {
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

// Alarm is sdk.Alarmer.
func (j *injector) Alarm(*sdk.Context) {
	if j.account == 0 {
		j.begin()
		return
	}
	j.stops()
	j.answer()
	j.lives()
	now := j.c.Now()
	if j.due == 0 || now < j.due {
		j.arm()
		return
	}
	j.due = 0
	j.arm()
	j.events()
	if j.due == 0 { // else what has happened meanwhile has begun another wait
		j.e.Alarm()
	}
}

// arm sets the alarm to what is due first.
func (j *injector) arm() {
	at := j.due
	if d := j.device; d != nil && d.waiting && (at == 0 || d.until < at) {
		at = d.until
	}
	if next := j.c.Now() + glance; j.server != nil && (at == 0 || next < at) {
		at = next
	}
	d := time.Duration(0)
	if at != 0 {
		d = max(at-j.c.Now(), 1)
	}
	j.c.Alarm(d)
}

// begin finds the victim and reads its code. One whose device the injector is begins again on that.
func (j *injector) begin() {
	ep, e := j.c.Root(), abi.OK
	if j.plan.Victim != serverLabel {
		ep, e = j.c.LookupWait(j.plan.Victim, patient)
	} else {
		j.server = new(server)
	}
	if e == abi.OK {
		j.load, e = j.c.LookupWait(load.Label(j.plan.Victim), patient)
	}
	if e != abi.OK {
		j.end("the victim or its workload is not there: " + e.Name())
		return
	}
	info, ok := j.info(ep)
	if !ok {
		j.end("the victim is gone")
		return
	}
	j.account, j.ep = info.Account, ep
	if e := (world{j}).Trace(0); e != abi.OK {
		j.end("attach: " + e.Name())
		return
	}
	j.lines = j.probe(ep)
	t, err := j.read(ep, info.Image)
	if err != nil {
		j.end(err.Error())
		return
	}
	j.target = t
	if j.device = j.newDevice(j.plan.Victim); j.device == nil {
		j.start(ep)
		return
	}
	if e := (world{j}).Trace(0); e != abi.OK {
		j.end("attach: " + e.Name())
		return
	}
	m := sdk.LabelRequest(abi.RSRefresh, j.victim)
	if e := j.c.Ask(j.c.Root(), &m, tagFirst); e != abi.OK {
		j.end("the reincarnation server takes no request: " + e.Name())
	}
}

// info is the kernel's row of a life; ok is false when it is gone.
func (j *injector) info(ep abi.Endpoint) (info abi.TaskInfo, ok bool) {
	_, e := j.c.Info(abi.InfoTask, uint64(ep.Slot()), abi.Bytes(&info))
	return info, e == abi.OK && info.Endpoint == ep
}

// read reads the victim's code.
func (j *injector) read(ep abi.Endpoint, id uint32) (*target.Target, error) {
	text, err := world{j}.text(ep)
	if err != nil {
		return nil, err
	}
	var image abi.ImageInfo
	if _, e := j.c.Info(abi.InfoImage, uint64(id), abi.Bytes(&image)); e != abi.OK {
		return nil, errors.New("the victim's executable: " + e.Name())
	}
	var machine abi.Machine
	j.c.Info(abi.InfoMachine, 0, abi.Bytes(&machine)) // it always answers
	t := target.New(text, j.want, j.types, image.CRC32C, machine.TSCHz)
	if j.plan.Reached {
		t.Plant(engine.Breakpoint)
	}
	return t, nil
}

// start starts the plan.
func (j *injector) start(ep abi.Endpoint) {
	info, ok := j.info(ep)
	if !ok {
		j.end("the victim is gone")
		return
	}
	j.ep, j.e = ep, engine.New(world{j}, j.plan, j.types, j.target)
	j.skip()
	j.lives()
	j.e.Start(ep, info.Incarnation)
}

// Traced is sdk.Tracer.
func (j *injector) Traced(*sdk.Context) { j.stops() }

// stops hands the engine all lives that are stopped.
func (j *injector) stops() {
	for j.c.TraceNext(&j.stop) == abi.OK {
		switch {
		case j.server != nil && j.e != nil:
			j.serverStopped(&j.stop)
		case j.plays(&j.stop):
		case j.e != nil:
			j.e.Stopped(&j.stop)
		default:
			j.c.TraceContinue(j.stop.Endpoint, abi.TracePass)
		}
	}
}

// News is sdk.Newser.
func (j *injector) News(*sdk.Context, uint64) {
	if j.e == nil {
		return
	}
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
	if j.server == nil {
		j.c.RS().Watch(j.next)
	}
}

// events hands the engine what has happened since it was last told.
func (j *injector) events() {
	if j.server != nil {
		j.lives()
		return
	}
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
			r := &j.rows[i]
			if r.Label == j.victim {
				j.met(r)
			}
			j.e.Happened(r.Label.String(), r)
		}
	}
	if news {
		j.c.RS().Watch(j.next)
	}
}

// met keeps up with the victim's lives. What was on a dead one's wire is nobody's.
func (j *injector) met(ev *abi.Event) {
	switch {
	case ev.Kind == abi.EventStart:
		j.ep = ev.Endpoint
	case ev.Kind == abi.EventDeath && j.device != nil:
		j.device.Forget()
	}
}

// Stop is sdk.Stopper. Only a victim that has gone wrong asks for that: the reincarnation server.
func (j *injector) Stop(*sdk.Context) {
	if j.e != nil {
		j.e.Deserted(injectorLabel + ": " + abi.ReasonStopped.String())
	}
}

// Reply is sdk.Replier.
func (j *injector) Reply(_ *sdk.Context, m *abi.Msg) {
	j.stops()
	e := abi.Errno(m.Arg[0])
	if m.Arg[6] == tagFirst {
		if e != abi.OK {
			j.end("the victim does not begin again: " + e.Name())
			return
		}
		j.start(abi.Endpoint(m.Arg[1]))
		return
	}
	if j.e == nil {
		return
	}
	j.events()
	switch m.Arg[6] & 0xff {
	case tagReady:
		j.answered(m, e)
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
	if j.e != nil { // it knows how many blocks are done
		j.e.Quit(words)
		return
	}
	w := world{j}
	w.bye(words)
	w.Over(words)
}
