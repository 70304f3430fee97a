package kind

import (
	"bytes"
	"testing"
	"time"

	"bennu/drivers/protocol/tty"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

// terminal is a console's driver and its chip.
type terminal struct {
	b        *bench
	ier, mcr uint32
	fifo     []byte
	line     []byte
	lines    [][]byte
	reader   *abi.Msg
	state    [5]uint64
	shown    []byte
	busy     int // reads of the line status until all is sent
	spoil    func(line []byte) []byte
	mute     bool
	cuts     bool
	after    func(p *terminal)
}

func (p *terminal) in(port uint16) uint32 {
	switch port {
	case 0x3f9:
		return p.ier
	case 0x3fc:
		return p.mcr
	case 0x3fd:
		if p.busy--; p.busy > 0 {
			return 0
		}
		return 0x60
	}
	p.b.t.Errorf("read of port %#x", port)
	return 0
}

func (p *terminal) out(port uint16, v uint32) {
	switch port {
	case 0x3f9:
		p.ier = v
	case 0x3fc:
		p.mcr = v
	case 0x3f8:
		if p.mcr&0x10 == 0 || p.ier != 0 || p.busy > 0 {
			p.b.t.Errorf("a byte is sent: MCR %#x, IER %#x, busy %d", p.mcr, p.ier, p.busy)
		}
		p.fifo = append(p.fifo, byte(v))
		if len(p.fifo) > 16 && !p.mute {
			p.b.t.Error("more bytes than the chip takes")
		}
		return
	default:
		p.b.t.Errorf("%#x to port %#x", v, port)
	}
	if p.ier != 0 && p.mcr&0x10 == 0 && len(p.fifo) > 0 {
		p.b.At(5*time.Microsecond, p.interrupt)
	}
}

func (p *terminal) interrupt() {
	if p.mute {
		return
	}
	p.state[2]++
	for _, c := range p.fifo {
		p.state[0]++
		p.state[1]++
		switch c {
		case 0x15:
			p.line = nil
		case '\r':
			line := append(p.line, '\n')
			if p.spoil != nil {
				line = p.spoil(line)
			}
			p.line = nil
			if line != nil {
				p.lines = append(p.lines, line)
			}
		default:
			p.line = append(p.line, c)
		}
	}
	p.fifo = nil
	if p.after != nil {
		p.after(p)
	}
	p.deliver()
}

func (p *terminal) deliver() {
	if p.reader == nil || len(p.lines) == 0 {
		return
	}
	m, line := *p.reader, p.lines[0]
	p.reader, p.lines = nil, p.lines[1:]
	memory := p.b.DriverGrant(victim, m.Arg[0], abi.GrantWrite)
	copy(memory, line)
	p.b.Post(abi.Msg{Source: victim, Type: abi.MsgReply, Arg: [7]uint64{0, uint64(len(line)), 6: m.Arg[6]}, Seq: m.Seq}, abi.KindSendA)
}

func (p *terminal) serve(m abi.Msg) fake.Answer {
	switch m.Type {
	case tty.State:
		return answer(0, p.state[0], p.state[1], p.state[2], p.state[3], p.state[4])
	case tty.Write:
		b := p.b.DriverGrant(victim, m.Arg[0], abi.GrantRead)
		p.shown = append(p.shown, b...)
		p.state[1] += uint64(len(b)) + 1
		p.busy = 3
		n := uint64(len(b))
		if p.cuts {
			n--
		}
		return answer(0, n)
	case tty.Read:
		p.reader = &m
		p.b.At(time.Microsecond, p.deliver)
		return fake.Answer{Silent: true}
	}
	return answer(uint64(abi.ENOSYS))
}

func newTerminal(t *testing.T) *terminal {
	p := &terminal{ier: 5, mcr: 0xb}
	p.b = newBench(t, "tty", "", p.serve)
	p.b.trace.in, p.b.trace.out = p.in, p.out
	return p
}

func TestConsole(t *testing.T) {
	p := newTerminal(t)
	p.mcr |= 0x10 // a workload that died while it typed
	p.lines, p.line = [][]byte{[]byte("typed before\n")}, []byte("begun before")
	p.b.all(50)
	if n := bytes.Count(p.shown, []byte{'\n'}); n != 50 || p.mcr != 0xb || p.ier != 5 {
		t.Errorf("%d lines were shown; in the end MCR %#x, IER %#x", n, p.mcr, p.ier)
	}
	count := func(n int, by uint64) func(p *terminal) {
		return func(p *terminal) { p.state[n] += by }
	}
	for _, c := range []struct {
		name string
		do   func(p *terminal)
		lost bool
		step uint16
	}{
		{"a letter that is another", func(p *terminal) {
			p.spoil = func(b []byte) []byte { return append([]byte{b[0] ^ 1}, b[1:]...) }
		}, false, 0},
		{"a line that is shorter", func(p *terminal) { p.spoil = func(b []byte) []byte { return b[min(1, len(b)-1):] } }, false, consoleRead},
		{"a line that is lost", func(p *terminal) { p.spoil = func([]byte) []byte { return nil } }, true, consoleRead},
		{"no interrupt is noticed", func(p *terminal) { p.mute = true }, true, consoleRead},
		{"a text that is cut", func(p *terminal) { p.cuts = true }, false, consoleWrite},
		{"bytes that none has typed", func(p *terminal) { p.after = count(0, 1) }, false, consoleState},
		{"overruns", func(p *terminal) { p.after = count(3, 1) }, false, consoleState},
	} {
		p := newTerminal(t)
		p.b.all(1)
		c.do(p)
		p.b.some(c.name, c.lost, c.step)
	}
}
