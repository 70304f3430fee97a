//go:build tamago

package main

import (
	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
)

var irqTests = []test{
	{"TestIRQRefused", irqRefused},
	{"TestIRQDelivered", irqDelivered},
	{"TestIRQAgain", irqAgain},
	{"TestIRQMaskedAfterDeath", irqDeath},
	{"TestIRQOwnership", irqOwnership},
	{"TestIRQHooksFull", irqHooks},
}

const (
	clockLine  = 8 // the CMOS clock's
	serialLine = 4
	levelLine  = 16 // the first PCI line of a q35
)

// withIRQs is every right, these lines and the CMOS clock's ports.
func withIRQs(lines ...uint32) rights {
	p := withPorts(abi.PortRange{First: cmosIndex, Last: cmosData})
	p.NIRQs = uint32(copy(p.IRQs[:], lines))
	return p
}

func irqRefused(t *T) {
	p := t.puppetWith(withIRQs(clockLine))
	for _, c := range []struct {
		name     string
		op       abi.IRQOp
		arg, bit uint64
		want     abi.Errno
	}{
		{"another line", abi.IRQSetPolicy, serialLine, 0, abi.EPERM},
		{"the cascade", abi.IRQSetPolicy, 2, 0, abi.EINVAL},
		{"no such line", abi.IRQSetPolicy, 200, 0, abi.EINVAL},
		{"line + 2^32", abi.IRQSetPolicy, 1<<32 | clockLine, 0, abi.EINVAL},
		{"bit 64", abi.IRQSetPolicy, clockLine, 64, abi.EINVAL},
		{"op 0", 0, clockLine, 0, abi.EINVAL},
		{"op 5", 5, clockLine, 0, abi.EINVAL},
		{"free hook", abi.IRQEnable, 0, 0, abi.EINVAL},
		{"hook out of range", abi.IRQRmPolicy, abi.MaxHooks, 0, abi.EINVAL},
		{"hook -1", abi.IRQDisable, 1<<64 - 1, 0, abi.EINVAL},
	} {
		e, _ := p.call(abi.CallIRQCtl, uint64(c.op), c.arg, c.bit)
		t.want(c.name, e, c.want)
	}
	q := t.puppet()
	e, _ := q.call(abi.CallIRQCtl, uint64(abi.IRQSetPolicy), clockLine, 0)
	t.want("no line at all", e, abi.EPERM)
}

// cmos is a puppet that drives the clock's periodic interrupt.
type cmos struct {
	*puppet
	hook uint64
}

func (t *T) cmos(bit uint64) cmos {
	p := cmos{puppet: t.puppetWith(withIRQs(clockLine))}
	e, hook := p.call(abi.CallIRQCtl, uint64(abi.IRQSetPolicy), clockLine, bit)
	t.must("IRQSetPolicy", e)
	p.hook = hook
	return p
}

func (p cmos) set(register, v byte) {
	p.out(cmosIndex, register)
	p.out(cmosData, v)
}

func (p cmos) get(register byte) byte {
	p.out(cmosIndex, register)
	return p.in(cmosData)
}

// Registers of the clock.
// Source: Motorola MC146818A, "Register A", "Register B", "Register C".
const (
	cmosA, cmosB, cmosC = 0x0a, 0x0b, 0x0c
	periodic            = 1 << 6
)

// begin starts 1024 interrupts a second, and stop ends them.
func (p cmos) begin() {
	p.set(cmosA, 0x26)
	p.get(cmosC)
	p.set(cmosB, 0x02|periodic)
}

func (p cmos) stop() {
	p.set(cmosB, 0x02)
	p.get(cmosC)
}

// wait receives the next interrupt, or says that none comes within 100 ms.
func (p cmos) wait() bool {
	p.start(abi.CallReceive, uint64(abi.Hardware), 100_000_000)
	for i := 0; !p.ended() && i < 200; i++ {
		sys.Sleep(1_000_000)
	}
	e, _ := p.result()
	return e == abi.OK
}

func irqDelivered(t *T) {
	p := t.cmos(63)
	p.begin()
	for i := range 5 {
		if !p.wait() {
			t.fatalf("interrupt %d does not come", i)
		}
		m := p.got(abi.KindNotify, abi.Hardware, abi.MsgNotify)
		equal(t, "bits", m.Arg[0], 1<<63)
		if c := p.get(cmosC); i == 0 { // later ones may have come before this read
			equal(t, "register C", c&periodic, periodic)
		}
		e, _ := p.call(abi.CallIRQCtl, uint64(abi.IRQEnable), p.hook)
		t.want("enable", e, abi.OK)
	}
	p.stop()
}

