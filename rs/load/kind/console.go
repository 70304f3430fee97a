package kind

import (
	"bennu/drivers/protocol/tty"
	"bennu/kernel/abi"
	"bennu/rs/load/work"
)

// console is drivers/tty: texts are written, and lines typed by the chip's loopback, which must be read as they were typed.
type console struct {
	state [5]uint64 // bytes in, bytes out, interrupts, overruns, resets of its line
	line  [lineSize]byte
	text  [longestText]byte
	in    [longestLine]byte
}

// Steps.
const (
	consoleDrain = 1 + iota
	consoleWrite
	consoleQuiet
	consoleType
	consoleRead
	consoleState
)

// COM1's registers. Source: National Semiconductor PC16550D, section 8 "Registers".
const (
	com1    = 0x3f8
	com1THR = com1
	com1IER = com1 + 1
	com1MCR = com1 + 4
	com1LSR = com1 + 5

	mcrLoop = 0x10 // what is sent is received
	lsrIdle = 0x40 // nothing is left to be sent
)

const (
	// lineSize is the longest line that is typed, its end included: the chip receives so much at once.
	lineSize = 16
	// longestLine is the longest that can have been typed by others before.
	longestLine = 256
	// maxAhead is more lines than the console keeps.
	maxAhead = 2048
	// longestText is the longest text that is written.
	longestText = 48
)

// Join is work.Kind: a line that somebody has begun, or typed ahead, would be taken for one of this life.
func (k *console) Join(s *work.Site) work.Verdict {
	s.Step = consoleDrain
	if v := k.keys(s, []byte("\x15\r")); v != work.Right { // an empty line is there in the end
		return v
	}
	for range maxAhead {
		n, v := k.read(s)
		if v != work.Right {
			return v
		}
		if n == 1 && k.in[0] == '\n' {
			return k.look(s, &k.state)
		}
	}
	return work.Wrong // always another line
}

// Look is work.Kind.
func (k *console) Look(s *work.Site) work.Verdict { return k.look(s, new([5]uint64)) }

func (k *console) look(s *work.Site, state *[5]uint64) work.Verdict {
	s.Step = consoleState
	m := abi.Msg{Type: tty.State}
	v := s.Call(&m)
	*state = [5]uint64(m.Arg[1:6])
	return v
}

// Operate is work.Kind.
func (k *console) Operate(s *work.Site) work.Verdict {
	text := k.text[:1+s.Rand.IntN(longestText)]
	for i := range text {
		text[i] = printable(s)
	}
	text[len(text)-1] = '\n'
	if v := k.write(s, text); v != work.Right {
		return v
	}
	s.Step = consoleQuiet
	if v := k.quiet(s); v != work.Right {
		return v
	}
	line := k.line[:1+s.Rand.IntN(lineSize)]
	for i := range line {
		line[i] = printable(s)
	}
	line[len(line)-1] = '\r'
	if v := k.keys(s, line); v != work.Right {
		return v
	}
	line[len(line)-1] = '\n'
	n, v := k.read(s)
	if v != work.Right {
		return v
	}
	if string(k.in[:n]) != string(line) {
		return work.Wrong
	}
	return k.count(s, len(line), len(text)+1)
}

// printable is a byte that a console shows as it is.
func printable(s *work.Site) byte { return byte(' ' + s.Rand.IntN('~'-' '+1)) }

// count looks whether the counters went on as far as they should: what was typed came in; out went the text, and more, since the line is shown.
func (k *console) count(s *work.Site, in, out int) work.Verdict {
	was := k.state
	if v := k.look(s, &k.state); v != work.Right {
		return v
	}
	if k.state[0]-was[0] != uint64(in) || k.state[1]-was[1] < uint64(out) || k.state[2] == was[2] || k.state[3] != was[3] {
		return work.Wrong
	}
	return work.Right
}

// write has a text shown, which must be taken whole.
func (k *console) write(s *work.Site, text []byte) work.Verdict {
	s.Step = consoleWrite
	m := abi.Msg{Type: tty.Write}
	if v := s.CallWith(&m, 0, text, abi.GrantRead); v != work.Right {
		return v
	}
	return work.Equal(m.Arg[1], uint64(len(text)))
}

// read takes the next line.
func (k *console) read(s *work.Site) (n uint64, v work.Verdict) {
	s.Step = consoleRead
	m := abi.Msg{Type: tty.Read}
	if v := s.CallWith(&m, 0, k.in[:], abi.GrantWrite); v != work.Right {
		return 0, v
	}
	if n = m.Arg[1]; n == 0 || n > uint64(len(k.in)) {
		return 0, work.Wrong
	}
	return n, work.Right
}

// quiet waits until all has been sent: what leaves while the chip is looped comes back.
func (k *console) quiet(s *work.Site) work.Verdict {
	if s.Trace == nil {
		return s.Cannot(abi.EPERM)
	}
	return s.Wait(func() work.Verdict {
		lsr, e := s.Trace.PortIn(s.Ep, com1LSR, 1)
		if v := traced(s, e); v != work.Right {
			return v
		}
		if lsr&lsrIdle == 0 {
			return work.Pending
		}
		return work.Right
	})
}

// keys types by the chip's loopback. The driver is told when that has ended: what it sends meanwhile would come back to it, too. Precondition: at most
// lineSize bytes.
func (k *console) keys(s *work.Site, b []byte) work.Verdict {
	if v := k.quiet(s); v != work.Right {
		return v
	}
	s.Step = consoleType
	ier, e := s.Trace.PortIn(s.Ep, com1IER, 1)
	if e != abi.OK {
		return traced(s, e)
	}
	mcr, e := s.Trace.PortIn(s.Ep, com1MCR, 1)
	if e != abi.OK {
		return traced(s, e)
	}
	writes := []write{{com1IER, 0}, {com1MCR, mcr | mcrLoop}}
	for _, c := range b {
		writes = append(writes, write{com1THR, uint32(c)})
	}
	for _, w := range writes {
		if e = s.Trace.PortOut(s.Ep, w.port, 1, w.v); e != abi.OK {
			break
		}
	}
	for _, w := range []write{{com1MCR, mcr &^ mcrLoop}, {com1IER, ier}} { // in any case
		if undo := s.Trace.PortOut(s.Ep, w.port, 1, w.v); e == abi.OK {
			e = undo
		}
	}
	return traced(s, e)
}

// write is a value for a register.
type write struct {
	port uint16
	v    uint32
}
