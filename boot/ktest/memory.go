//go:build tamago

package main

import (
	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
)

var memoryTests = []test{
	{"TestQuota", quota},
	{"TestQuotaOfTables", quotaTables},
	{"TestOutOfFrames", outOfFrames},
	{"TestDataIsPrivateAndFresh", dataPrivate},
	{"TestTextIsShared", textShared},
	{"TestStackOverflow", stackOverflow},
	{"TestWholeRAM", wholeRAM},
}

// toucher writes a word into each page of RAM and counts them at Data.
func toucher(step uint64) *code.Prog {
	p := code.New().Set(code.BX, abi.RAMBase).Set(code.DX, step)
	loop := p.At()
	p.Bytes(0xc6, 0x03, 0x01).Count(code.Data).Bytes(0x48, 0x01, 0xd3) // MOV BYTE [BX], 1; ADD BX, DX
	return p.Jump(loop)
}

func quota(t *T) {
	for _, n := range []uint32{20, 21, 64, 500, 1000} {
		p := all()
		p.CeilingFrames = n
		r := t.death(t.start(toucher(abi.PageSize), p), abi.CauseMemory)
		equal(t, "frames", r.FramesPeak, uint64(n))
		equal(t, "vector", r.Vector, 14)
		if r.CR2 < abi.RAMBase {
			t.errorf("CR2 %#x", r.CR2)
		}
	}
}

// quotaTables: tables count too. A page every 2 MiB takes two frames.
func quotaTables(t *T) {
	p := all()
	p.CeilingFrames = 100
	r := t.death(t.start(toucher(2<<20), p), abi.CauseMemory)
	if pages := (r.CR2 - abi.RAMBase) >> 21; r.FramesPeak > 100 || pages < 40 || pages > 49 {
		t.errorf("%d frames for %d pages with a table each", r.FramesPeak, pages)
	}
}

// outOfFrames: tasks that may have more than there is end when it is out. All comes back, and the root task
// lives through it: what it touches is there, or comes out of what is kept for it.
func outOfFrames(t *T) {
	p := all()
	p.CeilingFrames = 1 << 20
	id := t.image(code.New().Stop().ELF())
	latency(1)
	free := counts().Frames
	var stopped []abi.Endpoint
	for n := 0; counts().Frames > 2000 && n < 8; n++ { // 256 MiB each at most
		some := code.New().Set(code.CX, min(free/4, abi.RAMSize/abi.PageSize)*512).Set(code.DI, abi.RAMBase).Bytes(0xf3, 0x48, 0xab).Stop() // REP STOSQ
		ep := t.start(some, p)
		var r abi.DeathRecord
		if takeDeath(&r) {
			equal(t, "cause", r.Cause, abi.CauseMemory)
			break
		}
		stopped = append(stopped, ep)
	}
	r := t.death(t.start(toucher(abi.PageSize), p), abi.CauseMemory)
	t.logf("%d tasks hold %d MiB; one more had %d frames", len(stopped), (free-counts().Frames)>>8, r.FramesPeak)
	t.hog(p)
	left := counts().Frames
	held := make([]byte, 1<<20) // the root task's own, of what is kept for it
	for i := range held {
		held[i] = 1
	}
	t.want("task", second(sys.TaskCreate(&abi.TaskSpec{Image: id, Account: t.account(p)})), abi.ENOMEM)
	equal(t, "frames", counts().Frames, left)
	t.must("free", sys.ImageFree(id))
	for _, ep := range stopped {
		t.kill(ep)
	}
	l := latency(1)
	t.logf("longest in ring 0 %d ns (%d)", l.MaxKernelNS, l.MaxKernelCall)
}

// hog takes all that is left, by copies that give pages to their source.
func (t *T) hog(p rights) {
	x := t.puppetWith(p)
	granter := t.puppetWith(p)
	id := granter.grant(1, readWrite, 1, x.ep, abi.RAMBase, abi.RAMSize)
	e := abi.OK
	for at := uint64(0); e == abi.OK; at += 1 << 14 {
		e, _ = x.call(abi.CallCopyFrom, uint64(granter.ep), id, at, code.PuppetMemory, 1<<14)
	}
	t.want("copy", e, abi.EFAULT)
}

