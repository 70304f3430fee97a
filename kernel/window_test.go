package kernel

import (
	"bytes"
	"slices"
	"testing"

	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/mem"
	"bennu/kernel/task"
)

const readWrite = abi.WindowRead | abi.WindowWrite

// window makes a window of x's.
func (r *rig) window(x *task.Task, size, flags uint64) (v abi.WindowView) {
	r.t.Helper()
	e, at := r.call(x, abi.CallWindow, uint64(abi.WindowCreate), size, flags)
	r.want("create", e, abi.OK)
	copy(abi.Bytes(&v), x.Call.Buf[:])
	if at != v.Address {
		r.t.Errorf("create returns %#x, and the view %+v", at, v)
	}
	return v
}

// share lets another see a window.
func (r *rig) share(owner *task.Task, id abi.WindowID, to *task.Task, rights abi.WindowRights) uint64 {
	r.t.Helper()
	e, _ := r.call(owner, abi.CallWindow, uint64(abi.WindowAllow), uint64(id), uint64(to.Endpoint), uint64(rights))
	r.want("allow", e, abi.OK)
	e, at := r.call(to, abi.CallWindow, uint64(abi.WindowMap), uint64(id), uint64(owner.Endpoint))
	r.want("map", e, abi.OK)
	return at
}

