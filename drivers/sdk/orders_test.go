package sdk_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
	kernel "bennu/kernel/fake"
	"bennu/kernel/usys"
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

// scene is one run: a driver that makes a Call, and what happens meanwhile.
type scene struct {
	t     *testing.T
	m     *kernel.Machine
	c     *chooser
	left  []*happening
	done  []string
	drv   *kernel.Task
	root  *kernel.Task
	peer  *kernel.Task
	cl    *kernel.Task
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

func newScene(t *testing.T, m *kernel.Machine, c *chooser, events []*happening, toRS bool) *scene {
	m.Reset(uint64(time.Second))
	s := &scene{t: t, m: m, c: c, left: slices.Clone(events), toRS: toRS, limit: callLimit}
	s.root, s.drv, s.cl, s.peer = m.Add(fake.Root), m.Add(fake.Driver), m.Add(fake.Client), m.Add(fake.Other)
	s.drv.Info.Label, _ = abi.MakeLabel("probe")
	s.drv.Info.Root = fake.Root
	s.drv.Hooks = s.hooks()
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
	r.Arg[6], r.Seq = m.Arg[6], m.Seq
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
			r.Seq = m.Seq
		}
		s.root.SendNB(s.drv.Endpoint, &r)
	case abi.RSLookup: // the Ask that happenings answer
	case echo:
		s.asked, s.got = *m, true
	default:
		s.t.Errorf("the server got %#x", m.Type)
	}
}

// tell is how the server tells a driver something: now, or it keeps it and notifies.
func (s *scene) tell(m abi.Msg) {
	e := s.root.SendNB(s.drv.Endpoint, &m)
	if e == abi.ESTALE {
		m.Seq = 0
		e = s.root.SendNB(s.drv.Endpoint, &m)
	}
	if e == abi.ENOTREADY {
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

// gate is the driver's kernel.
func (s *scene) gate() usys.Gate { return s.drv.Gate() }

// hooks are the moments: before each call of the driver's, and while it waits.
func (s *scene) hooks() *kernel.Hooks {
	return &kernel.Hooks{
		Before: func(c kernel.Call) (abi.Errno, uint64, bool) {
			if c.Nr < abi.CallBase && c.Nr != abi.CallNotify {
				s.point(false)
			}
			return 0, 0, false
		},
		After: func(c kernel.Call, _ abi.Errno, _ uint64) {
			if c.Nr == abi.CallSendNB || c.Nr == abi.CallSendA {
				s.others()
			}
		},
		Stuck: func(c kernel.Call) {
			if s.point(true) {
				return
			}
			if c.Nr != abi.CallReceive || c.To() != abi.Any {
				s.fail("call %d to %#x waits for ever", c.Nr, c.To())
			}
			s.drv.GiveUp()
			s.quiet = true
		},
		Line: func(_ uint64, line []byte) { s.lines = append(s.lines, string(line)) },
	}
}
