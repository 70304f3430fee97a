package sdk_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"bennu/drivers/sdk"
	"bennu/drivers/sdk/fake"
	"bennu/drivers/sdk/fake/machine"
	"bennu/kernel/abi"
)

// chooser walks through all sequences of choices, or through random ones.
type chooser struct {
	path, of []int
	at       int
	r        *rand.Rand
}

func (c *chooser) choose(n int) int {
	if n == 1 {
		return 0
	}
	if c.at == len(c.path) {
		v := 0
		if c.r != nil {
			v = c.r.IntN(n)
		}
		c.path, c.of = append(c.path, v), append(c.of, n)
	}
	c.at++
	return c.path[c.at-1]
}

// next goes on to the next sequence; false: there is none.
func (c *chooser) next() bool {
	c.at = 0
	for n := len(c.path) - 1; n >= 0; n-- {
		if c.path[n]++; c.path[n] < c.of[n] {
			c.path, c.of = c.path[:n+1], c.of[:n+1]
			return true
		}
	}
	return false
}

// happening is something that happens once, at any moment: before any of the driver's calls to the kernel, or
// while it waits.
type happening struct {
	name string
	can  func(s *scene) bool // nil: at any time
	do   func(s *scene)
	seen string // what the driver's log then has once, unless it was ended before
}

// scene is one run: a driver that makes a Call, and what happens meanwhile. It is the driver's sdk.Kernel.
type scene struct {
	noPorts
	t     *testing.T
	m     *machine.Machine
	c     *chooser
	left  []*happening
	done  []string
	info  abi.StartInfo
	drv   *machine.Task
	root  *machine.Task
	peer  *machine.Task
	cl    *machine.Task
	limit time.Duration
	toRS  bool // the Call is to the reincarnation server

	quiet    bool
	mail     []abi.Msg // what the server keeps for the driver
	pinged   uint64    // time of the oldest ping without a heartbeat; 0: none
	asked    abi.Msg   // the Call's request, as received
	got      bool
	answered bool
	early    uint64 // tag of a Call before, which gave up
	died     bool
	result   abi.Errno
	answer   abi.Msg
	returned bool
	lines    []string
}

const callLimit = 25 * time.Millisecond // a slice and a bit

func newScene(t *testing.T, m *machine.Machine, c *chooser, events []*happening, toRS bool) *scene {
	m.Reset(uint64(time.Second))
	s := &scene{t: t, m: m, c: c, left: slices.Clone(events), toRS: toRS, limit: callLimit}
	l, _ := abi.MakeLabel("probe")
	s.info = abi.StartInfo{Magic: abi.StartMagic, Version: abi.Version, Endpoint: fake.Driver, Root: fake.Root, Label: l}
	s.root, s.drv, s.cl, s.peer = m.Add(fake.Root), m.Add(fake.Driver), m.Add(fake.Client), m.Add(fake.Other)
	return s
}

// others have the tasks that are not the driver do what they do at once.
func (s *scene) others() {
	for !s.root.Waits() {
		var m abi.Msg
		if kind, e, ok := s.root.Took(&m); ok && e == abi.OK {
			s.served(&m, kind)
			continue
		}
		s.root.BeginReceive(abi.Any, abi.NoTimeout)
	}
	var m abi.Msg
	if _, e, ok := s.peer.Took(&m); ok && e == abi.OK && m.Type == echo {
		s.asked, s.got = m, true
	}
	if !s.cl.Waits() {
		s.cl.Took(&m)
		s.cl.BeginReceive(abi.Any, abi.NoTimeout)
	}
}

// served is the reincarnation server's way with a message.
func (s *scene) served(m *abi.Msg, kind abi.ReceiveKind) {
	r := abi.Msg{Type: abi.MsgReply}
	r.Arg[6] = m.Arg[6]
	switch m.Type {
	case abi.RSReady:
		s.root.SendNB(s.drv.Endpoint, &r)
	case abi.RSHeartbeat:
		s.pinged = 0
		if kind != abi.KindSendRec {
			return
		}
		if len(s.mail) > 0 {
			r, s.mail = s.mail[0], s.mail[1:]
		}
		s.root.SendNB(s.drv.Endpoint, &r)
	case echo:
		s.asked, s.got = *m, true
	default:
		s.t.Errorf("the server got %#x", m.Type)
	}
}

// tell is how the server tells a driver something: now, or it keeps it and notifies.
func (s *scene) tell(m abi.Msg) {
	if s.root.SendNB(s.drv.Endpoint, &m) == abi.ENOTREADY {
		s.mail = append(s.mail, m)
		s.root.Notify(s.drv.Endpoint)
	}
}

