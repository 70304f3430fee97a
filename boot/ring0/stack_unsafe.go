//go:build tamago

package ring0

import _ "unsafe" // go:linkname

//go:linkname setMaxStack runtime/debug.setMaxStack
func setMaxStack(bytes int) int

// The kernel's loop runs on a goroutine, whose stack the Go runtime makes larger when a function asks for it. After
// boot nothing may be allocated, and recursion without end must not eat the heap first.
const (
	settled = 32 << 10 // bytes that a call has at least, without growth
	most    = 96 << 10 // bytes of a stack: growth doubles it, so one of 64 KiB is the last
)

// SettleStack makes the caller's stack as large as it may become. Deeper calls end with the runtime's "stack
// overflow". A collection of garbage would make it small again: there must be none after this.
func SettleStack() {
	grow()
	setMaxStack(most)
}

//go:noinline
func grow() (sum byte) {
	var room [settled]byte
	for i := 0; i < len(room); i += 4096 { // used, so that the compiler does not leave it out
		room[i] = byte(i)
		sum += room[i]
	}
	return sum
}
