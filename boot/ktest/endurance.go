//go:build tamago

package main

import (
	"math/rand/v2"

	"bennu/boot/ktest/code"
	"bennu/boot/ktest/cpuid"
	"bennu/kernel/abi"
)

var enduranceTests = []test{
	{"TestThousandDeaths", thousandDeaths},
	{"TestRandomCalls", randomCalls},
	{"TestRandomCode", randomCode},
}

// ways are lives that end, or wait to be ended.
func ways(peer abi.Endpoint) []*code.Prog {
	return []*code.Prog{
		code.New().Exit(1),
		code.New().Bytes(0x0f, 0x0b),
		code.New().Bytes(0xf4),
		code.New().Call(0),
		code.New().Set(code.AX, 0).Bytes(0x48, 0x8b, 0x00),
		toucher(abi.PageSize),
		code.New().Call(abi.CallSend, uint64(peer)),
		code.New().Call(abi.CallSendRec, uint64(peer), abi.NoTimeout),
		code.New().Call(abi.CallReceive, uint64(peer), abi.NoTimeout),
		code.New().Call(abi.CallReceive, uint64(abi.Self), 1<<40),
		code.New().Call(abi.CallNotify, uint64(peer)).Call(abi.CallSendA, uint64(peer), 1).Call(abi.CallSetAlarm, 1<<40).Stop(),
		code.New().Call(abi.CallIRQCtl, uint64(abi.IRQSetPolicy), clockLine, 1).Stop(),
		code.New().Count(abi.RAMBase).Call(abi.CallPrivCtl, uint64(abi.PrivDisallow), uint64(peer)).Call(abi.CallExit, 0, uint64(abi.ExitPanic)),
	}
}

// thousandDeaths: create, allow, die, in all ways in turn; the counts are equal after each.
func thousandDeaths(t *T) {
	p := all()
	p.deaf = true
	peer := t.puppetWith(p).ep // is stopped, so what is sent to it waits
	progs := ways(peer)
	var images []uint32
	for _, c := range progs {
		images = append(images, t.image(c.ELF()))
	}
	priv := withIRQs(clockLine)
	priv.CeilingFrames = 40
	account := t.account(priv)
	before := counts()
	latency(1)
	began := now()
	const lives = 1000
	for i := range lives {
		s := abi.TaskSpec{Image: images[i%len(images)], Incarnation: uint32(i), Account: account}
		ep, e := sys.TaskCreate(&s)
		t.must("create", e)
		t.must("set", set(ep, priv))
		t.must("allow", sys.PrivAllow(ep))
		var r abi.DeathRecord
		if !takeDeath(&r) {
			t.must("kill", sys.TaskKill(ep))
			if !takeDeath(&r) {
				t.fatalf("life %d: no record", i)
			}
		}
		if r.Endpoint != ep || r.Incarnation != uint32(i) {
			t.fatalf("life %d: %s", i, describe(&r))
		}
	}
	took, l := now()-began, latency(1)
	if after := counts(); after != before {
		t.errorf("counts before %+v, after %+v", before, after)
	}
	for _, id := range images {
		t.must("free", sys.ImageFree(id))
	}
	t.clean()
	t.logf("%d lives, %d ns each (guest instructions with -icount shift=0); longest in ring 0 %d ns (%d)", lives, took/lives, l.MaxKernelNS,
		l.MaxKernelCall)
}

// fuzzer makes programs of random calls.
type fuzzer struct {
	*rand.Rand
	endpoints []abi.Endpoint
}