// Each op and each way to misuse it: the error says what, and nothing is changed.
func TestWindowRefused(t *testing.T) {
	r := newRig(t)
	owner, x, y := r.make(rights()), r.make(rights()), r.make(rights())
	g := rights()
	g.Deaf = true
	deaf := r.make(g)
	g = rights()
	g.CallMask = ^abi.CallBit(abi.CallWindow)
	poor := r.make(g)
	dead := r.make(rights())
	r.kill(dead, abi.DeathRecord{Cause: abi.CauseKilled})
	r.death(abi.CauseKilled)
	r.until("nothing is dying", func() bool { return !dead.Dying })
	v := r.window(owner, 3*abi.PageSize, 0)
	gone := r.window(owner, 1, 0)
	r.share(owner, gone.ID, x, readWrite)
	e, _ := r.call(owner, abi.CallWindow, uint64(abi.WindowFree), uint64(gone.ID))
	r.want("free", e, abi.OK)
	r.share(owner, v.ID, x, abi.WindowRead)
	const all = uint64(readWrite)
	id, stale, self := uint64(v.ID), uint64(gone.ID), uint64(abi.Self)
	ep := func(x *task.Task) uint64 { return uint64(x.Endpoint) }
	before := r.counts()
	for _, c := range []struct {
		name string
		who  *task.Task
		op   abi.WindowOp
		args []uint64
		want abi.Errno
	}{
		{"no op", owner, 0, []uint64{id, 0}, abi.EINVAL},
		{"no such op", owner, 7, []uint64{id, ep(x)}, abi.EINVAL},
		{"a huge op", owner, 1 << 32, []uint64{id, ep(x)}, abi.EINVAL},
		{"without the call", poor, abi.WindowCreate, []uint64{1, 0}, abi.ECALLDENIED},
		{"create of nothing", owner, abi.WindowCreate, []uint64{0, 0}, abi.EINVAL},
		{"create of too much", owner, abi.WindowCreate, []uint64{abi.MaxWindowSize + 1, 0}, abi.EINVAL},
		{"create with a flag", owner, abi.WindowCreate, []uint64{1, 2}, abi.EINVAL},
		{"create over the ceiling", owner, abi.WindowCreate, []uint64{abi.MaxWindowSize, 0}, abi.ENOMEM},
		{"allow of another's", x, abi.WindowAllow, []uint64{id, ep(y), all}, abi.EINVAL},
		{"allow of a stale one", owner, abi.WindowAllow, []uint64{stale, ep(y), all}, abi.EINVAL},
		{"allow of none", owner, abi.WindowAllow, []uint64{0, ep(y), all}, abi.EINVAL},
		{"allow of the next one", owner, abi.WindowAllow, []uint64{id + abi.WindowRows, ep(y), all}, abi.EINVAL},
		{"allow of no right", owner, abi.WindowAllow, []uint64{id, ep(y), 0}, abi.EINVAL},
		{"allow to write only", owner, abi.WindowAllow, []uint64{id, ep(y), 2}, abi.EINVAL},
		{"allow to execute", owner, abi.WindowAllow, []uint64{id, ep(y), 7}, abi.EINVAL},
		{"allow, high bits", owner, abi.WindowAllow, []uint64{id, ep(y), 1<<32 | all}, abi.EINVAL},
		{"allow itself", owner, abi.WindowAllow, []uint64{id, ep(owner), all}, abi.EINVAL},
		{"allow the dead", owner, abi.WindowAllow, []uint64{id, ep(dead), all}, abi.EDEADSRCDST},
		{"allow Any", owner, abi.WindowAllow, []uint64{id, uint64(abi.Any), all}, abi.EDEADSRCDST},
		{"allow Self", owner, abi.WindowAllow, []uint64{id, self, all}, abi.EDEADSRCDST},
		{"allow whom it may not send to", deaf, abi.WindowAllow, []uint64{id, ep(owner), all}, abi.ECALLDENIED},
		{"allow twice", owner, abi.WindowAllow, []uint64{id, ep(x), all}, abi.EEXIST},
		{"map twice", x, abi.WindowMap, []uint64{id, ep(owner)}, abi.EEXIST},
		{"map, not let", y, abi.WindowMap, []uint64{id, ep(owner)}, abi.EPERM},
		{"map one's own", owner, abi.WindowMap, []uint64{id, ep(owner)}, abi.EPERM},
		{"map of somebody else's", x, abi.WindowMap, []uint64{id, ep(y)}, abi.EPERM},
		{"map a stale one", x, abi.WindowMap, []uint64{stale, ep(owner)}, abi.EPERM},
		{"map none", x, abi.WindowMap, []uint64{0, ep(owner)}, abi.EPERM},
		{"map of the dead", x, abi.WindowMap, []uint64{id, ep(dead)}, abi.EDEADSRCDST},
		{"map of nobody", x, abi.WindowMap, []uint64{id, 0}, abi.EDEADSRCDST},
		{"unmap one's own", owner, abi.WindowUnmap, []uint64{id}, abi.EINVAL},
		{"unmap what is not mapped", y, abi.WindowUnmap, []uint64{id}, abi.EINVAL},
		{"unmap a stale one", x, abi.WindowUnmap, []uint64{stale}, abi.EINVAL},
		{"revoke of another's", x, abi.WindowRevoke, []uint64{id, ep(x)}, abi.EINVAL},
		{"revoke of a stale one", owner, abi.WindowRevoke, []uint64{stale, ep(x)}, abi.EINVAL},
		{"revoke, not let", owner, abi.WindowRevoke, []uint64{id, ep(y)}, abi.ESRCH},
		{"revoke from itself", owner, abi.WindowRevoke, []uint64{id, ep(owner)}, abi.ESRCH},
		{"revoke from the dead", owner, abi.WindowRevoke, []uint64{id, ep(dead)}, abi.EDEADSRCDST},
		{"revoke from nobody", owner, abi.WindowRevoke, []uint64{id, 0}, abi.EINVAL},
		{"free of another's", x, abi.WindowFree, []uint64{id}, abi.EINVAL},
		{"free of a stale one", owner, abi.WindowFree, []uint64{stale}, abi.EINVAL},
	} {
		e, _ := r.call(c.who, abi.CallWindow, append([]uint64{uint64(c.op)}, c.args...)...)
		r.want(c.name, e, c.want)
		if after := r.counts(); after != before {
			t.Fatalf("%s: counts\n%+v, were\n%+v", c.name, after, before)
		}
	}
}

