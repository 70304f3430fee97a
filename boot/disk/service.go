//go:build tamago

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"slices"
	"time"

	"bennu/drivers/sdk"
	"bennu/drivers/sdk/block/device"
	"bennu/kernel/abi"
)

const (
	driver = "virtioblk"
	depth  = 8 // requests at a time
	tick   = 2 * time.Millisecond
	still  = 20 * time.Second // without an answer: nothing comes any more
	most   = 12               // failures that are told
)

// work is what is done with the device.
type work interface {
	// more makes one more request, if there is one to be made now. over: there is none any more.
	more(s *service) (made, over bool)
	// ended takes the end of one.
	ended(s *service, user uint64)
	// result is words about it.
	result(s *service) []string
}

type service struct {
	options
	reaper
	c       *sdk.Context
	d       *device.Device
	w       work
	open    int
	failed  uint64
	bytes   uint64
	began   time.Duration
	end     time.Duration
	hash    hash.Hash
	lives   uint64
	stopped bool
}

func (s *service) Init(c *sdk.Context) error {
	if err := s.options.read(c.Args()); err != nil {
		return err
	}
	s.c, s.hash = c, sha256.New()
	d, err := device.Open(c, driver, windowBytes, windowBytes)
	if err != nil {
		return err
	}
	s.d = d
	s.reaper.begin(c, &s.options, driver)
	c.Alarm(tick)
	return nil
}

func (s *service) Message(c *sdk.Context, m *abi.Msg, _ abi.ReceiveKind) {
	if !s.d.Message(m) {
		c.Reply(m, abi.ENOSYS)
	}
	s.goOn()
}

// Reply takes answers: the driver's, and the reincarnation server's to the order to end it.
func (s *service) Reply(c *sdk.Context, m *abi.Msg) {
	life, again := s.d.Driver(), s.d.Counts.Again
	if s.d.Reply(m) && s.d.Driver() == life {
		s.answered(c.Now())
	}
	s.changed(life, again)
	s.goOn()
}

func (s *service) Changed(c *sdk.Context, n *sdk.Notice) {
	life, again := s.d.Driver(), s.d.Counts.Again
	s.d.Changed(n)
	s.changed(life, again)
	s.goOn()
}

// changed looks whether a life has ended.
func (s *service) changed(life abi.Endpoint, again uint64) {
	if life != 0 && s.d.Driver() != life {
		s.died(s.d.Counts.Again != again)
	}
}

func (s *service) Alarm(c *sdk.Context) {
	life, again := s.d.Driver(), s.d.Counts.Again
	s.d.Tick()
	s.changed(life, again)
	s.goOn()
	if s.last != 0 && c.Now() > s.last+still && !s.stopped {
		s.fault("nothing is answered any more", abi.ETIMEDOUT, uint64(s.open))
		s.finish()
	}
	c.Alarm(tick)
}

// goOn takes what has ended and makes more.
func (s *service) goOn() {
	defer s.changed(s.d.Driver(), s.d.Counts.Again) // to ask is to hear of a death, too
	if s.stopped {
		return
	}
	if s.w == nil && !s.start() {
		return
	}
	for {
		for r, ok := s.d.Next(); ok; r, ok = s.d.Next() {
			s.open--
			if r.Errno != abi.OK {
				s.fault("a request failed", r.Errno, r.User)
			}
			s.w.ended(s, r.User)
		}
		if s.open == depth {
			break
		}
		made, over := s.w.more(s)
		if over && s.open == 0 {
			s.finish()
			return
		}
		if !made {
			break
		}
	}
	s.look(s.c, s.d.Driver())
}

// start begins, when the device is known.
func (s *service) start() bool {
	if !s.d.Ready() {
		return false
	}
	all := s.d.Shape().Sectors
	if s.sectors == 0 || s.sectors > all {
		s.sectors = all
	}
	s.began = s.c.Now()
	s.last = s.began
	s.next = s.began + s.every
	if s.work == "mix" {
		s.w = newMix(s)
	} else {
		s.w = &stream{write: s.work == "write"}
	}
	return true
}

// fault tells of what must not be.
func (s *service) fault(what string, e abi.Errno, n uint64) {
	if s.failed++; s.failed <= most {
		s.c.Log("noticed", what, "errno", e.Name(), "n", sdk.Dec(n), "deaths", sdk.Dec(s.deaths))
	}
}

// finish says how it was, and ends the machine.
func (s *service) finish() {
	s.stopped = true
	s.end = s.c.Now()
	mean, worst := time.Duration(0), time.Duration(0)
	for _, a := range s.away {
		mean += a
		worst = max(worst, a)
	}
	if len(s.away) > 0 {
		mean /= time.Duration(len(s.away))
		slices.Sort(s.away)
	}
	n := &s.d.Counts
	words := []string{"event", "done", "work", s.work, "seed", sdk.Dec(s.seed), "bytes", sdk.Dec(s.bytes), "ns", sdk.Dec(uint64(s.end - s.began)),
		"deaths", sdk.Dec(s.deaths), "inflight", sdk.Dec(s.inFlight), "recoveries", sdk.Dec(uint64(len(s.away))), "mean", sdk.Dec(uint64(mean)), "worst", sdk.Dec(uint64(worst)),
		"again", sdk.Dec(n.Again), "replayed", sdk.Dec(n.Replayed), "stale", sdk.Dec(n.Stale), "strange", sdk.Dec(n.Strange), "lost", sdk.Dec(n.Lost), "noticed", sdk.Dec(s.failed)}
	s.c.Log(append([]string{"event", "result"}, s.w.result(s)...)...) // a line of its own: lines are cut where they are too long
	s.c.Log(words...)
	status := uint64(0)
	if s.failed > 0 {
		status = 1
	}
	if e := s.c.RS().Shutdown(status); e != abi.OK {
		s.c.PowerOff(1)
	}
}

func (s *service) sum() string { return hex.EncodeToString(s.hash.Sum(nil)) }