// value is a number that some code may stumble over.
func (f *fuzzer) value() uint64 {
	switch f.IntN(10) {
	case 0:
		return f.Uint64()
	case 1:
		return 1 << f.IntN(64)
	case 2:
		return 1<<f.IntN(64) - 1
	case 3:
		return -uint64(f.IntN(70))
	case 4:
		return uint64(f.endpoints[f.IntN(len(f.endpoints))])
	case 5:
		addresses := []uint64{abi.TaskBase, abi.StartPage, abi.CallPage, abi.ImageBase, code.Data, abi.RAMBase, abi.RAMBase + abi.RAMSize, abi.TaskEnd, abi.ModuleBase, kernelText, tss}
		return addresses[f.IntN(len(addresses))] + uint64(f.IntN(5))*8 - 16
	case 6:
		return code.Data + uint64(f.IntN(code.DataSize))
	}
	return uint64(f.IntN(70))
}

// program is n random calls. BP counts them. Some are preceded by a random word in the call page.
func (f *fuzzer) program(n int) *code.Prog {
	p := code.New()
	for range n {
		nr := abi.CallNr(f.value())
		switch n := f.IntN(200); {
		case n == 0: // any number at all
		case n < 60:
			nr = 1 + abi.CallNr(f.IntN(6))
		default:
			nr = abi.CallBase + 1 + abi.CallNr(f.IntN(int(abi.CallMax-abi.CallBase)))
		}
		args := []uint64{f.value(), f.value(), f.value(), f.value(), f.value()}
		if nr == abi.CallShutdown {
			continue
		}
		if nr == abi.CallTrace { // an op that there is, on one of the accounts that there are
			if args[0] = uint64(f.IntN(int(abi.TraceVerify) + 2)); f.IntN(2) == 0 {
				args[1] = uint64(f.IntN(8))
			}
		}
		if nr == abi.CallReceive || nr == abi.CallSendRec { // mostly short waits
			args[1] = uint64(f.IntN(2000))
		}
		if f.IntN(30) > 0 { // a buffer of its own, or the end would come soon
			switch nr {
			case abi.CallCopyFrom, abi.CallCopyTo:
				args[3], args[4] = code.Data+uint64(f.IntN(1000)), uint64(f.IntN(5000))
			case abi.CallDiag:
				args[0] = uint64(f.IntN(20))
			case abi.CallImageWrite:
				args[2], args[3] = code.Data+uint64(f.IntN(1000)), uint64(f.IntN(5000))
			}
		}
		if f.IntN(3) == 0 {
			p.Set(code.CX, f.value()).Store(abi.CallPage+uint64(f.IntN(512))*8, code.CX)
		}
		p.Bytes(0x48, 0xff, 0xc5).Call(nr, args...) // INC BP
	}
	return p.Stop()
}

// privilege is a random one that does not hold what would end the machine, or take the CPU from the root task.
func (f *fuzzer) privilege() rights {
	p := withIRQs(clockLine, levelLine)
	p.CallMask = f.Uint64() | f.Uint64()
	p.CallMask &^= abi.CallBit(abi.CallShutdown) | abi.CallBit(abi.CallAccount)
	p.TrapMask = uint32(f.Uint64() | f.Uint64())
	p.deaf = f.IntN(4) == 0
	p.CeilingFrames = 100
	return p
}

// randomCalls: tasks make random calls with random arguments until 200,000 were made.
func randomCalls(t *T) {
	seed := sys.Start().Seed
	f := &fuzzer{Rand: rand.New(rand.NewPCG(seed[0], seed[1]))}
	t.logf("seed %#x %#x", seed[0], seed[1])
	others := t.puppets(3)
	f.endpoints = append([]abi.Endpoint{me(), others[0].ep, others[1].ep, others[2].ep}, specials...)
	hidden, want := len(t.tasks), counts()
	causes := map[abi.Cause]int{}
	latency(1)
	lives, calls := 0, uint64(0)
	for ; calls < 200_000; lives++ {
		ep := t.begin(f.program(100).ELF(), f.privilege())
		t.must("allow", sys.PrivAllow(ep))
		sys.Sleep(1000)
		var regs abi.Registers
		if sys.TraceRegs(ep, &regs) == abi.OK {
			calls += regs.GPR[code.BP]
		}
		t.sweep(ep, others, want)
		var r abi.DeathRecord
		for takeDeath(&r) {
			causes[r.Cause]++
			if r.Endpoint == ep && r.Cause != abi.CauseKilled {
				calls += r.Regs.GPR[code.BP]
			}
		}
		t.tasks = t.tasks[:hidden]
		for i, o := range others {
			if _, e := sys.Times(o.ep); e != abi.OK { // it was killed by a call
				others[i] = t.puppet()
				t.tasks[hidden-len(others)+i] = others[i].ep
				t.tasks = t.tasks[:hidden]
				f.endpoints[1+i] = others[i].ep
			}
		}
	}
	t.clean()
	l := latency(1)
	t.logf("%d calls in %d lives; ended by %v; longest in ring 0 %d ns (%d)", calls, lives, causes, l.MaxKernelNS, l.MaxKernelCall)
}

