package x86

// FlushLine writes the cache line of a linear address back to memory and forgets it, in any ring. Lines have 64 bytes or more. defined in flush_amd64.s
//
// Source: Intel SDM Vol. 2A, "CLFLUSH—Flush Cache Line".
func FlushLine(va uintptr)
