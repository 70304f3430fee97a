package server

import (
	"errors"
	"testing"
	"time"

	"bennu/kernel/abi"
)

// fakeTask is a task of the fake kernel.
type fakeTask struct {
	spec    abi.TaskSpec
	priv    *abi.Privilege
	allowed bool
	waiting bool // receives from anybody: SendNB succeeds
	wakes   bool // begins to wait when it was found not to
	got     []abi.Msg
	tried   []time.Duration // when it was found not to wait
	pings   int
	code    map[uint64]byte
}

type fakeImage struct {
	size   uint64
	bytes  []byte
	sealed bool
	freed  bool
}

type arrived struct {
	m    abi.Msg
	kind abi.ReceiveKind
}

// fake is a kernel, an archive and the tasks. Tests make tasks act by its methods.
type fake struct {
	lag    time.Duration // what the server needs from a death's record to its decision
	t      *testing.T
	files  map[string]string
	bad    map[string]bool // Check fails
	now    time.Duration
	alarm  time.Duration // 0: none
	inbox  []arrived
	deaths []abi.DeathRecord
	told   bool // a notification of deaths is pending
	slots  [abi.MaxTasks]uint32
	tasks  map[abi.Endpoint]*fakeTask
	images map[uint32]*fakeImage
	refuse map[string][]abi.Errno // errors of the next calls, by name
	grants map[abi.GrantID][]byte

	memory   uint64            // that is promised to nobody
	accounts []abi.AccountSpec // made, the first is AccountRoot+1
	payer    abi.AccountID

	calls  []string
	log    []string
	quiet  bool // keeps no calls and no log
	off    bool
	status uint64
	how    abi.ShutdownHow
	s      *Server
}

const rootSlot = 0

func (f *fake) errno(call string) abi.Errno {
	q := f.refuse[call]
	if len(q) == 0 {
		return abi.OK
	}
	f.refuse[call] = q[1:]
	return q[0]
}

func (f *fake) called(what, label string) {
	if !f.quiet {
		f.calls = append(f.calls, what+" "+label)
	}
}

func (f *fake) File(name string) ([]byte, bool) { b, ok := f.files[name]; return []byte(b), ok }
func (f *fake) Check(name string) error {
	if f.bad[name] {
		return errors.New("boot archive: " + name + ": damaged")
	}
	return nil
}

func (f *fake) Now() uint64        { return uint64(f.now) }
func (f *fake) Root() abi.Endpoint { return abi.MakeEndpoint(rootSlot, 1) }
func (f *fake) Shutdown(how abi.ShutdownHow, status uint64) {
	f.off, f.how, f.status = true, how, status
}
func (f *fake) ResetLatency(l *abi.Latency) abi.Errno {
	f.called("reset", "latency")
	*l = abi.Latency{MaxKernelNS: 11, MaxKernelCall: 1014, MaxReadyNS: 13, MaxReadyTask: 0x8002, Entries: 15}
	return f.errno("latency")
}
func (f *fake) SetAlarm(ns uint64) {
	if f.alarm = 0; ns > 0 {
		f.alarm = f.now + time.Duration(ns)
	}
}
func (f *fake) Diag(_ uint64, line []byte) {
	if !f.quiet {
		f.log = append(f.log, string(line))
	}
}

func (f *fake) Receive(timeout uint64, m *abi.Msg) (abi.ReceiveKind, abi.Errno) {
	if e := f.errno("receive"); e != abi.OK {
		return 0, e
	}
	switch {
	case f.alarm > 0 && f.alarm <= f.now:
		f.alarm = 0
		*m = abi.Msg{Source: abi.Clock, Type: abi.MsgNotify}
		return abi.KindNotify, abi.OK
	case f.told:
		f.told = false
		*m = abi.Msg{Source: abi.System, Type: abi.MsgNotify, Arg: [7]uint64{abi.SystemDeath}}
		return abi.KindNotify, abi.OK
	case len(f.inbox) > 0:
		a := f.inbox[0]
		f.inbox = f.inbox[:copy(f.inbox, f.inbox[1:])]
		*m = a.m
		return a.kind, abi.OK
	case timeout != 0:
		f.t.Fatal("the server waits, and nothing is to come")
	}
	return 0, abi.EAGAIN
}

