//go:build tamago

package main

import (
	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
)

var reserveTests = []test{
	{"TestReserveIsKeptForTheDead", reserveKept},
	{"TestPortsOutOfTheReserve", reserveOfPorts},
	{"TestReserveRefused", reserveRefused},
}

// leave is what a Go task does that ends well.
const leave = "w\x01"

// life starts a Go task on an account and tells how it ended; nil: it could not be made.
func (t *T) life(image uint32, a abi.AccountID, p rights) *abi.DeathRecord {
	s := abi.TaskSpec{Image: image, ArgsLen: uint32(len(leave)), Account: a}
	s.Label, _ = abi.MakeLabel("reborn")
	copy(s.Args[:], leave)
	ep, e := sys.TaskCreate(&s)
	if e != abi.OK {
		t.want("create", e, abi.ENOMEM)
		return nil
	}
	t.tasks = append(t.tasks[:0], ep)
	t.must("set", set(ep, p))
	t.must("allow", sys.PrivAllow(ep))
	return &t.await(1)[0]
}

// reserveKept: hogs hold every frame that they can get, and a service is reborn a hundred times, cold, out of its
// reserve; one without a reserve is not.
func reserveKept(t *T) {
	id := t.goImage()
	p := spinner()
	p.CeilingFrames = 4096
	account := t.account(p)
	peak := t.life(id, account, p).FramesPeak
	p.ReserveFrames = uint32(peak)
	t.must("reserve", second(sys.AccountSet(account, &p.AccountSpec)))
	poor := p
	poor.ReserveFrames = 0
	without := t.account(poor)
	hogs := t.hogs()
	var r abi.DeathRecord
	if r := t.life(id, without, poor); r != nil && r.Cause != abi.CauseMemory {
		t.errorf("without a reserve, with all frames taken: %s", describe(r))
	}
	for n := range 100 {
		r := t.life(id, account, p)
		if r == nil || r.Cause != abi.CauseExit || r.Status != 0 {
			t.fatalf("life %d of %d frames in reserve: %+v", n, peak, r)
		}
	}
	t.logf("%d hogs left %d frames that are nobody's; 100 lives of %d frames", len(hogs), t.left(), peak)
	for _, ep := range hogs {
		sys.TaskKill(ep)
	}
	for _, x := range t.all() {
		sys.TaskKill(x)
	}
	for t.living() {
		sys.Sleep(100_000)
	}
	for takeDeath(&r) {
	}
	t.tasks = t.tasks[:0]
	t.must("free", sys.ImageFree(id))
}

// left is how many frames are free and owed to nobody.
func (t *T) left() uint64 {
	c := counts()
	var own abi.AccountInfo // counts adds what the root task has
	t.must("InfoAccount", getInfo(abi.InfoAccount, uint64(abi.AccountRoot), &own))
	return c.Frames - t.info(me()).Frames - (c.Reserved - min(own.Frames, uint64(own.Spec.ReserveFrames)))
}

// hogs makes tasks that hold all frames but a few.
func (t *T) hogs() (hogs []abi.Endpoint) {
	hog := all()
	hog.CeilingFrames = 1 << 20
	for t.left() > 40 && len(hogs) < 40 { // each takes half of what is left, beside its own tables
		n := min((t.left()-25)/2+1, abi.RAMSize/abi.PageSize)
		hogs = append(hogs, t.start(code.New().Set(code.CX, n*512).Set(code.DI, abi.RAMBase).Bytes(0xf3, 0x48, 0xab).Stop(), hog)) // REP STOSQ
	}
	var r abi.DeathRecord
	for takeDeath(&r) {
		t.errorf("a hog's end: %s", describe(&r))
	}
	if n := t.left(); n > 100 {
		t.fatalf("the hogs left %d frames", n)
	}
	return hogs
}

