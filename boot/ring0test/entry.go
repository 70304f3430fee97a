//go:build tamago

package main

import (
	"bennu/board/pc/apic"
	"bennu/board/pc/mmio"
	"bennu/board/x86"
	"bennu/boot/ktest/code"
	"bennu/kernel/arch"
)

// way is how ring 3 is left: what it does, and the vector.
type way struct {
	name   string
	do     func(p *code.Prog)
	vector uint64
}

var ways = []way{
	{"SYSCALL", func(p *code.Prog) { p.Bytes(0x0f, 0x05) }, arch.VectorSyscall},
	{"INT3", func(p *code.Prog) { p.Bytes(0xcc) }, 3},
	{"UD2", func(p *code.Prog) { p.Bytes(0x0f, 0x0b) }, 6},
	{"DIV by 0", func(p *code.Prog) { p.Bytes(0xb9, 0, 0, 0, 0, 0xf7, 0xf1) }, 0},                      // MOV ECX, 0; DIV ECX
	{"CLI", func(p *code.Prog) { p.Bytes(0xfa) }, 13},                                                  // #GP, with an error code
	{"a load from 0", func(p *code.Prog) { p.Bytes(0xb8, 0, 0, 0, 0, 0x48, 0x8b, 0x00) }, 14},          // MOV EAX, 0; MOV RAX, [RAX]
	{"INT 0x20", func(p *code.Prog) { p.Bytes(0xcd, 0x20) }, 13},                                       // a gate that is not ring 3's
	{"single step", func(p *code.Prog) { p.Bytes(0x9c, 0x80, 0x4c, 0x24, 0x01, 0x01, 0x9d, 0x90) }, 1}, // PUSHFQ; OR BYTE [RSP+1], 1; POPFQ; NOP
	{"x87", func(p *code.Prog) { p.Bytes(0xd9, 0x2b, 0xd9, 0xe8, 0xd9, 0xee, 0xde, 0xf9, 0x9b) }, 16},  // FLDCW [RBX]; FLD1; FLDZ; FDIVP; FWAIT
}

// hostile is a program that sets flags and loads MXCSR with mx, and then goes on with do. The word at Data+8 is MXCSR,
// that at Data an x87 control word that lets division by zero through.
func hostile(set uint32, do func(p *code.Prog)) *code.Prog {
	p := code.New().Set(code.BX, code.Data).Set(code.SP, code.StackTop-256)
	p.Bytes(0x0f, 0xae, 0x53, 0x08) // LDMXCSR [RBX+8]
	p.Flags(set, 0)
	do(p)
	return p
}

func (t *task) controls(mx uint64) {
	*t.word(code.Data), *t.word(code.Data + 8) = 0x37b, mx
}

// testFlags: whatever flags and rounding a task has when it leaves ring 3, and however it leaves, ring 0 has its own;
// the task's are in its frame. Two tasks one after the other do not see each other's.
func testFlags(r *rig) {
	for _, w := range ways {
		for _, set := range []uint32{0, flagDF, flagAC, flagNT, flagDF | flagAC | flagNT | flagID | flagOF | flagCF} {
			for _, mx := range []uint64{0x1f80, 0x0000, 0xffff} { // all masked; none, to nearest; all, toward zero, FZ, DAZ
				what := w.name + " with flags " + hex(uint64(set)) + ", MXCSR " + hex(mx)
				t := r.task(hostile(set, w.do))
				t.controls(mx)
				a := t.run()
				r.equal(what+": vector", a.vector, w.vector)
				r.clean(what, a)
				f := &t.ctx.Frame
				r.equal(what+": the task's flags", f.Flags&uint64(set), uint64(set))
				r.equal(what+": CS", f.CS, 0x2b)
				r.equal(what+": SS", f.SS, 0x23)
				r.equal(what+": BX", f.BX, code.Data)
				r.equal(what+": SP", f.SP, code.StackTop-256)
				r.other(what)
			}
		}
	}
}

// other runs a task that has done nothing yet: its flags and MXCSR are the initial ones.
func (r *rig) other(what string) {
	// STMXCSR [RBX]; PUSHFQ; POP RAX; SYSCALL
	t := r.task(code.New().Set(code.BX, code.Data).Set(code.SP, code.StackTop-256).Bytes(0x0f, 0xae, 0x1b, 0x9c, 0x58, 0x0f, 0x05))
	a := t.run()
	r.equal(what+": the next task: vector", a.vector, arch.VectorSyscall)
	r.equal(what+": the next task's MXCSR", *t.word(code.Data), 0x1f80)
	r.equal(what+": the next task's flags", t.ctx.Frame.AX, 0x202)
}

