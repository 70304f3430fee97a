package model

import (
	"bytes"
	"strings"
	"testing"

	"bennu/drivers/sdk/uart16550"
	"bennu/kernel/abi"
)

// cpu is a driver's Ports behind Emulate: each access is an instruction that stopped it.
type cpu struct {
	t *testing.T
	l *Line
}

func (c cpu) do(code []byte, port uint16, v uint64) uint64 {
	m := make(ram, 32)
	copy(m, code)
	r := abi.Registers{RIP: ramBase}
	r.GPR[rax], r.GPR[rdx] = v, uint64(port)
	if how := Emulate(&r, m, c.l); how != Done {
		c.t.Fatalf("port %#x: %d", port, how)
	}
	return r.GPR[rax]
}

func (c cpu) In8(port uint16) uint8     { return uint8(c.do([]byte{0xec}, port, 0)) }
func (c cpu) Out8(port uint16, v uint8) { c.do([]byte{0xee}, port, uint64(v)) }
func (c cpu) In16(port uint16) uint16   { return uint16(c.do([]byte{0x66, 0xed}, port, 0)) }
func (c cpu) In32(port uint16) uint32   { return uint32(c.do([]byte{0xed}, port, 0)) }
func (c cpu) Out16(p uint16, v uint16)  { c.do([]byte{0x66, 0xef}, p, uint64(v)) }
func (c cpu) Out32(p uint16, v uint32)  { c.do([]byte{0xef}, p, uint64(v)) }

// Out8s is REP OUTSB.
func (c cpu) Out8s(port uint16, b []byte) {
	m := make(ram, 32+len(b))
	copy(m, []byte{0xf3, 0x6e})
	copy(m[16:], b)
	r := abi.Registers{RIP: ramBase}
	r.GPR[rdx], r.GPR[rcx], r.GPR[rsi] = uint64(port), uint64(len(b)), ramBase+16
	if how := Emulate(&r, m, c.l); how != Done {
		c.t.Fatalf("port %#x: %d", port, how)
	}
}

// The driver of the SDK's works with the chip as it does with a real one: what is typed, it receives, and what it writes is seen, by interrupts alone.
func TestLineWithDriver(t *testing.T) {
	raised := 0
	l := NewLine(0x2f8, func() { raised++ })
	var u uart16550.UART
	if e := u.Init(cpu{t, l}, uart16550.Config{Base: 0x2f8, RX: make([]uart16550.Char, 8192), TX: make([]byte, 8192), Ends: "\n"}); e != abi.OK {
		t.Fatal(e)
	}
	settle := func() {
		for i := 0; raised > 0; i++ {
			raised--
			u.Interrupt()
			if i > 10000 {
				t.Fatal("interrupts without end")
			}
		}
	}
	text := []byte(strings.Repeat("a request of some length\n", 30))
	if n := l.Type(text); n != len(text) {
		t.Fatalf("%d of %d bytes were taken", n, len(text))
	}
	settle()
	var got []byte
	for c, ok := u.Next(); ok; c, ok = u.Next() {
		if c.Gap() {
			t.Fatal("bytes are missing")
		}
		got = append(got, c.Byte())
	}
	if !bytes.Equal(got, text) {
		t.Errorf("received %d bytes, want %d", len(got), len(text))
	}
	answer := []byte(strings.Repeat("an answer\n", 50))
	for rest := answer; len(rest) > 0; settle() {
		rest = rest[u.Write(rest):]
	}
	var seen []byte
	for l.Whole(1 << 20) {
		var b [64]byte
		n := l.Seen(b[:])
		if !bytes.HasSuffix(b[:n], []byte("\n")) {
			t.Fatalf("a piece of %q", b[:n])
		}
		seen = append(seen, b[:n]...)
	}
	if !bytes.Equal(seen, answer) {
		t.Errorf("seen %d bytes, want %d", len(seen), len(answer))
	}
}

// Without the chip's readiness nothing arrives; too much is not taken; what nobody takes is dropped and counted.
func TestLineBounds(t *testing.T) {
	l := NewLine(0x2f8, nil)
	if n := l.Type(make([]byte, 2*mostTyped)); n != mostTyped || l.Type([]byte("x")) != 0 || len(l.uart.RX) != 0 {
		t.Errorf("%d bytes were taken, %d arrived at a chip that has not asked for any", n, len(l.uart.RX))
	}
	l.Forget()
	if l.Out(0x2fc, 1, 0xb); l.Type([]byte("x")) != 1 || len(l.uart.RX) != 1 {
		t.Error("a byte did not arrive")
	}
	for range mostSeen + 100 {
		l.Out(0x2f8, 1, 'y')
	}
	if l.Lost() != 100 || !l.Whole(mostSeen) || l.Whole(mostSeen+1) {
		t.Errorf("%d bytes were dropped, want 100", l.Lost())
	}
}

// A wide access is one to each register.
func TestWide(t *testing.T) {
	l := NewLine(0x2f8, nil)
	l.Out(0x2fb, 2, 0x0b03) // LCR, MCR
	if v := l.In(0x2fb, 2); v != 0x0b03 {
		t.Errorf("LCR and MCR are %#x", v)
	}
	for port, want := range map[uint16]bool{0x2f7: false, 0x2f8: true, 0x2fe: true, 0x2ff: false} {
		if l.Owns(port, 2) != want {
			t.Errorf("a word at %#x: %v", port, !want)
		}
	}
}
