// Package ask is what the test of boot/gopher asks it.
package ask

import "bennu/kernel/abi"

// Requests. An answer's Arg[1] and on are as each says.
const (
	// Serve sends Arg[0] MiB by net/http over a listener in memory, from a server to a client that are goroutines of the service. Arg[1] bytes that
	// arrived as they were sent.
	Serve abi.MsgType = 0xd00 + iota
	// Hello is answered at once. Arg[1] how many were.
	Hello
	// After is answered by a function of time.AfterFunc, Arg[0] ns later. Arg[1] ns since the request.
	After
	// Wall tells time.Now: Arg[1] Unix time in ns.
	Wall
	// Secret tells what crypto/rand gives: Arg[1] to Arg[4].
	Secret
	// Ask has Arg[0] goroutines each ask the service with the endpoint Arg[1] After, some ns to Arg[2]. Arg[1] right answers, Arg[2] Hellos that
	// the driver's goroutine answered meanwhile.
	Ask
	// Block is answered by a handler that waits for a goroutine, which asks the endpoint Arg[0] After Arg[1] ns.
	Block
	// Late has a goroutine ask the endpoint Arg[0] After Arg[1] ns, with the limit Arg[2]. Arg[1] its Errno.
	Late
	// Wrong has another goroutine do what only the driver's may: Arg[0] is the number of a way.
	Wrong
	// Spin asks as Ask, from the driver's own goroutine, while another one is busy: Arg[0] the endpoint, Arg[1] ns. Arg[1] its Errno, Arg[2] turns of the
	// busy one.
	Spin
	// Park leaves Arg[0] goroutines behind that wait for ever, and a timer that is an hour away.
	Park
	// Hang has a goroutine ask the endpoint Arg[0] After Arg[1] ns, and a handler that never returns.
	Hang
	// Listen is what net.Listen answers: Arg[1] 1 when that is ENOSYS.
	Listen
)
