//go:build tamago

package main

import (
	"encoding/binary"

	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
)

// flagsKept: what a task sets of RFLAGS stays across calls; what it may not set it cannot.
func flagsKept(t *T) {
	const want = 1<<10 | 1<<14 | 1<<18 | 1<<21 | 1<<0                                                                   // DF, NT, AC, ID, CF
	p := code.New().Set(code.SP, code.StackTop-256).Flags(want|3<<12, 1<<9).Bytes(0x9c, 0x58).Store(code.Data, code.AX) // PUSHFQ; POP AX
	p.Call(abi.CallTimes, uint64(abi.Self)).Bytes(0x9c, 0x58).Store(code.Data+8, code.AX)
	ep := t.start(p.Stop(), all())
	const mask = want | 3<<12 | 1<<9
	equal(t, "flags", t.peek(ep, code.Data)&mask, want|1<<9)
	equal(t, "flags after a call", t.peek(ep, code.Data+8)&mask, want|1<<9)
}

// direction: the kernel copies forwards though the caller's string instructions go backwards.
func direction(t *T) {
	granter := t.puppet()
	const n = 3 * abi.PageSize
	ep := t.begin(code.New().Set(code.SP, code.StackTop-256).Flags(1<<10, 0).
		Load(code.DI, code.Data).Set(code.SI, 1<<8).Set(code.R10, code.PuppetMemory).Set(code.R8, n).Set(code.AX, uint64(abi.CallCopyFrom)).
		Bytes(0x0f, 0x05).Result(code.Data).Stop().ELF(), all())
	t.poke(ep, code.Data, uint64(granter.ep))
	granter.grant(0, readWrite, 1, ep, granted, n)
	for at := uint64(0); at < n; at += 8 {
		t.poke(granter.ep, granted+at, at+1)
	}
	t.must("allow", sys.PrivAllow(ep))
	t.want("copy", abi.Errno(t.peek(ep, code.Data)), abi.OK)
	for at := uint64(0); at < n; at += 8 {
		if v := t.peek(ep, code.PuppetMemory+at); v != at+1 {
			t.fatalf("+%d is %d, want %d", at, v, at+1)
		}
	}
}

// createDownwards: the kernel's own string instructions go upwards, whichever way the caller's go: a TaskCreate
// clears and copies rows of tables and whole pages. Two tasks made alike, with DF clear and set, are alike.
func createDownwards(t *T) {
	id := t.image(code.New().Stop().ELF())
	spec := abi.TaskSpec{Image: id, Account: t.usually(), Incarnation: 7, ArgsLen: 3}
	spec.Label, _ = abi.MakeLabel("downwards")
	copy(spec.Args[:], "abc")
	var made [2]abi.Endpoint
	for i, flags := range []uint32{0, 1 << 10} {
		maker := t.begin(code.New().Set(code.SP, code.StackTop-256).Flags(flags, 0).Call(abi.CallTaskCreate).Result(code.Data).Stop().ELF(), all())
		(&puppet{t: t, ep: maker}).setBuf(abi.Bytes(&spec))
		t.must("allow", sys.PrivAllow(maker))
		t.want("TaskCreate", abi.Errno(t.peek(maker, code.Data)), abi.OK)
		made[i] = abi.Endpoint(t.peek(maker, code.Data+8))
		t.tasks = append(t.tasks, made[i])
		t.must("set", set(made[i], all()))
		t.must("allow", sys.PrivAllow(made[i]))
		equal(t, "state", t.info(made[i]).State, abi.StateReceiving)
	}
	var start [2]abi.StartInfo
	for i, ep := range made {
		b := abi.Bytes(&start[i])
		for at := range len(b) / 8 {
			binary.LittleEndian.PutUint64(b[8*at:], t.peek(ep, abi.StartPage+8*uint64(at)))
		}
		start[i].Endpoint, start[i].Seed = 0, [4]uint64{}
	}
	equal(t, "start page of the task made with DF set", start[1], start[0])
	t.must("free", sys.ImageFree(id))
}

// vectorsOfCall: a page that was given on demand saved the vector state of its time; a call after it leaves the initial
// state behind, and not that one.
func vectorsOfCall(t *T) {
	p := code.New().Set(code.BX, code.Data).LoadVectors(code.StatePattern, code.StatePattern+512)
	p.Store(abi.RAMBase, code.BX) // a page not touched before
	p.Call(abi.CallTimes, uint64(abi.Self)).SaveState()
	id := t.image(code.ELF(p.Stop().Text(), code.Pattern(9)))
	ep := t.create(id, "after")
	t.must("ImageFree", sys.ImageFree(id))
	t.must("set", set(ep, all()))
	t.must("allow", sys.PrivAllow(ep))
	if t.info(ep).Faults < 2 {
		t.errorf("%d pages given: want the data's and RAM's", t.info(ep).Faults)
	}
	initialVectors(t, ep)
}

// rounding: a task that lets every floating-point exception through, and rounds its own way, changes that for nobody:
// not for another task, and not for itself after a call.
func rounding(t *T) {
	// MOV DWORD [BX], 0x6000; LDMXCSR [BX]
	wild := []byte{0xc7, 0x03, 0x00, 0x60, 0, 0, 0x0f, 0xae, 0x13}
	p := code.New().Set(code.BX, code.Data).Bytes(wild...)
	loop := p.At()
	ep := t.begin(p.Jump(loop).ELF(), spinner())
	t.must("allow", sys.PrivAllow(ep))
	sys.Sleep(2_000_000)
	if t.info(ep).CPUNS == 0 {
		t.errorf("the task with its own rounding did not run")
	}
	// STMXCSR [BX+16]
	see := []byte{0x0f, 0xae, 0x5b, 0x10}
	other := t.start(code.New().Set(code.BX, code.Data).Bytes(see...).Stop(), all())
	equal(t, "another task's MXCSR", t.peek(other, code.Data+16), 0x1f80)
	self := t.start(code.New().Set(code.BX, code.Data).Bytes(wild...).Call(abi.CallTimes, uint64(abi.Self)).Bytes(see...).Stop(), all())
	equal(t, "MXCSR after a call", t.peek(self, code.Data+16), 0x1f80)
}
