package kernel

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/task"
)

// equipped makes a task that has one of everything, and a peer that waits for it.
func (r *rig) equipped() (x, peer *task.Task) {
	r.t.Helper()
	peer = r.make(rights())
	p := rights()
	p.NPorts, p.Ports[0] = 1, abi.PortRange{First: 0x3f8, Last: 0x3ff}
	p.NIRQs, p.IRQs[0], p.IRQs[1] = 2, 4, 17
	x = r.make(p)
	for _, line := range []uint64{4, 17} {
		e, _ := r.call(x, abi.CallIRQCtl, uint64(abi.IRQSetPolicy), line, line)
		r.want("irq", e, abi.OK)
	}
	r.call(x, abi.CallSetAlarm, 1<<40)
	r.call(x, abi.CallSendA, uint64(peer.Endpoint), 1)
	r.call(x, abi.CallNotify, uint64(peer.Endpoint))
	r.call(peer, abi.CallSendRec, uint64(x.Endpoint), abi.NoTimeout)
	r.exception(x, 14, 6, abi.RAMBase) // a page on demand
	return x, peer
}

// Whatever the end, all that a task had is free again, and its peer has its answer.
func TestDeathFreesAll(t *testing.T) {
	for _, end := range []struct {
		name  string
		do    func(r *rig, x *task.Task)
		cause abi.Cause
	}{
		{"exit", func(r *rig, x *task.Task) { r.call(x, abi.CallExit, 3) }, abi.CauseExit},
		{"panic", func(r *rig, x *task.Task) { r.call(x, abi.CallExit, 2, uint64(abi.ExitPanic)) }, abi.CausePanic},
		{"exception", func(r *rig, x *task.Task) { r.exception(x, 6, 0, 0) }, abi.CauseException},
		{"page fault", func(r *rig, x *task.Task) { r.exception(x, 14, 7, 0x1000) }, abi.CauseException},
		{"kill", func(r *rig, x *task.Task) { r.call(r.root, abi.CallTaskKill, uint64(x.Endpoint)) }, abi.CauseKilled},
		{"suicide", func(r *rig, x *task.Task) { r.call(x, abi.CallTaskKill, uint64(x.Endpoint)) }, abi.CauseKilled},
		{"bad call", func(r *rig, x *task.Task) { r.call(x, 9) }, abi.CauseBadCall},
		{"memory", func(r *rig, x *task.Task) {
			a := r.accounts.Get(x.Account)
			r.pool.Promise(&a.Frames, 0, a.Frames.Used())
			r.exception(x, 14, 6, abi.RAMBase+1<<20)
		}, abi.CauseMemory},
		{"while waiting", func(r *rig, x *task.Task) {
			r.call(x, abi.CallReceive, uint64(abi.Self), 1<<40)
			r.call(r.root, abi.CallTaskKill, uint64(x.Endpoint))
		}, abi.CauseKilled},
		{"while stopped", func(r *rig, x *task.Task) {
			r.call(r.root, abi.CallPrivCtl, uint64(abi.PrivDisallow), uint64(x.Endpoint))
			r.call(r.root, abi.CallTaskKill, uint64(x.Endpoint))
		}, abi.CauseKilled},
	} {
		r := newRig(t)
		before := r.counts()
		x, peer := r.equipped()
		ax, apeer := x.Account, peer.Account
		if c := r.counts(); c.Alarms != before.Alarms-1 || c.Hooks != before.Hooks-2 || c.Ports != before.Ports-8 || c.Async != before.Async-1 {
			t.Errorf("%s: counts of a task with one of each: %+v", end.name, c)
		}
		ep := x.Endpoint
		end.do(r, x)
		if d := r.death(end.cause); d.Endpoint != ep {
			t.Errorf("%s: record of %d, want %d", end.name, d.Endpoint, ep)
		}
		if peer.Wait != 0 || abi.Errno(peer.Ctx.Frame.AX) != abi.EDEADSRCDST {
			t.Errorf("%s: peer waits %d, has %d", end.name, peer.Wait, peer.Ctx.Frame.AX)
		}
		if r.m.open[4] || r.m.open[17] {
			t.Errorf("%s: a line is open", end.name)
		}
		r.call(peer, abi.CallExit)
		r.death(abi.CauseExit)
		for _, a := range []abi.AccountID{ax, apeer} {
			e, _ := r.call(r.root, abi.CallAccount, uint64(abi.AccountFree), uint64(a))
			r.want(end.name+": account", e, abi.OK)
		}
		if after := r.counts(); after != before {
			t.Errorf("%s: counts before %+v\nafter %+v", end.name, before, after)
		}
	}
}