// testInterruptFlags: the same when an interrupt ends the stay in ring 3.
func testInterruptFlags(r *rig) {
	local := apic.NewLocal(mmio.At(0xfee00000))
	x86.WriteMSR(x86.MSRAPICBase, x86.ReadMSR(x86.MSRAPICBase)|1<<11)
	if err := local.Enable(); err != nil {
		r.wrong(err.Error())
		return
	}
	local.SetTimer(1_000_000_000)
	for _, set := range []uint32{0, flagDF, flagAC, flagNT, flagDF | flagAC | flagNT | flagID} {
		what := "an interrupt with flags " + hex(uint64(set))
		t := r.task(hostile(set, func(p *code.Prog) { p.Bytes(0xc6, 0x43, 0x10, 0x01).Jump(p.At()) })) // MOV BYTE [RBX+16], 1
		t.controls(0xffff)
		var a after
		for range 1000 { // the interrupt may come before the flags are set
			local.Arm(1_000_000)
			if a = t.run(); a.vector != arch.VectorTimer {
				break
			}
			local.EOI()
			if *t.word(code.Data + 16) != 0 {
				break
			}
		}
		r.equal(what+": the task has set its flags", *t.word(code.Data + 16), 1)
		r.equal(what+": vector", a.vector, arch.VectorTimer)
		r.clean(what, a)
		r.equal(what+": the task's flags", t.ctx.Frame.Flags&(uint64(set)|flagIF), uint64(set)|flagIF)
		r.other(what)
	}
}

// vectors is a program that fills the vector state, leaves by do, and saves the state when it goes on.
func vectors(do func(p *code.Prog)) *code.Prog {
	p := code.New().Set(code.BX, code.Data).LoadVectors(code.StatePattern, code.StatePattern+512)
	do(p)
	return p.Set(code.BX, code.Data).SaveVectors(code.StateFX, code.StateYMM).Bytes(0x0f, 0x05)
}

func (t *task) pattern(seed byte) {
	for i, b := range code.Pattern(seed) {
		w := t.word(code.Data + uint64(i))
		*w = *w&^(0xff<<(8*(uint(i)%8))) | uint64(b)<<(8*(uint(i)%8))
	}
}

// goesOn enters t until it has made its last SYSCALL. INT3 and SYSCALL go on behind the instruction.
func (t *task) goesOn(want ...uint64) {
	for i, v := range want {
		a := t.run()
		t.r.equal("stay "+decimal(uint64(i))+": vector", a.vector, v)
		t.r.clean("stay "+decimal(uint64(i)), a)
		t.r.other("between")
	}
}

// testVectorsAfterCall: a call leaves the initial vector state behind, also when an exception had saved another one
// before it.
func testVectorsAfterCall(r *rig) {
	t := r.task(vectors(func(p *code.Prog) { p.Bytes(0xcc, 0x0f, 0x05) }))
	t.pattern(0x35)
	t.goesOn(3, arch.VectorSyscall, arch.VectorSyscall)
	r.equal("FCW, FSW, FTW", *t.word(code.StateFX)&0xff_ffff_ffff, 0x37f)
	r.equal("MXCSR", *t.word(code.StateFX + 24)&0xffff_ffff, 0x1f80)
	for at := uint64(32); at < code.FXCompared; at += 8 {
		r.equal("FXSAVE area +"+decimal(at), *t.word(code.StateFX + at), 0)
	}
	for at := uint64(0); at < 512; at += 8 {
		r.equal("YMM +"+decimal(at), *t.word(code.StateYMM + at), 0)
	}
}

// testVectorsAfterTrap: an exception keeps it whole.
func testVectorsAfterTrap(r *rig) {
	t := r.task(vectors(func(p *code.Prog) { p.Bytes(0xcc) }))
	t.pattern(0x35)
	t.goesOn(3, arch.VectorSyscall)
	want := r.task(code.New())
	want.pattern(0x35)
	for at := uint64(0); at < code.FXCompared; at += 8 {
		r.equal("FXSAVE area +"+decimal(at), *t.word(code.StateFX + at), *want.word(code.StatePattern + at))
	}
	for at := uint64(0); at < 512; at += 8 {
		r.equal("YMM +"+decimal(at), *t.word(code.StateYMM + at), *want.word(code.StatePattern + 512 + at))
	}
}
