package fake

import (
	"sort"
	"testing"
	"time"

	"bennu/drivers/sdk"
	"bennu/kernel/abi"
	kernel "bennu/kernel/fake"
	"bennu/kernel/ioport"
	"bennu/kernel/usys"
)

// Endpoints of a machine that has but the driver under test.
var (
	Root   = abi.MakeEndpoint(0, 1)
	Driver = abi.MakeEndpoint(3, 2)
	Client = abi.MakeEndpoint(7, 1)
	Other  = abi.MakeEndpoint(8, 1)
	DS     = abi.MakeEndpoint(30, 1) // the data store
)

// Device is what answers at the I/O ports.
type Device = kernel.Device

// Sent is a message that the driver sent.
type Sent struct {
	To  abi.Endpoint
	How abi.ReceiveKind
	Tag uint64 // of a senda
	Msg abi.Msg
}

// Answer is what a peer does with a request it has received.
type Answer struct {
	Msg    abi.Msg       // Type and Arg[6] are filled in when they are 0
	After  time.Duration // how long it takes
	Silent bool          // it never answers
	Dies   bool          // it dies instead of answering
}

// Peer is a task that the driver may call.
type Peer func(m abi.Msg) Answer

type event struct {
	at uint64
	do func()
}

// Kernel is a machine with the driver under test. Its exported fields may be changed at any time.
type Kernel struct {
	TB     testing.TB
	Info   abi.StartInfo
	Device Device
	Dates  int                            // how often the driver set the date
	Dead   map[abi.Endpoint]bool          // tasks that live no more
	Deaf   map[abi.Endpoint]bool          // tasks that do not receive
	BusyTo map[abi.Endpoint]time.Duration // tasks that receive only from then on
	Peers  map[abi.Endpoint]Peer
	Labels map[string]abi.Endpoint // what RSLookup finds
	Names  map[abi.Endpoint]string // labels of living tasks, for GetInfo; all others are called client
	Store  map[abi.Label]sdk.Value // the data store
	Words  []string                // last words that RS was told
	Mail   []abi.Msg               // what RS keeps for the driver: each heartbeat is answered with the next
	Lines  []string                // of Diag
	Out    []Sent                  // everything sent but what Take took
	Refuse abi.Errno               // of RSReady
	NoIRQs abi.Errno               // of IRQSetPolicy
	Full   bool                    // the kernel keeps no more messages of the driver's
	Waits  []uint64                // time limits of the loop's receives
	Made   map[abi.CallNr]int      // kernel calls of the driver's

	Machine abi.Machine // of GetInfo

	c       *sdk.Context
	m       *kernel.Machine
	driver  *kernel.Task
	events  []event
	hooks   map[uint32]uint32 // line of a hook
	enables map[uint32]int    // by line

	functions []*Function
	pieces    uint64 // of DMA memory that there were
}

// New makes a machine whose driver has this label.
func New(tb testing.TB, label string) *Kernel {
	l, ok := abi.MakeLabel(label)
	if !ok {
		tb.Fatalf("bad label %q", label)
	}
	k := &Kernel{
		TB:   tb,
		Info: abi.StartInfo{Magic: abi.StartMagic, Version: abi.Version, Endpoint: Driver, Root: Root, Label: l},
		Dead: map[abi.Endpoint]bool{}, Deaf: map[abi.Endpoint]bool{}, BusyTo: map[abi.Endpoint]time.Duration{},
		Peers: map[abi.Endpoint]Peer{}, Labels: map[string]abi.Endpoint{}, Store: map[abi.Label]sdk.Value{}, Made: map[abi.CallNr]int{},
		m: kernel.New(uint64(time.Second)),
	}
	k.Labels["ds"], k.Peers[DS] = DS, k.DS
	tb.Cleanup(k.abandon)
	k.Info.NGuarded = uint32(copy(k.Info.Guarded[:], []abi.PortRange{{First: 0x60, Last: 0x60}, {First: 0x64, Last: 0x64}, {First: 0x70, Last: 0x71}}))
	return k
}

// Arguments are what system.conf gives the driver.
func (k *Kernel) Arguments(args string) {
	k.Info.Args = [abi.ArgsSize]byte{}
	k.Info.ArgsLen = uint32(copy(k.Info.Args[:], args))
}

