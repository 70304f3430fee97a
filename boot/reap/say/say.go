// Package say is what the reaper, its witness and the tool that runs them have agreed on.
package say

import "bennu/kernel/abi"

// Labels of the two services.
const (
	Reaper  = "reaper"
	Witness = "witness"
)

// Report asks the witness how it goes → Arg[1] rounds, Arg[2] failures, Arg[3] lives of the service that it has replaced.
const Report abi.MsgType = 0x1100

// Ways to end a life. The kernel ends it by itself in End; in the others its own instructions do, which the reaper has put where it goes on.
var Ways = []string{"end", "exception", "exit", "panic", "bad-call", "hang", "hang-calls", "memory"}

// Done begins the reaper's last line of log, Failed each line of what should not have been.
const (
	Done   = "event=reaped"
	Failed = "event=noticed"
)
