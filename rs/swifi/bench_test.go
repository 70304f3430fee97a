package main

import (
	"strings"
	"testing"

	"bennu/drivers/protocol/load"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
	kernel "bennu/kernel/fake"
	"bennu/rs/fi/record"
)

const (
	account = abi.AccountRoot + 1
	image   = 7
	crc     = 0xfeed
	hz      = 2e9
)

var (
	life1 = fake.Other
	life2 = abi.MakeEndpoint(fake.Other.Slot(), 2)
	work  = fake.Client
)

// bench is the injector with a victim, whose workload and reincarnation server are the test.
type bench struct {
	*fake.Kernel
	t        *testing.T
	j        *injector
	m        *kernel.Machine
	wire     com3
	victim   *kernel.Task
	events   []abi.Event // that the reincarnation server has
	lost     uint64      // that it has no more
	reads    int         // of the events
	watch    uint64      // from which event on it wants to be told
	watching bool
	went     []abi.TraceHow
	traced   []kernel.Call // TraceRaise, TraceLose, …
	hooks    map[uint32]bool
}

// com3 is the chip and its wire.
type com3 struct {
	fake.UART
	stuck bool // the wire takes nothing
	polls int
	most  int // that were in the FIFO
}

func (c *com3) In(port uint16, size int) uint32 {
	if port == wireBase+regStatus {
		if c.polls++; !c.stuck {
			c.Carry(c.polls % 5) // in pieces that are no multiples of what it holds
		}
	}
	return c.UART.In(port, size)
}

func (c *com3) Out(port uint16, size int, v uint32) {
	c.UART.Out(port, size, v)
	c.most = max(c.most, len(c.TX))
}

// code is the victim's: 200 instructions of 2 bytes, and a return.
func victimCode() []byte { return append([]byte(strings.Repeat("\x31\xc0", 200)), 0xc3) }

func newBench(t *testing.T, label, args string) *bench {
	b := &bench{Kernel: fake.New(t, "swifi"), t: t, j: new(injector), hooks: map[uint32]bool{}}
	b.wire.Base = wireBase
	b.Device = &b.wire
	b.Arguments(args)
	b.Labels[label], b.Labels[load.Label(label)] = life1, work
	b.Names = map[abi.Endpoint]string{life1: label, life2: label}
	b.m = b.Inside()
	b.m.Accounts = append(b.m.Accounts, abi.AccountSpec{})
	b.Machine.TSCHz = hz
	b.m.Rows = func(kind abi.InfoKind, index uint64) ([]byte, abi.Errno) {
		switch {
		case kind == abi.InfoImage && index == 0: // of tasks that nobody made
			return abi.Bytes(&abi.ImageInfo{CRC32C: crc}), abi.OK
		case kind == abi.InfoAccount && index == uint64(account):
			return abi.Bytes(&abi.AccountInfo{Account: account, Frames: 33}), abi.OK
		}
		return nil, abi.ESRCH
	}
	b.m.Trace = func(_, _ *kernel.Task, c kernel.Call) (abi.Errno, uint64) {
		b.traced = append(b.traced, c)
		if op := abi.TraceOp(c.Arg[0]); (op == abi.TraceLose || op == abi.TraceRaise) && !b.hooks[uint32(c.Arg[2])] {
			return abi.EPERM, 0
		}
		return abi.OK, 0
	}
	b.m.Continued = func(_ *kernel.Task, how abi.TraceHow) { b.went = append(b.went, how) }
	b.Peers[fake.Root] = b.rs
	b.live(life1)
	b.Life(work)
	return b
}

// start starts the injector, and lets the time pass in which it begins.
func (b *bench) start() *bench {
	b.t.Helper()
	b.Start(b.j)
	b.Take(fake.Root) // ready
	b.Advance(2 * begins)
	return b
}

// live has a life of the victim be there.
func (b *bench) live(ep abi.Endpoint) {
	b.victim = b.Life(ep)
	b.victim.SetAccount(account)
	b.victim.Areas = []kernel.Area{
		{Start: abi.ImageBase, Rights: abi.AreaRead | abi.AreaExecute, Kind: abi.AreaImage, Bytes: victimCode()},
		{Start: abi.ImageBase + 0x10000, Rights: abi.AreaRead, Kind: abi.AreaImage, Bytes: make([]byte, 64)},
		{Start: abi.RAMBase, Rights: abi.AreaRead | abi.AreaWrite, Kind: abi.AreaRAM, Bytes: make([]byte, 64)},
		{Start: abi.CallPage, Rights: abi.AreaRead | abi.AreaWrite, Kind: abi.AreaCall, Bytes: make([]byte, 4096)},
	}
}

// rs is the reincarnation server as the injector calls it. What it asks is taken by next.
func (b *bench) rs(m abi.Msg) fake.Answer {
	switch m.Type {
	case abi.RSEvents:
		b.reads++
		n, size := 0, int(len(abi.Bytes(new(abi.Event))))
		to := b.DriverGrant(fake.Root, m.Arg[0], abi.GrantWrite)
		next := m.Arg[2]
		for i := range b.events {
			if e := &b.events[i]; e.Seq >= m.Arg[2] && (n+1)*size <= len(to) {
				copy(to[n*size:], abi.Bytes(e))
				n, next = n+1, e.Seq+1
			}
		}
		return fake.Answer{Msg: abi.Msg{Arg: [7]uint64{1: uint64(n), 2: next, 3: b.lost}}}
	case abi.RSWatch:
		b.watch, b.watching = m.Arg[0], true
		return fake.Answer{}
	}
	return b.RS(m)
}

