package server

import (
	"runtime"
	"testing"

	"bennu/kernel/abi"
	"bennu/rs/service"
)

// idle is a machine that allocates nothing: RS has one more event whenever it is asked, and a client that
// takes everything.
type idle struct {
	now    uint64
	event  abi.Event
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
		if msg.Type == abi.RSEvents {
			reply.Arg[2] = msg.Arg[2]
			if happened {
				happened = false
				m.event.Seq = msg.Arg[2]
				copy(m.rows, abi.Bytes(&m.event))
				reply.Arg[1], reply.Arg[2] = 1, msg.Arg[2]+1
			}
		}
		a.Answer(reply)
		a.Run()
	}
}

// A follower of events costs no memory, however many there are: each event, what it is told by and
// what it is asked for with, in every kind.
func TestEventsCostNoMemory(t *testing.T) {
	m := new(idle)
	a := service.NewAsker(m)
	s := New(a, Config{Label: "ctl"}, Subscription{})
	var reply abi.Msg
	label, _ := abi.MakeLabel("rtc")
	m.event = abi.Event{Label: label, Endpoint: 0x8009, Reason: abi.ReasonException, Vector: 14}
	kinds := []abi.EventKind{abi.EventStart, abi.EventDeath, abi.EventReady, abi.EventDown, abi.EventGiveUp}
	request := []byte(`{"id":1,"cmd":"events"}` + "\n")
	alive := []byte("\n")
	s.Input(request)
	out, told := 0, uint64(0)
	turn := func() {
		m.now += 1e7
		told++
		m.event.Kind, m.event.TimeNS = kinds[told%uint64(len(kinds))], m.now
		s.News()
		s.Run()
		m.serve(a, &reply, true)
		n := len(s.Output())
		out += n
		s.Sent(n)
		s.Drained()
		s.Run()
		m.serve(a, &reply, false)
		s.Input(alive)
	}
	for range 100 {
		turn()
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if n := testing.AllocsPerRun(10_000, turn); n > 0 {
		t.Errorf("%v allocations an event", n)
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 4096 {
		t.Errorf("10,000 events took %d bytes", got)
	}
	if out < 10_000*60 || m.grants > 1 || s.sub.Next < 10_000 {
		t.Errorf("%d bytes were written, %d grants are left, %d events came: too little happened", out, m.grants, s.sub.Next)
	}
}
