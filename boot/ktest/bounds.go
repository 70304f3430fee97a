//go:build tamago

package main

import (
	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
)

// The worst case of each call, built on purpose, and of what else enters ring 0: how long interrupts wait.

var boundTests = []test{{"TestLongestStays", longestStays}}

// stayLimit is the most instructions of one stay in ring 0. The tests' machine counts an instruction as a nanosecond.
const stayLimit = 20_000

// crowd is how many peers a worst case has: all that there are but a few.
const crowd = 58

// worst is what builds and runs the worst case of a call. It calls measure around what is to be measured.
type worst func(t *T, measure func(func()))

// worstOf has each call that there is (longestStays asks for that).
var worstOf = map[abi.CallNr]worst{
	abi.CallSend:    chain(abi.CallSend),
	abi.CallReceive: receiveFromNobody,
	abi.CallSendRec: chain(abi.CallSendRec),
	abi.CallNotify:  simple(abi.CallNotify),
	abi.CallSendNB:  simple(abi.CallSendNB),
	abi.CallSendA:   lastSendA,

	abi.CallReplyReceive: crowdedReply,

	abi.CallExit:        crowdedDeath,
	abi.CallPrivCtl:     manyRights,
	abi.CallTaskCreate:  largeTask,
	abi.CallTaskKill:    crowdedKill,
	abi.CallImageCreate: imageCreate,
	abi.CallImageWrite:  imageWrite,
	abi.CallImageSeal:   imageSeal,
	abi.CallImageFree:   imageFree,
	abi.CallIRQCtl:      irqClaim,
	abi.CallSetAlarm:    simple(abi.CallSetAlarm, 1<<40),
	abi.CallTimes:       simple(abi.CallTimes),
	abi.CallGetInfo:     allInfo,
	abi.CallDiag:        longLine,
	abi.CallTrace:       traceAcross,
	abi.CallShutdown:    func(t *T, measure func(func())) { measure(func() { sys.Shutdown(99, 0) }) }, // refused: the other ends the machine
	abi.CallCopyFrom:    copyUntouched(abi.CallCopyFrom),
	abi.CallCopyTo:      copyUntouched(abi.CallCopyTo),
	abi.CallAccount:     accounts,
	abi.CallPortIO:      guardedPort,
	abi.CallSnapshot:    snapshotAtOnce,
	abi.CallEntropy:     mostEntropy,
	abi.CallSetClock:    simple(abi.CallSetClock, 1),
	abi.CallWindow:      largestWindow,
	abi.CallImageModule: imageModule,
	abi.CallKeep:        keepMost,
	abi.CallPCI:         simple(abi.CallPCI, uint64(abi.PCIFirst)),
	abi.CallDMA:         simple(abi.CallDMA, uint64(abi.DMAAlloc)),
}

// others are entries that are no calls.
var others = []struct {
	name string
	run  worst
}{
	{"page fault, with tables", faultWithTables}, {"page fault, data of the image", faultData}, {"death by exception", crowdedFault},
	{"timers of all at once", timersAtOnce}, {"death with images", deathWithImages}, {"death of a large task", largeDeath},
	{"death of an owner of windows", ownersDeath}, {"death of who sees and may see windows", holdersDeath},
	{"budgets of all filled at once", budgetsAtOnce}, {"arch_prctl", simple(abi.CallArchPrctl)},
}

func longestStays(t *T) {
	for nr := abi.CallSend; nr <= abi.CallMax; nr++ {
		if nr > abi.CallReplyReceive && nr < abi.CallBase {
			continue
		}
		run, ok := worstOf[nr]
		if !ok {
			t.errorf("no worst case of call %d", nr)
			continue
		}
		t.stay("call "+itoa(uint64(nr)), run)
	}
	for _, c := range others {
		t.stay(c.name, c.run)
	}
}

// stay runs a worst case in a case of its own and holds its longest stay against the limit.
func (t *T) stay(name string, run worst) {
	sub := &T{name: t.name + "/" + name}
	longest, what, measured, n := uint64(0), uint64(0), false, 0
	sub.guard(func(s *T) {
		run(s, func(do func()) {
			latency(1)
			do()
			l := latency(0)
			measured = true
			if l.MaxKernelNS > stayLimit {
				s.logf("measurement %d: %d instructions (%d)", n, l.MaxKernelNS, l.MaxKernelCall)
			}
			if n++; l.MaxKernelNS > longest {
				longest, what = l.MaxKernelNS, l.MaxKernelCall
			}
		})
	})
	for _, ep := range sub.tasks { // deaths are part of some cases
		sys.TaskKill(ep)
	}
	var r abi.DeathRecord
	for sub.living() {
		sys.Sleep(100_000)
	}
	for takeDeath(&r) {
	}
	sub.tasks = sub.tasks[:0]
	sub.clean()
	t.failed = t.failed || sub.failed
	t.logf("%s: %d instructions (%d)", name, longest, what)
	if !measured || longest > stayLimit {
		t.errorf("%s: a stay of %d instructions, want at most %d", name, longest, uint64(stayLimit))
	}
}