// What the kernel tells of windows: rows, tasks, accounts, counts.
func TestWindowInfo(t *testing.T) {
	r := newRig(t)
	owner, x := r.make(rights()), r.make(rights())
	before := r.counts()
	v := r.window(owner, 3*abi.PageSize-1, abi.WindowKeep)
	at := r.share(owner, v.ID, x, abi.WindowRead)
	row := uint64(owner.Account) * abi.MaxWindows
	e, n := r.call(x, abi.CallGetInfo, uint64(abi.InfoWindow), row)
	r.want("InfoWindow", e, abi.OK)
	var w abi.WindowInfo
	copy(abi.Bytes(&w), x.Call.Buf[:n])
	want := abi.WindowInfo{ID: v.ID, Owner: owner.Endpoint, Account: owner.Account, Size: 3 * abi.PageSize, Frames: 5, Flags: abi.WindowKeep}
	want.Holders[0] = abi.WindowHolder{Endpoint: x.Endpoint, Rights: abi.WindowRead, Address: at}
	if w != want {
		t.Errorf("%+v, want\n%+v", w, want)
	}
	e, _ = r.call(x, abi.CallGetInfo, uint64(abi.InfoWindow), row+1)
	r.want("a free row", e, abi.ESRCH)
	e, _ = r.call(x, abi.CallGetInfo, uint64(abi.InfoWindow), abi.WindowRows)
	r.want("past the last", e, abi.EDOM)
	e, _ = r.call(x, abi.CallGetInfo, uint64(abi.InfoWindow), ^uint64(0))
	r.want("far past the last", e, abi.EDOM)
	var a abi.AccountInfo
	r.accountInfo(uint64(owner.Account), &a)
	if c := r.counts(); r.taskInfo(owner).Windows != 1 || r.taskInfo(x).Windows != 1 || a.Windows != 1 || c.Windows != before.Windows-1 || c.Holders != before.Holders-1 ||
		c.Views != before.Views-2 || before.Windows != abi.WindowRows {
		t.Errorf("tasks see %d, %d; account has %d; counts %+v", r.taskInfo(owner).Windows, r.taskInfo(x).Windows, a.Windows, c)
	}
	r.kill(owner, abi.DeathRecord{Cause: abi.CauseKilled})
	r.until("the owner's end", func() bool { return !owner.Dying })
	r.windows.Info(row, &w)
	if want.Left = 1; w != want || r.taskInfo(x).Windows != 1 {
		t.Errorf("left %+v, want\n%+v", w, want)
	}
	r.death(abi.CauseKilled)
}

// The processor forgets a window that the task loses whose page tables it has; for others it need not.
func TestWindowFlush(t *testing.T) {
	r := newRig(t)
	owner, x := r.make(rights()), r.make(rights())
	for _, c := range []struct {
		name    string
		do      func(id abi.WindowID)
		current *task.Task
		want    bool
	}{
		{"own free", func(id abi.WindowID) { r.windows.Free(owner.Endpoint, owner.Account, id) }, owner, true},
		{"another's free", func(id abi.WindowID) { r.windows.Free(owner.Endpoint, owner.Account, id) }, x, true},
		{"unmap", func(id abi.WindowID) { r.windows.Unmap(x.Endpoint, id) }, x, true},
		{"revoke", func(id abi.WindowID) { r.windows.Revoke(owner.Endpoint, id, x.Endpoint) }, x, true},
		{"revoke, of one that does not run", func(id abi.WindowID) { r.windows.Revoke(owner.Endpoint, id, x.Endpoint) }, owner, false},
		{"revoke, nobody runs", func(id abi.WindowID) { r.windows.Revoke(owner.Endpoint, id, x.Endpoint) }, nil, false},
		{"death", func(id abi.WindowID) {
			r.kill(owner, abi.DeathRecord{Cause: abi.CauseKilled})
			r.until("the end", func() bool { return !owner.Dying })
			r.death(abi.CauseKilled)
		}, x, true},
	} {
		v := r.window(owner, abi.PageSize, 0)
		r.share(owner, v.ID, x, abi.WindowRead)
		r.cpu.Switch(nil, r.template)
		r.settled = 0
		if c.current != nil {
			r.switchTo(c.current)
		}
		r.m.spaces = nil
		c.do(v.ID)
		if want := c.current != nil && c.want; want != (c.current != nil && slices.Contains(r.m.spaces, c.current.Space.Root)) {
			t.Errorf("%s: loaded %#x", c.name, r.m.spaces)
		}
		r.windows.Free(owner.Endpoint, owner.Account, v.ID)
	}
}

