package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"bennu/drivers/protocol/tty"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

// console is a tty on its fakes.
type console struct {
	*fake.Kernel
	t    *testing.T
	tty  *driver
	chip *fake.UART
}

func newConsole(t *testing.T, chip *fake.UART) *console {
	t.Helper()
	k := fake.New(t, "tty")
	k.Arguments("reads=client types=client")
	return boot(t, k, chip)
}

func boot(t *testing.T, k *fake.Kernel, chip *fake.UART) *console {
	t.Helper()
	chip.Base = com1Base
	chip.Raise = func() { k.Fire(com1IRQ) }
	k.Device = chip
	c := &console{k, t, new(driver), chip}
	k.Start(c.tty)
	if m, _ := k.Take(fake.Root); m.Type != abi.RSReady || m.Arg[0] != 0 {
		t.Fatalf("init answer %+v, log %q", m, k.Lines)
	}
	return c
}

// settle lets the wire carry until nothing moves.
func (c *console) settle() {
	c.Run()
	for len(c.chip.TX) > 0 {
		c.chip.Carry(16)
		c.Run()
	}
}

func (c *console) typing(s string) {
	for i := range len(s) {
		c.chip.Type(s[i])
		c.settle()
	}
}

// screen is what was sent since the last time.
func (c *console) screen() string {
	c.settle()
	s := string(c.chip.Sent)
	c.chip.Sent = nil
	return s
}

func (c *console) write(from abi.Endpoint, text string) (abi.Msg, bool) {
	g := c.PeerGrant(from, []byte(text), abi.GrantRead)
	return c.Request(from, tty.Write, uint64(g), uint64(len(text)))
}

func (c *console) read(from abi.Endpoint, b []byte) (abi.Msg, bool) {
	g := c.PeerGrant(from, b, abi.GrantWrite)
	return c.Request(from, tty.Read, uint64(g), uint64(len(b)))
}

func (c *console) wantAnswer(to abi.Endpoint, e abi.Errno, n uint64) {
	c.t.Helper()
	m, ok := c.Take(to)
	if !ok || abi.Errno(m.Arg[0]) != e || m.Arg[1] != n {
		c.t.Errorf("answer %+v (%v), want %s, %d", m, ok, e.Name(), n)
	}
}

func TestNoChip(t *testing.T) {
	k := fake.New(t, "tty")
	k.Arguments("reads=client types=client")
	k.Device = &fake.UART{Base: com1Base, Absent: true}
	k.Start(new(driver))
	if m, _ := k.Take(fake.Root); abi.Errno(m.Arg[0]) != abi.ENODEV {
		t.Errorf("answered %+v", m)
	}
}

func TestWrite(t *testing.T) {
	c := newConsole(t, &fake.UART{})
	m, ok := c.write(fake.Client, "one\ntwo")
	if !ok || m.Arg[0] != 0 || m.Arg[1] != 7 {
		t.Errorf("answer %+v, %v", m, ok)
	}
	if s := c.screen(); s != "one\r\ntwo" {
		t.Errorf("screen %q", s)
	}
	if m, ok := c.write(fake.Client, ""); !ok || m.Arg[0] != 0 || m.Arg[1] != 0 {
		t.Errorf("of nothing: %+v, %v", m, ok)
	}
}

// Nothing that a terminal obeys leaves, wherever the writer cuts its text.
func TestWriteOfControls(t *testing.T) {
	c := newConsole(t, &fake.UART{})
	text := "a\x1b[2J\x1b]0;t\a\b\x7f\x00\tb\rc\n\x9b\u009b\xc3\x28\u202e"
	for i := range len(text) {
		c.write(fake.Client, text[i:i+1])
	}
	want := `a\x1b[2J\x1b]0;t\x07\x08\x7f\x00` + "\tb\rc\r\n" + `\x9b\xc2\x9b\xc3(\xe2\x80\xae`
	if s := c.screen(); s != want {
		t.Errorf("byte by byte: screen %q, want %q", s, want)
	}
	long := strings.Repeat(text, 2000)
	c.write(fake.Client, long)
	if s := c.screen(); s != strings.Repeat(want, 2000) {
		t.Errorf("at once: %d bytes on the screen, want %d", len(s), 2000*len(want))
	}
}

