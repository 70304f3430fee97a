package server

import (
	"errors"
	"strings"
	"testing"
	"time"

	"bennu/kernel/abi"
	"bennu/kernel/archive"
	"bennu/kernel/crc32c"
	kernel "bennu/kernel/fake"
)

// puppet is a life of a service, moved by the test.
type puppet struct {
	*kernel.Task
	waiting bool // it receives from anybody whenever it can
	wakes   bool // it begins to when it was found not to
	got     []abi.Msg
	tried   []time.Duration // when it was found not to wait
	pings   int
}

// listen takes what has come and receives again, if it does that.
func (p *puppet) listen() {
	for !p.Dead() && p.Allowed() && !p.Waits() {
		var m abi.Msg
		if kind, e, ok := p.Took(&m); ok {
			if e == abi.OK && kind != abi.KindNotify {
				p.got = append(p.got, m)
			}
			continue
		}
		if !p.waiting {
			return
		}
		p.BeginReceive(abi.Any, abi.NoTimeout)
	}
}

// settle has it do what its fields say.
func (p *puppet) settle() {
	if !p.waiting && p.WaitsForAny() {
		p.GiveUp()
	}
	p.listen()
}

type arrived struct {
	m    abi.Msg
	kind abi.ReceiveKind
}

// fake is the server on a fake kernel, its archive, and its services. Tests make services act by its methods.
type fake struct {
	lag    time.Duration // what the server needs from a death's record to its decision
	t      *testing.T
	m      *kernel.Machine
	rs     *kernel.Task
	files  map[string]string
	bad    map[string]bool // Check fails
	placed map[string]archive.Entry
	seen   archive.Entry // the last one that was looked up
	lives  map[abi.Endpoint]*puppet
	refuse map[string][]abi.Errno // errors of the next calls, by name
	forged []arrived              // what the server receives next: of those who can send no such thing

	calls []string
	log   []string
	quiet bool // keeps no calls and no log
	s     *Server
}

// Lookup puts the file where the fake kernel has the archive, on a page.
func (f *fake) Lookup(name string) (archive.Entry, bool) {
	b, ok := f.files[name]
	if !ok {
		return archive.Entry{}, false
	}
	if e, ok := f.placed[name]; ok && !f.bad[name] && string(f.m.Archive[e.Offset:e.Offset+e.Size]) == b {
		f.seen = e
		return e, true
	}
	e := archive.Entry{Name: name, Offset: (len(f.m.Archive) + archive.Align - 1) &^ (archive.Align - 1), Size: len(b), CRC32C: crc32c.Sum([]byte(b))}
	if f.bad[name] {
		e.CRC32C++
	}
	f.m.Archive = append(append(f.m.Archive, make([]byte, e.Offset-len(f.m.Archive))...), b...)
	f.placed[name], f.seen = e, e
	return e, true
}

func (f *fake) File(name string) ([]byte, bool) { b, ok := f.files[name]; return []byte(b), ok }
func (f *fake) Check(name string) error {
	if f.bad[name] {
		return errors.New("boot archive: " + name + ": damaged")
	}
	return nil
}

func (f *fake) called(what, label string) {
	if !f.quiet {
		f.calls = append(f.calls, what+" "+label)
	}
}

// names of the server's calls in fake.refuse and fake.calls.
var (
	plainNames = map[abi.CallNr]string{
		abi.CallReceive: "receive", abi.CallTaskCreate: "create", abi.CallTaskKill: "kill",
		abi.CallImageModule: "image", abi.CallImageSeal: "seal",
	}
	opNames = map[[2]uint64]string{
		{uint64(abi.CallAccount), uint64(abi.AccountSet)}:  "account",
		{uint64(abi.CallPrivCtl), uint64(abi.PrivSet)}:     "privset",
		{uint64(abi.CallPrivCtl), uint64(abi.PrivAllow)}:   "allow",
		{uint64(abi.CallTrace), uint64(abi.TracePoke1)}:    "poke",
		{uint64(abi.CallGetInfo), uint64(abi.InfoLatency)}: "latency",
	}
)

func nameOf(c kernel.Call) string {
	if n := plainNames[c.Nr]; n != "" {
		return n
	}
	return opNames[[2]uint64{uint64(c.Nr), c.Arg[0]}]
}

// before is before each of the server's calls.
func (f *fake) before(c kernel.Call) (e abi.Errno, value uint64, instead bool) {
	name := nameOf(c)
	switch name {
	case "create":
		var s abi.TaskSpec
		copy(abi.Bytes(&s), f.rs.CallArea().Buf[:])
		f.called("create", s.Label.String())
		if f.m.Payer != s.Account {
			f.t.Errorf("account %d pays for a life of %s, want its own, %d", f.m.Payer, s.Label, s.Account)
		}
	case "kill":
		if t := f.m.Find(c.To()); t != nil {
			f.called("kill", t.Label())
		}
	case "latency":
		f.called("reset", "latency")
	}
	if q := f.refuse[name]; len(q) > 0 {
		f.refuse[name] = q[1:]
		if q[0] != abi.OK {
			return q[0], 0, true
		}
	}
	switch {
	case c.Nr == abi.CallSendNB:
		f.plain(&f.rs.CallArea().Msg)
		if p := f.living(c.To()); p != nil {
			p.settle()
		}
	case c.Nr == abi.CallReceive && len(f.forged) > 0:
		a := f.forged[0]
		f.forged = f.forged[:copy(f.forged, f.forged[1:])]
		f.rs.CallArea().Msg = a.m
		return abi.OK, uint64(a.kind), true
	}
	return 0, 0, false
}

