//go:build tamago

package main

import (
	"bennu/board/pc/cpu"
	"bennu/board/x86"
	"bennu/boot/ktest/code"
	"bennu/kernel/arch"
)

// Bits of DR7 for breakpoint 0.
const (
	onExecute = 1 << 0
	onAccess  = 1<<0 | 3<<16 | 3<<18 // 4 bytes
	dr7       = 0x400
	dr6       = 0xffff0ff0
)

// strict tells whether the processor defers what MOV SS defers: QEMU's emulator reports a watchpoint at once.
func strict() bool { return cpu.Hypervisor(cpu.ID) != "TCGTCGTCGTCG" }

// testDebugOfRing3: wherever the stack pointer of a task points, the frame of its #DB is in its context, whole, and
// nothing was written anywhere else.
func testDebugOfRing3(r *rig) {
	for _, sp := range []uint64{0, 8, code.Data + 0x800, code.Text, 0x10_1000, 0x7fff_ffff_ffff, 1 << 63, 0xffff_8000_0000_0100, ^uint64(0)} {
		for _, set := range []uint32{flagTF, flagTF | flagDF, flagTF | flagAC | flagNT} {
			what := "#DB with RSP " + hex(sp) + ", flags " + hex(uint64(set))
			p := setBases(code.New(), 0, hostileGS).Set(code.SP, code.StackTop-256).Set(code.R9, 0x9999).Set(code.DX, sp)
			// PUSHFQ; OR DWORD [RSP], set; XCHG RSP, RDX needs POPFQ first: TF traps after the MOV that follows it
			p.Flags(set, 0)
			after := p.At() + 3
			p.Bytes(0x48, 0x89, 0xd4, 0x90) // MOV RSP, RDX; NOP
			t := r.task(p)
			a := t.run()
			f := &t.ctx.Frame
			r.equal(what+": vector", a.vector, arch.VectorDebug)
			r.clean(what, a)
			r.equal(what+": RIP", f.IP, after)
			r.equal(what+": RSP", f.SP, sp)
			r.equal(what+": flags", f.Flags&uint64(set), uint64(set))
			r.equal(what+": CS", f.CS, 0x2b)
			r.equal(what+": SS", f.SS, 0x23)
			r.equal(what+": R9", f.R9, 0x9999)
			r.equal(what+": error code", f.Err, 0)
			r.equal(what+": DR6", dr6Now(), dr6)
			for at := uint64(0x700); at < 0x800; at += 8 {
				r.equal(what+": below RSP", *t.word(code.Data + at), 0)
			}
			r.other(what)
		}
	}
}

// caller is a program that fills registers and makes a call with a stack pointer that is nobody's stack.
func caller(sp uint64, set uint32, last ...byte) *code.Prog {
	p := code.New().Set(code.SP, code.StackTop-256).Flags(set, 0)
	setBases(p, 0, hostileGS)
	p.Set(code.AX, 0xa).Set(code.DI, 0xd1).Set(code.SI, 0x51).Set(code.DX, 0xd2).Set(code.R10, 0x10).Set(code.R15, 0x15).Set(code.SP, sp)
	return p.Bytes(last...)
}

// called checks what ring 0 has of caller.
func (t *task) called(what string, p *code.Prog, sp uint64) {
	f := &t.ctx.Frame
	r := t.r
	r.cpu.Switch(nil, r.template) // which puts the GS base into the context
	r.equal(what+": GS base", t.ctx.GSBase, hostileGS)
	for _, v := range []struct {
		name        string
		found, want uint64
	}{{"AX", f.AX, 0xa}, {"DI", f.DI, 0xd1}, {"SI", f.SI, 0x51}, {"DX", f.DX, 0xd2}, {"R10", f.R10, 0x10}, {"R15", f.R15, 0x15},
		{"SP", f.SP, sp}, {"RIP", f.IP, p.At()}, {"CS", f.CS, 0x2b}, {"SS", f.SS, 0x23}} {
		r.equal(what+": "+v.name, v.found, v.want)
	}
}

