//go:build tamago

package ring0

import (
	"strconv"

	"bennu/board/pc"
	"bennu/board/pc/cpu"
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
)

// Init gives the CPU the kernel's tables, stacks and protections (arch.Init). tss is the frame at paging.TSSLinear,
// clean a zeroed one.
func Init(phys mem.Physical, tss, clean mem.Addr) *arch.CPU {
	fault := pc.Stacks[pc.FaultStack]
	return arch.Init(&arch.Config{Phys: phys, TSS: tss, Clean: clean, FaultStackEnd: fault.Top - fault.Size,
		IdleStack: pc.Stacks[pc.IdleStack].Top, FaultStack: fault.Top, DebugStack: pc.Stacks[pc.DebugStack].Top,
		NMIStack: pc.Stacks[pc.NMIStack].Top, DoubleFaultStack: pc.Stacks[pc.DoubleFaultStack].Top, MachineStack: pc.Stacks[pc.MachineStack].Top,
		UMIP: cpu.Has(cpu.ID, cpu.UMIP), SYSENTER: cpu.Has(cpu.ID, cpu.SEP)})
}

// Check compares what the CPU and the page tables at root hold with what isolation rests on. It returns a line a
// difference: which register or page, what is expected, what was found. Preconditions: Init; no task has run.
func Check(phys mem.Physical, root mem.Addr) []string {
	sysenter := cpu.Has(cpu.ID, cpu.SEP)
	s := new(arch.State)
	s.Read(sysenter)
	// The window ends at 39 MiB, with 36 KiB of the first instructions. Below, each below a guard page: 16 KiB for faults, then
	// 4 KiB each.
	const end = 39<<20 - 36<<10
	faults := s.Faults(&arch.Expect{AVX: cpu.Has(cpu.ID, cpu.AVX), UMIP: cpu.Has(cpu.ID, cpu.UMIP), SYSENTER: sysenter,
		RSP0: end, Debug: end - 0x7000, NMI: end - 0x9000, DoubleFault: end - 0xb000, Machine: end - 0xd000})
	return append(faults, Stacks(phys, root)...)
}

// Stacks compares the pages of the stacks with what they have to be: there, writable, not executable, and nothing
// below them.
func Stacks(phys mem.Physical, root mem.Addr) (faults []string) {
	const want = paging.Present | paging.Writable | paging.NX
	for _, s := range pc.Stacks {
		for a := s.Guard(); a < s.Top; a += abi.PageSize {
			e := paging.Walk(phys, root, a)
			switch {
			case a == s.Guard() && e != 0:
				faults = append(faults, "guard page of the "+s.Name+" stack at "+hex(a)+": expected no page, found entry "+hex(uint64(e)))
			case a != s.Guard() && e&(want|paging.User) != want:
				faults = append(faults, "the "+s.Name+" stack at "+hex(a)+": expected a page, writable, not executable, found entry "+hex(uint64(e)))
			}
		}
	}
	return faults
}

func hex(v uint64) string { return "0x" + strconv.FormatUint(v, 16) }