// More than the ring holds: taken in parts, answered when all of it is queued; a second writer's turn comes after a line, and
// not after all of it.
func TestWriteMoreThanRoom(t *testing.T) {
	c := newConsole(t, &fake.UART{})
	text := strings.Repeat("0123456789abcde\n", 2000)
	if _, ok := c.write(fake.Client, text); ok {
		t.Fatal("answered before all was queued")
	}
	if _, ok := c.write(fake.Other, "second\n"); ok {
		t.Fatal("the second overtook")
	}
	s := c.screen()
	c.wantAnswer(fake.Client, abi.OK, uint64(len(text)))
	c.wantAnswer(fake.Other, abi.OK, 7)
	before, after, found := strings.Cut(s, "second\r\n")
	if want := strings.ReplaceAll(text, "\n", "\r\n"); before+after != want || !found {
		t.Errorf("screen has %d bytes, want %d", len(s), len(want)+8)
	}
	if len(before) > transmitSize+512 || before[len(before)-1] != '\n' {
		t.Errorf("%d bytes before the second, which end %q", len(before), before[len(before)-1])
	}
}

// However much some write, and without any end of a line, others get their turns, and what one client writes stays in order.
func TestWritersTakeTurns(t *testing.T) {
	const each = 20000
	c := newConsole(t, &fake.UART{})
	hogs := []abi.Endpoint{abi.MakeEndpoint(20, 1), abi.MakeEndpoint(21, 1), abi.MakeEndpoint(22, 1)}
	for i := range ownWriters {
		for _, h := range hogs {
			c.write(h, strings.Repeat(string(rune('a'+i)), each))
		}
	}
	c.write(fake.Client, "first\n")
	c.write(fake.Client, "second\n")
	s := c.screen()
	first, second := strings.Index(s, "first"), strings.Index(s, "second")
	if most := transmitSize + 2*len(hogs)*turn*256; first < 0 || second < first || second > most {
		t.Errorf("the small lines are at %d and %d, expected in this order and not after %d", first, second, most)
	}
	if n := strings.Count(s, "a") + strings.Count(s, "b") + strings.Count(s, "c"); n < len(hogs)*ownWriters*each {
		t.Errorf("%d bytes of the others", n)
	}
	for _, h := range hogs {
		for range ownWriters {
			c.wantAnswer(h, abi.OK, each)
		}
	}
	if i, j := strings.LastIndex(s, "a"), strings.LastIndex(s, "c"); i > j {
		t.Errorf("the first of one client ends at %d, its last at %d", i, j)
	}
}

func TestWriterDies(t *testing.T) {
	c := newConsole(t, &fake.UART{})
	c.write(fake.Client, strings.Repeat("x", 20000))
	c.write(fake.Other, "second")
	c.Dead[fake.Client] = true
	if s := c.screen(); !strings.HasSuffix(s, "xsecond") {
		t.Errorf("screen ends with %q", s[max(0, len(s)-20):])
	}
	c.wantAnswer(fake.Other, abi.OK, 6)
	if len(c.Out) != 0 || c.tty.writers.n != 0 {
		t.Errorf("left: %+v, %d writers", c.Out, c.tty.writers.n)
	}
}

func TestTooManyWriters(t *testing.T) {
	c := newConsole(t, &fake.UART{})
	c.write(fake.Client, strings.Repeat("x", 20000))
	for range ownWriters {
		c.write(fake.Other, strings.Repeat("y", 20000))
	}
	if m, ok := c.write(fake.Other, "z"); !ok || abi.Errno(m.Arg[0]) != abi.EAGAIN {
		t.Errorf("answer %+v, %v", m, ok)
	}
	if m, ok := c.write(fake.Client, "z\n"); ok { // its own places are free
		t.Errorf("answered at once: %+v", m)
	}
	c.screen()
	for range 2 {
		if m, ok := c.Take(fake.Client); !ok || m.Arg[0] != 0 {
			t.Errorf("answer %+v, %v", m, ok)
		}
	}
}

// A task that may write may neither read typed lines nor type: a task that types at the console is its
// operator.
func TestStrangers(t *testing.T) {
	c := newConsole(t, &fake.UART{})
	c.Names = map[abi.Endpoint]string{fake.Other: "stranger"}
	b := make([]byte, 80)
	if m, ok := c.read(fake.Other, b); !ok || abi.Errno(m.Arg[0]) != abi.EPERM {
		t.Errorf("reading: %+v, %v", m, ok)
	}
	if m, ok := c.Request(fake.Other, tty.Input, 'x'); !ok || abi.Errno(m.Arg[0]) != abi.EPERM {
		t.Errorf("typing: %+v, %v", m, ok)
	}
	c.press(fake.Other, "service down rtc\n")
	c.typing("date\r")
	if m, ok := c.write(fake.Other, "hello\n"); !ok || m.Arg[0] != 0 {
		t.Errorf("writing: %+v, %v", m, ok)
	}
	if s := c.screen(); s != "date\r\nhello\r\n" {
		t.Errorf("screen %q", s)
	}
	c.want("date\n")
}

