//go:build tamago

package main

import (
	"bennu/board/x86"
	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
)

// task is code in ring 3, with a context and page tables of its own.
type task struct {
	r     *rig
	ctx   *arch.Context
	space paging.Tables
	data  [code.DataSize / abi.PageSize]mem.Addr
}

// task makes one of p: its text a page, its data as boot/ktest/code has it.
func (r *rig) task(p *code.Prog) *task {
	t := &task{r: r, space: r.space()}
	text := r.frame()
	copy(r.phys.Bytes(text, abi.PageSize)[code.Text%abi.PageSize:], p.Text())
	t.page(code.Text&^(abi.PageSize-1), text, 0)
	for i := range t.data {
		t.data[i] = r.frame()
		t.page(code.Data+abi.PageSize*uint64(i), t.data[i], paging.Writable|paging.NX)
	}
	t.ctx = contextAt(r.phys, r.frame())
	t.ctx.Start(0, code.Text)
	return t
}

// frame takes one; the test ends without.
func (r *rig) frame() mem.Addr {
	a := r.pool.Get(nil)
	r.enough(a != 0)
	return a
}

// space makes page tables with nothing of ring 3's.
func (r *rig) space() paging.Tables {
	s, ok := paging.New(r.pool, r.template, nil)
	r.enough(ok)
	return s
}

// enough ends the test where there was no memory.
func (r *rig) enough(ok bool) {
	if !ok {
		r.say("Bail out! no memory")
		r.power.Off(statusFail)
	}
}

// page maps a at va for ring 3.
func (t *task) page(va uint64, a mem.Addr, bits paging.PTE) {
	t.r.enough(t.space.Map(va, paging.Entry(a, bits|paging.Present|paging.User)))
}

// after is what ring 0 found of itself when ring 3 had come back.
type after struct {
	vector, flags, fs, gs uint64
	mxcsr                 uint32
}

// run enters ring 3 and looks at ring 0 as soon as it comes back.
func (t *task) run() (a after) {
	fs, gs := x86.ReadFSBase(), x86.ReadGSBase()
	t.r.cpu.Switch(t.ctx, t.space.Root)
	a.vector, _, _ = t.r.cpu.Enter(t.ctx)
	a.flags, a.mxcsr, a.fs = x86.Flags(), x86.MXCSR(), x86.ReadFSBase()-fs
	a.gs = x86.ReadGSBase() - gs
	return a
}

// word is a word of the task's data.
func (t *task) word(at uint64) *uint64 {
	off := at - code.Data
	return &t.r.phys.Words(t.data[off/abi.PageSize])[off%abi.PageSize/8]
}

// Bits of RFLAGS.
const (
	flagCF, flagOF, flagID                         = x86.FlagCF, x86.FlagOF, x86.FlagID
	flagTF, flagIF, flagDF, flagNT, flagRF, flagAC = x86.FlagTF, x86.FlagIF, x86.FlagDF, x86.FlagNT, x86.FlagRF, x86.FlagAC
	flagIOPL                                       = 3 << 12
)

// clean says what of a task's has got into ring 0.
func (r *rig) clean(what string, a after) {
	for _, f := range []struct {
		name string
		bits uint64
	}{{"TF", flagTF}, {"IF", flagIF}, {"DF", flagDF}, {"IOPL", flagIOPL}, {"NT", flagNT}, {"RF", flagRF}, {"AC", flagAC}} {
		if a.flags&f.bits != 0 {
			r.wrong(what, ": ", f.name, " is set in ring 0")
		}
	}
	r.equal(what+": MXCSR in ring 0", uint64(a.mxcsr), 0x1f80)
	r.equal(what+": FS base in ring 0, difference", a.fs, 0)
	r.equal(what+": GS base in ring 0, difference", a.gs, 0)
}
