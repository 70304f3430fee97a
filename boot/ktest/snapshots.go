//go:build tamago

package main

import (
	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
)

var snapshotTests = []test{
	{"TestSnapshotWarm", snapshotWarm},
	{"TestSnapshotIsRead", snapshotIsRead},
	{"TestSnapshotDamaged", snapshotDamaged},
	{"TestSnapshotDeaths", snapshotDeaths},
}

// keeper is a program that fills some memory, takes the snapshot, adds one to a word of the memory that it has kept, tells it by its exit
// status, and ends: 1 in each life whose memory is what it was when the snapshot was taken.
func keeper() *code.Prog {
	p := code.New().Set(code.BX, 0)
	for i := range uint64(4) {
		p.Store(abi.RAMBase+i<<21, code.BX)
	}
	p.Store(code.Data, code.BX)
	p.Call(abi.CallSnapshot)
	for _, at := range []uint64{abi.RAMBase + 2<<21, code.Data} { // MOV RAX, at; INC QWORD [RAX]; MOV RDI, [RAX]
		p.Set(code.AX, at).Bytes(0x48, 0xff, 0x00, 0x48, 0x8b, 0x38)
	}
	return p.Set(code.AX, uint64(abi.CallExit)).Set(code.SI, uint64(abi.ExitNormal)).Bytes(0x0f, 0x05, 0x0f, 0x0b)
}

// family makes lives of one executable on one account.
type family struct {
	t       *T
	p       rights
	account abi.AccountID
	image   uint32
}

func (t *T) family(p *code.Prog, r rights) *family {
	return &family{t, r, t.account(r), t.image(p.ELF())}
}

// begin makes a life that does not run yet, and tells whether it is warm.
func (l *family) begin(flags uint32) (ep abi.Endpoint, warm bool) {
	s := abi.TaskSpec{Image: l.image, Account: l.account, Flags: flags}
	s.Label, _ = abi.MakeLabel("life")
	ep, warm, e := sys.TaskBegin(&s)
	l.t.must("TaskBegin", e)
	l.t.tasks = append(l.t.tasks, ep)
	l.t.must("PrivSet", set(ep, l.p))
	return ep, warm
}

// run makes a life and lets it end.
func (l *family) run(flags uint32) (d abi.DeathRecord, warm bool) {
	ep, warm := l.begin(flags)
	l.t.must("PrivAllow", sys.PrivAllow(ep))
	return *l.t.death(ep, abi.CauseExit), warm
}

// end gives the account and the image back.
func (l *family) end() {
	l.t.must("drop", sys.AccountDropSnapshot(l.account))
	l.t.must("ImageFree", sys.ImageFree(l.image))
}

const both = abi.TaskSnapshot | abi.TaskWarm

func snapshotWarm(t *T) {
	l := t.family(keeper(), all())
	for n := range 5 {
		d, warm := l.run(both)
		equal(t, "status", d.Status, 1)
		equal(t, "warm", warm, n > 0)
		if warm && d.FramesPeak > 20 {
			t.errorf("a warm life had %d frames", d.FramesPeak)
		}
	}
	t.must("check", sys.AccountCheckSnapshot(l.account))
	t.must("drop", sys.AccountDropSnapshot(l.account))
	d, warm := l.run(abi.TaskWarm)
	equal(t, "warm without a snapshot", warm, false)
	equal(t, "status", d.Status, 1)
	t.want("check", sys.AccountCheckSnapshot(l.account), abi.ESRCH)
	l.end()
}

