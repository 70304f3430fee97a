//go:build tamago

package main

import (
	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
)

var lifeTests = []test{
	{"TestExitStatus", exitStatus},
	{"TestPanicExit", panicExit},
	{"TestKill", killed},
	{"TestKillRefused", killRefused},
	{"TestPrivCtlOrder", privCtlOrder},
	{"TestPrivSetRefused", privSetRefused},
	{"TestPrivSetFailureChangesNothing", privSetFailure},
	{"TestCreateRefused", createRefused},
	{"TestSlotsFull", slotsFull},
	{"TestDeathRecordsFull", deathsFull},
	{"TestDeathRecord", deathRecord},
	{"TestDisallow", disallow},
}

func exitStatus(t *T) {
	for _, v := range []uint64{0, 1, 1<<64 - 1} {
		r := t.death(t.start(code.New().Exit(v), all()), abi.CauseExit)
		equal(t, "status", r.Status, v)
	}
	p := all()
	p.CallMask, p.TrapMask = 0, 0 // dying is nobody's privilege
	t.death(t.start(code.New().Exit(7), p), abi.CauseExit)
}

func panicExit(t *T) {
	r := t.death(t.start(code.New().Call(abi.CallExit, 3, uint64(abi.ExitPanic)), all()), abi.CausePanic)
	equal(t, "status", r.Status, 3)
}

func killed(t *T) {
	p := t.puppets(2)
	e, _ := p[0].call(abi.CallTaskKill, uint64(p[1].ep)) // by another
	t.want("kill", e, abi.OK)
	t.death(p[1].ep, abi.CauseKilled)
	p[0].start(abi.CallTaskKill, uint64(p[0].ep)) // by itself
	t.death(p[0].ep, abi.CauseKilled)
	id := t.image(code.New().Exit(0).ELF()) // before it has rights
	t.kill(t.create(id, "unborn"))
	t.must("ImageFree", sys.ImageFree(id))
}

func killRefused(t *T) {
	t.want("kill root", sys.TaskKill(me()), abi.EPERM)
	p := t.puppet()
	e, _ := p.call(abi.CallTaskKill, uint64(me()))
	t.want("kill root by another", e, abi.EPERM)
	for _, ep := range specials {
		t.want("kill special", sys.TaskKill(ep), abi.EDEADSRCDST)
	}
	t.want("disallow root", sys.PrivDisallow(me()), abi.EPERM)
}

func privCtlOrder(t *T) {
	id := t.image(code.New().Stop().ELF())
	ep := t.create(id, "order")
	t.must("ImageFree", sys.ImageFree(id))
	p := all()
	t.want("allow before set", sys.PrivAllow(ep), abi.EPERM)
	t.want("disallow before allow", sys.PrivDisallow(ep), abi.EPERM)
	equal(t, "state", t.info(ep).State, abi.StateNoPriv)
	t.want("set", set(ep, p), abi.OK)
	t.want("set again", set(ep, p), abi.EPERM)
	t.want("allow", sys.PrivAllow(ep), abi.OK)
	t.want("allow again", sys.PrivAllow(ep), abi.EPERM)
	t.want("set while it runs", set(ep, p), abi.EPERM)
	equal(t, "state", t.info(ep).State, abi.StateReceiving)
	t.want("disallow", sys.PrivDisallow(ep), abi.OK)
	t.want("set when stopped", set(ep, p), abi.EPERM)
	var q abi.Privilege
	t.want("query", sys.PrivQuery(ep, &q), abi.OK)
	equal(t, "may send to", q.NSendTo, 1)
	equal(t, "whom", q.SendTo[0], me())
	p.SendTo, p.NSendTo = q.SendTo, q.NSendTo
	equal(t, "privilege", q, p.Privilege)
}

