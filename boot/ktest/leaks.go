//go:build tamago

package main

import (
	"fmt"

	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
)

var leakTests = []test{
	{"TestRegistersAtEntry", registersAtEntry},
	{"TestRegistersAfterCall", registersAfterCall},
	{"TestRegistersKeptByPreemption", registersKept},
	{"TestHandedOverRegisters", handedOver},
	{"TestSelectorsDoNotLeak", selectorsLeak},
	{"TestFramesAreZero", framesAreZero},
	{"TestCallPageIsOwn", callPageOwn},
	{"TestStartPage", startPage},
}

// initialVectors compares what SaveState saved of a task with the initial vector state.
func initialVectors(t *T, ep abi.Endpoint) {
	fx := func(at uint64) uint64 { return t.peek(ep, code.StateFX+at) }
	equal(t, "FCW, FSW, FTW", fx(0)&0xff_ffff_ffff, 0x37f)
	equal(t, "MXCSR", fx(24)&0xffff_ffff, 0x1f80)
	for at := uint64(32); at < code.FXCompared; at += 8 {
		if v := fx(at); v != 0 {
			t.errorf("FXSAVE area +%d is %#x, want 0", at, v)
		}
	}
	for at := uint64(0); at < 512; at += 8 {
		if v := t.peek(ep, code.StateYMM+at); v != 0 {
			t.errorf("YMM%d +%d is %#x, want 0", at/32, at%32, v)
		}
	}
}

// dirty is a task that fills every register and waits; its values are in the CPU when the next one runs.
func dirty(seed byte) []byte {
	p := code.New().Set(code.BX, code.Data).LoadVectors(code.StatePattern, code.StatePattern+512)
	p.Bytes(0xb8, 0x23, 0, 0, 0)                                                                  // MOV EAX, user data
	p.Bytes(0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xe0, 0x8e, 0xe8)                                       // MOV DS, ES, FS, GS
	p.Set(code.AX, code.Data+8).Bytes(0xf3, 0x48, 0x0f, 0xae, 0xd0, 0xf3, 0x48, 0x0f, 0xae, 0xd8) // WRFSBASE, WRGSBASE
	for r := code.CX; r <= code.R15; r++ {
		p.Set(r, 0xdead_0000+uint64(r))
	}
	loop := p.Set(code.AX, 0xdead).At()
	return code.ELF(p.Bytes(0xf3, 0x90).Jump(loop).Text(), code.Pattern(seed)) // PAUSE
}

// spinner is a privilege for tasks that run whenever the root task waits.
func spinner() rights {
	p := all()
	p.Priority, p.QuantumNS = behind, 500_000
	return p
}

// registersAtEntry: a task begins with zeros and with nothing of the one that ran before it.
func registersAtEntry(t *T) {
	ep := t.begin(dirty(0x5a), spinner())
	t.must("allow", sys.PrivAllow(ep))
	sys.Sleep(2_000_000)
	if t.info(ep).CPUNS == 0 {
		t.errorf("the task that fills the registers did not run")
	}
	seen := t.start(code.New().SaveState().Stop(), all())
	for r := range uint64(16) {
		if v := t.peek(seen, code.StateGPR+8*r); v != 0 {
			t.errorf("register %d is %#x, want 0", r, v)
		}
	}
	equal(t, "flags", t.peek(seen, code.StateFlags), 0x202)
	equal(t, "FS base", t.peek(seen, code.StateFS), 0)
	equal(t, "GS base", t.peek(seen, code.StateFS+8), 0)
	initialVectors(t, seen)
}

// registersAfterCall: a call resets the vector state, destroys CX and R11 and keeps the rest.
func registersAfterCall(t *T) {
	p := code.New().Set(code.BX, code.Data).LoadVectors(code.StatePattern, code.StatePattern+512)
	kept := []code.Reg{code.BX, code.BP, code.SP, code.R8, code.R9, code.R10, code.R12, code.R13, code.R14, code.R15}
	for _, r := range kept {
		p.Set(r, 0xabc0+uint64(r))
	}
	p.Set(code.AX, code.Data+24).Bytes(0xf3, 0x48, 0x0f, 0xae, 0xd0, 0xf3, 0x48, 0x0f, 0xae, 0xd8)
	p.Call(abi.CallTimes, uint64(abi.Self), 0xabc6)
	after := p.At()
	p.SaveState()
	id := t.image(code.ELF(p.Stop().Text(), code.Pattern(7)))
	ep := t.create(id, "after")
	t.must("ImageFree", sys.ImageFree(id))
	priv := all()
	t.must("set", set(ep, priv))
	t.must("allow", sys.PrivAllow(ep))
	initialVectors(t, ep)
	gpr := func(r code.Reg) uint64 { return t.peek(ep, code.StateGPR+8*uint64(r)) }
	for _, r := range kept {
		equal(t, fmt.Sprintf("register %d", r), gpr(r), 0xabc0+uint64(r))
	}
	equal(t, "rdi", gpr(code.DI), uint64(abi.Self))
	equal(t, "rsi", gpr(code.SI), 0xabc6)
	equal(t, "rcx", gpr(code.CX), after)
	equal(t, "FS base", t.peek(ep, code.StateFS), code.Data+24)
	equal(t, "GS base", t.peek(ep, code.StateFS+8), code.Data+24)
}

