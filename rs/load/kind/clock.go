package kind

import (
	"time"

	"bennu/drivers/protocol/rtc"
	"bennu/kernel/abi"
	"bennu/rs/load/work"
)

// clock is drivers/rtc: the time goes on, as the kernel's does, and stays as it was set.
type clock struct {
	seconds uint64        // of the last reading
	at      time.Duration // when that was
	updates uint64        // told by it
	known   bool
	state   [3]uint64 // register B, the century's register, the last second it keeps
}

// Steps.
const (
	clockFirst = 1 + iota
	clockSecond
	clockSet
	clockBack
	clockState
)

// slack is how much the clock's seconds and the kernel's may differ: a reading shows a second that is up to one old, and takes part of
// one.
const slack = 2 * time.Second

// Join is work.Kind. It sets the clock: the life before may have died while it did, and what it has left is rightly in doubt.
func (k *clock) Join(s *work.Site) work.Verdict {
	*k = clock{}
	m, v := k.ask(s)
	if v != work.Right {
		return v
	}
	k.state = [3]uint64(m.Arg[2:5])
	return k.set(s)
}

func (k *clock) ask(s *work.Site) (m abi.Msg, v work.Verdict) {
	s.Step = clockState
	m.Type = rtc.State
	return m, s.Call(&m)
}

// Operate is work.Kind.
func (k *clock) Operate(s *work.Site) work.Verdict {
	switch s.Rand.IntN(4) {
	case 0:
		return k.set(s)
	case 1:
		m, v := k.ask(s)
		if v != work.Right {
			return v
		}
		return work.Equal([3]uint64(m.Arg[2:5]), k.state)
	}
	for _, step := range []uint16{clockFirst, clockSecond} {
		s.Step = step
		if v := k.get(s); v != work.Right {
			return v
		}
	}
	return work.Right
}

// Look is work.Kind.
func (k *clock) Look(s *work.Site) work.Verdict {
	m := abi.Msg{Type: rtc.Get}
	return s.Call(&m)
}

// get reads the clock: not before the last reading, and no further from it than the time that went by.
func (k *clock) get(s *work.Site) work.Verdict {
	m := abi.Msg{Type: rtc.Get}
	if v := s.Call(&m); v != work.Right {
		return v
	}
	now, seconds, updates := s.C.Now(), m.Arg[1], m.Arg[2]
	if k.known {
		went := time.Duration(seconds-k.seconds) * time.Second
		by := now - k.at
		if seconds < k.seconds || seconds > rtc.Last || went > by+slack || went+slack < by || updates < k.updates {
			return work.Wrong
		}
	}
	k.seconds, k.at, k.updates, k.known = seconds, now, updates, true
	if unix, ok := s.C.Date(); ok { // what all see was told by this driver
		shown := time.Duration(seconds) * time.Second
		if shown > unix+slack || shown+slack < unix {
			return work.Wrong
		}
	}
	if m.Arg[3] != 0 {
		return work.Wrong // no reason to doubt it was given, but by a fault
	}
	return work.Right
}

// earliest is the first second that the clock is set to here: 2001-01-01. From it on a span of 24 years lies within the years of a clock with no register for the century.
const (
	earliest = 978307200
	span     = 24 * 365 * 24 * 3600
)

// set sets the clock, and reads it.
func (k *clock) set(s *work.Site) work.Verdict {
	s.Step = clockSet
	to := earliest + s.Rand.Uint64N(span)
	m := abi.Msg{Type: rtc.Set, Arg: [7]uint64{to}}
	k.known = false // a setting that is cut off sets it to anything
	if v := s.Call(&m); v != work.Right {
		return v
	}
	k.seconds, k.at, k.updates, k.known = to, s.C.Now(), 0, true
	s.Step = clockBack
	return k.get(s)
}