func privSetRefused(t *T) {
	id := t.image(code.New().Stop().ELF())
	ep := t.create(id, "refused")
	t.must("ImageFree", sys.ImageFree(id))
	for name, change := range map[string]func(*abi.Privilege){
		"send to":    func(p *abi.Privilege) { p.NSendTo = abi.MaxTasks + 1 },
		"ports":      func(p *abi.Privilege) { p.NPorts = abi.MaxPorts + 1 },
		"irqs":       func(p *abi.Privilege) { p.NIRQs = abi.MaxIRQs + 1 },
		"pci":        func(p *abi.Privilege) { p.NPCI = abi.MaxPCI + 1 },
		"pci row":    func(p *abi.Privilege) { p.NPCI = 1 },
		"dma":        func(p *abi.Privilege) { p.DMA = abi.DMAUnconfined + 1 },
		"port order": func(p *abi.Privilege) { p.NPorts, p.Ports[0] = 1, abi.PortRange{First: 2, Last: 1} },
		"port twice": func(p *abi.Privilege) {
			p.NPorts, p.Ports[0], p.Ports[1] = 2, abi.PortRange{First: 0x3f8, Last: 0x3fc}, abi.PortRange{First: 0x3fc, Last: 0x3fd}
		},
	} {
		p := all().Privilege
		change(&p)
		t.want(name, sys.PrivSet(ep, &p), abi.EINVAL)
	}
	t.want("allow", sys.PrivAllow(ep), abi.EPERM)
}

// privSetFailure: a PrivSet that runs out of frames half way leaves the task as it was.
func privSetFailure(t *T) {
	id := t.image(code.New().Set(code.DX, scratch).Bytes(0xec).Exit(0).ELF()) // IN AL, DX
	p := all()
	account := t.account(p)
	ep := t.createOn(account, id, "quota")
	t.must("ImageFree", sys.ImageFree(id))
	p.NPorts, p.Ports[0] = 1, abi.PortRange{First: scratch, Last: scratch}
	used := t.info(ep).Frames
	for more := range uint64(5) {
		p.CeilingFrames = uint32(used + more)
		t.must("ceiling", second(sys.AccountSet(account, &p.AccountSpec)))
		t.want("set", set(ep, p), abi.ENOMEM)
		equal(t, "frames", t.info(ep).Frames, used)
	}
	p.NPorts, p.CeilingFrames = 0, 64
	t.must("ceiling", second(sys.AccountSet(account, &p.AccountSpec)))
	t.want("set without ports", set(ep, p), abi.OK)
	t.must("allow", sys.PrivAllow(ep))
	equal(t, "vector", t.death(ep, abi.CauseException).Vector, 13)
}

func createRefused(t *T) {
	id, e := sys.ImageCreate(100)
	t.must("ImageCreate", e)
	for _, image := range []uint32{0, id, abi.MaxImages, 1 << 31} { // id is not sealed
		s := abi.TaskSpec{Image: image, Account: abi.AccountRoot}
		_, e := sys.TaskCreate(&s)
		t.want("create", e, abi.EINVAL)
	}
	t.must("ImageFree", sys.ImageFree(id))
	id = t.image(code.New().Exit(0).ELF())
	for _, a := range []abi.AccountID{abi.AccountKernel, abi.MaxAccounts - 1, abi.MaxAccounts, 1 << 31} {
		_, e = sys.TaskCreate(&abi.TaskSpec{Image: id, Account: a})
		t.want("no account", e, abi.ESRCH)
	}
	s := abi.TaskSpec{Image: id, ArgsLen: abi.ArgsSize + 1, Account: abi.AccountRoot}
	_, e = sys.TaskCreate(&s)
	t.want("arguments too long", e, abi.EINVAL)
	t.must("ImageFree", sys.ImageFree(id))
	s.ArgsLen = 0
	_, e = sys.TaskCreate(&s)
	t.want("freed image", e, abi.EINVAL)
}

func slotsFull(t *T) {
	id := t.image(code.New().Stop().ELF())
	c := counts()
	for range c.Tasks {
		t.create(id, "full")
	}
	s := abi.TaskSpec{Image: id, Account: abi.AccountRoot}
	_, e := sys.TaskCreate(&s)
	if e != abi.ENOSPC && e != abi.EAGAIN {
		t.errorf("one more: %s, want ENOSPC", e.Name())
	}
	t.kill(t.tasks[3])
	ep := t.create(id, "again") // the only slot
	equal(t, "slot", ep.Slot(), t.tasks[3].Slot())
	equal(t, "generation", ep.Generation(), t.tasks[3].Generation()+1)
	t.must("ImageFree", sys.ImageFree(id))
}

