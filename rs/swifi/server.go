package main

import (
	"time"

	"bennu/drivers/protocol/load"
	"bennu/kernel/abi"
)

// The reincarnation server is a victim like others, but for three things. It may be stopped at a breakpoint, so it is never waited for. Its deaths are told
// by the kernel: the next life's birth stops it. And it is what tells of others' deaths: of these the kernel's table is asked.

const serverLabel = "rs"

// server is what is known of a victim that is the reincarnation server.
type server struct {
	fault  abi.TraceStop // the exception that is about to end its life; Why 0: none
	grant  abi.GrantID   // of the injector's rows
	given  bool
	asks   int // for events, of this life
	others map[string]life
}

// life is a service's, by the kernel's table.
type life struct {
	ep  abi.Endpoint
	inc uint32
}

// glance is how often the kernel's table is looked at.
const glance = 10 * time.Millisecond

// mostAsks is how often a life is asked for events: one that was broken may have always more.
const mostAsks = 64

// serverStopped takes a stop of the victim's. A birth is the end of the life before, too.
func (j *injector) serverStopped(s *abi.TraceStop) {
	v := j.server
	switch s.Why {
	case abi.StopFault:
		v.fault = *s
	case abi.StopBirth:
		j.born(s)
		return
	}
	j.e.Stopped(s)
}

// born hands the engine a death and the next life's beginning.
func (j *injector) born(s *abi.TraceStop) {
	v := j.server
	info, ok := j.info(s.Endpoint)
	if !ok {
		j.end("the reincarnation server has no row with the kernel")
		return
	}
	now := uint64(j.c.Now())
	death := abi.Event{Kind: abi.EventDeath, Reason: abi.ReasonLost, Endpoint: s.Endpoint, Incarnation: info.Incarnation - 1, TimeNS: now, FaultNS: now}
	if f := &v.fault; f.Why == abi.StopFault {
		death.Reason, death.Vector, death.RIP, death.CR2, death.FaultNS = abi.ReasonException, f.Vector, f.Regs.RIP, f.CR2, f.TimeNS
	}
	v.fault, v.asks = abi.TraceStop{}, 0
	j.e.Happened(serverLabel, &death)
	j.e.Happened(serverLabel, &abi.Event{Kind: abi.EventStart, Endpoint: s.Endpoint, Incarnation: info.Incarnation, TimeNS: now})
	j.e.Stopped(s)
	j.askServer(info.Incarnation)
}

// askServer asks for events: a life that answers is ready, and has told how the one before ended.
func (j *injector) askServer(inc uint32) {
	v, b := j.server, abi.Bytes(&j.rows)
	if !v.given {
		v.grant, v.given = j.c.Grant(j.c.Root(), b, abi.GrantWrite)
	}
	m := abi.Msg{Type: abi.RSEvents, Arg: [7]uint64{uint64(v.grant), uint64(len(b)), j.next}}
	v.asks++
	j.c.Ask(j.c.Root(), &m, tagReady|uint64(inc)<<8) // an error is an answer that does not come: the engine's alarm
}

// answered is its answer.
func (j *injector) answered(m *abi.Msg, e abi.Errno) {
	v, inc := j.server, uint32(m.Arg[6]>>8)
	info, ok := j.info(j.c.Root())
	if !ok || info.Incarnation != inc {
		return // of an earlier life
	}
	n := min(int(m.Arg[1]), len(j.rows))
	for i := range j.rows[:n] {
		if r := &j.rows[i]; r.Label.String() == serverLabel && r.Kind == abi.EventDeath {
			j.e.Explained(r)
		}
	}
	if e == abi.OK && n > 0 && v.asks < mostAsks {
		j.next = m.Arg[2]
		j.askServer(inc)
		return
	}
	j.e.Happened(serverLabel, &abi.Event{Kind: abi.EventReady, Endpoint: info.Endpoint, Incarnation: inc, TimeNS: uint64(j.c.Now())})
}

// endServer ends its life. It may wait for nobody, and has to run for that.
func (j *injector) endServer() {
	ep := j.c.Root()
	if _, e := j.c.Trace(abi.TraceEnd, ep, 1, 0); e == abi.OK {
		j.c.Notify(ep)
	}
}

// alive is who lives, by the kernel's table.
func (j *injector) alive() map[string]life {
	list := map[string]life{}
	for slot := range uint64(abi.MaxTasks) {
		var t abi.TaskInfo
		if _, e := j.c.Info(abi.InfoTask, slot, abi.Bytes(&t)); e == abi.OK {
			list[t.Label.String()] = life{t.Endpoint, t.Incarnation}
		}
	}
	return list
}

// lives hands the engine what has become of other services since it was last told.
func (j *injector) lives() {
	v := j.server
	if v == nil {
		return
	}
	now := j.alive()
	if v.others == nil || j.e == nil {
		v.others = now
		return
	}
	if w := load.Label(serverLabel); v.others[w] != now[w] { // who waits for its answer waits for ever
		v.others = now
		j.e.Deserted(w + ": " + abi.ReasonLost.String())
		return
	}
	for _, l := range append(j.others[:len(j.others):len(j.others)], storeLabel) {
		was, is := v.others[l], now[l]
		if was == is {
			continue
		}
		if was != (life{}) {
			j.e.Happened(l, &abi.Event{Kind: abi.EventDeath, Reason: abi.ReasonLost, Endpoint: was.ep, Incarnation: was.inc})
		}
		if is != (life{}) {
			j.e.Happened(l, &abi.Event{Kind: abi.EventReady, Endpoint: is.ep, Incarnation: is.inc})
		}
	}
	v.others = now
}

const storeLabel = "ds"
