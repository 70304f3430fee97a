//go:build tamago

package main

import (
	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
)

var windowTests = []test{
	{"TestWindowShared", windowShared},
	{"TestWindowRights", windowRights},
	{"TestWindowRevokedWhileWritten", windowRevoked},
	{"TestWindowOfDeadOwner", windowOwnerDies},
	{"TestWindowOfDeadHolder", windowHolderDies},
	{"TestWindowRefused", windowRefused},
	{"TestWindowShares", windowShares},
	{"TestWindowIsZero", windowZero},
	{"TestWindowBuffers", windowBuffers},
	{"TestWindowForgotten", windowForgotten},
}

const windowBoth = abi.WindowRead | abi.WindowWrite

// window makes a window of the puppet's.
func (p *puppet) window(size, flags uint64) (id abi.WindowID, at uint64) {
	e, at := p.call(abi.CallWindow, uint64(abi.WindowCreate), size, flags)
	p.t.must("WindowCreate", e)
	id = abi.WindowID(p.t.peek(p.ep, abi.CallPage+0x100))
	equal(p.t, "address in the view", p.t.peek(p.ep, abi.CallPage+0x108), at)
	return id, at
}

// window does an op that answers with an error alone.
func (p *puppet) windowOp(op abi.WindowOp, args ...uint64) abi.Errno {
	e, _ := p.call(abi.CallWindow, append([]uint64{uint64(op)}, args...)...)
	return e
}

// share lets another see a window of p's, and has it do so.
func (p *puppet) share(id abi.WindowID, to *puppet, rights abi.WindowRights) uint64 {
	p.t.must("WindowAllow", p.windowOp(abi.WindowAllow, uint64(id), uint64(to.ep), uint64(rights)))
	e, at := to.call(abi.CallWindow, uint64(abi.WindowMap), uint64(id), uint64(p.ep))
	p.t.must("WindowMap", e)
	return at
}

// store and load are the puppet's own.
func (p *puppet) store(at, v uint64) { p.command(puppetCode.Store, 0, at, v) }

func (p *puppet) load(at uint64) uint64 {
	p.command(puppetCode.Load, 0, at)
	v, _ := p.result()
	return uint64(v)
}

// faults wants the puppet's end by a page fault.
func (t *T) faults(p *puppet, err, at uint64) {
	r := t.death(p.ep, abi.CauseException)
	if r.Vector != 14 || r.ErrorCode != err || r.CR2 != at {
		t.errorf("%s, want a page fault with error %#x at %#x", describe(r), err, at)
	}
}

// rich is a puppet that may have some MiB.
func (t *T) rich() *puppet {
	p := all()
	p.CeilingFrames = 1 << 15
	return t.puppetWith(p)
}

// windowShared: what one writes the others read, at once, over page tables' borders; every life of a place sees its own window.
func windowShared(t *T) {
	p := append([]*puppet{t.rich()}, t.puppets(2)...)
	const size = 2<<20 + 3*abi.PageSize
	id, at := p[0].window(size, 0)
	views := []uint64{at, p[0].share(id, p[1], windowBoth), p[0].share(id, p[2], abi.WindowRead)}
	for i, offset := range []uint64{0, 8, abi.PageSize - 8, 2<<20 - 8, 2 << 20, size - 8} {
		v := uint64(0x1111 * (i + 1))
		p[i%2].store(views[i%2]+offset, v)
		for j, x := range p {
			equal(t, "what "+itoa(uint64(j))+" sees", x.load(views[j]+offset), v)
		}
	}
	equal(t, "windows of one", t.info(p[1].ep).Windows, 1)
	t.must("unmap", p[1].windowOp(abi.WindowUnmap, uint64(id)))
	other, _ := p[1].window(abi.PageSize, 0) // in the same place
	equal(t, "zero", p[1].load(views[1]), 0)
	p[1].store(views[1], 5)
	equal(t, "the owner's", p[0].load(at), 0x1111)
	t.must("free", p[1].windowOp(abi.WindowFree, uint64(other)))
	e, again := p[1].call(abi.CallWindow, uint64(abi.WindowMap), uint64(id), uint64(p[0].ep))
	t.must("map again", e)
	equal(t, "what was there", p[1].load(again), 0x1111)
}