// testDebugAtEntry: a #DB at the first instruction of the SYSCALL entry, where RSP is still the task's, changes
// nothing. A breakpoint there stands for what only some processors do.
func testDebugAtEntry(r *rig) {
	s := new(arch.State)
	s.Read(false)
	for _, sp := range []uint64{0, code.Data + 0x800, 0x10_1000, 1 << 63, 0xffff_8000_0000_0100} {
		for _, set := range []uint32{0, flagDF | flagAC | flagNT} {
			what := "#DB at the SYSCALL entry, RSP " + hex(sp) + ", flags " + hex(uint64(set))
			p := caller(sp, set, 0x0f, 0x05)
			t := r.task(p)
			x86.WriteDR(s.Syscall, 0, 0, 0, dr6|1<<14, dr7|onExecute) // DR6.BS: as if something had been left there
			a := t.run()
			found := dr6Now()
			noBreakpoints()
			r.equal(what+": vector", a.vector, arch.VectorSyscall)
			r.equal(what+": DR6, which the handler clears", found, dr6)
			r.clean(what, a)
			t.called(what, p, sp)
			r.equal(what+": flags", t.ctx.Frame.Flags&(flagTF|uint64(set)), uint64(set))
			for at := uint64(0x700); at < 0x800; at += 8 {
				r.equal(what+": below RSP", *t.word(code.Data + at), 0)
			}
			r.other(what)
		}
	}
	// A task that steps through SYSCALL: it has its own trap behind it, whatever the processor does at the entry.
	p := caller(code.StackTop-256, 0)
	p.Flags(flagTF, 0).Bytes(0x0f, 0x05)
	behind := p.At()
	t := r.task(p.Bytes(0x90, 0x90))
	a := t.run()
	r.equal("SYSCALL with TF: vector", a.vector, arch.VectorSyscall)
	r.clean("SYSCALL with TF", a)
	a = t.run()
	r.equal("behind SYSCALL with TF: vector", a.vector, arch.VectorDebug)
	if ip := t.ctx.Frame.IP; ip != behind && ip != behind+1 { // at SYSRET, or at the instruction behind it
		r.wrong("behind SYSCALL with TF: RIP ", hex(ip), ", want ", hex(behind), " or one more")
	}
}

// testDebugAtStub: the same at the first instruction of an interrupt's stub, on ring 0's stack.
func testDebugAtStub(r *rig) {
	s := new(arch.State)
	s.Read(false)
	for _, w := range []struct {
		name   string
		vector uint64
		code   []byte
	}{{"INT3", 3, []byte{0xcc}}, {"UD2", 6, []byte{0x0f, 0x0b}}, {"CLI", 13, []byte{0xfa}}} {
		what := "#DB at the stub of " + w.name
		p := caller(code.StackTop-512, flagDF, w.code...)
		t := r.task(p)
		x86.WriteDR(s.Stubs+8*w.vector, 0, 0, 0, dr6, dr7|onExecute)
		a := t.run()
		found := dr6Now()
		noBreakpoints()
		r.equal(what+": vector", a.vector, w.vector)
		r.equal(what+": DR6", found, dr6)
		r.clean(what, a)
		if w.vector != 3 { // a fault's RIP is that of the instruction
			t.ctx.Frame.IP += uint64(len(w.code))
		}
		t.called(what, p, code.StackTop-512)
		r.other(what)
	}
}

// testMOVSS: a watchpoint on what MOV SS loads is reported after the next instruction, when that is SYSCALL or INT3 in
// ring 0 already. The call and the trap come as without it.
func testMOVSS(r *rig) {
	for _, w := range []struct {
		name   string
		vector uint64
		code   []byte
	}{{"SYSCALL", arch.VectorSyscall, []byte{0x0f, 0x05}}, {"INT3", 3, []byte{0xcc}}} {
		what := "MOV SS over a watchpoint, then " + w.name
		p := caller(0x10_1000, 0)
		if w.vector == 3 {
			p = caller(code.StackTop-512, 0)
		}
		p.Set(code.BX, code.Data).Bytes(0x8e, 0x13) // MOV SS, [RBX]
		early := p.At()
		p.Bytes(w.code...)
		t := r.task(p)
		*t.word(code.Data) = 0x23
		x86.WriteDR(code.Data, 0, 0, 0, dr6, dr7|onAccess)
		a := t.run()
		found := dr6Now()
		noBreakpoints()
		r.clean(what, a)
		r.equal(what+": DR6", found, dr6)
		if a.vector == arch.VectorDebug && t.ctx.Frame.IP == early && !strict() {
			r.say("# ", what, ": this emulator reports it at once")
			continue
		}
		r.equal(what+": vector", a.vector, w.vector)
		t.called(what, p, t.ctx.Frame.SP)
		r.other(what)
	}
}

func dr6Now() uint64 {
	_, _, _, _, v, _ := x86.ReadDR()
	return v
}