// dataPrivate: each incarnation begins with the data of the image, whatever others did with theirs.
func dataPrivate(t *T) {
	data := pattern(3*abi.PageSize, 11)
	// store AX over the first word of each page, after reading the old one into BX, DX, DI
	p := code.New().Load(code.BX, code.Data).Load(code.DX, code.Data+abi.PageSize).Load(code.DI, code.Data+2*abi.PageSize+8)
	p.Set(code.CX, 0xffff).Store(code.Data, code.CX).Store(code.Data+abi.PageSize, code.CX).Store(code.Data+2*abi.PageSize+8, code.CX)
	id := t.image(code.ELF(p.Stop().Text(), data))
	var info abi.ImageInfo
	t.must("info", getInfo(abi.InfoImage, uint64(id), &info))
	sum, priv := info.CRC32C, all()
	for range 3 {
		for range 2 {
			ep := t.create(id, "data")
			t.must("set", set(ep, priv))
			t.must("allow", sys.PrivAllow(ep))
			var r abi.Registers
			t.must("regs", sys.TraceRegs(ep, &r))
			equal(t, "first word", r.GPR[code.BX], word(data))
			equal(t, "second page", r.GPR[code.DX], word(data[abi.PageSize:]))
			equal(t, "changed", t.peek(ep, code.Data), 0xffff)
			equal(t, "beside", t.peek(ep, code.Data+8), word(data[8:]))
		}
		t.kill(t.tasks[len(t.tasks)-1])
	}
	t.must("info", getInfo(abi.InfoImage, uint64(id), &info))
	equal(t, "image's sum", info.CRC32C, sum)
	equal(t, "tasks", info.Tasks, 3)
	t.must("free", sys.ImageFree(id))
}

func word(b []byte) (v uint64) {
	for i := 7; i >= 0; i-- {
		v = v<<8 | uint64(b[i])
	}
	return v
}

// textShared: incarnations share the image's frames: a second one costs none for its text.
func textShared(t *T) {
	text := code.New().Stop()
	for range 50 * abi.PageSize / 2 {
		text.Bytes(0x0f, 0x0b)
	}
	id := t.image(text.ELF())
	a := t.create(id, "one")
	free := counts().Frames
	b := t.create(id, "two")
	cost := free - counts().Frames
	equal(t, "shared pages", t.info(b).SharedPages, 51)
	equal(t, "frames of one", t.info(a).Frames, t.info(b).Frames)
	equal(t, "cost", cost, t.info(b).Frames)
	if cost > 12 {
		t.errorf("a task of 51 shared pages costs %d frames", cost)
	}
	t.must("free", sys.ImageFree(id))
	t.kill(a)
	equal(t, "text of the other", t.peek(b, code.Text)&0xffff, 0xbf48) // MOV DI, …
}

// stackOverflow: endless pushes below RAM end in a page fault there, not in another's memory.
func stackOverflow(t *T) {
	p := code.New().Set(code.SP, abi.RAMBase+2*abi.PageSize)
	loop := p.At()
	r := t.death(t.start(p.Bytes(0x6a, 1).Jump(loop), all()), abi.CauseException)
	equal(t, "vector", r.Vector, 14)
	equal(t, "CR2", r.CR2, abi.RAMBase-8)
}

// wholeRAM: every page from the first to the last can be had.
func wholeRAM(t *T) {
	p := all()
	p.CeilingFrames = 1 << 20
	free := counts().Frames
	ep := t.begin(toucher(1<<20).ELF(), p)
	t.must("allow", sys.PrivAllow(ep))
	r := t.death(ep, abi.CauseException)
	equal(t, "CR2", r.CR2, abi.RAMBase+abi.RAMSize)
	equal(t, "frames", counts().Frames, free)
}