// plain holds that an error says why, and that what it does not carry is 0: the endpoint of an answer, and the detail where Why has none.
func (f *fake) plain(m *abi.Msg) {
	f.t.Helper()
	if m.Type != abi.MsgReply || m.Arg[0] == 0 {
		return
	}
	why := abi.Why(m.Arg[5])
	detail := why == abi.WhyInitTimeout || why == abi.WhyDied || why == abi.WhyBurst || why == abi.WhyFaultTimeout || m.Arg[4] == 0
	if counted := why == abi.WhyTooMany && m.Arg[1] > 0; m.Arg[1] != 0 && !counted || why != abi.WhyRequires && (m.Arg[2] != 0 || m.Arg[3] != 0) || !detail {
		f.t.Errorf("answered %s, why %d, with %v", abi.Errno(m.Arg[0]).Name(), why, m.Arg)
	}
}

// after is after each of the server's calls.
func (f *fake) after(c kernel.Call, e abi.Errno, value uint64) {
	switch name := nameOf(c); {
	case c.Nr == abi.CallSendNB:
		if p := f.living(c.To()); p != nil {
			f.reached(p, e)
		}
	case c.Nr == abi.CallNotify && e == abi.OK:
		p := f.living(c.To())
		p.pings++
		p.settle()
	case name == "create" && e == abi.OK:
		ep := abi.Endpoint(value)
		f.puppet(f.m.Find(ep))
	case name == "create":
		f.t.Errorf("a task of what is not there: %s", e.Name())
	case (name == "privset" || name == "allow") && e == abi.OK:
		f.called(name, f.m.Find(abi.Endpoint(c.Arg[1])).Label())
	case c.Nr == abi.CallImageFree && e != abi.OK:
		f.t.Errorf("image %d is freed twice", c.Arg[0])
	case c.Nr == abi.CallGetInfo && abi.InfoKind(c.Arg[0]) == abi.InfoDeath && e == abi.OK:
		f.busy(f.lag)
	}
}

// reached is what a service does when the server has tried to send it something.
func (f *fake) reached(p *puppet, e abi.Errno) {
	if e == abi.ENOTREADY {
		if !f.quiet {
			p.tried = append(p.tried, f.now())
		}
		p.waiting = p.wakes
	}
	p.settle()
}

// puppet makes a task a service's life.
func (f *fake) puppet(t *kernel.Task) *puppet {
	t.Regs.RIP = 0x80_0020_0fff
	p := &puppet{Task: t, waiting: true}
	f.lives[t.Endpoint] = p
	return p
}

// living is the service's life that ep names; nil when there is none.
func (f *fake) living(ep abi.Endpoint) *puppet {
	if p := f.lives[ep]; p != nil && !p.Dead() {
		return p
	}
	return nil
}

// dies ends a task, as the kernel does.
func (f *fake) dies(ep abi.Endpoint, cause abi.Cause, status uint64) {
	f.m.Die(f.m.Find(ep), abi.DeathRecord{Cause: cause, Vector: 14, CR2: 0x10, Status: status, Regs: abi.Registers{RIP: 0x1234}})
}

func newFake(t *testing.T, memory uint64, config string) *fake {
	t.Helper()
	f := &fake{
		t: t, m: kernel.New(uint64(time.Second)), files: map[string]string{ConfName: config}, bad: map[string]bool{}, placed: map[string]archive.Entry{},
		lives: map[abi.Endpoint]*puppet{}, refuse: map[string][]abi.Errno{},
	}
	f.m.Memory = memory
	f.m.Latency = abi.Latency{MaxKernelNS: 11, MaxKernelCall: 1014, MaxReadyNS: 13, MaxReadyTask: 0x8002, Entries: 15}
	f.m.Born = func(t *kernel.Task) { f.lives[t.Endpoint].settle() }
	f.rs = f.m.AddRoot()
	f.rs.Hooks = &kernel.Hooks{Before: f.before, After: f.after,
		Stuck: func(kernel.Call) { f.t.Fatal("the server waits, and nothing is to come") },
		Line: func(_ uint64, line []byte) {
			if !f.quiet {
				f.log = append(f.log, string(line))
			}
		}}
	for _, w := range strings.FieldsFunc(config, func(r rune) bool { return strings.ContainsRune(" \n\t;{}\"", r) }) {
		if w != "missing" {
			f.files[ProgramPath+w] = "ELF of " + w
		}
	}
	return f
}
