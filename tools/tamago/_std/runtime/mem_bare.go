package runtime

import (
	"runtime/goos"
	"unsafe"
)

// The sbrk flavour of the page layer: one window, handed out from the bottom
// up, that nobody else uses. Neither reserving nor freeing writes to the
// window's unused part, because in ring 3 every page touched is a frame taken
// from the task's quota. (mem_sbrk.go keeps its free list inside the free
// memory and clears alignment gaps of up to an arena.)

const isSbrkPlatform = true

// bare is the window. Everything below next was handed out, except the gaps.
var bare struct {
	lock  mutex
	next  uintptr
	limit uintptr
	gaps  [32]bareGap // unordered; an empty entry has base == end
	used  int         // gaps[used:] are empty
}

// bareGap is a range below bare.next that is free and reads as zero.
type bareGap struct{ base, end uintptr }

// initBare sets the window: from goos.Bloc, or the end of BSS if a board leaves
// that zero, up to the stack that the processor started with.
func initBare() {
	start := goos.Bloc
	if start == 0 {
		start = firstmoduledata.end
	}
	bare.next = alignUp(start, physPageSize)
	bare.limit = alignDown(g0.stack.lo, physPageSize)
}

// bareAlloc returns n zeroed bytes aligned to align, a power of two, or 0
// when the window is used up. The caller holds bare.lock. Addresses are numbers
// here, since pointers would need write barriers, which the callers forbid.
//
//go:systemstack
func bareAlloc(n, align uintptr) uintptr {
	n = alignUp(n, physPageSize)
	for i := range bare.used {
		g := &bare.gaps[i]
		p := alignUp(g.base, align)
		if p >= g.end || n > g.end-p {
			continue
		}
		base, end := g.base, g.end
		*g = bareGap{}
		bareKeep(base, p)
		bareKeep(p+n, end)
		return p
	}
	p := alignUp(bare.next, align)
	if p < bare.next || p > bare.limit || n > bare.limit-p {
		return 0
	}
	bareKeep(bare.next, p)
	bare.next = p + n
	return p
}

// bareKeep remembers the zeroed range [base, end) for later allocations. It
// merges it with its neighbours; if the table is full, the range is lost, which
// costs space and nothing else. The caller holds bare.lock.
//
//go:systemstack
func bareKeep(base, end uintptr) {
	for i := range bare.used {
		g := &bare.gaps[i]
		switch {
		case g.base == g.end:
		case g.end == base:
			base, *g = g.base, bareGap{}
		case g.base == end:
			end, *g = g.end, bareGap{}
		}
	}
	if base == end {
		return
	}
	if end == bare.next {
		bare.next = base
		return
	}
	for i := range bare.gaps {
		if g := &bare.gaps[i]; g.base == g.end {
			*g = bareGap{base, end}
			bare.used = max(bare.used, i+1)
			return
		}
	}
}

func sysAllocOS(n uintptr, _ string) unsafe.Pointer {
	var p uintptr
	systemstack(func() {
		lock(&bare.lock)
		p = bareAlloc(n, physPageSize)
		unlock(&bare.lock)
	})
	return unsafe.Pointer(p)
}

func sysFreeOS(v unsafe.Pointer, n uintptr) {
	n = alignUp(n, physPageSize)
	memclrNoHeapPointers(v, n)
	systemstack(func() {
		lock(&bare.lock)
		bareKeep(uintptr(v), uintptr(v)+n)
		unlock(&bare.lock)
	})
}

// sysReserveOS ignores the hint v: there is one window.
func sysReserveOS(v unsafe.Pointer, n uintptr, name string) unsafe.Pointer {
	return sysAllocOS(n, name)
}

// sysReserveAlignedSbrk is what sysReserveAligned calls on sbrk platforms.
func sysReserveAlignedSbrk(size, align uintptr) (unsafe.Pointer, uintptr) {
	var p uintptr
	systemstack(func() {
		lock(&bare.lock)
		p = bareAlloc(size, align)
		unlock(&bare.lock)
	})
	if p == 0 {
		return nil, 0
	}
	return unsafe.Pointer(p), size
}

// Memory is always there and never returned, so the other transitions of the
// page layer do nothing.

func sysUnusedOS(v unsafe.Pointer, n uintptr)           {}
func sysUsedOS(v unsafe.Pointer, n uintptr)             {}
func sysHugePageOS(v unsafe.Pointer, n uintptr)         {}
func sysNoHugePageOS(v unsafe.Pointer, n uintptr)       {}
func sysHugePageCollapseOS(v unsafe.Pointer, n uintptr) {}
func sysMapOS(v unsafe.Pointer, n uintptr, _ string)    {}
func sysFaultOS(v unsafe.Pointer, n uintptr)            {}
func needZeroAfterSysUnusedOS() bool                    { return true }
func sbrk0() uintptr                                    { return 0 }

// bareCollect comes before each collection. It makes the pointer masks of the global variables, which the stock runtime
// makes at start-up. And it lets a program of one thread do nothing but collect until all is marked: nobody would
// take the thread from a goroutine that allocates, so that collecting beside it only ends when that goroutine waits,
// which may be long after the memory has.
func bareCollect() {
	bareMapped = gcController.mappedReady.Load()
	if goos.Task == nil {
		debug.gcstoptheworld = 1
	}
	for _, md := range activeModules() {
		if md.gcdatamask == (bitvector{}) {
			md.gcdatamask = progToPointerMask((*byte)(unsafe.Pointer(md.gcdata)), md.edata-md.data)
			md.gcbssmask = progToPointerMask((*byte)(unsafe.Pointer(md.gcbss)), md.ebss-md.bss)
		}
	}
}