// windowRights: a store where only loads are let, a jump, and an access past the end are page faults of who does it; nobody else notices.
func windowRights(t *T) {
	owner, other := t.puppet(), t.puppet()
	id, at := owner.window(abi.PageSize, 0)
	beside := owner.share(id, other, abi.WindowRead)
	owner.store(at, 7)
	for _, c := range []struct {
		name        string
		rights      abi.WindowRights
		what        uint64
		offset, err uint64
	}{
		{"a store to what is let for loads", abi.WindowRead, puppetCode.Store, 0, 7}, {"a load past the end", windowBoth, puppetCode.Load, abi.PageSize, 4},
		{"a store past the end", windowBoth, puppetCode.Store, abi.PageSize, 6}, {"a load before the beginning", windowBoth, puppetCode.Load, ^uint64(7), 4},
	} {
		x := t.puppet()
		view := owner.share(id, x, c.rights)
		equal(t, c.name+": before", x.load(view), 7)
		x.command(c.what, 0, view+c.offset, 1)
		t.faults(x, c.err, view+c.offset)
	}
	for _, rights := range []abi.WindowRights{abi.WindowRead, windowBoth} {
		x := t.puppet()
		view := owner.share(id, x, rights)
		x.command(view, 0) // jumps there
		t.faults(x, 0x15, view)
	}
	owner.command(at, 0)
	t.faults(owner, 0x15, at)
	_ = beside
	equal(t, "who looks on", t.info(other.ep).State, abi.StateNoPriv)
}

// windowRevoked: a task that writes in a loop loses the window: it ends there, at that instruction, and the owner and another holder
// see what it has written until then.
func windowRevoked(t *T) {
	p := t.puppets(2)
	id, at := p[0].window(abi.PageSize, 0)
	beside := p[0].share(id, p[1], abi.WindowRead)
	writer := t.puppetWith(spinner())
	t.wait("its beginning", func() bool { return t.info(writer.ep).State == abi.StateNoPriv && t.info(writer.ep).Calls > 0 }) // it runs when the root task sleeps
	t.must("allow", p[0].windowOp(abi.WindowAllow, uint64(id), uint64(writer.ep), uint64(windowBoth)))
	writer.start(abi.CallWindow, uint64(abi.WindowMap), uint64(id), uint64(p[0].ep))
	t.wait("the map", writer.ended)
	e, view := writer.result()
	t.must("map", e)
	writer.command(puppetCode.Count, 0, view)
	t.wait("the writer", func() bool { return p[0].load(at) > 1000 })
	var r abi.DeathRecord
	if takeDeath(&r) {
		t.fatalf("too early: %s", describe(&r))
	}
	t.must("revoke", p[0].windowOp(abi.WindowRevoke, uint64(id), uint64(writer.ep)))
	n := p[0].load(at)
	t.wait("its end", func() bool { return takeDeath(&r) })
	if r.Endpoint != writer.ep || r.Cause != abi.CauseException || r.Vector != 14 || r.ErrorCode != 6 || r.CR2 != view || r.Regs.RIP != puppetCode.Count+3 {
		t.errorf("%s, want a page fault of %d with error 6 at %#x", describe(&r), writer.ep, view)
	}
	equal(t, "what the owner sees", p[0].load(at), n)
	equal(t, "what the other sees", p[1].load(beside), n)
	e, _ = p[1].call(abi.CallWindow, uint64(abi.WindowUnmap), uint64(id))
	t.want("the other lets go", e, abi.OK)
}

