package kind

import (
	"testing"
	"time"

	"bennu/drivers/protocol/kbd"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

// board is a keyboard's driver and the controller that it drives.
type board struct {
	b      *bench
	armed  bool // the next data byte arrives
	full   bool
	shift  bool
	ctrl   bool
	chars  []byte
	state  [4]uint64
	spoil  func(p *board, c byte) []byte
	hangs  bool
	denied bool
}

// codes of set 1, written down anew.
var codes = map[uint32]byte{0x10: 'q', 0x11: 'w', 0x12: 'e', 0x13: 'r', 0x14: 't', 0x15: 'y', 0x16: 'u', 0x17: 'i', 0x18: 'o', 0x19: 'p', 0x1e: 'a', 0x1f: 's',
	0x20: 'd', 0x21: 'f', 0x22: 'g', 0x23: 'h', 0x24: 'j', 0x25: 'k', 0x26: 'l', 0x2c: 'z', 0x2d: 'x', 0x2e: 'c', 0x2f: 'v', 0x30: 'b', 0x31: 'n', 0x32: 'm'}

func (p *board) in(port uint16) uint32 {
	if port == 0x64 && p.full {
		return 1
	}
	return 0
}

func (p *board) out(port uint16, v uint32) {
	switch {
	case port == 0x64:
		p.armed = v == 0xd2
	case port == 0x60 && p.armed && !p.full:
		p.armed, p.full = false, true
		p.b.At(5*time.Microsecond, func() { p.take(v) })
	default:
		p.b.t.Errorf("%#x to port %#x", v, port)
	}
}

// take is the driver's interrupt.
func (p *board) take(v uint32) {
	if p.hangs {
		return
	}
	p.full = false
	p.state[0]++
	p.state[1]++
	switch down := v&0x80 == 0; v &^ 0x80 {
	case 0x2a:
		p.shift = down
	case 0x1d:
		p.ctrl = down
	default:
		c := codes[v&^0x80]
		if !down || c == 0 {
			return
		}
		if p.shift {
			c -= 0x20
		}
		if p.ctrl {
			c &= 0x1f
		}
		typed := []byte{c}
		if p.spoil != nil {
			typed = p.spoil(p, c)
		}
		p.chars = append(p.chars, typed...)
		p.state[2]++
	}
}

func (p *board) serve(m abi.Msg) fake.Answer {
	switch m.Type {
	case kbd.Read:
		if len(p.chars) == 0 {
			return answer(uint64(abi.EAGAIN))
		}
		c := p.chars[0]
		p.chars = p.chars[1:]
		return answer(0, uint64(c))
	case kbd.State:
		return answer(0, p.state[0], p.state[1], p.state[2], p.state[3])
	}
	return answer(uint64(abi.ENOSYS))
}

func newBoard(t *testing.T) *board {
	p := new(board)
	p.b = newBench(t, "kbd", "", p.serve)
	p.b.trace.in, p.b.trace.out = p.in, p.out
	return p
}

func TestKeyboard(t *testing.T) {
	p := newBoard(t)
	p.chars = []byte("left from before")
	p.b.all(50)
	for _, c := range []struct {
		name  string
		spoil func(p *board, c byte) []byte
		lost  bool
		step  uint16
	}{
		{"another character", func(_ *board, c byte) []byte { return []byte{c ^ 0x20} }, false, keysRead},
		{"a character twice", func(_ *board, c byte) []byte { return []byte{c, c} }, false, keysRead},
		{"one more at the end", func(_ *board, c byte) []byte {
			if c == 0x15 {
				return []byte{c, c}
			}
			return []byte{c}
		}, false, keysMore},
		{"none", func(*board, byte) []byte { return nil }, true, keysRead},
		{"dropped ones", func(p *board, c byte) []byte { p.state[3]++; return []byte{c} }, false, keysState},
		{"interrupts that none caused", func(p *board, c byte) []byte { p.state[0] += 30; return []byte{c} }, false, keysState},
	} {
		p := newBoard(t)
		p.spoil = c.spoil
		p.b.some(c.name, c.lost, c.step)
	}
	p = newBoard(t)
	p.hangs = true
	p.b.some("a driver that takes no byte", true, keysType)
}

// A workload that may not trace has not found the victim out: it says that it could not.
func TestNoTrace(t *testing.T) {
	for _, e := range []abi.Errno{abi.EPERM, abi.ECALLDENIED} {
		p := newBoard(t)
		p.b.trace.e = e
		if r := p.b.run(5); r != (result{why: 4, errno: e}) {
			t.Errorf("%+v, want unable: %v", r, e)
		}
	}
}

// What is typed has its codes: any text that is chosen is typed by them.
func TestChoose(t *testing.T) {
	p := newBoard(t)
	seen := map[byte]bool{}
	for range 100 {
		p.spoil = func(_ *board, c byte) []byte { seen[c] = true; return []byte{c} }
		p.b.all(1)
	}
	if p.b.all(300); len(seen) != 26+26+1 {
		t.Errorf("%d characters were typed, want all letters, large and small, and ^U", len(seen))
	}
}
