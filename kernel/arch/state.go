package arch

import "strconv"

// State is what the CPU's registers and tables hold: read back, so that Faults can compare it.
type State struct {
	CR0, CR4, XCR0                       uint64
	EFER, STAR, LSTAR, CSTAR, FMASK, PAT uint64
	SysenterCS                           uint64
	GSBase, KernelGSBase                 uint64
	DR0, DR1, DR2, DR3, DR6, DR7         uint64
	CS, SS, DS, ES, TR, LDTR             uint64
	GDTBase, GDTLimit, IDTBase, IDTLimit uint64
	CPU                                  uint64 // where the processor's struct is, by its symbol
	Syscall, Stubs, Trap, Special        uint64 // likewise, the entry code
	GDT                                  [8]uint64
	IDT                                  [512]uint64
	Code                                 [256]uint64 // the first 8 bytes at each gate's target; 0: not in Stubs
	TSS                                  [26]uint32
}

// Expect is what depends on the machine and on where things were put.
type Expect struct {
	AVX, UMIP, SYSENTER bool
	// Tops of stacks: of RSP0 until the first task, and of the interrupt-stack table's entries.
	RSP0, NMI, DoubleFault, Machine, Debug uint64
}

// Faults compares s with what the kernel relies on, and says for each difference which register, what is expected,
// and what was found. The constants here are written down a second time, from the manuals; nothing is shared with
// the code that sets the registers.
//
// Source: Intel SDM Vol. 3A, "Control Registers", "Segment Descriptors", "64-Bit Mode IDT", "64-Bit TSS Format",
// "Debug Registers"; Vol. 3C, "Page Attribute Table"; Vol. 2B, "SYSCALL", "SYSRET".
func (s *State) Faults(want *Expect) []string {
	c := comparer{}
	c.control(s, want)
	c.segments(s)
	c.taskState(s, want)
	c.gates(s)
	return c.faults
}

type comparer struct{ faults []string }

func (c *comparer) equal(name string, want, found uint64) {
	if want != found {
		c.faults = append(c.faults, name+": expected "+hex(want)+", found "+hex(found))
	}
}

// numbered is equal of a part of one of many: names are made for differences only.
func (c *comparer) numbered(kind string, n uint64, part string, want, found uint64) {
	if want != found {
		c.equal(kind+strconv.FormatUint(n, 10)+part, want, found)
	}
}

func hex(v uint64) string { return "0x" + strconv.FormatUint(v, 16) }

func (c *comparer) control(s *State, want *Expect) {
	c.equal("CR0 (PG AM WP NE ET MP PE)", 0x80050033, s.CR0)
	// SMAP SMEP OSXSAVE FSGSBASE UMIP OSXMMEXCPT OSFXSR PGE MCE PAE
	cr4 := uint64(0x350ee0)
	if !want.UMIP {
		cr4 = 0x3506e0
	}
	c.equal("CR4", cr4, s.CR4)
	xcr0 := uint64(0b111)
	if !want.AVX {
		xcr0 = 0b011
	}
	c.equal("XCR0 (AVX SSE x87)", xcr0, s.XCR0)
	c.equal("EFER (NXE LMA LME SCE)", 0xd01, s.EFER)
	c.equal("STAR (user 0x1b, kernel 0x8)", 0x001b_0008_0000_0000, s.STAR)
	c.equal("LSTAR (the SYSCALL entry)", s.Syscall, s.LSTAR)
	c.equal("CSTAR", 0, s.CSTAR)
	c.equal("FMASK (AC NT DF IF TF)", 0x44700, s.FMASK)
	c.equal("PAT", 0x0007_0406_0007_0106, s.PAT)
	c.equal("GS base (the CPU struct)", s.CPU, s.GSBase)
	c.equal("KERNEL_GS_BASE (of no task yet)", 0, s.KernelGSBase)
	if want.SYSENTER {
		c.equal("SYSENTER_CS", 0, s.SysenterCS)
	}
	for i, v := range [...]uint64{s.DR0, s.DR1, s.DR2, s.DR3} {
		c.numbered("DR", uint64(i), "", 0, v)
	}
	c.equal("DR6", 0xffff_0ff0, s.DR6)
	c.equal("DR7", 0x400, s.DR7)
}