func (f *fake) reach(to abi.Endpoint) (*fakeTask, abi.Errno) {
	t := f.tasks[to]
	if t == nil {
		return nil, abi.EDEADSRCDST
	}
	return t, abi.OK
}

func (f *fake) SendNB(to abi.Endpoint, m *abi.Msg) abi.Errno {
	t, e := f.reach(to)
	if e != abi.OK {
		return e
	}
	f.plain(m)
	if !t.waiting {
		if !f.quiet {
			t.tried = append(t.tried, f.now)
		}
		t.waiting = t.wakes
		return abi.ENOTREADY
	}
	t.got = append(t.got, *m)
	return abi.OK
}

// plain holds that an error says why, and that what it does not carry is 0: the endpoint of an answer, and the detail where Why has none.
func (f *fake) plain(m *abi.Msg) {
	f.t.Helper()
	if m.Type != abi.MsgReply || m.Arg[0] == 0 {
		return
	}
	why := abi.Why(m.Arg[5])
	detail := why == abi.WhyInitTimeout || why == abi.WhyDied || why == abi.WhyFaultTimeout || m.Arg[4] == 0
	if counted := why == abi.WhyTooMany && m.Arg[1] > 0; m.Arg[1] != 0 && !counted || m.Arg[2] != 0 || m.Arg[3] != 0 || !detail {
		f.t.Errorf("answered %s, why %d, with %v", abi.Errno(m.Arg[0]).Name(), why, m.Arg)
	}
}

func (f *fake) Notify(to abi.Endpoint) abi.Errno {
	t, e := f.reach(to)
	if e == abi.OK {
		t.pings++
	}
	return e
}

// granted is what a task has granted, from an offset on; it has size bytes at least.
func (f *fake) granted(by abi.Endpoint, id abi.GrantID, offset uint64, size int) ([]byte, abi.Errno) {
	g, ok := f.grants[id]
	if _, e := f.reach(by); e != abi.OK {
		return nil, e
	}
	if !ok || offset+uint64(size) > uint64(len(g)) {
		return nil, abi.EPERM
	}
	return g[offset:], abi.OK
}

func (f *fake) CopyFrom(from abi.Endpoint, id abi.GrantID, offset uint64, b []byte) abi.Errno {
	g, e := f.granted(from, id, offset, len(b))
	copy(b, g)
	return e
}

func (f *fake) CopyTo(to abi.Endpoint, id abi.GrantID, offset uint64, b []byte) abi.Errno {
	g, e := f.granted(to, id, offset, len(b))
	if e == abi.OK && len(b) > abi.MaxCopy {
		return abi.E2BIG
	}
	copy(g, b)
	return e
}

func (f *fake) Unpromised() uint64 { return f.memory }

func (f *fake) AccountSet(id abi.AccountID, s *abi.AccountSpec) (abi.AccountID, abi.Errno) {
	if e := f.errno("account"); e != abi.OK {
		return 0, e
	}
	reserve := uint64(s.ReserveFrames) * abi.PageSize
	if reserve > f.memory {
		return 0, abi.ENOMEM
	}
	f.memory -= reserve
	f.accounts = append(f.accounts, *s)
	return abi.AccountID(len(f.accounts)) + abi.AccountRoot, abi.OK
}

// account is what a service's tasks are on.
func (f *fake) account(label string) abi.AccountSpec {
	return f.accounts[f.task(label).spec.Account-abi.AccountRoot-1]
}

func (f *fake) AccountPay(id abi.AccountID) { f.payer = id }

