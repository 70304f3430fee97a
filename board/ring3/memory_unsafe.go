//go:build tamago

package ring3

import (
	_ "unsafe"

	"bennu/kernel/abi"
)

// setMemoryLimit is debug.SetMemoryLimit, without what package debug brings along.
//
//go:linkname setMemoryLimit runtime/debug.setMemoryLimit
func setMemoryLimit(bytes int64) int64

// imageData is the size of the program's writable data, of which the task gets private copies. defined in entry_amd64.s
func imageData() uint64

// What of a task's memory is not the Go runtime's to give.
const (
	fixedPages = 24       // start, call and context page, upper page tables, I/O bitmap
	bootStack  = 64 << 10 // of the scheduler, at the end of RAM
	perTable   = 256      // bytes of memory for which one byte goes to its page tables and the kernel's list of frames
	perSlack   = 64       // bytes of memory for which one byte is left: a heap grows by spans, after the pacer has spoken
)

// limitMemory makes the collector keep the program below its ceiling: a page that was touched once is the task's
// until its end, and one too many is its end.
func limitMemory() {
	ceiling := sys.Start().MemoryLimit
	rest := fixedPages*abi.PageSize + bootStack + imageData() + ceiling/perTable + ceiling/perSlack
	setMemoryLimit(int64(max(ceiling, rest) - rest))
}