// point is a moment at which something may happen. must: the driver waits, so something has to, if only time.
// False: nothing can.
func (s *scene) point(must bool) bool {
	for {
		if s.others(); must && !s.drv.Waits() {
			return true
		}
		var can []*happening
		for _, h := range s.left {
			if h.can == nil || h.can(s) {
				can = append(can, h)
			}
		}
		n := len(can)
		at, due := s.m.Next()
		if must && due || !must {
			n++
		}
		if n == 0 {
			return false
		}
		i := s.c.choose(n)
		if i == len(can) && !must {
			return true
		}
		if i == len(can) {
			s.m.Pass(at)
			if s.pinged != 0 && s.m.Now()-s.pinged > uint64(20*time.Millisecond) && !s.drv.Waits() {
				s.fail("a ping waits since %v", time.Duration(s.m.Now()-s.pinged))
			}
			return true
		}
		h := can[i]
		s.left = slices.DeleteFunc(slices.Clone(s.left), func(x *happening) bool { return x == h })
		s.done = append(s.done, h.name)
		h.do(s)
		s.others()
		if must {
			return true
		}
	}
}

func (s *scene) fail(format string, args ...any) {
	s.t.Helper()
	s.t.Fatalf("%s\nhappened: %s\nchoices %v, log %q", fmt.Sprintf(format, args...), strings.Join(s.done, ", "), s.c.path[:s.c.at], s.lines)
}

// wait lets things happen until the driver's call is over.
func (s *scene) wait() bool {
	for s.drv.Waits() {
		if !s.point(true) {
			return false
		}
	}
	return true
}

// sdk.Kernel.

func (s *scene) StartInfo() *abi.StartInfo { return &s.info }
func (s *scene) Now() uint64               { return s.m.Now() }
func (s *scene) Pending() *uint32          { return new(uint32) }
func (s *scene) Clock() *abi.ClockInfo     { return new(abi.ClockInfo) }
func (s *scene) SetClock(uint64) abi.Errno { return abi.ECALLDENIED }
func (s *scene) Send(to abi.Endpoint, m *abi.Msg) abi.Errno {
	s.point(false)
	if s.drv.BeginSend(to, m); !s.wait() {
		s.fail("a send waits for ever")
	}
	return s.drv.Errno()
}
func (s *scene) SendNB(to abi.Endpoint, m *abi.Msg) abi.Errno {
	s.point(false)
	defer s.others()
	return s.drv.SendNB(to, m)
}
func (s *scene) SendA(to abi.Endpoint, tag uint64, m *abi.Msg) abi.Errno {
	s.point(false)
	defer s.others()
	return s.drv.SendA(to, tag, m)
}
func (s *scene) Receive(from abi.Endpoint, timeout uint64, m *abi.Msg) (abi.ReceiveKind, abi.Errno) {
	s.point(false)
	if s.drv.BeginReceive(from, timeout); !s.wait() {
		if from != abi.Any {
			s.fail("a receive from %#x waits for ever", from)
		}
		s.drv.GiveUp()
		s.quiet = true
		return 0, abi.EAGAIN
	}
	kind, e, _ := s.drv.Took(m)
	return kind, e
}
func (s *scene) SendRec(to abi.Endpoint, timeout uint64, m *abi.Msg) (bool, abi.Errno) {
	s.point(false)
	if s.drv.BeginSendRec(to, timeout, m); !s.wait() {
		s.fail("a sendrec waits for ever")
	}
	return s.drv.TookAnswer(m)
}
func (s *scene) Notify(to abi.Endpoint) abi.Errno              { return s.drv.Notify(to) }
func (s *scene) PortIn(uint16) (uint8, abi.Errno)              { return 0, abi.EPERM }
func (s *scene) PortOut(uint16, uint8) abi.Errno               { return abi.EPERM }
func (s *scene) IRQSetPolicy(uint32, uint) (uint32, abi.Errno) { return 0, abi.OK }
func (s *scene) IRQEnable(uint32) abi.Errno                    { return abi.OK }
func (s *scene) IRQDisable(uint32) abi.Errno                   { return abi.OK }
func (s *scene) SetAlarm(ns uint64) (left uint64, e abi.Errno) { return s.drv.SetAlarm(ns) }
func (s *scene) Revoke(abi.GrantID)                            {}
func (s *scene) Exit(uint64, abi.ExitKind)                     {}
func (s *scene) Diag(line []byte) abi.Errno {
	s.lines = append(s.lines, string(line))
	return abi.OK
}
func (s *scene) GetInfo(kind abi.InfoKind, _ uint64, out []byte) (int, abi.Errno) {
	var r abi.AsyncResult
	e := s.drv.AsyncResult(&r)
	return copy(out, abi.Bytes(&r)), e
}
func (s *scene) CopyFrom(abi.Endpoint, abi.GrantID, uint64, []byte) abi.Errno { return abi.EPERM }
func (s *scene) CopyTo(abi.Endpoint, abi.GrantID, uint64, []byte) abi.Errno   { return abi.EPERM }
func (s *scene) Grant(abi.Endpoint, []byte, uint32) (abi.GrantID, bool)       { return 0, false }

// noPorts is an I/O space without anything.
type noPorts struct{}

func (noPorts) In8(uint16) uint8     { return 0xff }
func (noPorts) In16(uint16) uint16   { return 0xffff }
func (noPorts) In32(uint16) uint32   { return 0xffffffff }
func (noPorts) Out8(uint16, uint8)   {}
func (noPorts) Out16(uint16, uint16) {}
func (noPorts) Out32(uint16, uint32) {}

var _ sdk.Kernel = (*scene)(nil)
