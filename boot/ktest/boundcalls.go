//go:build tamago

package main

import (
	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
)

// Worst cases of calls that take memory, lines, text (bounds.go has the list).

func imageCreate(t *T, measure func(func())) {
	var id uint32
	var e abi.Errno
	measure(func() { id, e = sys.ImageCreate(16 << 20) })
	t.must("create", e)
	t.must("free", sys.ImageFree(id))
}

func imageWrite(t *T, measure func(func())) {
	p := all()
	p.Images, p.CeilingFrames = 1, 1<<14
	x := t.puppetWith(p)
	e, id := x.call(abi.CallImageCreate, 1<<20)
	t.must("create", e)
	measure(func() { x.start(abi.CallImageWrite, id, 0, abi.RAMBase+0x1f_f000, abi.MaxCopy) }) // across tables, all untouched
	measure(func() { x.start(abi.CallImageWrite, id, abi.MaxCopy, code.Data+0x1800, code.DataSize-0x2000) })
}

func imageSeal(t *T, measure func(func())) {
	id := imageOf(t, large(), measure)
	t.must("free", sys.ImageFree(id))
}

func imageFree(t *T, measure func(func())) {
	id := imageOf(t, large(), quiet)
	measure(func() { sys.ImageFree(id) })
}

func irqClaim(t *T, measure func(func())) {
	p := all()
	p.NIRQs, p.IRQs[0] = 1, levelLine
	var x *puppet
	for range crowd {
		x = t.puppetWith(p)
		measure(func() { x.start(abi.CallIRQCtl, uint64(abi.IRQSetPolicy), levelLine, 3) })
	}
	_, hook := x.result()
	for _, op := range []abi.IRQOp{abi.IRQDisable, abi.IRQEnable, abi.IRQRmPolicy} {
		measure(func() { x.start(abi.CallIRQCtl, uint64(op), hook) })
	}
}

func allInfo(t *T, measure func(func())) {
	t.puppets(crowd)
	for range 100 {
		sys.Diag("a line that is neither short nor very long, so that the buffer holds several of these, but not many")
	}
	buf := make([]byte, len(abi.CallArea{}.Buf))
	for kind := abi.InfoMachine; kind <= abi.InfoDMA; kind++ {
		for _, index := range []uint64{0, 1, abi.LogIndex(1, 0), abi.LogIndex(2, 0)} {
			if kind == abi.InfoLatency || kind == abi.InfoLatency+1 {
				continue // the first is what measures, the second is a debugger's
			}
			measure(func() { sys.GetInfo(kind, index, buf) })
		}
	}
}

func longLine(t *T, measure func(func())) {
	x := t.puppet()
	for _, c := range []byte{'x', 0x1b, 0xc2, '\n'} {
		b := make([]byte, len(abi.CallArea{}.Buf))
		for i := range b {
			b[i] = c
		}
		x.setBuf(b)
		for range 4 {
			measure(func() { x.start(abi.CallDiag, uint64(len(b))) })
		}
	}
}

func traceAcross(t *T, measure func(func())) {
	x := t.puppet()
	measure(func() { sys.Trace(abi.TracePoke, x.ep, code.Text-4, 0) })
	measure(func() { sys.Trace(abi.TracePoke, x.ep, code.Data+0x4ffc, 0) })
	measure(func() { sys.Trace(abi.TracePoke, x.ep, abi.RAMBase+0x1f_fffc, 0) })
	measure(func() { sys.Trace(abi.TracePeek, x.ep, abi.RAMBase+0x1f_fffc, 0) })
	var r abi.Registers
	measure(func() { sys.TraceRegs(x.ep, &r) })
	tracePieces(t, measure)
	traceCrowd(t, measure)
}

// tracePieces: the longest copies, each page of which is untouched or shared, on both sides of a table's end, and the largest image.
func tracePieces(t *T, measure func(func())) {
	p := all()
	p.CeilingFrames = 1 << 14
	by, x := t.puppetWith(p), t.puppetWith(p)
	const far = abi.RAMBase + 0x1f_e800
	for _, op := range []abi.TraceOp{abi.TraceRead, abi.TraceWrite, abi.TraceRead} {
		measure(func() { by.start(abi.CallTrace, uint64(op), uint64(x.ep), far+0x400, far, abi.MaxCopy) })
	}
	id := imageOf(t, large(), quiet)
	s := abi.TaskSpec{Image: id, Account: t.account(p)}
	ep, e := sys.TaskCreate(&s)
	t.must("create", e)
	t.tasks = append(t.tasks, ep)
	t.must("free", sys.ImageFree(id))
	for at := uint64(abi.ImageBase) + 1<<20; at < abi.ImageBase+28<<20; at += 4<<20 - 0x1000 {
		measure(func() { by.start(abi.CallTrace, uint64(abi.TraceWrite), uint64(ep), at+0x1ff_800, far, abi.MaxCopy) })
	}
	measure(func() { e = sys.TraceVerify(s.Account) })
	t.want("verify", e, abi.OK)
	var a abi.TraceArea
	measure(func() { sys.TraceRegion(ep, abi.RAMBase+abi.RAMSize, &a) })
}

