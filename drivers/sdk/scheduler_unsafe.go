//go:build tamago

package sdk

import (
	"runtime"
	"time"
	_ "unsafe"

	"bennu/kernel/usys"
)

// others is bareOtherWork of the runtime that tools/tamago makes; nil in the official distribution's.
//
//go:linkname others runtime.bareOthers
var others func() (ready bool, when int64)

// shareSlice is how long the driver's goroutine waits in the kernel at most where the runtime does not tell what others have
// to do.
const shareSlice = time.Millisecond

func newScheduler() scheduler {
	s := scheduler{others: others, yield: runtime.Gosched, self: func() uint { g, _ := runtime.GetG(); return g }}
	if s.others == nil {
		s.others = func() (bool, int64) {
			if runtime.NumGoroutine() == 1 {
				return false, 0
			}
			runtime.Gosched()
			return false, int64(usys.Now()) + int64(shareSlice)
		}
	}
	return s
}