// irqAgain: an edge that comes before enable is not lost; a disabled hook is silent.
func irqAgain(t *T) {
	p := t.cmos(3)
	p.begin()
	equal(t, "first", p.wait(), true)
	p.get(cmosC) // the chip may raise the line again
	sys.Sleep(3_000_000)
	equal(t, "second before enable", p.wait(), false)
	p.set(cmosB, 0x02) // no third, so that the second is what comes
	e, _ := p.call(abi.CallIRQCtl, uint64(abi.IRQEnable), p.hook)
	t.want("enable", e, abi.OK)
	equal(t, "second after enable", p.wait(), true)
	p.stop() // the line falls
	p.call(abi.CallIRQCtl, uint64(abi.IRQEnable), p.hook)
	for p.wait() { // one may be on its way
		p.call(abi.CallIRQCtl, uint64(abi.IRQEnable), p.hook)
	}
	e, _ = p.call(abi.CallIRQCtl, uint64(abi.IRQDisable), p.hook)
	t.want("disable", e, abi.OK)
	p.begin()
	equal(t, "while disabled", p.wait(), false)
	p.stop()
}

// irqDeath: the line of a dead task is masked, though its device goes on, and the next owner gets it.
func irqDeath(t *T) {
	before := counts().Hooks
	a := t.cmos(1)
	equal(t, "hooks", counts().Hooks, before-1)
	a.begin()
	equal(t, "first owner", a.wait(), true)
	t.kill(a.ep)
	equal(t, "hooks", counts().Hooks, before)
	b := t.puppetWith(withIRQs(clockLine))
	c := cmos{puppet: b}
	equal(t, "without a hook", c.wait(), false)
	t.kill(b.ep)
	c = t.cmos(2)
	c.get(cmosC)
	equal(t, "next owner", c.wait(), true)
	equal(t, "bits", c.msg().Arg[0], 1<<2)
	c.stop()
}

func irqOwnership(t *T) {
	a := t.cmos(0)
	p := all()
	p.NIRQs, p.IRQs = 2, [abi.MaxIRQs]uint32{clockLine, levelLine}
	b := t.puppetWith(p)
	e, _ := b.call(abi.CallIRQCtl, uint64(abi.IRQSetPolicy), clockLine, 0)
	t.want("another's edge line", e, abi.EBUSY)
	for _, op := range []abi.IRQOp{abi.IRQEnable, abi.IRQDisable, abi.IRQRmPolicy} {
		e, _ := b.call(abi.CallIRQCtl, uint64(op), a.hook)
		t.want("another's hook", e, abi.EPERM)
	}
	e, hook := a.call(abi.CallIRQCtl, uint64(abi.IRQSetPolicy), clockLine, 0)
	t.want("the same claim", e, abi.OK)
	equal(t, "hook", hook, a.hook)
	p.deaf = true
	c := t.puppetWith(p) // a level line may be shared
	for _, x := range []*puppet{b, c} {
		e, _ := x.call(abi.CallIRQCtl, uint64(abi.IRQSetPolicy), levelLine, 5)
		t.want("shared level line", e, abi.OK)
	}
	e, _ = a.call(abi.CallIRQCtl, uint64(abi.IRQRmPolicy), a.hook)
	t.want("remove", e, abi.OK)
	e, _ = a.call(abi.CallIRQCtl, uint64(abi.IRQRmPolicy), a.hook)
	t.want("remove again", e, abi.EINVAL)
	e, _ = b.call(abi.CallIRQCtl, uint64(abi.IRQSetPolicy), clockLine, 0)
	t.want("line given back", e, abi.OK)
}

// irqHooks: a task has one hook a line, whatever notify bits it names, and a row for each of its lines that nobody
// else can take: who would need more than are left is refused at the start.
func irqHooks(t *T) {
	p := t.puppetWith(withIRQs(clockLine))
	free := counts().Hooks
	for bit := range uint64(64) {
		want := abi.EEXIST
		if bit == 0 {
			want = abi.OK
		}
		e, _ := p.call(abi.CallIRQCtl, uint64(abi.IRQSetPolicy), clockLine, bit)
		t.want("hook", e, want)
	}
	equal(t, "hooks free", counts().Hooks, free-1)
	id := t.image(code.New().Stop().ELF())
	priv := all()
	priv.NIRQs = abi.MaxIRQs
	for i := range priv.IRQs {
		priv.IRQs[i] = levelLine
	}
	for rows := counts().HookRows; rows >= abi.MaxIRQs; rows -= abi.MaxIRQs {
		t.want("rights with lines", set(t.create(id, "lines"), priv), abi.OK)
	}
	last := t.create(id, "last")
	t.want("more lines than there are hooks", set(last, priv), abi.ENOSPC)
	priv.NIRQs = uint32(counts().HookRows)
	t.want("as many as are left", set(last, priv), abi.OK)
	t.must("free", sys.ImageFree(id))
}
