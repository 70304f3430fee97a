package server

import (
	"runtime"
	"strconv"
	"testing"

	"bennu/kernel/abi"
	"bennu/rs/service"
)

// idle is a machine that allocates nothing: RS has one more event whenever it is asked, and a client that
// takes everything.
type idle struct {
	now    uint64
	event  abi.Event
	gap    uint64 // so many before it are lost
	rows   []byte // the grant for events
	grants int
	box    [8]abi.Msg // what was sent
	to     [8]abi.Endpoint
	n      int
}

const idleRS abi.Endpoint = 0x8001

func (m *idle) RS() abi.Endpoint { return idleRS }
func (m *idle) Now() uint64      { return m.now }

func (m *idle) Send(to abi.Endpoint, _ uint64, msg *abi.Msg) abi.Errno {
	m.box[m.n], m.to[m.n] = *msg, to
	m.n++
	return abi.OK
}

func (m *idle) Grant(_ abi.Endpoint, b []byte, _ bool) (abi.GrantID, bool) {
	m.rows = b
	m.grants++
	return 1, true
}

func (m *idle) Revoke(abi.GrantID) { m.grants-- }

func (m *idle) Info(abi.InfoKind, uint64, []byte) (int, abi.Errno) { return 0, abi.EINVAL }

// serve answers everything; happened tells whether there is an event more.
func (m *idle) serve(a *service.Asker, reply *abi.Msg, happened bool) {
	for m.n > 0 {
		m.n--
		msg, to := m.box[m.n], m.to[m.n]
		*reply = abi.Msg{Source: to, Type: abi.MsgReply}
		reply.Arg[6] = msg.Arg[6]
		if msg.Type == abi.RSLookup {
			reply.Arg[1] = 0x8002
		}
		if msg.Type == abi.RSEvents {
			reply.Arg[2] = msg.Arg[2]
			if happened {
				happened = false
				m.event.Seq = msg.Arg[2] + m.gap
				copy(m.rows, abi.Bytes(&m.event))
				reply.Arg[1], reply.Arg[2] = 1, m.event.Seq+1
			}
		}
		a.Answer(reply)
		a.Run()
	}
}

func (m *idle) GrantBoth(to abi.Endpoint, b []byte) (abi.GrantID, bool) { return m.Grant(to, b, true) }

// follower is a control port with a client that follows events.
type follower struct {
	m     *idle
	a     *service.Asker
	s     *Server
	reply abi.Msg
	out   int // bytes
}

func newFollower() *follower {
	m := new(idle)
	f := &follower{m: m, a: service.NewAsker(m)}
	f.s = New(f.a, Config{Label: "ctl"}, Subscription{})
	f.s.Input([]byte(`{"id":1,"cmd":"events"}` + "\n"))
	return f
}

var aSign = []byte("\n")

// happens tells the client of one more event, and keeps the number of the next one, as the driver does.
func (f *follower) happens() {
	f.m.now += 1e7
	f.m.event.TimeNS = f.m.now
	f.s.News()
	f.s.Run()
	f.m.serve(f.a, &f.reply, true)
	n := len(f.s.Output())
	f.out += n
	f.s.Sent(n)
	f.s.Drained()
	f.s.Run()
	f.m.serve(f.a, &f.reply, false)
	f.s.Input(aSign)
}

// usual is an event of a kind.
func usual(k abi.EventKind) abi.Event {
	label, _ := abi.MakeLabel("rtc")
	e := abi.Event{Kind: k, Label: label, Endpoint: 0x8009, Reason: abi.ReasonException, Vector: 14, Warm: 1, Errno: abi.EIO, Why: abi.WhyUnknown,
		RIP: 0x4020_1000, CR2: 8, FaultNS: 1e9, DetectNS: 1e4, RecoveryNS: 1e5}
	if k == abi.EventBoot {
		e.Label, e.Endpoint = abi.Label{}, 0
	}
	return e
}

// lastKind is the last that has a name.
func lastKind(t *testing.T) (k abi.EventKind) {
	for k = 1; (k + 1).String() != "?"; k++ {
	}
	if k < abi.EventSnapshot {
		t.Fatalf("%d kinds of events have names", k)
	}
	return k
}

// An event is told without memory: of each kind, with others lost before it, and whatever a death was.
func TestEventsAreToldWithoutMemory(t *testing.T) {
	f := newFollower()
	check := func(what string) {
		t.Helper()
		for range 20 { // queues have their room from then on
			f.happens()
		}
		out := f.out
		if n := testing.AllocsPerRun(200, f.happens); n != 0 {
			t.Errorf("%s: %v allocations an event", what, n)
		}
		if f.out-out < 200*40 {
			t.Errorf("%s: %d bytes were told of 200 events", what, f.out-out)
		}
	}
	for k := abi.EventKind(1); k <= lastKind(t); k++ {
		for f.m.gap = range uint64(3) {
			f.m.event = usual(k)
			check(k.String() + ", " + strconv.FormatUint(f.m.gap, 10) + " lost")
		}
	}
	f.m.gap = 0
	for reason := abi.ReasonNone; reason.String() != "?"; reason++ {
		f.m.event = usual(abi.EventDeath)
		f.m.event.Reason = reason
		check(reason.String())
	}
	for vector := range uint32(33) {
		f.m.event = usual(abi.EventDeath)
		f.m.event.Vector = vector
		check("vector " + strconv.Itoa(int(vector)))
	}
}

// After ten thousand events of all kinds the memory in use is what it was after a hundred.
func TestEventsCostNoMemory(t *testing.T) {
	f, last := newFollower(), lastKind(t)
	told := 0
	tell := func(n int) (used, allocated uint64) {
		for ; told < n; told++ {
			f.m.event = usual(1 + abi.EventKind(told)%last)
			f.happens()
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc, m.TotalAlloc
	}
	used, allocated := tell(100)
	usedThen, allocatedThen := tell(10_000)
	if usedThen > used+4096 || allocatedThen > allocated+4096 { // the run-time's own
		t.Errorf("from %d to %d bytes in use, %d were allocated", used, usedThen, allocatedThen-allocated)
	}
	if f.out < 10_000*60 || f.m.grants > 1 || f.s.sub.Next < 10_000 {
		t.Errorf("%d bytes were written, %d grants are left, %d events came: too little happened", f.out, f.m.grants, f.s.sub.Next)
	}
}
