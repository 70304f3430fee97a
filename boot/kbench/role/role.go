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
	Clock = "clock" // drives the real-time clock's periodic interrupt, sends Finished, then receives for ever
	// Console writes to COM1 what Print says. While a task has that port the kernel does not write there, as in
	// the whole system: its polled lines would be a good part of each death.
	Console = "console"
)

// Messages of a peer to the root task.
const (
	Hello    abi.MsgType = 0xf00 // Arg[0]: TSC at main.main
	Stamped  abi.MsgType = 0xf01 // Arg[0]: TSC when the receive had returned
	Granted  abi.MsgType = 0xf02 // Arg[0]: id of a grant of GrantBytes that may be read and written
	Finished abi.MsgType = 0xf03 // Arg[0]: id of a grant of Interrupts samples in ns, 8 bytes each
	// Ask is any request.
	Ask abi.MsgType = 0xf10
	// Print asks Console: Arg[0] is the id of a read grant, Arg[1] its length.
	Print abi.MsgType = 0xf11
)

// Requests to the client of the whole system (boot/kbench/client), by way of the control port.
const (
	// Rebirth: a label in Arg[0:2], FaultKind in Arg[2] (0: faulty.Do to the victim), the way in Arg[3], ns to wait before in
	// Arg[4], a request that the next life answers in Arg[5]. The answer, in ns after the fault's first instruction in ring 0:
	// Arg[1] RS calls TaskCreate, Arg[2] the task is allowed to run, Arg[3] its first instruction, Arg[4] RS knows that it is
	// ready, Arg[5] the client, which waited for it, looked it up and asked, has the answer.
	Rebirth abi.MsgType = 0xf20
	// Last tells more of the last rebirth: Arg[1] RS decided, ns after the fault; Arg[2] how long the policy waited, ns; Arg[3] ns
	// from the fault, or from its injection by RS, to the decision; Arg[4] the fault, ns since boot; Arg[5] incarnation.
	Last abi.MsgType = 0xf21
	// Root ends the life of the reincarnation server, which is about to handle a request of the client's, and waits for the answer: Arg[0] ns to
	// wait before. The answer, in ns after the server's last instruction: Arg[1] its next life can do its work, Arg[2] the client has the answer,
	// Arg[3] the server's incarnation then.
	Root abi.MsgType = 0xf22
)

// GrantBytes is the size of the memory that a peer grants.
const GrantBytes = abi.MaxCopy

// Interrupts is how many interrupts Clock measures.
const Interrupts = 1000
