package kind

import (
	"bennu/drivers/protocol/kbd"
	"bennu/kernel/abi"
	"bennu/rs/load/work"
)

// keyboard is drivers/kbd: scan codes are put into the controller behind its back, and it must give the characters, these and no others.
type keyboard struct {
	state [4]uint64 // interrupts, scan codes, characters, characters dropped
	text  []byte
}

// Steps.
const (
	keysDrain = 1 + iota
	keysType
	keysRead
	keysMore
	keysState
)

// Ports, status bits and the command of the controller. Source: as drivers/kbd.
const (
	portData    = 0x60
	portStatus  = 0x64
	portCommand = 0x64

	statusFull = 0x01 // a byte for the driver waits
	statusBusy = 0x02 // the last byte written waits

	cmdWriteOutput = 0xd2 // the next byte at portData arrives as if the keyboard had sent it
)

const (
	scanControl = 0x1d
	scanShift   = 0x2a
	scanU       = 0x16
	scanRelease = 0x80
	// killed is what ends the text: tty, to which it goes as well, then forgets the line.
	killed = 0x15
	// maxKept is more characters than the driver keeps.
	maxKept = 512
	// fewestKeys and mostKeys are how long a text is. Each key costs tens of thousands of instructions, tty's included.
	fewestKeys, mostKeys = 1, 3
)

// letters are the keys that are typed, in the order of their scan codes from 10h on; a zero is none of them.
const letters = "qwertyuiop\x00\x00\x00\x00asdfghjkl\x00\x00\x00\x00\x00zxcvbnm"

// Join is work.Kind: it takes what the life before, or anybody, has left.
func (k *keyboard) Join(s *work.Site) work.Verdict {
	s.Step = keysDrain
	for range maxKept {
		if _, v := k.read(s); v == work.Refused && s.Errno == abi.EAGAIN {
			s.Errno = abi.OK
			return k.look(s, &k.state)
		} else if v != work.Right {
			return v
		}
	}
	return work.Wrong // always another character
}

// Look is work.Kind.
func (k *keyboard) Look(s *work.Site) work.Verdict { return k.look(s, new([4]uint64)) }

func (k *keyboard) look(s *work.Site, state *[4]uint64) work.Verdict {
	m := abi.Msg{Type: kbd.State}
	v := s.Call(&m)
	*state = [4]uint64(m.Arg[1:5])
	return v
}

func (k *keyboard) read(s *work.Site) (byte, work.Verdict) {
	m := abi.Msg{Type: kbd.Read}
	v := s.Call(&m)
	if v == work.Right && m.Arg[1] > 0xff {
		v = work.Wrong
	}
	return byte(m.Arg[1]), v
}

// Operate is work.Kind.
func (k *keyboard) Operate(s *work.Site) work.Verdict {
	codes := k.choose(s)
	s.Step = keysType
	for _, b := range codes {
		if v := k.put(s, b); v != work.Right {
			return v
		}
	}
	s.Step = keysRead
	for _, want := range k.text {
		b, v := k.wait(s)
		if v != work.Right {
			return v
		}
		if b != want {
			return work.Wrong
		}
	}
	s.Step = keysMore
	switch _, v := k.read(s); {
	case v == work.Right:
		return work.Wrong
	case v != work.Refused || s.Errno != abi.EAGAIN:
		return v
	}
	s.Errno = abi.OK
	return k.count(s, uint64(len(codes)))
}

// count looks whether the driver's counters went on as far as they should: each code had its interrupt, if the driver was not told of two at once.
func (k *keyboard) count(s *work.Site, codes uint64) work.Verdict {
	s.Step = keysState
	was := k.state
	if v := k.look(s, &k.state); v != work.Right {
		return v
	}
	interrupts := k.state[0] - was[0]
	if interrupts == 0 || interrupts > codes || k.state[1]-was[1] != codes || k.state[2]-was[2] != uint64(len(k.text)) || k.state[3] != was[3] {
		return work.Wrong
	}
	return work.Right
}

// choose makes a text, which becomes k.text, and the codes that type it.
func (k *keyboard) choose(s *work.Site) (codes []byte) {
	k.text = k.text[:0]
	for range fewestKeys + s.Rand.IntN(mostKeys-fewestKeys+1) {
		n := s.Rand.IntN(len(letters))
		for letters[n] == 0 {
			n--
		}
		scan, c := byte(0x10+n), letters[n]
		upper := s.Rand.IntN(4) == 0
		if upper {
			codes, c = append(codes, scanShift), c-'a'+'A'
		}
		codes = append(codes, scan, scan|scanRelease)
		if upper {
			codes = append(codes, scanShift|scanRelease)
		}
		k.text = append(k.text, c)
	}
	k.text = append(k.text, killed)
	return append(codes, scanControl, scanU, scanU|scanRelease, scanControl|scanRelease)
}

// wait reads the next character, which the driver has as soon as it has been told of its code.
func (k *keyboard) wait(s *work.Site) (b byte, v work.Verdict) {
	v = s.Wait(func() work.Verdict {
		var v work.Verdict
		if b, v = k.read(s); v == work.Refused && s.Errno == abi.EAGAIN {
			s.Errno = abi.OK
			return work.Pending
		}
		return v
	})
	return b, v
}

// put has a byte arrive from the keyboard.
func (k *keyboard) put(s *work.Site, b byte) work.Verdict {
	if s.Trace == nil {
		return s.Cannot(abi.EPERM)
	}
	for _, w := range []struct {
		port uint16
		v    byte
	}{{portCommand, cmdWriteOutput}, {portData, b}} {
		v := s.Wait(func() work.Verdict {
			if v := k.idle(s); v != work.Right {
				return v
			}
			e := s.Trace.PortOut(s.Ep, w.port, 1, uint32(w.v))
			if e == abi.EAGAIN { // the kernel has not seen that it is idle
				return work.Pending
			}
			return traced(s, e)
		})
		if v != work.Right {
			return v
		}
	}
	return work.Right
}

// idle tells whether the controller has taken the byte before, and the driver what it was given. A driver that takes nothing is lost.
func (k *keyboard) idle(s *work.Site) work.Verdict {
	status, e := s.Trace.PortIn(s.Ep, portStatus, 1)
	if v := traced(s, e); v != work.Right {
		return v
	}
	if status&(statusFull|statusBusy) != 0 {
		return work.Pending
	}
	return work.Right
}

// traced is the verdict on an access to the victim's device.
func traced(s *work.Site, e abi.Errno) work.Verdict {
	switch e {
	case abi.OK:
		return work.Right
	case abi.EDEADSRCDST:
		return work.Died
	}
	return s.Cannot(e)
}
