//go:build tamago

package main

import (
	"bytes"
	"fmt"
	"slices"

	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
	"bennu/kernel/usys"
)

// sys is the kernel.
var sys usys.Gate

// T is one run of a case.
type T struct {
	name     string
	failed   bool
	tasks    []abi.Endpoint  // made by the case
	accounts []abi.AccountID // made by the case
	usual    abi.AccountID   // of tasks that need none of their own
}

type stop struct{}

// errorf makes the case fail and goes on.
func (t *T) errorf(format string, args ...any) {
	t.failed = true
	say("# " + t.name + ": " + fmt.Sprintf(format, args...))
}

// fatalf makes the case fail and ends it.
func (t *T) fatalf(format string, args ...any) {
	t.errorf(format, args...)
	panic(stop{})
}

// logf is a remark that is no failure.
func (t *T) logf(format string, args ...any) {
	say("# " + t.name + ": " + fmt.Sprintf(format, args...))
}

// must ends the case unless e is OK.
func (t *T) must(what string, e abi.Errno) {
	if e != abi.OK {
		t.fatalf("%s: %s", what, e.Name())
	}
}

// want compares an Errno.
func (t *T) want(what string, got, want abi.Errno) {
	if got != want {
		t.errorf("%s: %s, want %s", what, got.Name(), want.Name())
	}
}

// equal compares two values.
func equal[V comparable](t *T, what string, got, want V) {
	if got != want {
		t.errorf("%s: %v, want %v", what, got, want)
	}
}

// runCase runs a case, ends what is left of it and compares what is free with what was free before.
func runCase(c test) (ok bool) {
	t := &T{name: c.name}
	before := counts()
	t.guard(c.run)
	t.walk("after the case")
	t.clean()
	t.walk("in the end")
	if after := counts(); after != before {
		t.errorf("counts before %+v", before)
		t.errorf("counts after  %+v", after)
	}
	return !t.failed
}

// walk lets the kernel look at all of itself.
func (t *T) walk(when string) {
	var c abi.Check
	if e := getInfo(abi.InfoCheck, 0, &c); e != abi.OK {
		t.errorf("InfoCheck: %s", e.Name())
	}
	if c.What[0] != 0 {
		t.errorf("%s the kernel says: %s: %#x, %#x", when, bytes.TrimRight(c.What[:], "\x00"), c.A, c.B)
	}
}

func (t *T) guard(run func(*T)) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(stop); !ok {
				t.errorf("panic: %v", r)
			}
		}
	}()
	run(t)
}

// clean ends the tasks of a case and drops what they left. A death that the case did not expect makes it
// fail.
func (t *T) clean() {
	var r abi.DeathRecord
	for takeDeath(&r) {
		t.errorf("death that was not expected: %s", describe(&r))
	}
	for _, ep := range t.tasks {
		sys.TaskKill(ep)
	}
	for t.living() {
		sys.Sleep(10_000) // what dies in steps does so when it has its turn
	}
	for takeDeath(&r) {
	}
	for _, a := range t.accounts {
		if e := sys.AccountFree(a); e != abi.OK {
			t.errorf("account %d is not free: %s", a, e.Name())
		}
	}
	t.accounts, t.usual = t.accounts[:0], 0
	sys.SetAlarm(0)
	var m abi.Msg
	for {
		if _, e := sys.Receive(abi.Any, 0, &m); e != abi.OK {
			break
		}
	}
	var a abi.AsyncResult
	for getInfo(abi.InfoAsync, 0, &a) == abi.OK {
	}
}

func getInfo[V any](kind abi.InfoKind, index uint64, out *V) abi.Errno {
	_, e := sys.GetInfo(kind, index, abi.Bytes(out))
	return e
}