// reserveOfPorts: the frames that port rights need are had as all others, out of the account's reserve, with every
// other frame taken; and never out of what others are owed.
func reserveOfPorts(t *T) {
	const bitmap = 3 + 2 + 1 // tables, bitmap, list
	id := t.image(code.New().Exit(0).ELF())
	ports := func(first uint16) rights { return withPorts(abi.PortRange{First: first, Last: first + 7}) }
	poor, rich := ports(0x110), ports(0x120)
	ends := t.createOn(t.account(poor), id, "poor")
	account := t.account(rich)
	keeps := t.createOn(account, id, "rich")
	rich.ReserveFrames = uint32(t.info(keeps).Frames) + bitmap
	t.must("reserve", second(sys.AccountSet(account, &rich.AccountSpec)))
	owed := ports(0x130)
	owed.ReserveFrames = rich.ReserveFrames
	other := t.account(owed)

	hogs := t.hogs()
	last := hogs[len(hogs)-1]
	e := abi.OK
	for n := uint64(abi.RAMSize / abi.PageSize); e == abi.OK; {
		n--
		_, e = sys.Trace(abi.TracePoke, last, abi.RAMBase+n*abi.PageSize, 1)
	}
	t.want("one more page for a hog", e, abi.ENOMEM)
	t.want("ports without a reserve", set(ends, poor), abi.ENOMEM)
	t.must("ports out of the reserve", set(keeps, rich))
	_, e = sys.Trace(abi.TracePoke, last, abi.RAMBase+8*abi.PageSize, 1) // it has this one
	t.must("a page that the hog has", e)
	heir := t.createOn(other, id, "owed")
	t.must("ports out of what was owed all the time", set(heir, owed))
	t.must("ImageFree", sys.ImageFree(id))
}

// all is the tasks that live, but the root task.
func (t *T) all() (out []abi.Endpoint) {
	for slot := range uint64(abi.MaxTasks) {
		var i abi.TaskInfo
		if getInfo(abi.InfoTask, slot, &i) == abi.OK && i.Endpoint != me() {
			out = append(out, i.Endpoint)
		}
	}
	return out
}

// reserveRefused: what the machine has not cannot be promised, and what an account may not have needs no promise.
func reserveRefused(t *T) {
	before := counts()
	p := all()
	for _, c := range []struct {
		name string
		set  func(*abi.AccountSpec)
		want abi.Errno
	}{
		{"more than there is", func(s *abi.AccountSpec) { s.ReserveFrames, s.CeilingFrames = 1<<20, 1<<20 }, abi.ENOMEM},
		{"more than is left", func(s *abi.AccountSpec) {
			s.ReserveFrames, s.CeilingFrames = uint32(before.Frames-before.Reserved+1), 1<<20
		}, abi.ENOMEM},
		{"above the ceiling", func(s *abi.AccountSpec) { s.ReserveFrames = s.CeilingFrames + 1 }, abi.EINVAL},
		{"priority", func(s *abi.AccountSpec) { s.Priority = abi.Priorities }, abi.EINVAL},
		{"no budget", func(s *abi.AccountSpec) { s.BudgetNS = 0 }, abi.EINVAL},
		{"budget above the period", func(s *abi.AccountSpec) { s.BudgetNS = s.PeriodNS + 1 }, abi.EINVAL},
		{"period", func(s *abi.AccountSpec) { s.PeriodNS = 1<<63 - 1 }, abi.EINVAL},
		{"flags", func(s *abi.AccountSpec) { s.Flags = 1 << 31 }, abi.EINVAL},
		{"images", func(s *abi.AccountSpec) { s.Images = abi.MaxImages }, abi.ENOSPC},
	} {
		s := p.AccountSpec
		c.set(&s)
		t.want(c.name, second(sys.AccountSet(0, &s)), c.want)
		equal(t, c.name+": counts", counts(), before)
	}
	s := p.AccountSpec
	t.want("an account that is not there", second(sys.AccountSet(abi.MaxAccounts-1, &s)), abi.ESRCH)
	t.want("free the kernel's", sys.AccountFree(abi.AccountKernel), abi.EPERM)
	t.want("free the root task's", sys.AccountFree(abi.AccountRoot), abi.EPERM)
	t.want("free none", sys.AccountFree(abi.MaxAccounts), abi.ESRCH)
	x := t.puppet()
	e, _ := x.call(abi.CallAccount, uint64(abi.AccountPay), uint64(abi.AccountRoot))
	t.want("pay, and no server", e, abi.EPERM)
	t.want("free while a task is on it", sys.AccountFree(t.accounts[0]), abi.EBUSY)
}
