//go:build tamago

package arch

import (
	"unsafe"

	"bennu/board/x86"
	"bennu/kernel/paging"
)

// defined in state_amd64.s
//
//go:noescape
func readSelectors(s *State)

//go:noescape
func readTables(gdtBase, gdtLimit, idtBase, idtLimit *uint64)

// Read fills s from the CPU and from the tables that it uses. Preconditions: Init was called; sysenter tells whether
// the CPU has that instruction.
func (s *State) Read(sysenter bool) {
	*s = State{}
	readSelectors(s)
	s.CR0, s.CR4, s.XCR0 = x86.ReadCR0(), x86.ReadCR4(), x86.ReadXCR0()
	s.DR0, s.DR1, s.DR2, s.DR3, s.DR6, s.DR7 = x86.ReadDR()
	readMSR := x86.ReadMSR
	readTables(&s.GDTBase, &s.GDTLimit, &s.IDTBase, &s.IDTLimit)
	// The numbers are the manual's, as in Faults: a typing error in those that the kernel writes by is found.
	s.EFER, s.STAR, s.LSTAR = readMSR(0xc000_0080), readMSR(0xc000_0081), readMSR(0xc000_0082)
	s.CSTAR, s.FMASK, s.PAT = readMSR(0xc000_0083), readMSR(0xc000_0084), readMSR(0x277)
	s.GSBase, s.KernelGSBase = readMSR(0xc000_0101), readMSR(0xc000_0102)
	if sysenter {
		s.SysenterCS = readMSR(0x174)
	}
	s.GDT = *(*[8]uint64)(at(s.GDTBase))
	s.IDT = *(*[512]uint64)(at(s.IDTBase))
	s.TSS = *(*[26]uint32)(at(paging.TSSLinear))
	for v := range uint64(256) {
		if a := s.IDT[2*v]&0xffff | s.IDT[2*v]>>48<<16 | s.IDT[2*v+1]<<32; a-s.Stubs < 256*8 {
			s.Code[v] = *(*uint64)(at(a))
		}
	}
}

// at makes a pointer of an address outside the Go heap.
func at(a uint64) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&a)) }