// simple is a call of a puppet's that has no worse case than another.
func simple(nr abi.CallNr, args ...uint64) worst {
	return func(t *T, measure func(func())) {
		p := t.puppets(2)
		a := args
		if nr < abi.CallBase || nr == abi.CallTimes {
			a = []uint64{uint64(p[1].ep)}
		}
		if nr == abi.CallArchPrctl {
			a = []uint64{abi.ArchSetFS, code.Data}
		}
		measure(func() { p[0].start(nr, a...) })
	}
}

// chain: the target waits for one that waits for one …, and the last for the caller: the circle is found.
func chain(nr abi.CallNr) worst {
	return func(t *T, measure func(func())) {
		p := t.puppets(crowd)
		for i := 1; i < crowd-1; i++ {
			p[i].blocks(abi.CallSend, uint64(p[i+1].ep))
		}
		p[crowd-1].blocks(abi.CallReceive, uint64(p[0].ep), abi.NoTimeout)
		p[crowd-1].t.poke(p[crowd-1].ep, code.Data, p[crowd-1].t.peek(p[crowd-1].ep, code.Data))
		measure(func() { p[0].start(nr, uint64(p[1].ep), abi.NoTimeout) })
	}
}

// full leaves the first of a crowd with every kind of message from all others.
func full(t *T, each int) []*puppet {
	p := t.puppets(crowd)
	for i := 1; i < crowd; i++ {
		for n := range each {
			t.want("senda", p[i].sendA(p[0], uint64(n), 0x900), abi.OK)
		}
		p[i].blocks(abi.CallSend, uint64(p[0].ep))
	}
	return p
}

func receiveFromNobody(t *T, measure func(func())) {
	p := full(t, abi.MaxAsync)
	last := t.puppet()
	measure(func() { p[0].start(abi.CallReceive, uint64(last.ep), 0) })
	measure(func() { p[0].start(abi.CallReceive, uint64(abi.Any), 0) })
}

func lastSendA(t *T, measure func(func())) {
	p := t.puppets(2)
	for n := range uint64(abi.MaxAsync - 1) {
		p[0].sendA(p[1], n, 0x900)
	}
	measure(func() { p[0].start(abi.CallSendA, uint64(p[1].ep), 1) })
	measure(func() { p[0].start(abi.CallSendA, uint64(p[1].ep), 1) })
}

// crowdedReply: everything waits for who answers, and it looks at that in the same stay.
func crowdedReply(t *T, measure func(func())) {
	last := t.puppet()
	p := full(t, abi.MaxAsync)
	last.receive(p[0].ep)
	measure(func() { p[0].start(abi.CallReplyReceive, uint64(last.ep)) })
}

func crowdedDeath(t *T, measure func(func())) {
	p := full(t, abi.MaxAsync)
	measure(func() { p[0].start(abi.CallExit, 0, uint64(abi.ExitNormal)); t.buried(p[0].ep) })
}

func crowdedKill(t *T, measure func(func())) {
	p := full(t, abi.MaxAsync)
	measure(func() { sys.TaskKill(p[0].ep); t.buried(p[0].ep) })
	for i := 1; i < crowd; i += 9 { // those that have left messages and wait
		measure(func() { sys.TaskKill(p[i].ep); t.buried(p[i].ep) })
	}
}

func crowdedFault(t *T, measure func(func())) {
	p := full(t, abi.MaxAsync)
	p[0].t.poke(p[0].ep, code.PuppetWhat, 0) // a jump to address 0
	measure(func() { sys.PrivAllow(p[0].ep); t.buried(p[0].ep) })
}

// buried waits for a task's end, which may take steps.
func (t *T) buried(ep abi.Endpoint) {
	var r abi.DeathRecord
	for range 1000 {
		if takeDeath(&r) && r.Endpoint == ep {
			return
		}
		sys.Sleep(10_000)
	}
	t.fatalf("task %d is not gone", ep)
}

// manyRights: as many port ranges, lines and peers as a privilege holds, with as many ports as a task may have.
func manyRights(t *T, measure func(func())) {
	t.puppets(crowd - 2)
	p := all()
	for first := uint32(0x6000); first < 0xa000 && p.NPorts < abi.MaxPorts; first += 0x400 {
		p.Unguarded |= 1 << p.NPorts
		p.Ports[p.NPorts] = abi.PortRange{First: uint16(first + 1), Last: uint16(first + 0x3fe)}
		p.NPorts++
	}
	for p.NIRQs < abi.MaxIRQs {
		p.IRQs[p.NIRQs] = levelLine
		p.NIRQs++
	}
	id := t.image(code.New().Stop().ELF())
	ep := t.createOn(t.account(p), id, "rights")
	var e abi.Errno
	measure(func() { e = set(ep, p) })
	t.must("set", e)
	var q abi.Privilege
	measure(func() { sys.PrivQuery(ep, &q) })
	measure(func() { sys.PrivAllow(ep) })
	measure(func() { sys.TaskKill(ep) })
	for _, p.Ports[0].Last = range []uint16{0xffff, 0xcfff} { // refused: it holds what nobody gets
		ep := t.create(id, "refused")
		p.NPorts, p.Ports[0].First, p.Unguarded = 1, 0, 1
		measure(func() { e = set(ep, p) })
		t.want("all ports", e, abi.EPERM)
	}
	t.must("free", sys.ImageFree(id))
}

