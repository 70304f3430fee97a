//go:build tamago

package main

import (
	"bennu/board/x86"
	"bennu/boot/ktest/code"
	"bennu/kernel/arch"
)

// Values for a base that a task may choose: also such as are ring 0's own.
func (r *rig) bases() []uint64 {
	s := new(arch.State)
	s.Read(false)
	return []uint64{0, 0x1234_5678, code.Data, s.CPU, s.CPU + 8, 0x7fff_ffff_ffff, 0xffff_8000_0000_0000, ^uint64(0)}
}

// setBases loads FS and GS bases.
func setBases(p *code.Prog, fs, gs uint64) *code.Prog {
	p.Set(code.AX, fs).Bytes(0xf3, 0x48, 0x0f, 0xae, 0xd0)        // WRFSBASE AX
	return p.Set(code.AX, gs).Bytes(0xf3, 0x48, 0x0f, 0xae, 0xd8) // WRGSBASE AX
}

// saysBases makes a call with the bases in BX and DX.
func saysBases(p *code.Prog) *code.Prog {
	p.Bytes(0xf3, 0x48, 0x0f, 0xae, 0xc3)                  // RDFSBASE BX
	p.Bytes(0xf3, 0x48, 0x0f, 0xae, 0xca)                  // RDGSBASE DX
	return p.Set(code.AX, 0).Bytes(0x0f, 0x05, 0x90, 0x90) // SYSCALL; NOP; NOP
}

// testBases: the bases that a task loads are its own however it leaves ring 3, are kept while others run and when nobody
// else did, and are not seen by the next task; ring 0 has its own. FSBase is in the context at once, GSBase when another task
// has the processor.
func testBases(r *rig) {
	for _, w := range ways {
		for i, gs := range r.bases() {
			fs := 0x40_0000 + uint64(i)
			what := w.name + " with GS base " + hex(gs)
			p := code.New().Set(code.BX, code.Data).Set(code.SP, code.StackTop-256)
			p.Bytes(0x0f, 0xae, 0x53, 0x08) // LDMXCSR [RBX+8]
			setBases(p, fs, gs)
			w.do(p)
			behind := p.At()
			t := r.task(saysBases(p))
			t.controls(0x1f80)
			a := t.run()
			r.equal(what+": vector", a.vector, w.vector)
			r.clean(what, a)
			r.equal(what+": FS base in the context", t.ctx.FSBase, fs)
			if i%2 == 0 {
				r.fresh(what)
				r.equal(what+": GS base in the context", t.ctx.GSBase, gs)
			}
			t.ctx.Frame.IP, t.ctx.Frame.Flags = behind, flagIF|2 // past what faults, no more steps
			a = t.run()
			r.equal(what+": the call behind it: vector", a.vector, arch.VectorSyscall)
			r.clean(what, a)
			r.equal(what+": FS base when it goes on", t.ctx.Frame.BX, fs)
			r.equal(what+": GS base when it goes on", t.ctx.Frame.DX, gs)
			r.fresh(what)
		}
	}
}

// fresh runs a task that has loaded no base: it has none of another's, and none of ring 0's.
func (r *rig) fresh(what string) {
	t := r.task(saysBases(code.New()))
	a := t.run()
	r.clean(what+": the next task", a)
	r.equal(what+": the next task's FS base", t.ctx.Frame.BX, 0)
	r.equal(what+": the next task's GS base", t.ctx.Frame.DX, 0)
}

// testNobody: with no task, the last one's GS base is in its context, and nothing that ring 3 could do is saved in it.
func testNobody(r *rig) {
	t := r.task(saysBases(setBases(code.New(), 0x55, 0x66)))
	t.run()
	was := *t.ctx
	r.cpu.Switch(nil, r.template)
	r.equal("GS base in the context", t.ctx.GSBase, 0x66)
	t.ctx.GSBase = was.GSBase
	if *t.ctx != was {
		r.wrong("the context has changed but for its GS base")
	}
	r.equal("the other GS base", x86.ReadMSR(0xc0000102), 0)
	if r.cpu.Current != nil {
		r.wrong("somebody is current")
	}
	r.fresh("after nobody")
	r.equal("GS base in the context, which is nobody's", t.ctx.GSBase, was.GSBase)
}