// snapshotIsRead: while the life that the snapshot is taken of has its page tables loaded, the processor remembers its pages as
// writable. What it writes at once after the call must not be in the snapshot.
func snapshotIsRead(t *T) {
	p := code.New().Set(code.BX, 7).Store(abi.RAMBase, code.BX).Store(abi.RAMBase+0x1000, code.BX).Call(abi.CallSnapshot)
	p.Set(code.BX, 8).Store(abi.RAMBase, code.BX).Store(abi.RAMBase+0x1000, code.BX)
	l := t.family(p.Stop(), all())
	first, _ := l.begin(both)
	t.must("PrivAllow", sys.PrivAllow(first))
	equal(t, "the life itself", t.peek(first, abi.RAMBase), 8)
	warm, is := l.begin(abi.TaskWarm)
	equal(t, "warm", is, true)
	equal(t, "first page", t.peek(warm, abi.RAMBase), 7)
	equal(t, "second page", t.peek(warm, abi.RAMBase+0x1000), 7)
	t.kill(warm)
	t.kill(first)
	l.end()
}

func snapshotDamaged(t *T) {
	l := t.family(keeper(), all())
	l.run(both)
	t.must("first check", sys.AccountCheckSnapshot(l.account))
	victim, _ := l.begin(abi.TaskWarm)
	t.want("damage", second(sys.Trace(abi.TracePokeSnapshot, victim, abi.RAMBase+2<<21, 0x55)), abi.OK)
	t.want("what is the task's own", second(sys.Trace(abi.TracePokeSnapshot, victim, abi.CallPage, 1)), abi.EFAULT)
	t.want("what is the executable's", second(sys.Trace(abi.TracePokeSnapshot, victim, code.Text, 1)), abi.EFAULT)
	t.must("PrivAllow", sys.PrivAllow(victim))
	equal(t, "the victim sees it", t.death(victim, abi.CauseExit).Vector, 0)
	t.want("second check", sys.AccountCheckSnapshot(l.account), abi.EIO)
	_, warm := l.run(both)
	equal(t, "warm with a damaged snapshot", warm, false)
	t.must("a new one", sys.AccountCheckSnapshot(l.account))
	_, warm = l.run(both)
	equal(t, "warm with the new one", warm, true)
	l.end()
}

// snapshotDeaths: hundreds of lives, warm and cold, killed at every instruction up to their end; what they leave behind is what there was
// before.
func snapshotDeaths(t *T) {
	l := t.family(keeper(), all())
	l.run(both)
	t.must("drop", sys.AccountDropSnapshot(l.account))
	before := counts()
	made := 0
	for n := range uint64(400) {
		flags := uint32(both)
		if n%3 == 0 {
			t.must("drop", sys.AccountDropSnapshot(l.account))
		}
		ep, warm := l.begin(flags)
		if warm {
			made++
		}
		t.must("PrivAllow", sys.PrivAllow(ep))
		for i := uint64(0); i < n%40; i++ { // it runs when the root task waits, a little
			sys.Sleep(1)
		}
		if sys.TaskKill(ep) == abi.OK {
			t.death(ep, abi.CauseKilled)
		} else {
			equal(t, "status", t.death(ep, abi.CauseExit).Status, 1)
		}
	}
	t.must("drop", sys.AccountDropSnapshot(l.account))
	equal(t, "counts", counts(), before)
	t.logf("%d of 400 lives were warm", made)
	if made == 0 {
		t.errorf("no life was warm")
	}
	l.end()
}

// snapshotAtOnce is a snapshot of as many parts as can be, with as many pages.
func snapshotAtOnce(t *T, measure func(func())) {
	p := code.New()
	for i := range uint64(15) {
		p.Set(code.CX, 60*512).Set(code.DI, abi.RAMBase+i<<21).Bytes(0xf3, 0x48, 0xab) // REP STOSQ
	}
	r := all()
	r.CeilingFrames = 4096
	l := t.family(p.Store(code.Data, code.BX).Call(abi.CallSnapshot).Stop(), r)
	first, _ := l.begin(both)
	measure(func() { t.must("PrivAllow", sys.PrivAllow(first)) })
	measure(func() { t.must("check", sys.AccountCheckSnapshot(l.account)) })
	var second abi.Endpoint
	warm := false
	measure(func() { second, warm = l.begin(both) })
	equal(t, "warm", warm, true)
	measure(func() { t.kill(second) })
	measure(func() { t.kill(first) })
	measure(func() { t.must("drop", sys.AccountDropSnapshot(l.account)) })
	l.end()
}