func (f *fake) TaskCreate(s *abi.TaskSpec) (abi.Endpoint, abi.Errno) {
	f.called("create", s.Label.String())
	if e := f.errno("create"); e != abi.OK {
		return abi.None, e
	}
	if m := f.images[s.Image]; m == nil || !m.sealed || m.freed {
		f.t.Errorf("create %v of image %d, which is not there", s.Label, s.Image)
		return abi.None, abi.EINVAL
	}
	for slot := 1; slot < len(f.slots); slot++ {
		if f.slots[slot]%2 == 0 { // even: free
			f.slots[slot]++
			ep := abi.MakeEndpoint(slot, f.slots[slot])
			f.tasks[ep] = &fakeTask{spec: *s, waiting: true, code: map[uint64]byte{}}
			return ep, abi.OK
		}
	}
	return abi.None, abi.ENOSPC
}

func (f *fake) PrivSet(ep abi.Endpoint, p *abi.Privilege) abi.Errno {
	t, e := f.reach(ep)
	if e == abi.OK {
		e = f.errno("privset")
	}
	if e == abi.OK {
		set := *p
		t.priv = &set
		f.called("privset", t.spec.Label.String())
	}
	return e
}

func (f *fake) PrivAllow(ep abi.Endpoint) abi.Errno {
	t, e := f.reach(ep)
	if e == abi.OK {
		e = f.errno("allow")
	}
	if e == abi.OK {
		if t.priv == nil {
			return abi.EPERM
		}
		t.allowed = true
		f.called("allow", t.spec.Label.String())
	}
	return e
}

func (f *fake) TaskKill(ep abi.Endpoint) abi.Errno {
	t, e := f.reach(ep)
	if e == abi.OK {
		f.called("kill", t.spec.Label.String())
		f.dies(ep, abi.CauseKilled, 0)
	}
	return e
}

func (f *fake) Death(r *abi.DeathRecord) abi.Errno {
	if len(f.deaths) == 0 {
		return abi.EAGAIN
	}
	*r = f.deaths[0]
	f.now += f.lag
	f.deaths = f.deaths[:copy(f.deaths, f.deaths[1:])]
	return abi.OK
}

func (f *fake) Regs(ep abi.Endpoint, r *abi.Registers) abi.Errno {
	_, e := f.reach(ep)
	*r = abi.Registers{RIP: 0x80_0020_0fff}
	return e
}

func (f *fake) Poke(ep abi.Endpoint, addr uint64, b byte) abi.Errno {
	t, e := f.reach(ep)
	if e == abi.OK {
		e = f.errno("poke")
	}
	if e == abi.OK {
		t.code[addr] = b
	}
	return e
}

func (f *fake) ImageCreate(size uint64) (uint32, abi.Errno) {
	if e := f.errno("image"); e != abi.OK {
		return 0, e
	}
	id := uint32(len(f.images) + 100)
	f.images[id] = &fakeImage{size: size, bytes: make([]byte, size)}
	return id, abi.OK
}

func (f *fake) ImageWrite(id uint32, offset uint64, b []byte) abi.Errno {
	copy(f.images[id].bytes[offset:], b)
	return f.errno("write")
}

func (f *fake) ImageSeal(id uint32) abi.Errno {
	e := f.errno("seal")
	f.images[id].sealed = e == abi.OK
	return e
}

func (f *fake) ImageFree(id uint32) abi.Errno {
	if f.images[id].freed {
		f.t.Errorf("image %d is freed twice", id)
	}
	f.images[id].freed = true
	return abi.OK
}

// dies ends a task, as the kernel does.
func (f *fake) dies(ep abi.Endpoint, cause abi.Cause, status uint64) {
	t := f.tasks[ep]
	f.deaths = append(f.deaths, abi.DeathRecord{
		Endpoint: ep, Cause: cause, Label: t.spec.Label, Incarnation: t.spec.Incarnation,
		Vector: 14, CR2: 0x10, Status: status, DiedNS: uint64(f.now), Regs: abi.Registers{RIP: 0x1234},
	})
	delete(f.tasks, ep)
	f.slots[ep.Slot()]++
	f.told = true
}
