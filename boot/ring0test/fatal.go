//go:build tamago

package main

import (
	"bennu/board/pc"
	"bennu/board/pc/apic"
	"bennu/board/pc/mmio"
	"bennu/board/x86"
	"bennu/boot/ktest/code"
	"bennu/kernel/arch"
	"bennu/kernel/layout"
)

// fatal does what ends the machine. What does not is said, and ends it with another status.
func (r *rig) fatal(name string) {
	for _, c := range fatals {
		if c.name == name {
			r.say("# ", name, " now")
			c.do(r)
			r.say("# ", name, " did nothing")
			r.power.Off(statusFail)
		}
	}
	r.say("Bail out! test=", name, ": no such case")
	r.power.Off(statusFail)
}

var fatals = []struct {
	name string
	do   func(r *rig)
}{
	{"fault-stack", func(*rig) { overflow(pc.Stacks[pc.FaultStack].Top) }},
	{"idle-stack", func(*rig) { overflow(pc.Stacks[pc.IdleStack].Top) }},
	{"debug-stack", func(*rig) { overflow(pc.Stacks[pc.DebugStack].Top) }},
	{"nmi-stack", func(*rig) { overflow(pc.Stacks[pc.NMIStack].Top) }},
	{"double-fault-stack", func(*rig) { overflow(pc.Stacks[pc.DoubleFaultStack].Top) }},
	{"machine-stack", func(*rig) { overflow(pc.Stacks[pc.MachineStack].Top) }},
	{"boot-stack", func(*rig) { overflow(pc.Stacks[pc.BootStack].Top) }},
	{"recursion", func(*rig) { deep(1) }},
	{"panic", func(*rig) { panic("on purpose") }},
	{"smap-read", func(r *rig) { r.near(); load(code.Data) }},
	{"smap-write", func(r *rig) { r.near(); store(code.Data) }},
	{"smap-after-call", func(r *rig) { r.left(0x0f, 0x05); load(code.Data) }},
	{"smap-after-trap", func(r *rig) { r.left(0xcc); load(code.Data) }},
	{"smep", func(r *rig) { r.near(); jump(code.Text) }},
	{"write-text", func(r *rig) { store(layout.KernelBase + 0x1000) }},
	{"run-data", func(r *rig) { a := layout.Direct + uint64(r.frame()); store(a); jump(a) }},
	{"null", func(*rig) { load(0) }},
	{"single-step", func(*rig) { step() }},
	{"twice", twice},
	{"swapped", func(r *rig) { r.hostile(); swapGS(); load(8) }},
	{"iretq", func(r *rig) { t := r.hostile(); t.ctx.Frame.Vector, t.ctx.Frame.CS = 3, 0x1b; t.run() }}, // 1bh: no segment
	{"sysretq", func(r *rig) { t := r.hostile(); stopAtSYSRET(); t.run() }},
	{"nmi-ring3", func(r *rig) { r.listen(); r.spin().run() }},
	{"nmi-ring0", func(r *rig) { r.listen(); forever() }},
	{"nmi-idle", func(r *rig) { r.listen(); r.cpu.Idle() }},
	{"nmi-astray", func(r *rig) { r.listen(); astray(0x18) }},
	{"nmi-swapped", func(r *rig) { r.hostile(); r.listen(); astraySwapped(0x18) }},
}

// hostileGS is a GS base that leads nowhere, and is easy to find in QEMU's list of registers.
const hostileGS = 0xffff_9000_beef_0000

// hostile is a task that has made a call, with a stack pointer and a GS base that ring 0 must not use.
func (r *rig) hostile() *task {
	t := r.task(saysBases(setBases(code.New(), 0, hostileGS).Set(code.SP, 0x18)))
	t.run()
	return t
}

// stopAtSYSRET makes a #DB where all is ring 3's but the privilege: a breakpoint on SYSRETQ, which is before the way in.
func stopAtSYSRET() {
	s := new(arch.State)
	s.Read(false)
	for a := s.Syscall; a > s.Syscall-0x1000; a-- {
		if *at(a)&0xff_ffff == 0x070f48 {
			x86.WriteDR(a, 0, 0, 0, dr6, dr7|onExecute)
			return
		}
	}
}

// near makes a task's pages those in force.
func (r *rig) near() *task {
	t := r.task(code.New(0xc3)) // RET
	arch.LoadSpace(t.space.Root)
	return t
}

// left enters ring 3 and lets it come back with AC set: SMAP would be off if that stayed.
func (r *rig) left(last ...byte) {
	t := r.task(hostile(flagAC, func(p *code.Prog) { p.Bytes(last...) }))
	t.controls(0x1f80)
	t.run()
}

//go:noinline
func deep(n int) int {
	if n == 0 {
		return 0
	}
	return deep(n+1) + 1
}

func forever() {
	for {
		x86.Pause()
	}
}

// spin is a task that never comes back.
func (r *rig) spin() *task {
	p := code.New()
	return r.task(p.Jump(p.At()))
}

// twice faults while the words of a fault are put.
func twice(r *rig) {
	put := r.put
	r.report.Put = func(c byte) {
		r.report.Put = put
		load(8)
	}
	load(0)
}

// listen lets an NMI in, and says so.
func (r *rig) listen() {
	x86.WriteMSR(x86.MSRAPICBase, x86.ReadMSR(x86.MSRAPICBase)|1<<11)
	local := apic.NewLocal(mmio.At(0xfee00000))
	if err := local.Enable(); err != nil {
		r.say(err.Error())
		return
	}
	local.UnmaskNMI(1)
	r.say("# listening")
}