func TestBadGrant(t *testing.T) {
	c := newConsole(t, &fake.UART{})
	if m, ok := c.Request(fake.Client, tty.Write, 99, 5); !ok || abi.Errno(m.Arg[0]) != abi.EPERM {
		t.Errorf("write: %+v, %v", m, ok)
	}
	c.typing("line\r")
	if m, ok := c.Request(fake.Client, tty.Read, 99, 5); !ok || abi.Errno(m.Arg[0]) != abi.EPERM {
		t.Errorf("read: %+v, %v", m, ok)
	}
	b := make([]byte, 80)
	if m, _ := c.read(fake.Client, b); m.Arg[1] != 5 {
		t.Error("the line is gone with the bad reader")
	}
}

func TestRead(t *testing.T) {
	c := newConsole(t, &fake.UART{})
	b := make([]byte, 80)
	if _, ok := c.read(fake.Client, b); ok {
		t.Fatal("answered without a line")
	}
	c.typing("hellp\bo\r")
	c.wantAnswer(fake.Client, abi.OK, 6)
	if string(b[:6]) != "hello\n" || c.screen() != "hellp\b \bo\r\n" {
		t.Errorf("read %q", b[:6])
	}
	c.typing("ahead\rmore\r")
	for _, want := range []string{"ahead\n", "more\n"} {
		if m, ok := c.read(fake.Client, b); !ok || string(b[:m.Arg[1]]) != want {
			t.Errorf("typed ahead: %q, %v, want %q", b[:m.Arg[1]], ok, want)
		}
	}
	if m, ok := c.read(fake.Client, nil); !ok || abi.Errno(m.Arg[0]) != abi.EINVAL {
		t.Errorf("into no buffer: %+v", m)
	}
}

func TestOneReader(t *testing.T) {
	c := newConsole(t, &fake.UART{})
	b, b2 := make([]byte, 80), make([]byte, 80)
	c.read(fake.Client, b)
	if m, ok := c.read(fake.Other, b2); !ok || abi.Errno(m.Arg[0]) != abi.EBUSY {
		t.Errorf("second reader: %+v, %v", m, ok)
	}
	// The first dies: the second may.
	c.Dead[fake.Client] = true
	if _, ok := c.read(fake.Other, b2); ok {
		t.Error("answered without a line")
	}
	c.typing("x\r")
	c.wantAnswer(fake.Other, abi.OK, 2)
}

// The reader dies with the line on its way: the next one gets it.
func TestReaderDies(t *testing.T) {
	c := newConsole(t, &fake.UART{})
	b := make([]byte, 80)
	c.read(fake.Client, b)
	c.Dead[fake.Client] = true
	c.typing("precious\r")
	if c.tty.reader.waits {
		t.Error("the dead reader is still there")
	}
	if m, ok := c.read(fake.Other, b); !ok || string(b[:m.Arg[1]]) != "precious\n" {
		t.Errorf("read %+v, %v", m, ok)
	}
}

// The line is copied, but the answer has no place: it is not the reader's yet, who has given up. It comes when the reader receives.
func TestAnswerLost(t *testing.T) {
	c := newConsole(t, &fake.UART{})
	b := make([]byte, 80)
	c.read(fake.Client, b)
	c.Deaf[fake.Client], c.Full = true, true
	c.typing("precious\r")
	if _, ok := c.Take(fake.Client); ok {
		t.Fatal("answered")
	}
	c.Deaf[fake.Client], c.Full = false, false
	c.Advance(time.Second)
	if m, ok := c.Take(fake.Client); !ok || string(b[:m.Arg[1]]) != "precious\n" {
		t.Errorf("read %+v, %v", m, ok)
	}
}

