package x86

// Bits of control registers.
//
// Source: Intel SDM Vol. 3A, "Control Registers".
const (
	CR0PE = 1 << 0  // protected mode
	CR0MP = 1 << 1  // WAIT looks at TS
	CR0ET = 1 << 4  // always 1
	CR0NE = 1 << 5  // x87 errors are #MF
	CR0WP = 1 << 16 // ring 0 respects read-only pages
	CR0AM = 1 << 18 // AC checks alignment in ring 3
	CR0PG = 1 << 31 // paging

	CR4PAE        = 1 << 5
	CR4MCE        = 1 << 6 // machine checks are #MC, not a shut-down
	CR4PGE        = 1 << 7
	CR4OSFXSR     = 1 << 9
	CR4OSXMMEXCPT = 1 << 10
	CR4UMIP       = 1 << 11
	CR4FSGSBASE   = 1 << 16
	CR4OSXSAVE    = 1 << 18
	CR4SMEP       = 1 << 20
	CR4SMAP       = 1 << 21
)

// Values of debug registers with nothing set: DR6's bits that are always 1 (the CPU only ever sets the others), and DR7's.
//
// Source: Intel SDM Vol. 3B, "Debug Registers".
const (
	DR6Clear = 0xffff0ff0
	DR7Clear = 0x400
)

// Bits of RFLAGS.
//
// Source: Intel SDM Vol. 1, "EFLAGS Register".
const (
	FlagCF = 1 << 0
	FlagR1 = 1 << 1 // always 1
	FlagTF = 1 << 8
	FlagIF = 1 << 9
	FlagDF = 1 << 10
	FlagOF = 1 << 11
	FlagNT = 1 << 14
	FlagRF = 1 << 16
	FlagAC = 1 << 18
	FlagID = 1 << 21
)

// The functions here are for ring 0 only, where that is not said. defined in control_amd64.s
//
// Source: Intel SDM Vol. 2A, "MOV—Move to/from Control Registers", "MOV—Move to/from Debug Registers".

// ReadCR0 reads CR0.
func ReadCR0() uint64

// WriteCR0 writes CR0.
func WriteCR0(v uint64)

// ReadCR2 reads CR2, where the last page fault was.
//
//go:nosplit
func ReadCR2() uint64

// WriteCR3 makes the page tables at root those in force.
func WriteCR3(root uint64)

// InvalidatePage makes the processor forget what it remembers of the page of va in the page tables in force.
//
// Source: Intel SDM Vol. 2A, "INVLPG—Invalidate TLB Entries".
func InvalidatePage(va uint64)

// ReadCR4 reads CR4.
func ReadCR4() uint64

// WriteCR4 writes CR4.
func WriteCR4(v uint64)

// ReadXCR0 reads which states XSAVE saves, in any ring.
//
// Source: Intel SDM Vol. 2D, "XGETBV—Get Value of Extended Control Register".
func ReadXCR0() uint64

// ReadDR reads the debug registers.
func ReadDR() (d0, d1, d2, d3, d6, d7 uint64)

// WriteDR writes the debug registers. Nothing matches while the addresses change.
func WriteDR(d0, d1, d2, d3, d6, d7 uint64)

// ReadFSBase and ReadGSBase read the bases of FS and GS, in any ring.
//
// Source: Intel SDM Vol. 2B, "RDFSBASE/RDGSBASE—Read FS/GS Segment Base".
func ReadFSBase() uint64

// ReadGSBase is told of with ReadFSBase.
func ReadGSBase() uint64

// Flags reads RFLAGS, in any ring.
func Flags() uint64

// MXCSR reads the control and status register of SSE, in any ring.
func MXCSR() uint32
