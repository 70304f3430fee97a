// Package role is what the root task of the benchmark and its peers agree on. A peer's role is the
// argument that it is started with.
package role

import "bennu/kernel/abi"

// Roles. Every peer first sends Hello.
const (
	Leave = "leave" // ends at once
	Echo  = "echo"  // answers every message
	Sink  = "sink"  // receives for ever
	Stamp = "stamp" // sends Stamped for whatever it receives
	Grant = "grant" // sends Granted, then receives for ever
	Clock = "clock" // drives the real-time clock's periodic interrupt, sends Finished
)

// Messages of a peer to the root task.
const (
	Hello    abi.MsgType = 0xf00 // Arg[0]: TSC at main.main
	Stamped  abi.MsgType = 0xf01 // Arg[0]: TSC when the receive had returned
	Granted  abi.MsgType = 0xf02 // Arg[0]: id of a grant of GrantBytes that may be read and written
	Finished abi.MsgType = 0xf03 // Arg[0]: samples taken
	// Ask is any request.
	Ask abi.MsgType = 0xf10
)

// GrantBytes is the size of the memory that a peer grants.
const GrantBytes = abi.MaxCopy

// Interrupts is how many interrupts Clock measures.
const Interrupts = 1000

// InterruptFigure is the figure that Clock prints, after the prefix that the root task chose:
// "idle" or "busy", the second argument.
const InterruptFigure = "interrupt taken to driver, "