// sweep ends ep and all that it has made: tasks and images.
func (t *T) sweep(ep abi.Endpoint, others []*puppet, want abi.Counts) {
	sys.TaskKill(ep)
	var m abi.Msg
	for second(sys.Receive(abi.Any, 0, &m)) == abi.OK {
	}
	if c := counts(); c.Tasks == want.Tasks && c.Images == want.Images {
		return
	}
	for slot := range uint64(abi.MaxTasks) {
		var i abi.TaskInfo
		if getInfo(abi.InfoTask, slot, &i) != abi.OK || i.Endpoint == me() {
			continue
		}
		known := false
		for _, o := range others {
			known = known || o.ep == i.Endpoint
		}
		if !known {
			sys.TaskKill(i.Endpoint)
		}
	}
	for id := range uint32(abi.MaxImages) {
		var i abi.ImageInfo
		if getInfo(abi.InfoImage, uint64(id), &i) == abi.OK && i.Tasks == 0 {
			sys.ImageFree(id)
		}
	}
}

// randomByte is a byte of code. Without the VEX prefixes on an emulator: QEMU 7.2's ends itself at some
// instructions that do not exist (VPINSRW with a vector of 32 bytes: "gen_pinsr: Assertion `vec_len == 16' failed").
func randomByte(r *rand.Rand, vex bool) byte {
	for {
		if b := byte(r.Uint32()); vex || b != 0xc4 && b != 0xc5 {
			return b
		}
	}
}

// randomCode: tasks without any right run random bytes.
func randomCode(t *T) {
	seed := sys.Start().Seed
	r := rand.New(rand.NewPCG(seed[2], seed[3]))
	t.logf("seed %#x %#x", seed[2], seed[3])
	p := spinner()
	p.CallMask, p.TrapMask, p.deaf, p.CeilingFrames = 0, 0, true, 40
	const tasks = 3000
	vex := !cpuid.TCG()
	vectors, loops := map[string]int{}, 0
	for range tasks {
		b := code.New().Set(code.BX, code.Data).Set(code.SP, code.StackTop-512).Set(code.SI, code.Data+64).Set(code.DI, abi.CallPage)
		for range 64 {
			b.Bytes(randomByte(r, vex))
		}
		ep := t.begin(b.ELF(), p)
		t.must("allow", sys.PrivAllow(ep))
		for n := 0; n < 20 && t.runs(ep, 100_000); n++ {
			sys.Sleep(50_000)
		}
		var d abi.DeathRecord
		if !takeDeath(&d) {
			loops++
			t.kill(ep)
		} else if d.Cause == abi.CauseException {
			vectors[abi.VectorName(d.Vector)]++
		} else {
			vectors[d.Cause.String()]++
		}
		t.tasks = t.tasks[:0]
	}
	t.clean()
	t.logf("%d tasks: %v, %d still ran", tasks, vectors, loops)
}

// runs tells whether ep lives and has had less than ns of the CPU.
func (t *T) runs(ep abi.Endpoint, ns uint64) bool {
	used, e := sys.Times(ep)
	return e == abi.OK && used < ns
}