// traceCrowd: all lives that there can be are of one account, stopped before a call, and their tracer ends.
func traceCrowd(t *T, measure func(func())) {
	by := t.puppet()
	p := all()
	p.CeilingFrames = 1 << 14
	a, id := t.account(p), t.image(code.New().Call(abi.CallNotify, uint64(me())).Stop().ELF())
	measure(func() { by.start(abi.CallTrace, uint64(abi.TraceAttach), uint64(a), uint64(abi.TraceCalls)) })
	for range crowd - 10 {
		ep := t.createOn(a, id, "crowd")
		t.must("set", set(ep, p))
		measure(func() { sys.PrivAllow(ep) })
	}
	t.must("free", sys.ImageFree(id))
	measure(func() { by.start(abi.CallTrace, uint64(abi.TraceNext), 0) })
	measure(func() { by.start(abi.CallTrace, uint64(abi.TraceAttach), uint64(a), 0) })
	measure(func() { sys.TaskKill(by.ep); t.buried(by.ep) })
	by = t.puppet()
	measure(func() { by.start(abi.CallTrace, uint64(abi.TraceAttach), uint64(a), 0) })
	measure(func() { by.start(abi.CallTrace, uint64(abi.TraceDetach), uint64(a)) })
}

// copyUntouched: both sides have touched nothing of it, and it crosses tables on both.
func copyUntouched(nr abi.CallNr) worst {
	return func(t *T, measure func(func())) {
		p := t.puppets(2)
		const far = abi.RAMBase + 0x1f_e800
		id := p[0].grant(1, readWrite, 1, p[1].ep, far, abi.MaxCopy)
		measure(func() { p[1].start(nr, uint64(p[0].ep), id, 0, far+0x400, abi.MaxCopy) })
		e, _ := p[1].result()
		t.want("copy", e, abi.OK)
		id = p[0].grant(2, readWrite, 1, p[1].ep, code.Data+0x1800, code.DataSize-0x2000) // data of the image
		measure(func() { p[1].start(nr, uint64(p[0].ep), id, 0, code.Data+0x1400, code.DataSize-0x2000) })
	}
}

func accounts(t *T, measure func(func())) {
	var ids []abi.AccountID
	p := all()
	for range crowd {
		measure(func() { ids = append(ids, t.account(p)) })
	}
	measure(func() { sys.AccountPay(ids[0]) })
	for _, id := range ids {
		measure(func() { sys.AccountFree(id) })
	}
	t.accounts = t.accounts[:0]
}

// keepMost: the most kept memory is made, filled and given back. What is staged is untouched, and on other bytes of pages than it goes to.
func keepMost(t *T, measure func(func())) {
	p := keeping(abi.MaxKept / abi.PageSize)
	a, id := t.account(p), t.image(puppetCode.ELF)
	var ep abi.Endpoint
	var e abi.Errno
	measure(func() { ep, e = sys.TaskCreate(&abi.TaskSpec{Image: id, Account: a}) })
	t.must("create", e)
	t.must("ImageFree", sys.ImageFree(id))
	t.must("set", set(ep, p))
	t.must("allow", sys.PrivAllow(ep))
	x := &puppet{t: t, ep: ep}
	for _, from := range []uint64{abi.RAMBase + 0x1f_f000, abi.RAMBase + 0x3f_f123} {
		measure(func() { x.start(abi.CallKeep, uint64(abi.KeepStage), 0x801, from, abi.MaxCopy) })
		e, _ = x.result()
		t.want("stage", e, abi.OK)
	}
	measure(func() { x.start(abi.CallKeep, uint64(abi.KeepFlip), 0x801+abi.MaxCopy) })
	measure(func() { x.start(abi.CallKeep, uint64(abi.KeepAppend), abi.MaxKeptLine, 0) })
	e, _ = x.result()
	t.want("append", e, abi.OK)
	t.kill(ep)
	measure(func() { e = sys.AccountFree(a) })
	t.want("free", e, abi.OK)
	t.accounts = t.accounts[:len(t.accounts)-1]
	keepConsumes(t, measure)
}

// keepConsumes: the root task is done with as many deaths as there can be.
func keepConsumes(t *T, measure func(func())) {
	for _, x := range t.puppets(crowd) {
		t.must("kill", sys.TaskKill(x.ep))
	}
	var r abi.DeathRecord
	for getInfo(abi.InfoDeath, 1, &r) == abi.OK {
	}
	measure(func() { sys.KeepConsume() })
}

func guardedPort(t *T, measure func(func())) {
	x := t.puppetWith(guardedRights())
	for _, port := range []uint64{keyboardData, keyboardCommand, cmosIndex, cmosData} {
		measure(func() { x.start(abi.CallPortIO, uint64(abi.PortIn), port) })
		measure(func() { x.start(abi.CallPortIO, uint64(abi.PortOut), port, 0x20) })
	}
}

func mostEntropy(t *T, measure func(func())) {
	x := t.puppet()
	t.gather(x, make([]byte, abi.MaxEntropy)) // from now on there is enough
	measure(func() { x.start(abi.CallEntropy, abi.MaxEntropy) })
	e, _ := x.result()
	t.must("entropy", e)
}