// Buffers and grants of kernel calls may lie in windows. What was taken away is an error of the call, for the caller as for who granted it;
// a window that may not be written is a mistake of the caller's own.
func TestWindowBuffers(t *testing.T) {
	r := newRig(t)
	owner, x, y := r.make(rights()), r.make(rights()), r.make(rights())
	v := r.window(owner, 5*abi.PageSize, 0)
	read, write := r.share(owner, v.ID, y, abi.WindowRead), r.share(owner, v.ID, x, readWrite)
	fill := bytes.Repeat([]byte("window"), 2000)
	r.want("fill", r.poke(x, abi.RAMBase, fill), abi.OK)
	grant := func(of, to *task.Task, at uint64) {
		of.Call.Grants[0] = abi.CopyGrant{Flags: abi.GrantValid | abi.GrantRead | abi.GrantWrite, Seq: 1, To: to.Endpoint, Start: at, Len: uint64(len(fill))}
	}
	copies := func(nr abi.CallNr, who, of *task.Task, at uint64) abi.Errno {
		e, _ := r.call(who, nr, uint64(of.Endpoint), 1<<8, 0, at, uint64(len(fill)))
		return e
	}
	grant(x, owner, abi.RAMBase)
	r.want("into the window", copies(abi.CallCopyFrom, owner, x, v.Address+100), abi.OK)
	if got := r.memory(y, read+100, uint64(len(fill))); !bytes.Equal(got, fill) {
		t.Error("the other does not see what the owner's call wrote")
	}
	grant(y, x, read+100)
	r.want("from a grant in a window", copies(abi.CallCopyFrom, x, y, abi.RAMBase+1<<20), abi.OK)
	if got := r.memory(x, abi.RAMBase+1<<20, uint64(len(fill))); !bytes.Equal(got, fill) {
		t.Error("not what was in the window")
	}
	r.want("to a grant in a window for reading", copies(abi.CallCopyTo, x, y, abi.RAMBase), abi.EFAULT)
	grant(x, owner, write)
	r.want("to a grant in a window", copies(abi.CallCopyTo, owner, x, v.Address), abi.OK)
	for _, op := range []abi.TraceOp{abi.TracePoke, abi.TracePoke1} { // a copy would not be what the others see
		e, _ := r.call(r.root, abi.CallTrace, uint64(op), uint64(x.Endpoint), write+8, 1)
		r.want("poke", e, abi.EFAULT)
	}
	e, peeked := r.call(r.root, abi.CallTrace, uint64(abi.TracePeek), uint64(x.Endpoint), write+100)
	if r.want("peek", e, abi.OK); peeked == 0 {
		t.Error("nothing peeked")
	}

	grant(owner, x, v.Address)
	const all = copyStep + abi.PageSize
	owner.Call.Grants[0].Len = all
	inSteps := []uint64{uint64(owner.Endpoint), 1 << 8, 0, write, all}
	r.syscall(x, abi.CallCopyFrom, inSteps...)
	r.until("a step", func() bool { return r.m.next[x.Slot] == nil })
	e, _ = r.call(owner, abi.CallWindow, uint64(abi.WindowRevoke), uint64(v.ID), uint64(x.Endpoint))
	r.want("revoke", e, abi.OK)
	if x.Done != copyStep {
		t.Fatalf("%d bytes in a step, want %d", x.Done, copyStep)
	}
	e, _ = r.call(x, abi.CallCopyFrom, inSteps...)
	r.want("a copy in steps, and the window is taken between two", e, abi.EFAULT)
	grant(x, owner, write)
	r.want("to a grant in a window that is not there", copies(abi.CallCopyTo, owner, x, v.Address), abi.EFAULT)
	r.want("into a window that is not there", copies(abi.CallCopyFrom, x, owner, write), abi.EFAULT)
	r.want("from a window that is not there", copies(abi.CallCopyTo, x, owner, write), abi.EFAULT)
	e, id := r.call(x, abi.CallImageCreate, 4096)
	r.want("image", e, abi.OK)
	e, _ = r.call(x, abi.CallImageWrite, id, 0, write, 64)
	r.want("an image from a window that is not there", e, abi.EFAULT)
	if !x.Live || !owner.Live {
		t.Fatal("somebody died of another's revoke")
	}
	grant(owner, y, v.Address)
	r.want("into a window for reading", copies(abi.CallCopyFrom, y, owner, read), 0xdead)
	r.until("its end", func() bool { return !y.Dying })
	if d := r.death(abi.CauseBadCall); d.Endpoint != y.Endpoint || d.Status != uint64(abi.CallCopyFrom) {
		t.Errorf("%+v", d)
	}
}