// event is an event that the reincarnation server has, and has not told yet.
func (b *bench) event(label string, ev abi.Event) {
	ev.Label, _ = abi.MakeLabel(label)
	ev.Seq, ev.TimeNS = uint64(len(b.events)+1), b.Now()
	b.events = append(b.events, ev)
}

// news tells of the events, as once after each watch.
func (b *bench) news() {
	b.t.Helper()
	if !b.watching || b.watch > uint64(len(b.events)) {
		b.t.Fatalf("event %d: the injector watches from %d, %v", len(b.events), b.watch, b.watching)
	}
	b.watching = false
	b.Deliver(abi.Msg{Source: fake.Root, Type: abi.RSNews, Arg: [7]uint64{uint64(len(b.events))}}, abi.KindSendA)
}

// dies ends the victim's life; the next one is there, and ready.
func (b *bench) dies(label string, next abi.Endpoint) {
	b.t.Helper()
	old := b.victim.Endpoint
	b.m.Kill(b.victim)
	b.event(label, abi.Event{Kind: abi.EventDeath, Reason: abi.ReasonException, Vector: 14, Endpoint: old})
	b.live(next)
	b.Labels[label] = next
	b.event(label, abi.Event{Kind: abi.EventStart, Endpoint: next, Incarnation: 1})
	b.event(label, abi.Event{Kind: abi.EventReady, Endpoint: next, Incarnation: 1})
}

// next is what the injector has asked somebody since; the test ends when that is nothing, or something else.
func (b *bench) next(to abi.Endpoint, want abi.MsgType) abi.Msg {
	b.t.Helper()
	for {
		m, ok := b.Take(to)
		switch {
		case !ok:
			b.t.Fatalf("the injector asks nothing, want %#x; %q", want, b.Lines)
		case m.Type == abi.RSHeartbeat || m.Type == abi.RSReady:
			continue
		case m.Type != want:
			b.t.Fatalf("the injector asks %#x of %#x, want %#x; %q", m.Type, to, want, b.Lines)
		}
		return m
	}
}

// nothing tests that it has asked nothing.
func (b *bench) nothing(to abi.Endpoint) {
	b.t.Helper()
	if m, ok := b.Take(to); ok {
		b.t.Fatalf("the injector asks %#x of %#x, want nothing", m.Type, to)
	}
}

// answer answers one of these.
func (b *bench) answer(from abi.Endpoint, m abi.Msg, e abi.Errno, args ...uint64) {
	b.t.Helper()
	r := abi.Msg{Source: from, Type: abi.MsgReply, Arg: [7]uint64{0: uint64(e), 6: m.Arg[6]}}
	copy(r.Arg[1:6], args)
	b.Deliver(r, abi.KindSendA)
}

// right is the answer to a Run of so many operations that were right.
func right(n uint64) []uint64 { return []uint64{uint64(load.MakeTally(int(n), 0, 0, 0))} }

// frames are what has left by the wire, which is whole frames.
func (b *bench) frames() (list []record.Frame) {
	b.t.Helper()
	b.wire.Carry(depth)
	for s := b.wire.Sent; len(s) > 0; {
		f, rest, err := record.Next(s)
		if err != nil {
			b.t.Fatalf("%d bytes after %d frames: %v", len(s), len(list), err)
		}
		list, s = append(list, f), rest
	}
	return list
}

// kinds is a letter for each frame.
func (b *bench) kinds() (s string) {
	b.t.Helper()
	for _, f := range b.frames() {
		switch f.(type) {
		case *record.Hello:
			s += "H"
		case *record.Begin:
			s += "B"
		case *record.Fault:
			s += "f"
		case *record.End:
			s += "E"
		case *record.Bye:
			s += "X"
		}
	}
	return s
}

// ended tests that the machine was ended once, with a status, and words in its last frame.
func (b *bench) ended(words string) {
	b.t.Helper()
	want := uint64(0)
	if words != "" {
		want = failed
	}
	if b.m.Off == nil || *b.m.Off != (kernel.Off{How: abi.PowerOff, Status: want}) {
		b.t.Fatalf("the machine was ended as %+v, want status %d; %q", b.m.Off, want, b.Lines)
	}
	l := b.frames()
	byes := strings.Count(b.kinds(), "X")
	if len(l) == 0 || byes != 1 {
		b.t.Fatalf("%d frames, %d byes", len(l), byes)
	}
	bye, ok := l[len(l)-1].(*record.Bye)
	if !ok || (words == "") != (bye.Words == "") || !strings.Contains(bye.Words, words) {
		b.t.Errorf("the last frame is %+v, want a Bye with %q", l[len(l)-1], words)
	}
	if words != "" && !strings.Contains(strings.Join(b.Lines, "\n"), words) && b.j.e == nil {
		b.t.Errorf("the log does not say %q: %q", words, b.Lines)
	}
}

// planted are the addresses where the victim has another byte than its executable.
func (b *bench) planted() (addrs []uint64) {
	was := victimCode()
	for i, c := range b.victim.Areas[0].Bytes {
		if c != was[i] {
			addrs = append(addrs, abi.ImageBase+uint64(i))
		}
	}
	return addrs
}

// reach has the victim come to an instruction.
func (b *bench) reach(va uint64) {
	b.t.Helper()
	if !b.m.Reach(b.victim, va) {
		b.t.Fatalf("there is no breakpoint at %#x", va)
	}
	b.Run()
}