func (c *comparer) segments(s *State) {
	c.equal("CS", 0x08, s.CS)
	c.equal("SS", 0x10, s.SS)
	c.equal("DS", 0, s.DS)
	c.equal("ES", 0, s.ES)
	c.equal("TR", 0x30, s.TR)
	c.equal("LDTR", 0, s.LDTR)
	c.equal("GDT base (the CPU struct)", s.CPU, s.GDTBase)
	c.equal("GDT limit", 63, s.GDTLimit)
	const accessed = 1 << 40 // the CPU sets it when it loads a selector
	for i, want := range [...]uint64{
		0,
		0x0020_9800_0000_0000, // 64-bit code, ring 0
		0x0000_9200_0000_0000, // data, ring 0
		0,
		0x0000_f200_0000_0000, // data, ring 3
		0x0020_f800_0000_0000, // 64-bit code, ring 3
		0x0000_8b00_0000_3000, // TSS, busy, 12 KiB and a byte, from 0xffff8000_00000000 on
		0x0000_0000_ffff_8000,
	} {
		found := s.GDT[i]
		if want != 0 && i < 6 {
			found &^= accessed
		}
		c.numbered("GDT entry ", uint64(i), "", want, found)
	}
}

// taskState compares the TSS, whose words are 32 bits.
func (c *comparer) taskState(s *State, want *Expect) {
	long := func(offset int) uint64 { return uint64(s.TSS[offset/4]) | uint64(s.TSS[offset/4+1])<<32 }
	for _, p := range []struct {
		name   string
		offset int
		want   uint64
	}{
		{"RSP0", 4, want.RSP0}, {"RSP1", 12, 0}, {"RSP2", 20, 0},
		{"IST1 (NMI)", 36, want.NMI}, {"IST2 (#DF)", 44, want.DoubleFault}, {"IST3 (#MC)", 52, want.Machine}, {"IST4 (#DB)", 60, want.Debug},
		{"IST5", 68, 0}, {"IST6", 76, 0}, {"IST7", 84, 0},
	} {
		found := long(p.offset)
		if found != p.want {
			c.equal("TSS "+p.name, p.want, found)
		}
		if found&15 != 0 {
			c.faults = append(c.faults, "TSS "+p.name+": expected a multiple of 16, found "+hex(found))
		}
	}
	c.equal("TSS I/O bitmap base", 0x1000, uint64(s.TSS[25]>>16))
}

// gates compares all 256 interrupt gates, and the code that they lead to.
func (c *comparer) gates(s *State) {
	c.equal("IDT limit", 4095, s.IDTLimit)
	for v := range uint64(256) {
		low, high := s.IDT[2*v], s.IDT[2*v+1]
		dpl, ist := uint64(0), uint64(0)
		switch v {
		case 1:
			ist = 4
		case 2:
			ist = 1
		case 3:
			dpl = 3
		case 8:
			ist = 2
		case 18:
			ist = 3
		}
		c.numbered("IDT gate ", v, " present, type (interrupt gate)", 0x8e, low>>40&0x9f)
		c.numbered("IDT gate ", v, " DPL", dpl, low>>45&3)
		c.numbered("IDT gate ", v, " IST", ist, low>>32&0xff)
		c.numbered("IDT gate ", v, " selector", 0x08, low>>16&0xffff)
		target := s.Stubs + 8*v
		c.numbered("IDT gate ", v, " reserved word", 0, high>>32)
		if found := low&0xffff | low>>48<<16 | high<<32; found != target {
			c.numbered("IDT gate ", v, " target", target, found)
			continue
		}
		c.numbered("IDT gate ", v, " code", stubCode(s, v, target), s.Code[v])
	}
}

// stubCode is the instructions of vector v's stub at address at: PUSH 0, or two NOPs where the CPU pushes an error
// code; CALL; NOP.
//
// Source: Intel SDM Vol. 3A, "Protected-Mode Exceptions and Interrupts".
func stubCode(s *State, v, at uint64) uint64 {
	code, to := uint64(0x006a), s.Trap
	switch v {
	case 8, 10, 11, 12, 13, 14, 17, 21:
		code = 0x9090
	}
	switch v {
	case 1, 2, 8, 18:
		to = s.Special
	}
	return code | 0xe8<<16 | uint64(uint32(to-(at+7)))<<24 | 0x90<<56
}