// wait waits for what other tasks do.
func (t *T) wait(what string, done func() bool) {
	for range 10_000 {
		if done() {
			return
		}
		sys.Sleep(10_000)
	}
	t.fatalf("%s: it does not come", what)
}

// windowOwnerDies: those who see the window fault, or see it with its content until they let go, as it says; its memory is free then.
func windowOwnerDies(t *T) {
	for _, flags := range []uint64{0, abi.WindowKeep} {
		owner := t.rich()
		free := counts()
		p := t.puppets(3)
		id, at := owner.window(3<<20, flags)
		views := []uint64{owner.share(id, p[0], windowBoth), owner.share(id, p[1], abi.WindowRead)}
		t.must("allow", owner.windowOp(abi.WindowAllow, uint64(id), uint64(p[2].ep), uint64(windowBoth)))
		owner.store(at+2<<20, 99)
		t.kill(owner.ep)
		t.want("map of the dead", p[2].windowOp(abi.WindowMap, uint64(id), uint64(owner.ep)), abi.EDEADSRCDST)
		equal(t, "its places", counts().Holders, free.Holders-2*flags)
		if flags == 0 {
			for i, view := range views {
				if i == 0 {
					p[i].command(puppetCode.Store, 0, view, 1)
					t.faults(p[i], 6, view)
					continue
				}
				t.want("unmap", p[i].windowOp(abi.WindowUnmap, uint64(id)), abi.EINVAL)
				p[i].command(puppetCode.Load, 0, view+2<<20)
				t.faults(p[i], 4, view+2<<20)
			}
			equal(t, "windows", counts().Windows, free.Windows)
			continue
		}
		p[0].store(views[0], 5)
		equal(t, "what is left", p[1].load(views[1]+2<<20), 99)
		equal(t, "what is written", p[1].load(views[1]), 5)
		t.must("unmap", p[0].windowOp(abi.WindowUnmap, uint64(id)))
		t.want("unmap twice", p[0].windowOp(abi.WindowUnmap, uint64(id)), abi.EINVAL)
		equal(t, "windows while one sees it", counts().Windows, free.Windows-1)
		t.must("unmap of the last", p[1].windowOp(abi.WindowUnmap, uint64(id)))
		equal(t, "windows when none does", counts().Windows, free.Windows)
	}
}

// windowHolderDies: the end of a holder costs the owner nothing, and its place is another's.
func windowHolderDies(t *T) {
	owner := t.puppet()
	id, at := owner.window(abi.PageSize, 0)
	before := counts()
	for n := range uint64(3 * abi.MaxWindowHolders) {
		x := t.puppet()
		x.store(owner.share(id, x, windowBoth), n)
		if n%2 == 0 {
			t.must("unmap", x.windowOp(abi.WindowUnmap, uint64(id)))
		}
		t.kill(x.ep)
		t.want("revoke from the dead", owner.windowOp(abi.WindowRevoke, uint64(id), uint64(x.ep)), abi.EDEADSRCDST)
		equal(t, "what it wrote", owner.load(at), n)
		after := counts()
		after.Accounts = before.Accounts // the cases' end frees them
		equal(t, "counts", after, before)
	}
}