func TestKeyboard(t *testing.T) {
	c := newConsole(t, &fake.UART{})
	b := make([]byte, 80)
	c.read(fake.Client, b)
	for _, x := range []byte("kb\n") {
		c.Deliver(abi.Msg{Source: fake.Other, Type: tty.Input, Arg: [7]uint64{uint64(x)}}, abi.KindSendA)
	}
	c.wantAnswer(fake.Client, abi.OK, 3)
	if s := c.screen(); s != "kb\r\n" {
		t.Errorf("screen %q", s)
	}
	if _, ok := c.Take(fake.Other); ok {
		t.Error("tty.Input was answered")
	}
	if _, ok := c.Request(fake.Other, tty.Input, 'x'); !ok {
		t.Error("tty.Input by sendrec leaves the sender waiting")
	}
}

func TestState(t *testing.T) {
	c := newConsole(t, &fake.UART{})
	c.typing("ab")
	m, _ := c.Request(fake.Client, tty.State)
	if m.Arg[1] != 2 || m.Arg[2] != 2 || m.Arg[3] == 0 || m.Arg[4] != 0 {
		t.Errorf("state %v", m.Arg)
	}
	if m, _ := c.Request(fake.Client, 0xdead); abi.Errno(m.Arg[0]) != abi.ENOSYS {
		t.Errorf("unknown request: %+v", m)
	}
}

// A lost interrupt stops the output for the time of the alarm only.
func TestLostInterrupt(t *testing.T) {
	c := newConsole(t, &fake.UART{})
	c.chip.LoseIRQ = 1
	text := strings.Repeat("x", 100)
	c.write(fake.Client, text)
	c.settle()
	if len(c.chip.Sent) == 100 {
		t.Fatal("no interrupt was lost")
	}
	c.Advance(watchTime)
	if s := c.screen(); s != text {
		t.Errorf("sent %d bytes of 100", len(s))
	}
	c.Advance(10 * watchTime)
	if c.tty.watched {
		t.Error("an alarm with nothing to watch")
	}
}

func TestRestart(t *testing.T) {
	c := newConsole(t, &fake.UART{})
	c.write(fake.Client, strings.Repeat("x", 100))
	// It dies here, in the middle: the chip stays as it is.
	k := fake.New(t, "tty")
	k.Arguments("reads=client types=client")
	k.Info.Init, k.Info.Incarnation = abi.InitRestart, 1
	c.chip.Type('r')
	c = boot(t, k, c.chip)
	if s := c.screen(); s != strings.Repeat("x", 16)+"\r\n\a[tty: life 1; what was queued and typed ahead is lost]\r\nr" {
		t.Errorf("screen %q", s)
	}
	if c.tty.serial.fault != faultNone {
		t.Error("nothing was begun when it died")
	}
	if len(k.Lines) != 1 || !strings.Contains(k.Lines[0], "event=restarted inc=1") {
		t.Errorf("log %q", k.Lines)
	}
	c.typing("s\r")
	b := make([]byte, 80)
	if m, ok := c.read(fake.Client, b); !ok || string(b[:m.Arg[1]]) != "rs\n" {
		t.Errorf("read %q, %v", b[:m.Arg[1]], ok)
	}
}

func TestStop(t *testing.T) {
	c := newConsole(t, &fake.UART{})
	b := make([]byte, 80)
	c.read(fake.Other, b)
	c.write(fake.Client, strings.Repeat("x", 20000))
	c.At(0, func() {})
	c.Device = carrying{c}
	c.Stop()
	c.wantAnswer(fake.Other, abi.EINTR, 0)
	m, ok := c.Take(fake.Client)
	if !ok || abi.Errno(m.Arg[0]) != abi.EINTR || m.Arg[1] == 0 || int(m.Arg[1]) != len(c.chip.Sent) {
		t.Errorf("writer was told %+v, %d bytes were sent", m, len(c.chip.Sent))
	}
	if c.chip.IER != 0 {
		t.Error("interrupts left on")
	}
}

// carrying is a chip whose wire carries while it is looked at.
type carrying struct{ c *console }

func (d carrying) In(port uint16, size int) uint32 {
	d.c.chip.Carry(16)
	return d.c.chip.In(port, size)
}

func (d carrying) Out(port uint16, size int, v uint32) { d.c.chip.Out(port, size, v) }

func TestPut(t *testing.T) {
	c := newConsole(t, &fake.UART{})
	text := bytes.Repeat([]byte("a\n"), transmitSize)
	n := c.tty.put(text)
	if s := c.screen(); !strings.HasSuffix(s, "a\r\n") && !strings.HasSuffix(s, "\na") || strings.ReplaceAll(s, "\r\n", "\n") != string(text[:n]) {
		t.Errorf("took %d, sent %d bytes ending %q", n, len(s), s[len(s)-3:])
	}
}