// An access that a window does not allow, or that comes after it was taken, ends the task that makes it; another one that sees the window goes on.
func TestWindowFaults(t *testing.T) {
	r := newRig(t)
	owner := r.make(rights())
	v := r.window(owner, 2*abi.PageSize, 0)
	for _, c := range []struct {
		name   string
		rights abi.WindowRights
		take   bool
		err    uint64
		at     uint64
	}{
		{"a write to what is read only", abi.WindowRead, false, 7, 0}, {"a fetch", readWrite, false, 0x15, 0}, {"past the end", readWrite, false, 6, 2 * abi.PageSize},
		{"a read after revoke", readWrite, true, 4, 0}, {"a write after revoke", readWrite, true, 6, abi.PageSize},
	} {
		x, y := r.make(rights()), r.make(rights())
		at, beside := r.share(owner, v.ID, x, c.rights), r.share(owner, v.ID, y, c.rights)
		if c.take {
			e, _ := r.call(owner, abi.CallWindow, uint64(abi.WindowRevoke), uint64(v.ID), uint64(x.Endpoint))
			r.want("revoke", e, abi.OK)
		}
		ep := x.Endpoint
		r.exception(x, 14, c.err, at+c.at)
		r.until("its end", func() bool { return !x.Dying })
		if d := r.death(abi.CauseException); d.Endpoint != ep || d.CR2 != at+c.at || d.ErrorCode != c.err || d.Vector != 14 {
			t.Errorf("%s: %+v", c.name, d)
		}
		if _, e := r.page(y, beside, c.rights == readWrite); e != abi.OK || !y.Live {
			t.Errorf("%s: the other does not see the window: %s", c.name, e.Name())
		}
		r.kill(y, abi.DeathRecord{Cause: abi.CauseKilled})
		r.until("its end", func() bool { return !y.Dying })
		r.death(abi.CauseKilled)
	}
}

// Whoever ends, owner or holder, in whatever order, with the window kept or not: memory is there as long as somebody may see it, and then it is
// free, with all that was counted.
func TestWindowDeaths(t *testing.T) {
	for _, flags := range []uint64{0, abi.WindowKeep} {
		for _, order := range [][]int{{0, 1, 2}, {1, 0, 2}, {1, 2, 0}, {2, 1, 0}, {0, 2, 1}} {
			r := newRig(t)
			before := r.counts()
			var x [3]*task.Task // the owner, and two holders
			for i := range x {
				x[i] = r.make(rights())
			}
			v := r.window(x[0], 600*abi.PageSize/4, flags)
			at := [3]uint64{v.Address, r.share(x[0], v.ID, x[1], readWrite), r.share(x[0], v.ID, x[2], abi.WindowRead)}
			half := r.makeHalf(x[0])
			*r.word(x[1], at[1]+5*abi.PageSize) = 77
			ended := map[int]bool{}
			for _, i := range order {
				r.kill(x[i], abi.DeathRecord{Cause: abi.CauseKilled})
				r.until("the end", func() bool { return !x[i].Dying })
				r.death(abi.CauseKilled)
				ended[i] = true
				for j := range x {
					if ended[j] {
						continue
					}
					a, e := r.page(x[j], at[j]+5*abi.PageSize, false)
					want := abi.OK
					if ended[0] && flags == 0 {
						want = abi.EFAULT
					}
					if r.want("a holder's page", e, want); e == abi.OK && *r.wordAt(a) != 77 {
						t.Errorf("flags %d, %v: after the end of %d, %d sees %d", flags, order, i, j, *r.wordAt(a))
					}
				}
				if f := r.check(); f.Broken() {
					t.Fatalf("flags %d, %v: after the end of %d: %s: %#x, %#x", flags, order, i, f.What, f.A, f.B)
				}
			}
			for _, x := range x {
				e, _ := r.call(r.root, abi.CallAccount, uint64(abi.AccountFree), uint64(x.Account))
				r.want("account", e, abi.OK)
			}
			if after := r.counts(); after != before || !half {
				t.Errorf("flags %d, %v: counts before %+v\nafter %+v", flags, order, before, after)
			}
		}
	}
}