// windowRefused: without the right, with names that are stale, and of windows that are another's.
func windowRefused(t *T) {
	p := t.puppets(3)
	priv := all()
	priv.CallMask &^= abi.CallBit(abi.CallWindow)
	poor := t.puppetWith(priv)
	t.want("without the call", poor.windowOp(abi.WindowCreate, 1, 0), abi.ECALLDENIED)
	id, _ := p[0].window(abi.PageSize, 0)
	view := p[0].share(id, p[1], windowBoth)
	t.must("free", p[0].windowOp(abi.WindowFree, uint64(id)))
	next, _ := p[0].window(abi.PageSize, 0)
	for _, op := range []abi.WindowOp{abi.WindowAllow, abi.WindowRevoke, abi.WindowFree} {
		t.want("stale", p[0].windowOp(op, uint64(id), uint64(p[1].ep), uint64(windowBoth)), abi.EINVAL)
		t.want("another's", p[2].windowOp(op, uint64(next), uint64(p[1].ep), uint64(windowBoth)), abi.EINVAL)
	}
	t.want("map of a stale one", p[1].windowOp(abi.WindowMap, uint64(id), uint64(p[0].ep)), abi.EPERM)
	t.want("map of one that is not let", p[1].windowOp(abi.WindowMap, uint64(next), uint64(p[0].ep)), abi.EPERM)
	t.want("unmap of a stale one", p[1].windowOp(abi.WindowUnmap, uint64(id)), abi.EINVAL)
	p[1].command(puppetCode.Load, 0, view)
	t.faults(p[1], 4, view)
	for _, size := range []uint64{0, abi.MaxWindowSize + 1, 1 << 63} {
		t.want("size", p[0].windowOp(abi.WindowCreate, size, 0), abi.EINVAL)
	}
	t.want("over the ceiling", p[0].windowOp(abi.WindowCreate, 256*abi.PageSize, 0), abi.ENOMEM)
	heir := t.heir(p[1].ep, all())
	t.must("allow", p[0].windowOp(abi.WindowAllow, uint64(next), uint64(p[2].ep), uint64(windowBoth)))
	t.want("map by the slot's next task", heir.windowOp(abi.WindowMap, uint64(next), uint64(p[0].ep)), abi.EPERM)
}

// windowShares: a hostile task takes all that it can get of windows, of places to let them and of views, again and again; others still have their
// own share, and its end gives all back.
func windowShares(t *T) {
	p := t.puppets(6)
	hog, victim := p[0], p[1]
	var first abi.WindowID
	made := 0
	for range 2 * abi.MaxWindows {
		e, _ := hog.call(abi.CallWindow, uint64(abi.WindowCreate), abi.PageSize, 0)
		if e == abi.OK {
			made++
			first = abi.WindowID(t.peek(hog.ep, abi.CallPage+0x100))
			t.must("allow", hog.windowOp(abi.WindowAllow, uint64(first), uint64(victim.ep), uint64(windowBoth)))
		} else {
			t.want("one too many", e, abi.ENOSPC)
		}
	}
	equal(t, "windows of the hog", made, abi.MaxWindows)
	for n := range 100 {
		want := abi.EEXIST
		if n == 0 {
			want = abi.OK
		}
		e, _ := victim.call(abi.CallWindow, uint64(abi.WindowMap), uint64(first), uint64(hog.ep))
		t.want("map", e, want)
		t.want("allow again", hog.windowOp(abi.WindowAllow, uint64(first), uint64(victim.ep), uint64(windowBoth)), abi.EEXIST)
	}
	for range abi.MaxWindows {
		id, at := victim.window(abi.PageSize, 0)
		victim.store(at, 3)
		equal(t, "a share of its own", p[2].load(victim.share(id, p[2], abi.WindowRead)), 3)
	}
	for range 50 { // windows come and go
		t.must("free", hog.windowOp(abi.WindowFree, uint64(first)))
		first, _ = hog.window(10*abi.PageSize, 0)
	}
	t.kill(hog.ep)
	equal(t, "what the victim sees", t.info(victim.ep).Windows, abi.MaxWindows)
}

// windowZero: a new window has zeros, whatever its frames were.
func windowZero(t *T) {
	owner := t.puppet()
	for n := range uint64(3) {
		id, at := owner.window(64*abi.PageSize, 0)
		for i := range uint64(64) {
			equal(t, "a new page", t.peek(owner.ep, at+i*abi.PageSize+8*n), 0)
			owner.store(at+i*abi.PageSize+8*n, 0x5ec2e7)
			owner.store(at+i*abi.PageSize+8*n+8, 0x5ec2e7)
		}
		t.must("free", owner.windowOp(abi.WindowFree, uint64(id)))
	}
}

