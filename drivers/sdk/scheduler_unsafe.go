//go:build tamago

package sdk

import (
	"runtime"
	"time"
	_ "unsafe"

	"bennu/kernel/usys"
)

// What the runtime has that tools/tamago makes; nil in the official distribution's.
var (
	//go:linkname others runtime.bareOthers
	others func() (when int64)
	//go:linkname yield runtime.bareYield
	yield func()
)

// shareSlice is how long the driver's goroutine waits in the kernel at most where the runtime does not tell what others have
// to do.
const shareSlice = time.Millisecond

func newScheduler() scheduler {
	s := scheduler{others: others, yield: yield, self: func() uint { g, _ := runtime.GetG(); return g }}
	if s.others == nil {
		s.yield = runtime.Gosched
		s.others = func() int64 {
			if runtime.NumGoroutine() == 1 {
				return noWork
			}
			runtime.Gosched()
			return int64(usys.Gate{}.Now()) + int64(shareSlice)
		}
	}
	return s
}
