package sdk

import (
	"time"

	"bennu/kernel/abi"
)

// AskRoot is any request to the reincarnation server, with the rules for its repetition.
func (c *Context) AskRoot(m *abi.Msg, limit time.Duration) abi.Errno { return c.askRoot(m, limit) }

// SetScheduler is the Go scheduler as a test has it: when other goroutines have work (0: one can run now), what happens when
// they run, and which one asks.
func (c *Context) SetScheduler(others func() int64, yield func(), self func() uint) {
	c.sched = scheduler{others, yield, self}
}

// NoWork is that they have none, and no timer.
const NoWork = noWork
