package main

import (
	"testing"
	"time"

	"bennu/drivers/protocol/load"
	"bennu/drivers/protocol/swifi"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

const (
	ctlBase = 0x2f8
	ctlLine = 3
	second  = uint64(time.Second)
)

// playing is the injector where it is ctl's serial port, with ctl's first life on it, which has set the chip up.
func playing(t *testing.T) *bench {
	t.Helper()
	b := newBench(t, "ctl", "victim=ctl types=text faults=3 blocks=2 seed=5 ops=4 limit=20ms").start()
	m := b.next(fake.Root, abi.RSRefresh)
	b.nothing(work)
	if k := b.kinds(); k != "" {
		t.Fatalf("frames %s before ctl lives on the injector's chip", k)
	}
	b.m.Kill(b.victim)
	b.live(life2)
	b.Labels["ctl"] = life2
	b.hooks[ctlLine] = true
	b.victim.Regs.GPR[2] = ctlBase + regModem
	b.out(ctlBase+regModem, 0x0b) // DTR, RTS, interrupts
	b.out(ctlBase+regFIFO, 0x07)
	b.out(ctlBase+regEnable, 0x01)
	b.answer(fake.Root, m, abi.OK, uint64(life2))
	b.next(work, load.Run)
	if c, ok := b.m.Traced(account); !ok || c != abi.TracePorts|abi.TraceExceptions {
		t.Errorf("traced by classes %b, %v", c, ok)
	}
	return b
}

// io has the victim come to an IN or OUT, and tells how it goes on.
func (b *bench) io(code byte, port uint16, al byte) abi.TraceHow {
	b.t.Helper()
	a := &b.victim.Areas[0]
	b.victim.Regs.RIP = a.Start + 300
	old := a.Bytes[300]
	a.Bytes[300] = code
	defer func() { a.Bytes[300] = old }()
	b.victim.Regs.GPR[2], b.victim.Regs.GPR[0] = uint64(port), uint64(al)
	n := len(b.went)
	if !b.m.Stop(b.victim, abi.TraceStop{Why: abi.StopFault, Vector: generalProtection}) {
		b.t.Fatal("nobody traces the victim")
	}
	b.Run()
	if len(b.went) != n+1 || b.victim.Stopped() {
		b.t.Fatalf("it went on %d times, stopped %v", len(b.went)-n, b.victim.Stopped())
	}
	if moved := b.victim.Regs.RIP - a.Start - 300; (moved == 1) != (b.went[n] == abi.TraceGo) {
		b.t.Errorf("it goes on by %d at %#x", b.went[n], b.victim.Regs.RIP)
	}
	return b.went[n]
}

func (b *bench) out(port uint16, v byte) {
	b.t.Helper()
	if how := b.io(0xee, port, v); how != abi.TraceGo {
		b.t.Fatalf("OUT %#x goes on by %d", port, how)
	}
}

func (b *bench) in(port uint16) byte {
	b.t.Helper()
	if how := b.io(0xec, port, 0); how != abi.TraceGo {
		b.t.Fatalf("IN %#x goes on by %d", port, how)
	}
	return byte(b.victim.Regs.GPR[0])
}

// types has the workload type. It returns what it is answered.
func (b *bench) types(from abi.Endpoint, text string, length uint64) (abi.Errno, uint64) {
	b.t.Helper()
	id := b.PeerGrant(from, []byte(text), abi.GrantRead)
	m, ok := b.Request(from, swifi.Type, uint64(id), length)
	if !ok {
		b.t.Fatal("Type is not answered")
	}
	return abi.Errno(m.Arg[0]), m.Arg[1]
}

// see asks for what was sent; done is its answer, when it has come.
func (b *bench) see(from abi.Endpoint, buf []byte, limit time.Duration) (m abi.Msg, done bool) {
	b.t.Helper()
	id := b.PeerGrant(from, buf, abi.GrantWrite)
	return b.Request(from, swifi.Seen, uint64(id), uint64(len(buf)), uint64(limit))
}

func seen(t *testing.T, m abi.Msg, ok bool, buf []byte, want string) {
	t.Helper()
	if !ok || m.Type != abi.MsgReply || abi.Errno(m.Arg[0]) != abi.OK || string(buf[:m.Arg[1]]) != want {
		t.Errorf("answered %v with %s, %q; want %q", ok, abi.Errno(m.Arg[0]).Name(), buf[:min(int(m.Arg[1]), len(buf))], want)
	}
}

// What is typed arrives at the victim, with an interrupt, as its chip has room; what it sends is seen up to a line feed.
func TestDevice(t *testing.T) {
	b := playing(t)
	b.traced = nil
	const text = "a line that is longer than the chip's FIFO\n"
	if e, n := b.types(work, text, uint64(len(text))); e != abi.OK || n != uint64(len(text)) {
		t.Errorf("Type: %s, %d", e.Name(), n)
	}
	if len(b.traced) != 1 || abi.TraceOp(b.traced[0].Arg[0]) != abi.TraceRaise || abi.Endpoint(b.traced[0].Arg[1]) != life2 || b.traced[0].Arg[2] != ctlLine {
		t.Errorf("interrupts: %v", b.traced)
	}
	got := ""
	for b.in(ctlBase+regStatus)&1 != 0 {
		got += string(rune(b.in(ctlBase + regData)))
	}
	if got != text {
		t.Errorf("%q arrived", got)
	}
	buf := make([]byte, 100)
	m, ok := b.see(work, buf, time.Second)
	if ok {
		t.Errorf("answered %+v before anything was sent", m)
	}
	for _, c := range []byte("yes\nand") {
		b.out(ctlBase+regData, c)
	}
	m, ok = b.Take(work)
	seen(t, m, ok, buf, "yes\n")
	m, ok = b.see(work, buf, 30*time.Millisecond) // what is left is no line: it is told when the limit is over
	if ok {
		t.Error("answered without a line feed, and before the limit")
	}
	b.Advance(29 * time.Millisecond)
	if _, ok = b.Take(work); ok {
		t.Error("answered before the limit")
	}
	b.Advance(2 * time.Millisecond)
	m, ok = b.Take(work)
	seen(t, m, ok, buf, "and")
	m, ok = b.see(work, buf, time.Millisecond) // nothing at all
	b.Advance(2 * time.Millisecond)
	m, ok = b.Take(work)
	seen(t, m, ok, buf, "")
	b.out(ctlBase+regData, 'x')
	b.out(ctlBase+regData, 'y')
	m, ok = b.see(work, buf[:2], time.Second) // as much as there is room for
	seen(t, m, ok, buf, "xy")
}

// The engine's alarm, and the limit of an asker, are one alarm of the task: each comes, whichever is first.
func TestTwoAlarms(t *testing.T) {
	b := playing(t)
	b.see(work, make([]byte, 10), 5*time.Millisecond)
	b.Advance(6 * time.Millisecond)
	if _, ok := b.Take(work); !ok {
		t.Error("the asker's limit did not come")
	}
	if b.m.Off != nil {
		t.Error("it is the engine's, too")
	}
	b.see(work, make([]byte, 10), time.Hour)
	b.Advance(time.Minute)
	b.ended("the workload does not end")
	b = playing(t)
	b.Advance(time.Minute) // nobody waits
	b.ended("the workload does not end")
}

// The workload, and nobody else, may type and see; one asker at a time waits; a bad grant is an error, not what nothing comes of.
func TestDeviceRefuses(t *testing.T) {
	b := playing(t)
	stranger := abi.MakeEndpoint(9, 1)
	if e, _ := b.types(stranger, "x\n", 2); e != abi.EPERM {
		t.Errorf("a stranger types: %s", e.Name())
	}
	if m, ok := b.see(stranger, make([]byte, 4), time.Second); !ok || abi.Errno(m.Arg[0]) != abi.EPERM {
		t.Errorf("a stranger sees: %v, %s", ok, abi.Errno(m.Arg[0]).Name())
	}
	if m, ok := b.Request(work, 0xe02); !ok || abi.Errno(m.Arg[0]) != abi.ENOSYS {
		t.Errorf("another request: %v, %s", ok, abi.Errno(m.Arg[0]).Name())
	}
	if m, _ := b.Request(work, swifi.Type, 999, 4); abi.Errno(m.Arg[0]) == abi.OK {
		t.Error("Type without memory is answered OK")
	}
	if e, n := b.types(work, "", 0); e != abi.OK || n != 0 {
		t.Errorf("nothing is typed: %s, %d", e.Name(), n)
	}
	if b.in(ctlBase+regStatus)&1 != 0 {
		t.Error("something has arrived")
	}
	buf := make([]byte, 10)
	b.see(work, buf, time.Second)
	// the workload waits in that request: another is sent beside it, whose answer it has when it receives
	b.Deliver(abi.Msg{Source: work, Type: swifi.Seen, Arg: [7]uint64{1, 4, second, 0, 0, 0, 77}}, abi.KindSendA)
	b.out(ctlBase+regData, '\n')
	m, ok := b.Take(work)
	seen(t, m, ok, buf, "\n")
	if m, ok := b.Take(work); !ok || abi.Errno(m.Arg[0]) != abi.EBUSY || m.Arg[6] != 77 {
		t.Errorf("a second asker: %v, %+v", ok, m)
	}
}

// As much as may wait is taken; then EAGAIN, and room again when the victim has read.
func TestTypedTooMuch(t *testing.T) {
	b := playing(t)
	text := make([]byte, 5000)
	for i := range text {
		text[i] = byte(i)
	}
	total := uint64(0)
	for range 5 {
		e, n := b.types(work, string(text), uint64(len(text)))
		if total += n; e == abi.EAGAIN && n == 0 {
			break
		} else if e != abi.OK || n == 0 || n > 4096 {
			t.Fatalf("%s, %d taken", e.Name(), n)
		}
	}
	if total < 4096 || total > 4096+16 {
		t.Errorf("%d bytes wait", total)
	}
	for i := range 20 {
		if c := b.in(ctlBase + regData); c != byte(i) {
			t.Fatalf("byte %d is %#x", i, c)
		}
	}
	if e, n := b.types(work, "abcdefghijklmnopqrstuvwxyz", 26); e != abi.OK || n != 20 && n != 4096+16-total+20 {
		t.Errorf("after 20 were read: %s, %d taken", e.Name(), n)
	}
}

// A death ends what was under way on the wire, both ways; who waits is told so when his limit is over, and the next life has its interrupts.
func TestDeathForgets(t *testing.T) {
	b := playing(t)
	b.types(work, "typed for the dead, more than its chip takes\n", 45)
	b.out(ctlBase+regData, 'o')
	b.out(ctlBase+regData, 'l')
	buf := make([]byte, 20)
	b.see(work, buf, 20*time.Millisecond)
	life3 := abi.MakeEndpoint(fake.Other.Slot(), 3)
	b.dies("ctl", life3)
	b.news()
	for b.in(ctlBase+regStatus)&1 != 0 { // the chip stays as it was left
		b.in(ctlBase + regData)
	}
	b.Advance(21 * time.Millisecond)
	m, ok := b.Take(work)
	seen(t, m, ok, buf, "")
	b.traced = nil
	b.types(work, "new", 3)
	if len(b.traced) != 1 || abi.Endpoint(b.traced[0].Arg[1]) != life3 {
		t.Errorf("interrupts: %v", b.traced)
	}
	got := ""
	for b.in(ctlBase+regStatus)&1 != 0 {
		got += string(rune(b.in(ctlBase + regData)))
	}
	if got != "new" {
		t.Errorf("%q arrived at the next life", got)
	}
	if b.j.ep != life3 {
		t.Errorf("the victim is %#x", b.j.ep)
	}
}

// Between a life's start and its first access the interrupts are its own already.
func TestStartTellsWhose(t *testing.T) {
	b := playing(t)
	life3 := abi.MakeEndpoint(fake.Other.Slot(), 3)
	b.dies("ctl", life3)
	b.event("rtc", abi.Event{Kind: abi.EventStart, Endpoint: work})
	b.event("rtc", abi.Event{Kind: abi.EventDeath, Endpoint: work})
	b.news()
	b.traced = nil
	b.types(work, "n", 1)
	if len(b.traced) != 1 || abi.Endpoint(b.traced[0].Arg[1]) != life3 {
		t.Errorf("interrupts: %v", b.traced)
	}
}

// A life that nobody has told of yet has the interrupts that its own accesses make.
func TestFirstAccess(t *testing.T) {
	b := playing(t)
	life3 := abi.MakeEndpoint(fake.Other.Slot(), 3)
	b.dies("ctl", life3)
	b.traced = nil
	b.out(ctlBase+regEnable, 0x02) // transmit empty, which it is
	if len(b.traced) != 1 || abi.Endpoint(b.traced[0].Arg[1]) != life3 {
		t.Errorf("interrupts: %v", b.traced)
	}
}

// An access that is not the chip's, an exception that is no access, and one of another kind, are what they are without the injector.
func TestForeign(t *testing.T) {
	b := playing(t)
	for _, port := range []uint16{0x3f8, ctlBase - 1, ctlBase + 8, 0, 0xffff} {
		if how := b.io(0xee, port, 1); how != abi.TracePass {
			t.Errorf("OUT to %#x goes on by %d", port, how)
		}
		if how := b.io(0xec, port, 1); how != abi.TracePass {
			t.Errorf("IN from %#x goes on by %d", port, how)
		}
	}
	if how := b.io(0xf4, ctlBase, 1); how != abi.TracePass { // HLT
		t.Errorf("HLT goes on by %d", how)
	}
	a := &b.victim.Areas[0]
	a.Bytes[300] = 0xee
	for _, s := range []abi.TraceStop{{Why: abi.StopFault, Vector: 14}, {Why: abi.StopBreak, Vector: 3}} {
		n := len(b.went)
		b.victim.Regs.RIP, b.victim.Regs.GPR[2] = a.Start+300, ctlBase
		b.m.Stop(b.victim, s)
		b.Run()
		if len(b.went) != n+1 || b.went[n] != abi.TracePass || b.victim.Regs.RIP != a.Start+300 {
			t.Errorf("vector %d goes on by %v", s.Vector, b.went[n:])
		}
	}
}

// Before the plan begins, too, what is no access to the chip takes its course.
func TestForeignBefore(t *testing.T) {
	b := newBench(t, "ctl", "victim=ctl").start()
	b.next(fake.Root, abi.RSRefresh)
	if how := b.io(0xee, 0x3f8, 1); how != abi.TracePass {
		t.Errorf("OUT goes on by %d", how)
	}
	if how := b.io(0xee, ctlBase, 1); how != abi.TraceGo {
		t.Errorf("OUT to the chip goes on by %d", how)
	}
}

// A victim that drives its own device has none here: ENODEV. Its faults are traced by what they need alone.
func TestNoDevice(t *testing.T) {
	b := newBench(t, "sum", onePlan).start()
	b.next(work, load.Run)
	if c, ok := b.m.Traced(account); !ok || c != 0 {
		t.Errorf("traced by classes %b", c)
	}
	if e, _ := b.types(work, "x", 1); e != abi.ENODEV {
		t.Errorf("Type: %s", e.Name())
	}
	if m, ok := b.see(work, make([]byte, 1), time.Second); !ok || abi.Errno(m.Arg[0]) != abi.ENODEV {
		t.Errorf("Seen: %s", abi.Errno(m.Arg[0]).Name())
	}
	if how := b.io(0xee, ctlBase, 1); how != abi.TracePass {
		t.Errorf("OUT goes on by %d", how)
	}
}

// A victim that does not begin again on the injector's chip ends the plan.
func TestDeviceRefreshRefused(t *testing.T) {
	b := newBench(t, "ctl", "victim=ctl").start()
	b.answer(fake.Root, b.next(fake.Root, abi.RSRefresh), abi.EPERM, 0, 0, 0, 0, uint64(abi.WhyNotControl))
	b.ended("the victim does not begin again: EPERM")
	b = newBench(t, "ctl", "victim=ctl").start()
	b.answer(fake.Root, b.next(fake.Root, abi.RSRefresh), abi.OK, uint64(life2)) // it is dead again
	b.ended("the victim is gone")
}