// counts is what the kernel has free, and the frames that this task has itself: they come and go with its
// own heap.
func counts() (c abi.Counts) {
	getInfo(abi.InfoCounts, 0, &c)
	var me abi.TaskInfo
	getInfo(abi.InfoTask, uint64(sys.Start().Endpoint.Slot()), &me)
	c.Frames += me.Frames
	var own abi.AccountInfo
	getInfo(abi.InfoAccount, uint64(abi.AccountRoot), &own)
	c.Reserved += min(own.Frames, uint64(own.Spec.ReserveFrames))
	return c
}

func takeDeath(r *abi.DeathRecord) bool { return getInfo(abi.InfoDeath, 0, r) == abi.OK }

func describe(r *abi.DeathRecord) string {
	return fmt.Sprintf("ep=%d %s vector=%d err=%#x cr2=%#x status=%d rip=%#x code=%x", r.Endpoint, r.Cause, r.Vector, r.ErrorCode, r.CR2,
		r.Status, r.Regs.RIP, r.Code[:r.CodeLen])
}

// death takes the record that must be there, of ep.
func (t *T) death(ep abi.Endpoint, cause abi.Cause) *abi.DeathRecord {
	r := new(abi.DeathRecord)
	if !takeDeath(r) {
		t.fatalf("task %d lives, want its death by %s", ep, cause)
	}
	if r.Endpoint != ep || r.Cause != cause {
		t.fatalf("death of %d by %s, want %d by %s: %s", r.Endpoint, r.Cause, ep, cause, describe(r))
	}
	return r
}

// image makes a sealed image.
func (t *T) image(elf []byte) uint32 {
	id, e := sys.ImageCreate(uint64(len(elf)))
	t.must("ImageCreate", e)
	t.must("ImageWrite", sys.ImageWrite(id, 0, elf))
	t.must("ImageSeal", sys.ImageSeal(id))
	return id
}

// living tells whether a task of the case's accounts is there, be it dying.
func (t *T) living() bool {
	for _, a := range t.accounts {
		var i abi.AccountInfo
		if getInfo(abi.InfoAccount, uint64(a), &i) == abi.OK && i.Tasks > 0 {
			return true
		}
	}
	return false
}

// rights is what a task may do, and its account.
type rights struct {
	abi.Privilege
	abi.AccountSpec
	deaf bool // it may send to nobody; else to all that live, or to those of SendTo
}

// Levels of the cases: their tasks run before the root task unless they say otherwise.
const (
	before   = 0
	rootOwn  = 1
	behind   = 5
	forEver  = 1_000_000_000 // a budget of all of the CPU
	rowsLeft = 60            // of images, for the root task
)

// rootAccount puts the root task on a level that others can be before and behind.
func rootAccount() abi.Errno {
	var i abi.AccountInfo
	if e := getInfo(abi.InfoAccount, uint64(abi.AccountRoot), &i); e != abi.OK {
		return e
	}
	s := i.Spec
	s.Priority, s.BudgetNS, s.PeriodNS, s.Images = rootOwn, forEver, forEver, rowsLeft
	_, e := sys.AccountSet(abi.AccountRoot, &s)
	return e
}

// notRoot is the accounts that a task with all rights may trace: all but the root task's.
const notRoot = ^uint64(1 << abi.AccountRoot)

// all is every right that needs no hardware, and does not reach the root task. Tasks of cases run before the root task, with a budget that they
// cannot use up: when the root task goes on they wait, or are dead.
func all() rights {
	return rights{Privilege: abi.Privilege{TrapMask: abi.AllTraps, CallMask: ^uint64(0), Traces: [2]uint64{notRoot, ^uint64(0)}},
		AccountSpec: abi.AccountSpec{Priority: before, BudgetNS: forEver, PeriodNS: forEver, QuantumNS: forEver, CeilingFrames: 256}}
}

