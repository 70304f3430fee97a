package main

import (
	"math/rand/v2"
	"strconv"
	"time"

	"bennu/drivers/protocol/load"
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
	"bennu/rs/fi/engine"
	"bennu/rs/fi/record"
)

// world is the machine as rs/fi/engine acts on it.
type world struct{ *injector }

func (j world) Now() time.Duration { return j.c.Now() }
func (j world) TSC() uint64        { return j.c.TSC() }

// Trace adds what stops a victim whose device the injector is.
func (j world) Trace(classes abi.TraceClass) abi.Errno {
	if j.server != nil {
		classes |= abi.TraceBirth | abi.TraceExceptions
	}
	if j.device != nil {
		classes |= abi.TracePorts | abi.TraceExceptions
	}
	return j.c.TraceAttach(j.account, classes)
}

func (j world) Continue(ep abi.Endpoint, how abi.TraceHow) abi.Errno {
	return j.c.TraceContinue(ep, how)
}

func (j world) SetRegs(ep abi.Endpoint, r *abi.Registers) abi.Errno {
	return j.c.TraceSetRegs(ep, r)
}

func (j world) Lines() []uint32 { return j.lines }

func (j world) Raise(ep abi.Endpoint, line uint32) abi.Errno { return j.c.TraceRaise(ep, line) }

func (j world) Lose(ep abi.Endpoint, line uint32, n uint64) abi.Errno {
	return j.c.TraceLose(ep, line, n)
}

func (j world) Ceiling(pages uint64) abi.Errno { return j.c.TraceCeiling(j.account, pages) }

// Pages is what the victim's account has: the ceiling is on that, not on a life.
func (j world) Pages(abi.Endpoint) uint64 {
	var info abi.AccountInfo
	if _, e := j.c.Info(abi.InfoAccount, uint64(j.account), abi.Bytes(&info)); e != abi.OK {
		return 0
	}
	return info.Frames
}

func (j world) Watch(ep abi.Endpoint, va, access, bytes uint64) abi.Errno {
	return j.c.TraceWatch(ep, va, access, int(bytes))
}

// undefined is UD2. Source: Intel SDM Vol. 2B, "UD—Undefined Instruction".
var undefined = []byte{0x0f, 0x0b}

// Kill has a task end at its next instruction.
func (j world) Kill(ep abi.Endpoint) abi.Errno {
	var r abi.Registers
	if e := j.c.TraceRegs(ep, &r); e != abi.OK {
		return e
	}
	return j.Write(ep, r.RIP, undefined)
}

func (j world) KillAnother(r *rand.Rand) (string, abi.Errno) {
	if len(j.others) == 0 {
		return "", abi.ESRCH
	}
	label := j.others[r.IntN(len(j.others))]
	ep, e := abi.None, abi.OK
	if j.server == nil {
		ep, _, e = j.c.Lookup(label)
	} else if t, ok := j.alive()[label]; ok { // nobody asks who may be stopped at a breakpoint
		ep = t.ep
	} else {
		e = abi.ESRCH
	}
	if e == abi.OK {
		e = j.Kill(ep)
	}
	return label, e
}

func (j world) Verify() abi.Errno { return j.c.TraceVerify(j.account) }

// Left is asked for when a death was told, mostly before the next life is there: of a line that this one has, nothing can be seen.
func (j world) Left() string {
	var c abi.Counts
	if _, e := j.c.Info(abi.InfoCounts, 0, abi.Bytes(&c)); e != abi.OK {
		return "the kernel does not count: " + e.Name()
	}
	switch {
	case c.Open > 0:
		return "after a death an interrupt line is open that nobody has"
	case c.Orphans > 0:
		return "after a death a hook, a port, an alarm or a permit to send is left of a task that is gone"
	}
	return ""
}

func (j world) Alarm(d time.Duration) {
	j.due = 0
	if d > 0 {
		j.due = j.c.Now() + d
	}
	j.arm()
}

// Work asks for checked operations.
func (j world) Work(ops int, limit time.Duration, seed uint64) {
	j.ask(&abi.Msg{Type: load.Run, Arg: [7]uint64{uint64(ops), uint64(limit), seed}}, tagWork)
}

func (j world) Others(limit time.Duration) {
	j.ask(&abi.Msg{Type: load.Others, Arg: [7]uint64{uint64(limit)}}, tagOthers)
}