// What a death would leave by mistake is counted, whoever has done what meanwhile.
func TestLeftoversAreCounted(t *testing.T) {
	r := newRig(t)
	x, peer := r.equipped()
	slot := x.Slot
	r.kill(x, abi.DeathRecord{Cause: abi.CauseKilled})
	r.death(abi.CauseKilled)
	for _, c := range []struct {
		what          string
		do, undo      func()
		open, orphans uint64
	}{
		{"nothing", func() {}, func() {}, 0, 0},
		{"a line", func() { r.m.Unmask(4) }, func() { r.m.Mask(4) }, 1, 0},
		{"two lines", func() { r.m.Unmask(4); r.m.Unmask(17) }, func() { r.m.Mask(4); r.m.Mask(17) }, 2, 0},
		{"an alarm", func() { r.timers.Set(alarmID(x), ^uint64(0)) }, func() { r.timers.Cancel(alarmID(x)) }, 0, 1},
		{"two hooks", func() { r.irqs.Claim(x.Endpoint, 4, 0); r.irqs.Claim(x.Endpoint, 17, 0) }, func() { r.irqs.ReleaseAll(x.Endpoint) }, 0, 2},
		{"ports", func() { r.ports.take(abi.PortRange{First: 0x70, Last: 0x77}) }, func() { r.ports.drop(abi.PortRange{First: 0x70, Last: 0x77}) }, 0, 8},
		{"a row", func() { r.hookRows++ }, func() { r.hookRows-- }, 0, 1},
		{"a permit", func() { peer.SendTo |= 1 << slot }, func() { peer.SendTo &^= 1 << slot }, 0, 1},
		{"all that", func() { peer.SendTo |= 1 << slot; r.timers.Set(alarmID(x), ^uint64(0)); r.m.Unmask(4) }, func() { peer.SendTo &^= 1 << slot; r.timers.Cancel(alarmID(x)); r.m.Mask(4) }, 1, 2},
	} {
		c.do()
		if n := r.counts(); n.Open != c.open || n.Orphans != c.orphans {
			t.Errorf("%s: %d lines open, %d orphans, want %d and %d", c.what, n.Open, n.Orphans, c.open, c.orphans)
		}
		c.undo()
	}
}

// A server that is killed at a client's request is buried on its own account, in its turn: what is left of its end, in steps
// as many as its peers need, is nothing that the client asked for.
func TestServersPayForTheirEnd(t *testing.T) {
	r := newRig(t)
	server := r.server(1)
	r.call(server, abi.CallReceive, uint64(abi.Any), abi.NoTimeout)
	client := r.make(rights())
	r.syscall(client, abi.CallSendRec, uint64(server.Endpoint), abi.NoTimeout)
	r.until("the request is taken", func() bool { return server.Wait == 0 })
	for range 20 {
		x := r.make(rights())
		r.syscall(x, abi.CallSend, uint64(server.Endpoint))
		r.until("a peer waits", func() bool { return x.Wait != 0 })
	}
	if a := r.sched.Payer(server.Slot); a != client.Account {
		t.Fatalf("account %d pays, want the client's, %d", a, client.Account)
	}
	r.kill(server, abi.DeathRecord{Cause: abi.CauseKilled})
	for n := 0; server.Dying; n++ {
		if a := r.sched.Payer(server.Slot); a != server.Account {
			t.Fatalf("step %d: account %d pays, want the server's, %d", n, a, server.Account)
		}
		if r.Step(); n == 0 && !server.Dying {
			t.Fatal("it ended in one step")
		}
	}
	r.death(abi.CauseKilled)
}