// Start begins the driver's life and runs it until it has nothing to do. A life before it is ended.
func (k *Kernel) Start(d sdk.Driver) *sdk.Context {
	k.TB.Helper()
	k.abandon()
	k.m.Guard = ioport.NewGuard(bus{k}, uint8(k.Machine.CMOSCentury))
	for _, f := range k.functions {
		f.release()
	}
	k.hooks, k.enables = map[uint32]uint32{}, map[uint32]int{}
	k.driver = k.m.Add(k.Info.Endpoint)
	*k.driver.Info, k.driver.Hooks = k.Info, k.watch()
	k.driver.SetLabel(k.Info.Label)
	k.driver.Run(func() {
		k.c = sdk.Start(usys.NewGate(own{k.driver, k}), d)
		for {
			if over, _, _ := k.c.Over(); over {
				return
			}
			k.c.Step()
		}
	})
	k.settle()
	k.driver.Resume()
	k.Run()
	return k.c
}

// Inside is the machine that the driver and its peers are tasks of.
func (k *Kernel) Inside() *kernel.Machine { return k.m }

// Life is the task of an endpoint, which is there from then on. One of a later generation takes its place.
func (k *Kernel) Life(ep abi.Endpoint) *kernel.Task { return k.life(ep) }

// abandon ends the driver's life without its doing.
func (k *Kernel) abandon() {
	if k.driver != nil {
		k.m.Kill(k.driver)
	}
}

// Run lets the driver go on until nothing is left for it, or it has ended.
func (k *Kernel) Run() {
	k.TB.Helper()
	for i := 0; ; i++ {
		k.settle()
		switch d := k.driver; {
		case d.Over():
			k.m.Kill(d)
			return
		case d.Dead():
			return
		case d.Runs():
			d.Resume()
		case d.WaitsForAny():
			return
		default: // it waits within a handler: time passes
			if !k.nextEvent(1<<63 - 1) {
				k.TB.Fatal("fake: the driver waits within a handler, and nothing is to come")
			}
		}
		if i == 1_000_000 {
			k.TB.Fatal("fake: the driver never comes to rest")
		}
	}
}

// Deliver has a message received. Its source is m.Source.
func (k *Kernel) Deliver(m abi.Msg, kind abi.ReceiveKind) {
	k.TB.Helper()
	k.Post(m, kind)
	k.Run()
}

// Post is Deliver that does not run the driver: for messages that come while it waits.
func (k *Kernel) Post(m abi.Msg, kind abi.ReceiveKind) {
	k.TB.Helper()
	d := k.driver
	switch m.Source {
	case abi.Hardware:
		for bit := range uint(64) {
			if m.Arg[0]>>bit&1 != 0 {
				k.m.Interrupt(d, bit)
			}
		}
		return
	case abi.Clock:
		k.m.Alarm(d)
		return
	case abi.System:
		k.m.System(d, m.Arg[0])
		return
	}
	k.settle()
	p := k.life(m.Source)
	free := !p.Waits() || p.WaitsForAny()
	switch {
	case kind == abi.KindNotify:
		p.Notify(d.Endpoint)
	case kind == abi.KindSendNB:
		p.SendNB(d.Endpoint, &m)
	case kind == abi.KindSendA || !free && kind != abi.KindSendRec: // one that waits already has a second hand here
		if e := k.answer(p, &m); e == abi.EAGAIN {
			k.TB.Errorf("fake: more than %d messages of task %#x wait", abi.MaxAsync, m.Source)
		}
	case kind == abi.KindSendRec:
		p.GiveUp() // it only rested, or has the answer to its last request as a message, when it has that to this one
		p.BeginSendRec(d.Endpoint, abi.NoTimeout, &m)
	default:
		p.GiveUp()
		p.BeginSend(d.Endpoint, &m)
	}
}

// Request sends a request as from does by sendrec. answered is false when the driver has not
// answered yet; Take takes the answer when it comes.
func (k *Kernel) Request(from abi.Endpoint, t abi.MsgType, args ...uint64) (answer abi.Msg, answered bool) {
	k.TB.Helper()
	m := abi.Msg{Source: from, Type: t}
	copy(m.Arg[:], args)
	k.Deliver(m, abi.KindSendRec)
	return k.Take(from)
}

