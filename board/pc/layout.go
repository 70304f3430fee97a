package pc

// Physical memory that the kernel keeps for itself. The kernel is linked at KernelBase
// (tools/tamago build -ring 0); from its end to WindowEnd is its Go heap and, at the top, its stack. All
// other RAM is the frame pool.
const (
	KernelBase = 0x10_0000
	WindowEnd  = 0x180_0000 // 24 MiB

	// Below 1 MiB, used until the real page tables are loaded.
	bootTables = 0x10000 // PML4, PDPT, four PDs
	bootStack  = 0x18000 // top
	bootInfo   = 0x17000 // what cpuinit found: bootRecord
	bootGDT    = 0x17100
	bootGDTR   = 0x17080
)

// bootRecord lies at bootInfo.
type bootRecord struct {
	startInfo uint64 // physical address of the PVH start info
	entryTSC  uint64 // RDTSC at the first instruction
}