// The order of DESIGN.md, "Death": lines are masked while all else is still there; when the root task is told
// nothing is.
func TestDeathOrder(t *testing.T) {
	r := newRig(t)
	x, peer := r.equipped()
	r.call(r.root, abi.CallReceive, uint64(abi.System), abi.NoTimeout)
	masked := 0
	r.m.onMask = func(uint32) {
		masked++
		if x.Ctx == nil || x.Call == nil || peer.Wait == 0 || r.root.Wait == 0 {
			t.Error("a line was masked after something else had gone")
		}
		if _, ok := r.timers.Deadline(alarmID(x)); !ok {
			t.Error("a line was masked after the alarm had gone")
		}
	}
	free := r.pool.Free()
	r.exception(x, 13, 0, 0)
	if masked != 2 {
		t.Errorf("%d lines were masked, want 2", masked)
	}
	if r.root.Wait != 0 || r.root.Call.Msg.Source != abi.System || r.root.Call.Msg.Arg[0] != abi.SystemDeath {
		t.Errorf("the root task was not told: %+v", r.root.Call.Msg)
	}
	if x.Live || r.pool.Free() <= free || r.tasks.Lookup(x.Endpoint) != nil {
		t.Error("something was left when the death was told")
	}
	if last := r.m.spaces[len(r.m.spaces)-1]; last != r.template && r.current() == nil {
		t.Error("the page tables of the dead are in force")
	}
}

// Every slot but the root task's can be a death record, and no death is lost: a slot whose record was not consumed is nobody else's.
func TestDeathsAreNotLost(t *testing.T) {
	r := newRig(t)
	id := r.load(code.New().Exit(0).ELF())
	before := r.counts()
	s, died := abi.TaskSpec{Image: id, Account: abi.AccountRoot}, 0
	for range 3 * abi.MaxTasks {
		n, e := r.create(&s)
		if e != abi.OK {
			r.want("create", e, abi.EAGAIN)
			break
		}
		r.kill(n, abi.DeathRecord{Cause: abi.CauseKilled})
		died++
	}
	if now := r.counts(); died != abi.MaxTasks-1 || now.Tasks != 0 || now.Deaths != 1 {
		t.Errorf("%d deaths, then %d slots are free, %d places for records", died, now.Tasks, now.Deaths)
	}
	last := abi.Endpoint(0)
	for n := range died {
		d, e := r.takeDeath(true)
		if e != abi.OK || d.Endpoint.Slot() <= last.Slot() || int(d.Waiting) != died-1-n {
			t.Fatalf("%s: record of %d after that of %d, %d wait", e.Name(), d.Endpoint, last, d.Waiting)
		}
		last = d.Endpoint
		_, e = r.create(&s)
		r.want("create when a record was taken and not consumed", e, abi.EAGAIN)
	}
	if _, e := r.takeDeath(true); e != abi.EAGAIN {
		t.Error("a record more than there were deaths")
	}
	e, _ := r.call(r.root, abi.CallKeep, uint64(abi.KeepConsume))
	r.want("consume", e, abi.OK)
	if after := r.counts(); after != before {
		t.Errorf("counts before %+v\nafter %+v", before, after)
	}
	for range abi.MaxTasks - 1 {
		_, e := r.create(&s)
		r.want("create", e, abi.OK)
	}
	_, e = r.create(&s)
	r.want("create when all slots have tasks", e, abi.ENOSPC)
}

