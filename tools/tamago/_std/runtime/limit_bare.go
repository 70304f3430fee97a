package runtime

// The memory limit (debug.SetMemoryLimit) where memory is never given back: each page that was once touched counts
// for ever, so what the limit bounds is how far the heap has ever grown.

// bareReleases is whether the scavenger can give pages back.
const bareReleases = false

// bareLeastGoal is the smallest goal for a heap of which live bytes were found alive: what may be allocated before the
// next collection is at least a sixteenth of what that has to look at. When the memory limit leaves less, a program
// that grows on meets its end, instead of collecting more and more for less and less.
func bareLeastGoal(live uint64) uint64 { return live + live/16 + 32<<10 }

// bareFar reports whether the memory limit is far: then the cache of free pages, which has up to 64 in a row and takes no
// notice of which were touched, may go on.
func bareFar() bool {
	return gcController.mappedReady.Load()+2*uint64(pageCachePages*pageSize) <= uint64(gcController.memoryLimit.Load())
}

// bareMapped is how much was mapped at the last collection.
var bareMapped uint64

// bareGrew reports whether more than the limit has been mapped since the last collection, though there may be garbage. The
// pacer counts all free memory as room for objects; where it lies between others in pieces that are too small, it is none.
func bareGrew() bool {
	mapped := gcController.mappedReady.Load()
	return mapped > uint64(gcController.memoryLimit.Load()) && mapped > bareMapped &&
		gcController.heapLive.Load() >= bareLeastGoal(gcController.heapMarked)
}

// bareMakeRoom collects before a large object takes memory beyond the limit, where garbage may leave enough. The pacer
// would begin to collect when the object is there, which for a large one is too late.
func bareMakeRoom(size uintptr) {
	limit := uint64(gcController.memoryLimit.Load())
	if gcController.mappedReady.Load()+uint64(size) <= limit {
		return
	}
	mp, gp := acquirem(), getg()
	held := gp == mp.g0 || gp == mp.gsignal || mp.locks > 1 || mp.preemptoff != "" // gcStart does nothing then
	releasem(mp)
	if held || !memstats.enablegc || panicking.Load() != 0 || gcphase != _GCoff ||
		gcController.heapLive.Load()+uint64(size) < bareLeastGoal(gcController.heapMarked) {
		return
	}
	if n := bareFresh(size); n == 0 || gcController.mappedReady.Load()+n <= limit {
		return
	}
	n := work.cycles.Load() + 1
	gcStart(gcTrigger{kind: gcTriggerCycle, n: n})
	gcWaitOnMark(n)
	for work.cycles.Load() == n && sweepone() != ^uintptr(0) {
	}
}

// bareFresh is how many bytes that were never touched a new object of size bytes would take.
func bareFresh(size uintptr) (n uint64) {
	left := uint((size + pageSize - 1) / pageSize)
	systemstack(func() {
		lock(&mheap_.lock)
		p, fresh := &mheap_.pages, left
		if base, _ := p.find(uintptr(left)); base != 0 {
			for fresh = 0; left > 0; {
				at := chunkPageIndex(base)
				n := min(left, pallocChunkPages-at)
				fresh += p.chunkOf(chunkIndex(base)).scavenged.popcntRange(at, n)
				base += uintptr(n) * pageSize
				left -= n
			}
		}
		n = uint64(fresh) * pageSize
		unlock(&mheap_.lock)
	})
	return n
}
