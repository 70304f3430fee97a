//go:build tamago

package main

import (
	"strings"

	"bennu/board/pc"
	"bennu/board/pc/cpu"
	"bennu/board/x86"
	"bennu/boot/ring0"
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/layout"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
)

// testState: what the kernel sets is what it compares with, on this processor.
func testState(r *rig) {
	for _, f := range ring0.Check(r.phys, r.template) {
		r.wrong(f)
	}
}

// spoil changes one thing, and gives back how to mend it.
type spoil struct {
	name string // how its fault begins
	do   func() (mend func())
}

func msr(name string, n uint32, flip uint64) spoil {
	return spoil{name, func() func() {
		v := x86.ReadMSR(n)
		x86.WriteMSR(n, v^flip)
		return func() { x86.WriteMSR(n, v) }
	}}
}

func control(name string, read func() uint64, write func(uint64), flip uint64) spoil {
	return spoil{name, func() func() {
		v := read()
		write(v ^ flip)
		return func() { write(v) }
	}}
}

func memory(name string, a, flip uint64) spoil {
	return spoil{name, func() func() {
		*at(a) ^= flip
		return func() { *at(a) ^= flip }
	}}
}

func breakpoint(name string, d0, d1, d2, d3, d6, d7 uint64) spoil {
	return spoil{name, func() func() {
		x86.WriteDR(d0, d1, d2, d3, d6, d7)
		return noBreakpoints
	}}
}

func noBreakpoints() { x86.WriteDR(0, 0, 0, 0, 0xffff0ff0, 0x400) }

// testStateIsRead: a register or table that is not as it must be is found, by its name. Each reader reads what the
// CPU uses, and not what the kernel meant to write.
func testStateIsRead(r *rig) {
	s := new(arch.State)
	s.Read(true)
	list := []spoil{
		msr("FMASK", 0xc0000084, flagAC), msr("FMASK", 0xc0000084, flagDF), msr("FMASK", 0xc0000084, flagNT), msr("FMASK", 0xc0000084, flagTF),
		msr("FMASK", 0xc0000084, flagIF), msr("STAR", 0xc0000081, 1<<48), msr("LSTAR", 0xc0000082, 1<<4), msr("EFER", 0xc0000080, 1<<0),
		msr("GS base", 0xc0000101, 8), msr("KERNEL_GS_BASE", 0xc0000102, 8), r.movedGDT(s), msr("PAT", 0x277, 1), msr("SYSENTER_CS", 0x174, 8),
		control("CR0", x86.ReadCR0, x86.WriteCR0, 1<<16), control("CR0", x86.ReadCR0, x86.WriteCR0, 1<<5), control("CR0", x86.ReadCR0, x86.WriteCR0, 1<<18),
		control("CR4", x86.ReadCR4, x86.WriteCR4, 1<<6), control("CR4", x86.ReadCR4, x86.WriteCR4, 1<<7), control("CR4", x86.ReadCR4, x86.WriteCR4, 1<<10),
		control("CR4", x86.ReadCR4, x86.WriteCR4, 1<<20), control("CR4", x86.ReadCR4, x86.WriteCR4, 1<<21), control("CR4", x86.ReadCR4, x86.WriteCR4, 1<<2),
		breakpoint("DR0", 8, 0, 0, 0, 0xffff0ff0, 0x400), breakpoint("DR1", 0, 8, 0, 0, 0xffff0ff0, 0x400), breakpoint("DR2", 0, 0, 8, 0, 0xffff0ff0, 0x400),
		breakpoint("DR3", 0, 0, 0, 8, 0xffff0ff0, 0x400), breakpoint("DR6", 0, 0, 0, 0, 0xffff0ff1, 0x400), breakpoint("DR7", 0, 0, 0, 0, 0xffff0ff0, 0x700),
		memory("GDT entry 5", s.GDTBase+40, 1<<45), memory("IDT gate 3", s.IDTBase+48, 1<<45), memory("IDT gate 255", s.IDTBase+4080, 1<<40),
		memory("IDT gate 2 IST", s.IDTBase+32, 1<<32), memory("IDT gate 14 target", s.IDTBase+232, 1), memory("TSS IST1", paging.TSSLinear+36, 1<<4),
		memory("TSS RSP0", paging.TSSLinear+4, 1<<12), memory("TSS I/O", paging.TSSLinear+96, 1<<60),
	}
	if cpu.Has(cpu.ID, cpu.UMIP) {
		list = append(list, control("CR4", x86.ReadCR4, x86.WriteCR4, 1<<11))
	}
	for _, c := range list {
		mend := c.do()
		faults := ring0.Check(r.phys, r.template)
		mend()
		if len(faults) != 1 || !strings.HasPrefix(faults[0], c.name) {
			r.wrong("spoilt ", c.name, ": ", decimal(uint64(len(faults))), " faults: ", strings.Join(faults, "; "))
		}
	}
	testState(r)
}

// movedGDT is a GDT that is right, where the way in for faults does not look for it.
func (r *rig) movedGDT(s *arch.State) spoil {
	a := r.frame()
	for i, v := range s.GDT {
		r.phys.Words(a)[i] = v
	}
	return spoil{"GDT base", func() func() {
		loadGDT(layout.Direct+uint64(a), s.GDTLimit)
		return func() { loadGDT(s.GDTBase, s.GDTLimit) }
	}}
}

// testGuardIsRead: a guard page that is mapped is found, and so is a stack's page that is not.
func testGuardIsRead(r *rig) {
	space := r.space() // whose tables below the top are the template's
	for _, s := range pc.Stacks {
		for _, a := range []uint64{s.Guard(), s.Top - abi.PageSize} {
			e := space.Lookup(a)
			was := *e
			*e ^= paging.Entry(mem.Addr(a), paging.Present|paging.Writable|paging.NX)
			faults := ring0.Stacks(r.phys, r.template)
			*e = was
			if len(faults) != 1 {
				r.wrong(s.Name, " ", hex(a), ": ", strings.Join(faults, "; "))
			}
		}
	}
	testState(r)
}