// A record that was taken is free when it, or a later one, is consumed: by KeepConsume, by KeepAppend that consumes, by one that is taken for good.
func TestDeathsAreConsumed(t *testing.T) {
	for what, consume := range map[string]func(r *rig){
		"consume": func(r *rig) { r.call(r.root, abi.CallKeep, uint64(abi.KeepConsume)) },
		"append":  func(r *rig) { r.call(r.root, abi.CallKeep, uint64(abi.KeepAppend), 8, 1) },
		"taken":   func(r *rig) { r.call(r.root, abi.CallGetInfo, uint64(abi.InfoDeath), 0) },
	} {
		r := newRig(t)
		e, _ := r.call(r.root, abi.CallKeep, uint64(abi.KeepFlip), 0)
		r.want("flip", e, abi.OK)
		free := r.counts().Tasks
		for range 4 {
			r.kill(r.make(rights()), abi.DeathRecord{Cause: abi.CauseKilled})
		}
		for range 2 {
			e, _ = r.call(r.root, abi.CallGetInfo, uint64(abi.InfoDeath), 1)
			r.want("take", e, abi.OK)
		}
		e, _ = r.call(r.root, abi.CallKeep, uint64(abi.KeepAppend), 8, 0)
		r.want("append", e, abi.OK)
		if n := r.counts(); n.Tasks != free-4 || n.Deaths != abi.MaxTasks-4 {
			t.Errorf("%s: two of four taken: %d slots free, %d places for records", what, n.Tasks, n.Deaths)
		}
		consume(r)
		left := uint64(2)
		if what == "taken" {
			left = 1
		}
		if n := r.counts(); n.Tasks != free-left || n.Deaths != abi.MaxTasks-left {
			t.Errorf("%s: then %d slots free, %d places for records", what, n.Tasks, n.Deaths)
		}
	}
}

// The line about a death is there before the next life of its slot has ended, however soon that is.
func TestDeathLineOfASlotThatIsUsedAgain(t *testing.T) {
	r := newRig(t)
	id := r.load(code.New().Exit(0).ELF())
	s := abi.TaskSpec{Image: id, Account: abi.AccountRoot}
	for r.tasks.Free() > 1 {
		_, e := r.create(&s)
		r.want("create", e, abi.OK)
	}
	for n := range 4 {
		x, e := r.create(&s)
		r.want("create", e, abi.OK)
		ep := x.Endpoint
		r.kill(x, abi.DeathRecord{Cause: abi.CauseExit, Status: uint64(n)})
		if d := r.death(abi.CauseExit); d.Endpoint != ep || d.Status != uint64(n) {
			t.Errorf("record %d of %d, status %d", n, d.Endpoint, d.Status)
		}
	}
	r.logDeaths()
	for n := range 4 {
		if strings.Count(r.logged(), fmt.Sprintf(" cause=exit status=%d ", n)) != 1 {
			t.Errorf("death %d has not one line: %s", n, r.logged())
		}
	}
}