// deathsFull: no task can be made whose death could not be told.
func deathsFull(t *T) {
	id := t.image(code.New().Exit(5).ELF())
	p, n := all(), counts().Deaths
	s, made := abi.TaskSpec{Image: id, Account: t.account(p)}, uint64(0)
	for ; made <= n; made++ {
		ep, e := sys.TaskCreate(&s)
		if e == abi.EAGAIN {
			break
		}
		t.must("create", e)
		t.must("set", set(ep, p))
		t.must("allow", sys.PrivAllow(ep))
	}
	if made == 0 || made > n {
		t.errorf("%d tasks died untold with %d places", made, n)
	}
	var r abi.DeathRecord
	for i := range made {
		if !takeDeath(&r) || r.Status != 5 {
			t.fatalf("record %d of %d is missing or wrong: %s", i, made, describe(&r))
		}
	}
	t.must("ImageFree", sys.ImageFree(id))
}

// deathRecord: what a record says of registers, code, stack, times.
func deathRecord(t *T) {
	p := code.New()
	for r := code.AX; r <= code.R15; r++ {
		p.Set(r, 0x1111_0000_0000_0000*uint64(r%8)+uint64(r))
	}
	p.Set(code.AX, code.Data+8).Bytes(0xf3, 0x48, 0x0f, 0xae, 0xd0)  // WRFSBASE AX
	p.Set(code.AX, code.Data+16).Bytes(0xf3, 0x48, 0x0f, 0xae, 0xd8) // WRGSBASE AX
	p.Set(code.AX, 0)
	p.Set(code.SP, code.StackTop-64).Bytes(0x6a, 0x55) // PUSH 0x55
	at := p.At()
	p.Bytes(0x0f, 0x0b, 0xaa, 0xbb)
	ep := t.begin(p.ELF(), all())
	t.must("allow", sys.PrivAllow(ep))
	r := t.death(ep, abi.CauseException)
	equal(t, "vector", r.Vector, 6)
	equal(t, "rip", r.Regs.RIP, at)
	equal(t, "FS base", r.Regs.FSBase, code.Data+8)
	equal(t, "GS base", r.Regs.GSBase, code.Data+16)
	for i, v := range r.Regs.GPR {
		if want := 0x1111_0000_0000_0000*uint64(i%8) + uint64(i); i != int(code.SP) && v != want {
			t.errorf("register %d is %#x, want %#x", i, v, want)
		}
	}
	equal(t, "rsp", r.Regs.GPR[code.SP], code.StackTop-72)
	equal(t, "stack", r.Stack[0], 0x55)
	equal(t, "stack length", r.StackLen, 8)
	equal(t, "code", [4]byte(r.Code[:4]), [4]byte{0x0f, 0x0b, 0xaa, 0xbb})
	equal(t, "label", r.Label.String(), "peer")
	if r.StartedNS == 0 || r.DiedNS < r.StartedNS || r.CleanNS < r.DiedNS || r.FramesPeak == 0 {
		t.errorf("times %d %d %d, frames %d", r.StartedNS, r.DiedNS, r.CleanNS, r.FramesPeak)
	}
}

// disallow stops a task where it is; what comes meanwhile waits for it.
func disallow(t *T) {
	p := t.puppets(2)
	p[0].receive(p[1].ep)
	t.must("disallow", sys.PrivDisallow(p[0].ep))
	p[1].setMsg(0x123, 9)
	p[1].send(p[0])
	e, _ := p[1].result()
	t.want("send", e, abi.OK)
	equal(t, "ended while stopped", p[0].ended(), false)
	equal(t, "state", t.info(p[0].ep).State, abi.StateNoPriv)
	t.must("allow", sys.PrivAllow(p[0].ep))
	equal(t, "argument", p[0].got(abi.KindSend, p[1].ep, 0x123).Arg[0], 9)
}