func (j *injector) ask(m *abi.Msg, tag uint64) {
	if e := j.c.Ask(j.load, m, tag); e != abi.OK {
		j.end("the workload takes no request: " + e.Name())
	}
}

// worked is the workload's answer.
func (j *injector) worked(m *abi.Msg, e abi.Errno) {
	if e != abi.OK {
		j.end("the workload: " + e.Name())
		return
	}
	var t engine.Tally
	t.Right, t.Errors, t.Wrong, t.Lost = load.Tally(m.Arg[1]).Counts()
	t.FirstNS = m.Arg[2]
	switch at := load.Place(m.Arg[3]); {
	case t.Wrong+t.Lost > 0:
		t.Where = "silent at " + j.where(at)
	case t.Errors > 0:
		t.Where = "refused at " + j.where(load.Place(m.Arg[4]))
	}
	why, errno, _ := load.Ending(m.Arg[5]).Parts()
	if why == load.Unable {
		j.end("the workload: " + why.String() + ": " + errno.Name())
		return
	}
	j.e.Worked(t)
}

// where says which operation of a workload, and which step of it.
func (j *injector) where(p load.Place) string {
	operation, step, e := p.Parts()
	s := "operation " + strconv.Itoa(int(operation)) + ", "
	if j.plan.Prove { // what a witness has noticed has words
		s += load.Noticed(step).String()
	} else {
		s += "step " + strconv.Itoa(int(step))
	}
	if e != abi.OK {
		s += ", " + e.Name()
	}
	return s
}

// checked is the workload's answer about the others.
func (j *injector) checked(m *abi.Msg, e abi.Errno) {
	if e != abi.OK {
		j.end("the workload: " + e.Name())
		return
	}
	var failed []string
	bits := load.Failed(m.Arg[2])
	for i := range load.MaxOthers {
		if bits>>i&1 == 0 {
			continue
		}
		name := "others= " + strconv.Itoa(i)
		if i < len(j.others) {
			name = j.others[i]
		}
		failed = append(failed, name)
	}
	for _, f := range [...]struct {
		bit  load.Failed
		name string
	}{{load.FailedRS, "rs"}, {load.FailedStore, "ds"}, {load.FailedFresh, "fresh memory"}, {load.FailedStale, "stale rights"}, {load.FailedCounts, engine.Counts}} {
		if bits&f.bit != 0 {
			failed = append(failed, f.name)
		}
	}
	j.e.Checked(failed)
}

// Refresh asks the reincarnation server for another life of the victim.
func (j world) Refresh() {
	if j.server != nil {
		j.endServer()
		return
	}
	j.request(abi.RSRefresh)
}

func (j *injector) request(t abi.MsgType) {
	m := sdk.LabelRequest(t, j.victim)
	if e := j.c.Ask(j.c.Root(), &m, tagRefresh); e != abi.OK {
		j.end("the reincarnation server takes no request: " + e.Name())
	}
}

// refreshed is its answer. That a life comes anyway is none that matters.
func (j *injector) refreshed(m *abi.Msg, e abi.Errno) {
	switch why := abi.Why(m.Arg[5]); {
	case e == abi.OK, why == abi.WhyRestarting, why == abi.WhyStarting, why == abi.WhyStopping, why == abi.WhyDied, why == abi.WhyUp:
	case why == abi.WhyFailed, why == abi.WhyDown:
		j.request(abi.RSRestart)
	default:
		j.e.Refused(e)
	}
}

// Put sends a frame of the record. A wire that takes nothing ends the machine.
func (j world) Put(f record.Frame) {
	if j.wire.dead {
		return
	}
	j.frame = record.Append(j.frame[:0], f)
	if j.wire.write(j.frame) != abi.OK {
		j.c.Log("error", "the wire of the records takes nothing")
		j.Over("the wire is dead")
	}
}

// bye is the last frame where there is no engine.
func (j world) bye(words string) {
	j.Put(&record.Bye{TSC: j.TSC(), Words: words})
}

// failed is the machine's exit status after a plan that could not be followed to its end.
const failed = 1

// Over ends the machine, once.
func (j world) Over(words string) {
	if j.over {
		return
	}
	j.over = true
	status := uint64(0)
	if words != "" {
		status = failed
	}
	e := j.c.PowerOff(status)
	j.c.Log("error", "the machine cannot be ended", "errno", e.Name())
}