// makeHalf has x begin to make a window, and do no more.
func (r *rig) makeHalf(x *task.Task) bool {
	r.syscall(x, abi.CallWindow, uint64(abi.WindowCreate), 30*abi.PageSize, 0)
	r.until("a step", func() bool { return r.m.next[x.Slot] == nil })
	r.does(x, func(*arch.Context) uint64 { return arch.VectorSpurious })
	return x.Done > 0
}

func (r *rig) word(x *task.Task, va uint64) *uint64 {
	a, e := r.page(x, va, true)
	r.want("page", e, abi.OK)
	return r.wordAt(a)
}

func (r *rig) wordAt(a mem.Addr) *uint64 { return &r.phys.Words(a)[0] }

// A window that is left is its service's next life's to free; until then the account has its memory, and cannot be given up.
func TestWindowLeft(t *testing.T) {
	r := newRig(t)
	owner, x := r.make(rights()), r.make(rights())
	account := owner.Account
	v := r.window(owner, abi.PageSize, abi.WindowKeep)
	at := r.share(owner, v.ID, x, readWrite)
	id := r.load(code.New().Stop().ELF())
	r.kill(owner, abi.DeathRecord{Cause: abi.CauseKilled})
	r.until("the end", func() bool { return !owner.Dying })
	r.death(abi.CauseKilled)
	e, _ := r.call(r.root, abi.CallAccount, uint64(abi.AccountFree), uint64(account))
	r.want("free the account", e, abi.EBUSY)
	e, _ = r.call(x, abi.CallWindow, uint64(abi.WindowMap), uint64(v.ID), uint64(owner.Endpoint))
	r.want("map of the dead", e, abi.EDEADSRCDST)
	for i := range 2 {
		heir := r.beginWith(id, account, rights())
		if i == 0 {
			id = r.load(code.New().Stop().ELF())
		}
		e, _ = r.call(r.root, abi.CallPrivCtl, uint64(abi.PrivAllow), uint64(heir.Endpoint))
		r.want("allow", e, abi.OK)
		for _, op := range []abi.WindowOp{abi.WindowAllow, abi.WindowRevoke} {
			e, _ := r.call(heir, abi.CallWindow, uint64(op), uint64(v.ID), uint64(x.Endpoint), uint64(readWrite))
			r.want("of a window that is left", e, abi.EINVAL)
		}
		e, _ = r.call(x, abi.CallWindow, uint64(abi.WindowFree), uint64(v.ID))
		r.want("free by who sees it", e, abi.EINVAL)
		want := abi.OK
		if i == 1 {
			want = abi.EINVAL // it was
		}
		e, _ = r.call(heir, abi.CallWindow, uint64(abi.WindowFree), uint64(v.ID))
		r.want("free by the next life", e, want)
		r.kill(heir, abi.DeathRecord{Cause: abi.CauseKilled})
		r.until("the end", func() bool { return !heir.Dying })
		r.death(abi.CauseKilled)
	}
	if _, e := r.page(x, at, false); e != abi.EFAULT {
		t.Errorf("the holder's page: %s", e.Name())
	}
}
