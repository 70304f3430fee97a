//go:build !tamago

package sdk

import "runtime"

// newScheduler is for host tests, which have one goroutine use the Context: a test that has more says so itself.
func newScheduler() scheduler {
	return scheduler{others: func() int64 { return noWork }, yield: runtime.Gosched, self: func() uint { return 0 }}
}