// windowBuffers: kernel calls take buffers and grants in windows. A window that was taken away is an error of the call, whose caller is
// innocent; a store into one that is let for loads is not.
func windowBuffers(t *T) {
	p := t.puppets(3)
	id, at := p[0].window(4*abi.PageSize, 0)
	write, read := p[0].share(id, p[1], windowBoth), p[0].share(id, p[2], abi.WindowRead)
	want := pattern(64, 9)
	p[1].write(mine, want)
	grant := p[1].grant(1, readWrite, 1, p[0].ep, mine, 64)
	e, _ := p[0].call(abi.CallCopyFrom, uint64(p[1].ep), grant, 0, at+abi.PageSize-8, 64)
	t.want("into a window", e, abi.OK)
	p[2].expect("the other's view", read+abi.PageSize-8, want)
	grant = p[2].grant(1, readWrite, 1, p[1].ep, read+abi.PageSize-8, 64)
	e, _ = p[1].call(abi.CallCopyFrom, uint64(p[2].ep), grant, 0, mine+64, 64)
	t.want("from a grant in a window", e, abi.OK)
	p[1].expect("copied", mine+64, want)
	e, _ = p[1].call(abi.CallCopyTo, uint64(p[2].ep), grant, 0, mine, 64)
	t.want("to a grant in a window for loads", e, abi.EFAULT)
	own := p[1].grant(2, readWrite, 1, p[0].ep, write, 64)
	t.must("revoke", p[0].windowOp(abi.WindowRevoke, uint64(id), uint64(p[1].ep)))
	e, _ = p[0].call(abi.CallCopyFrom, uint64(p[1].ep), own, 0, mine, 64)
	t.want("a grant in a window that is gone", e, abi.EFAULT)
	grant = p[0].grant(1, readWrite, 1, p[1].ep, at, 64)
	e, _ = p[1].call(abi.CallCopyFrom, uint64(p[0].ep), grant, 0, write, 64)
	t.want("into a window that is gone", e, abi.EFAULT)
	grant = p[0].grant(2, readWrite, 1, p[2].ep, at, 64)
	p[2].start(abi.CallCopyFrom, uint64(p[0].ep), grant, 0, read, 64)
	equal(t, "call", t.death(p[2].ep, abi.CauseBadCall).Status, uint64(abi.CallCopyFrom))
}

// windowForgotten: the processor has the entries of a window that it has just used no more when the call that ends it returns.
func windowForgotten(t *T) {
	p := code.New().Call(abi.CallWindow, uint64(abi.WindowCreate), 3<<20, 0).Bytes(0x48, 0x89, 0xd3) // MOV BX, DX: its address
	p.Bytes(0xc6, 0x03, 0x07, 0xc6, 0x83, 0x00, 0x00, 0x20, 0x00, 0x07)                              // MOV BYTE [BX], 7; MOV BYTE [BX+2 MiB], 7
	p.Load(code.SI, abi.CallPage+0x100).Set(code.DI, uint64(abi.WindowFree)).Set(code.AX, uint64(abi.CallWindow)).Bytes(0x0f, 0x05)
	for _, c := range []struct {
		load   []byte
		offset uint64
	}{{[]byte{0x8a, 0x03}, 0}, {[]byte{0x8a, 0x83, 0x00, 0x00, 0x20, 0x00}, 2 << 20}} { // MOV AL, …
		priv := all()
		priv.CeilingFrames = 1 << 12
		r := t.death(t.start(code.New(p.Text()...).Bytes(c.load...).Exit(0), priv), abi.CauseException)
		if r.Vector != 14 || r.ErrorCode != 4 || r.CR2 != r.Regs.GPR[code.BX]+c.offset {
			t.errorf("%s, want a page fault with error 4 at +%#x", describe(r), c.offset)
		}
	}
}