// Take takes the oldest message sent to a task.
func (k *Kernel) Take(to abi.Endpoint) (abi.Msg, bool) {
	for i, s := range k.Out {
		if s.To == to {
			k.Out = append(k.Out[:i:i], k.Out[i+1:]...)
			return s.Msg, true
		}
	}
	return abi.Msg{}, false
}

// Ping has the reincarnation server ask whether the driver lives, and tells whether it answered.
func (k *Kernel) Ping() bool {
	k.TB.Helper()
	k.Deliver(abi.Msg{Source: Root, Type: abi.MsgNotify}, abi.KindNotify)
	m, ok := k.Take(Root)
	return ok && m.Type == abi.RSHeartbeat
}

// Stop has the reincarnation server end the driver.
func (k *Kernel) Stop() {
	k.TB.Helper()
	k.Deliver(abi.Msg{Source: Root, Type: abi.RSStop}, abi.KindSendA)
}

// Interrupt has a line fire. Without a hook, or while it is not enabled again, nothing is
// delivered now. It tells whether the driver was told.
func (k *Kernel) Interrupt(line uint32) bool {
	k.TB.Helper()
	if !k.Fire(line) {
		return false
	}
	k.Run()
	return true
}

// Fire is Interrupt that does not run the driver.
func (k *Kernel) Fire(line uint32) bool { return k.m.Fire(line) }

// Enables is how often the driver has enabled a line again; -1 when it has no hook.
func (k *Kernel) Enables(line uint32) int {
	if n, ok := k.enables[line]; ok {
		return n
	}
	return -1
}

// Advance lets time pass: what is due happens, in order.
func (k *Kernel) Advance(d time.Duration) {
	k.TB.Helper()
	for end := k.m.Now() + uint64(d); ; {
		k.settle()
		if !k.nextEvent(end) {
			k.m.Pass(end)
			return
		}
		k.Run()
	}
}

// At has something happen at a time from now.
func (k *Kernel) At(after time.Duration, do func()) {
	k.events = append(k.events, event{k.m.Now() + uint64(after), do})
	sort.SliceStable(k.events, func(i, j int) bool { return k.events[i].at < k.events[j].at })
}

// nextEvent lets the next thing happen that is due by end: an event of the test's first, then what
// the kernel has to do. False when nothing is.
func (k *Kernel) nextEvent(end uint64) bool {
	at, due := k.m.Next()
	if t, ok := k.wakes(); ok && (!due || t < at) {
		at, due = t, true
	}
	switch {
	case len(k.events) > 0 && k.events[0].at <= end && (!due || k.events[0].at <= at):
		e := k.events[0]
		k.events = k.events[1:]
		k.m.Pass(max(k.m.Now(), e.at))
		e.do()
		return true
	case due && at <= end:
		k.m.Pass(max(k.m.Now(), at))
		return true
	}
	return false
}

// Kill ends another task: what the kernel keeps for it fails.
func (k *Kernel) Kill(ep abi.Endpoint) {
	k.TB.Helper()
	k.Dead[ep] = true
	k.Run()
}

// PeerGrant makes a grant of another task to the driver.
func (k *Kernel) PeerGrant(granter abi.Endpoint, b []byte, flags uint32) abi.GrantID {
	k.TB.Helper()
	id, ok := k.life(granter).Gate().Grant(k.Info.Endpoint, b, flags)
	if !ok {
		k.TB.Fatalf("fake: all grants of task %#x are taken", granter)
	}
	return id
}

// PeerGate is the kernel as another task has it: for calls that do not wait.
func (k *Kernel) PeerGate(ep abi.Endpoint) usys.Gate { return k.life(ep).Gate() }

// PeerRevoke ends a grant of another task's.
func (k *Kernel) PeerRevoke(granter abi.Endpoint, id abi.GrantID) { k.life(granter).Gate().Revoke(id) }

// DriverGrant is the memory of a grant of the driver's; nil when it is void or not to ep.
func (k *Kernel) DriverGrant(ep abi.Endpoint, id uint64, flags uint32) []byte {
	return k.driver.Granted(ep, abi.GrantID(id), flags)
}