// account makes one that ends with the case. Those of the dead make room.
func (t *T) account(p rights) abi.AccountID {
	a, e := sys.AccountSet(0, &p.AccountSpec)
	if e == abi.ENOSPC {
		t.accounts = slices.DeleteFunc(t.accounts, func(a abi.AccountID) bool { return a != t.usual && sys.AccountFree(a) == abi.OK })
		a, e = sys.AccountSet(0, &p.AccountSpec)
	}
	t.must("AccountSet", e)
	t.accounts = append(t.accounts, a)
	return a
}

// create makes a task that has no rights yet, on an account of the case's that runs before the root task.
func (t *T) create(image uint32, label string) abi.Endpoint {
	return t.createOn(t.usually(), image, label)
}

func (t *T) usually() abi.AccountID {
	if t.usual == 0 {
		p := all()
		p.CeilingFrames = 1 << 20
		t.usual = t.account(p)
	}
	return t.usual
}

// heir makes a puppet in the slot of a dead task: slots are taken in turn.
func (t *T) heir(of abi.Endpoint, p rights) *puppet {
	for range abi.MaxTasks {
		x := t.puppetWith(p)
		if x.ep.Slot() == of.Slot() {
			return x
		}
		t.kill(x.ep)
		a := t.accounts[len(t.accounts)-1]
		t.accounts = t.accounts[:len(t.accounts)-1]
		t.must("AccountFree", sys.AccountFree(a))
	}
	t.fatalf("slot %d did not come back", of.Slot())
	return nil
}

// createOn makes a task that has no rights yet.
func (t *T) createOn(a abi.AccountID, image uint32, label string) abi.Endpoint {
	s := abi.TaskSpec{Image: image, Account: a}
	s.Label, _ = abi.MakeLabel(label)
	ep, e := sys.TaskCreate(&s)
	t.must("TaskCreate", e)
	t.tasks = append(t.tasks, ep)
	return ep
}

// set gives a task its rights.
func set(ep abi.Endpoint, p rights) abi.Errno {
	everybody := p.NSendTo == 0 && !p.deaf
	for slot := 0; everybody && slot < abi.MaxTasks; slot++ {
		var i abi.TaskInfo
		if getInfo(abi.InfoTask, uint64(slot), &i) == abi.OK {
			p.SendTo[p.NSendTo] = i.Endpoint
			p.NSendTo++
		}
	}
	return sys.PrivSet(ep, &p.Privilege)
}

// begin makes a task of an executable that exists nowhere else, and gives it its rights.
func (t *T) begin(elf []byte, p rights) abi.Endpoint {
	id := t.image(elf)
	ep := t.createOn(t.account(p), id, "peer")
	t.must("ImageFree", sys.ImageFree(id))
	t.must("PrivSet", set(ep, p))
	return ep
}

// start is begin and PrivAllow: the task has run as far as it could when start returns.
func (t *T) start(p *code.Prog, priv rights) abi.Endpoint {
	ep := t.begin(p.ELF(), priv)
	t.must("PrivAllow", sys.PrivAllow(ep))
	return ep
}

func (t *T) peek(ep abi.Endpoint, at uint64) uint64 {
	v, e := sys.Trace(abi.TracePeek, ep, at, 0)
	t.must("TracePeek", e)
	return v
}

func (t *T) poke(ep abi.Endpoint, at, v uint64) {
	_, e := sys.Trace(abi.TracePoke, ep, at, v)
	t.must("TracePoke", e)
}

func (t *T) kill(ep abi.Endpoint) {
	t.must("TaskKill", sys.TaskKill(ep))
	t.death(ep, abi.CauseKilled)
}

func (t *T) info(ep abi.Endpoint) (i abi.TaskInfo) {
	t.must("InfoTask", getInfo(abi.InfoTask, uint64(ep.Slot()), &i))
	if i.Endpoint != ep {
		t.fatalf("slot %d is task %d's, not %d's", ep.Slot(), i.Endpoint, ep)
	}
	return i
}

func me() abi.Endpoint { return sys.Start().Endpoint }