// InfoLives has a row for each task that lives, by slot, and only the root task sees it.
func TestLives(t *testing.T) {
	r := newRig(t)
	id := r.load(code.New().Exit(0).ELF())
	g := rights()
	unset, e := r.create(&abi.TaskSpec{Image: id, Account: r.account(&g.AccountSpec), Incarnation: 7})
	r.want("create", e, abi.OK)
	set := r.begin(r.account(&g.AccountSpec), g)
	dead, lives := r.make(g), r.make(g)
	r.kill(dead, abi.DeathRecord{Cause: abi.CauseKilled})
	lives.Warm = true
	e, n := r.call(r.root, abi.CallGetInfo, uint64(abi.InfoLives), 0)
	r.want("lives", e, abi.OK)
	want := []abi.Life{
		{Endpoint: r.root.Endpoint, Account: abi.AccountRoot, Flags: abi.LifeSet | abi.LifeAllowed, StartedNS: r.root.StartedNS},
		{Endpoint: unset.Endpoint, Account: unset.Account, Incarnation: 7},
		{Endpoint: set.Endpoint, Account: set.Account, Flags: abi.LifeSet},
		{Endpoint: lives.Endpoint, Account: lives.Account, Flags: abi.LifeSet | abi.LifeAllowed | abi.LifeWarm, StartedNS: lives.StartedNS},
	}
	var got []byte
	for i := range want {
		got = append(got, abi.Bytes(&want[i])...)
	}
	if !bytes.Equal(r.root.Call.Buf[:n], got) || lives.StartedNS == 0 {
		t.Errorf("%d bytes: %x\nwant %x", n, r.root.Call.Buf[:n], got)
	}
	e, _ = r.call(lives, abi.CallGetInfo, uint64(abi.InfoLives), 0)
	r.want("of another", e, abi.EPERM)
	// Who has ended is there until its record is.
	server := r.server(1)
	for range 20 {
		x := r.make(g)
		r.syscall(x, abi.CallSend, uint64(server.Endpoint))
		r.until("a peer waits", func() bool { return x.Wait != 0 })
	}
	told := func() (flags uint32, there bool) {
		_, n := r.call(r.root, abi.CallGetInfo, uint64(abi.InfoLives), 0)
		for i := range livesAt(r.root.Call)[:n/24] {
			if l := &livesAt(r.root.Call)[i]; l.Endpoint == server.Endpoint {
				return l.Flags, true
			}
		}
		return 0, false
	}
	r.kill(server, abi.DeathRecord{Cause: abi.CauseKilled})
	if flags, there := told(); !server.Dying || !there || flags != abi.LifeDying {
		t.Errorf("dying %v, its row is there %v, flags %x", server.Dying, there, flags)
	}
	r.until("buried", func() bool { return !server.Dying })
	if flags, there := told(); there {
		t.Errorf("its row is there with its record, flags %x", flags)
	}
}

// A death is one line of the log, with what a person looks for first.
func TestDeathLine(t *testing.T) {
	r := newRig(t)
	x := r.make(rights())
	r.does(x, func(c *arch.Context) uint64 {
		c.Frame.Vector, c.Frame.Err, c.Frame.IP, c.Frame.SP, r.m.cr2 = 14, 7, code.Text, 0x123, 0x456
		return 14
	})
	r.until("fault", func() bool { return r.m.next[x.Slot] == nil })
	got := r.last()
	want := "kernel: death label=peer ep=65 inc=0 cause=exception vector=14 (#PF) err=0x7 cr2=0x456 rip=" + fmt.Sprintf("%#x", uint64(code.Text)) + " rsp=0x123 code=48bf300000000000000048beffffffff"
	if got != want {
		t.Errorf("line:\n%s\nwant:\n%s", got, want)
	}
	x = r.make(rights())
	for i := uint64(0); x.Live && x.Ctx != nil && i < frames; i++ {
		r.exception(x, 14, 6, abi.RAMBase+i*abi.PageSize)
	}
	r.until("end", func() bool { return !x.Live })
	if got := r.last(); !strings.Contains(got, " cause=memory vector=14 (#PF) err=0x6 ") || !strings.Contains(got, " memory=800KiB ceiling=800KiB rip=") {
		t.Errorf("beyond its ceiling: %s", got)
	}
}

// The kernel speaks on the console until a task has it, and always in its log and to a debugger.
func TestConsole(t *testing.T) {
	r := newRig(t)
	p := rights()
	p.NPorts, p.Ports[0] = 1, abi.PortRange{First: 0x3f2, Last: 0x3ff}
	for _, c := range []struct {
		text  string
		owned bool
		on    bool
	}{{"first", false, true}, {"second", true, false}, {"third", false, false}} {
		var x *task.Task
		if c.owned {
			x = r.make(p)
		}
		r.Print(c.text)
		if bytes.Contains(r.m.console, []byte(c.text)) != c.on || !bytes.Contains(r.m.debug, []byte(c.text)) {
			t.Errorf("%s: console %q", c.text, r.m.console)
		}
		if x != nil {
			r.kill(x, abi.DeathRecord{Cause: abi.CauseKilled})
		}
	}
}