// registersKept: three tasks hold patterns in every register while they take the CPU from each other.
func registersKept(t *T) {
	var eps []abi.Endpoint
	for i := range byte(3) {
		ep := t.begin(code.Holder(17+40*i), spinner())
		t.must("allow", sys.PrivAllow(ep))
		eps = append(eps, ep)
	}
	for n := 0; n < 200 && min(t.info(eps[0]).Preempted, t.info(eps[1]).Preempted, t.info(eps[2]).Preempted) < 20; n++ {
		sys.Sleep(1_000_000)
	}
	for _, ep := range eps {
		i := t.info(ep)
		t.logf("task %d: %d rounds, preempted %d times, %d us", ep, t.peek(ep, code.HolderRounds), i.Preempted, i.CPUNS/1000)
		if i.Preempted < 20 || t.peek(ep, code.HolderRounds) < 100 {
			t.errorf("too few to tell anything")
		}
	}
}

// handedOver: who is asked, and who is answered, has its own registers, and nothing of who gave it the processor by hand.
func handedOver(t *T) {
	kept := []code.Reg{code.BX, code.BP, code.SP, code.R8, code.R9, code.R10, code.R12, code.R13, code.R14, code.R15}
	fill := func(p *code.Prog, mine uint64) {
		p.Set(code.BX, code.Data).LoadVectors(code.StatePattern, code.StatePattern+512)    // first: its page faults go the long way, and save all
		p.Bytes(0xb8, 0x23, 0, 0, 0).Bytes(0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xe0, 0x8e, 0xe8) // MOV EAX, user data; MOV DS, ES, FS, GS
		p.Set(code.AX, code.Data+mine).Bytes(0xf3, 0x48, 0x0f, 0xae, 0xd0)                 // WRFSBASE
		p.Set(code.AX, code.Data+2*mine+1).Bytes(0xf3, 0x48, 0x0f, 0xae, 0xd8)             // WRGSBASE
		for _, r := range kept {
			p.Set(r, mine<<16+uint64(r))
		}
	}
	check := func(who string, ep abi.Endpoint, mine uint64) {
		for _, r := range kept {
			equal(t, fmt.Sprintf("%s: register %d", who, r), t.peek(ep, code.StateGPR+8*uint64(r)), mine<<16+uint64(r))
		}
		equal(t, who+": FS base", t.peek(ep, code.StateFS), code.Data+mine)
		equal(t, who+": GS base", t.peek(ep, code.StateFS+8), code.Data+2*mine+1)
		equal(t, who+": flags", t.peek(ep, code.StateFlags)&^0x8d5, 0x202)
		for i, want := range []uint64{0, 0x2b, 0x23, 0, 0, 0} { // ES, CS, SS, DS, FS, GS
			equal(t, fmt.Sprintf("%s: segment register %d", who, i), t.peek(ep, code.StateSegment+8*uint64(i)), want)
		}
		initialVectors(t, ep)
	}
	const his, hers = 8, 24
	b := code.New()
	fill(b, hers)
	b.Call(abi.CallReceive, uint64(abi.Any), abi.NoTimeout).SaveState()
	b.Load(code.DI, abi.CallPage).Set(code.BX, code.Data).LoadVectors(code.StatePattern, code.StatePattern+512)
	b.Set(code.AX, uint64(abi.CallReplyReceive)).Bytes(0x0f, 0x05, 0x0f, 0x0b)
	asked := t.begin(code.ELF(b.Text(), code.Pattern(9)), all())
	t.must("allow", sys.PrivAllow(asked))
	a := code.New()
	fill(a, his)
	a.Call(abi.CallSendRec, uint64(asked), abi.NoTimeout).SaveState()
	asks := t.begin(code.ELF(a.Stop().Text(), code.Pattern(11)), all())
	before := latency(0).Handed
	t.must("allow", sys.PrivAllow(asks))
	var m abi.Machine
	t.must("InfoMachine", getInfo(abi.InfoMachine, 0, &m))
	want := uint64(2)
	if m.Handover == 0 {
		want = 0
		t.logf("this processor clears something between two tasks: nothing is handed over")
	}
	equal(t, "times that the processor was handed over", latency(0).Handed-before, want)
	check("who was asked", asked, hers)
	check("who was answered", asks, his)
}