// large is a 16 MiB executable whose pages are spread over as many last-level tables as can be.
func large() []byte {
	const size, segments = 16 << 20, 7
	var s []code.Segment
	for i := range uint64(segments) {
		n := uint64(size/segments) &^ 0xfff
		s = append(s, code.Segment{Flags: 4, Offset: i * n, Addr: abi.ImageBase + 1<<20 + i*(4<<20) - i*0x1000, FileSize: n, Size: n})
	}
	s[0].Flags = 5
	b := code.Raw(s[0].Addr+0x400, s...)
	return append(b, make([]byte, size-len(b))...)
}

func imageOf(t *T, elf []byte, measure func(func())) (id uint32) {
	var e abi.Errno
	measure(func() { id, e = sys.ImageCreate(uint64(len(elf))) })
	t.must("create", e)
	measure(func() { e = sys.ImageWrite(id, 0, elf) })
	t.must("write", e)
	measure(func() { e = sys.ImageSeal(id) })
	t.must("seal", e)
	return id
}

func imageModule(t *T, measure func(func())) {
	f := own(t)
	var id uint32
	var e abi.Errno
	measure(func() { id, e = sys.ImageModule(uint64(f.Offset), uint64(f.Size)) })
	t.must("ImageModule", e)
	measure(func() { e = sys.ImageSeal(id) })
	t.must("seal", e)
	measure(func() { e = sys.ImageFree(id) })
	t.must("free", e)
}

func quiet(do func()) { do() }

func largeTask(t *T, measure func(func())) {
	id := imageOf(t, large(), quiet)
	p := all()
	p.CeilingFrames = 1 << 14
	s := abi.TaskSpec{Image: id, Account: t.account(p)}
	var ep abi.Endpoint
	var e abi.Errno
	measure(func() { ep, e = sys.TaskCreate(&s) })
	t.must("create", e)
	t.tasks = append(t.tasks, ep)
	t.must("free", sys.ImageFree(id))
	measure(func() { sys.TaskKill(ep) })
}

func faultWithTables(t *T, measure func(func())) {
	measure(func() { t.start(code.New().Count(abi.RAMBase+0x0fff_f000).Stop(), all()) })
}

func faultData(t *T, measure func(func())) {
	id := t.image(code.ELF(code.New().Count(code.Data+0x2000).Stop().Text(), pattern(3*abi.PageSize, 1)))
	measure(func() {
		ep := t.create(id, "data")
		t.must("set", set(ep, all()))
		t.must("allow", sys.PrivAllow(ep))
	})
	t.must("free", sys.ImageFree(id))
}

// timersAtOnce: an alarm and a limit of every task are due when the CPU comes back.
func timersAtOnce(t *T, measure func(func())) {
	p := t.puppets(crowd)
	at := now() + 40_000_000
	for _, x := range p {
		x.call(abi.CallSetAlarm, at-now())
		x.start(abi.CallReceive, uint64(abi.Hardware), at-now()+1000)
	}
	measure(func() {
		for now() < at+2_000_000 {
			sys.Sleep(500_000)
		}
	})
}

func deathWithImages(t *T, measure func(func())) {
	p := all()
	p.Images, p.CeilingFrames = 20, 1<<14
	x := t.puppetWith(p)
	for range 20 {
		e, id := x.call(abi.CallImageCreate, 1<<20)
		t.must("create", e)
		x.call(abi.CallImageWrite, id, 0, abi.RAMBase, abi.MaxCopy)
	}
	measure(func() { sys.TaskKill(x.ep) })
}

func largeDeath(t *T, measure func(func())) {
	p := all()
	p.CeilingFrames = 1 << 14
	ep := t.start(code.New().Set(code.CX, 8000*512).Set(code.DI, abi.RAMBase).Bytes(0xf3, 0x48, 0xab).Stop(), p)
	measure(func() { sys.TaskKill(ep) })
}

// budgetsAtOnce: loops that use up their budgets one after the other, and come back.
func budgetsAtOnce(t *T, measure func(func())) {
	for range crowd {
		t.loop(behind, 10_000)
	}
	measure(func() { sys.Sleep(20_000_000) })
}