// selectorsLeak: what one task loads into DS, ES, FS and GS no other sees.
func selectorsLeak(t *T) {
	ep := t.begin(dirty(1), spinner())
	t.must("allow", sys.PrivAllow(ep))
	sys.Sleep(2_000_000)
	seen := t.start(code.New().SaveState().Stop(), all())
	for i, want := range []uint64{0, 0x2b, 0x23, 0, 0, 0} { // ES, CS, SS, DS, FS, GS
		equal(t, fmt.Sprintf("segment register %d", i), t.peek(seen, code.StateSegment+8*uint64(i)), want)
	}
}

// framesAreZero: a task fills all memory that it can get and dies; the next one finds zeros.
func framesAreZero(t *T) {
	priv := all()
	priv.CeilingFrames = 600
	const pages = 500
	// MOV CX, words; MOV DI, RAM; MOV AX, pattern; REP STOSQ
	fill := code.New().Set(code.CX, pages*512).Set(code.DI, abi.RAMBase).Set(code.AX, 0x5ec2e7).Bytes(0xf3, 0x48, 0xab).Exit(0)
	// XOR EAX, EAX; REPE SCASQ; JE over UD2
	look := code.New().Set(code.CX, pages*512).Set(code.DI, abi.RAMBase).Bytes(0x31, 0xc0, 0xf3, 0x48, 0xaf, 0x74, 2, 0x0f, 0x0b)
	look.Set(code.CX, code.DataSize/8).Set(code.DI, code.Data).Bytes(0x31, 0xc0, 0xf3, 0x48, 0xaf, 0x74, 2, 0x0f, 0x0b).Exit(0)
	for range 3 {
		r := t.death(t.start(fill, priv), abi.CauseExit)
		if r.FramesPeak < pages {
			t.errorf("%d frames, want %d", r.FramesPeak, pages)
		}
		t.death(t.start(look, priv), abi.CauseExit)
	}
}

// callPageOwn: a message page holds nothing but what its owner and the kernel put there.
func callPageOwn(t *T) {
	p := t.puppet()
	p.setBuf(pattern(64, 3))
	t.kill(p.ep)
	look := code.New().Set(code.CX, 512).Set(code.DI, abi.CallPage).Bytes(0x31, 0xc0, 0xf3, 0x48, 0xaf, 0x74, 2, 0x0f, 0x0b).Exit(0)
	t.death(t.start(look, all()), abi.CauseExit)
}

// startPage: what a task is told.
func startPage(t *T) {
	id := t.image(code.New().Stop().ELF())
	s := abi.TaskSpec{Image: id, Incarnation: 7, Init: abi.InitRestart, ArgsLen: 3, Account: t.account(spinner())}
	s.Label, _ = abi.MakeLabel("sixteen-bytes-ok")
	copy(s.Args[:], "abcdef")
	ep, e := sys.TaskCreate(&s)
	t.must("create", e)
	t.tasks = append(t.tasks, ep)
	t.must("ImageFree", sys.ImageFree(id))
	priv := spinner()
	t.must("set", set(ep, priv))
	var i abi.StartInfo
	b := abi.Bytes(&i)
	for at := 0; at < len(b); at += 8 {
		v := t.peek(ep, abi.StartPage+uint64(at))
		for j := range 8 {
			b[at+j] = byte(v >> (8 * j))
		}
	}
	mine := sys.Start()
	want := abi.StartInfo{Magic: abi.StartMagic, Version: abi.Version, Endpoint: ep, Root: me(), Incarnation: 7, Init: abi.InitRestart, Priority: 5,
		Label: s.Label, RAMStart: abi.RAMBase, RAMSize: abi.RAMSize, TSCHz: mine.TSCHz, TSCBase: mine.TSCBase, TSCMult: mine.TSCMult, MemoryLimit: 256 * abi.PageSize,
		Seed: i.Seed, ArgsLen: 3, Args: [abi.ArgsSize]byte{'a', 'b', 'c'}} // what stands behind the arguments is not told
	equal(t, "start page", i, want)
	if i.Seed == mine.Seed || i.Seed == [4]uint64{} {
		t.errorf("seed %x is the root task's, or none", i.Seed)
	}
}
