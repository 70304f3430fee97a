// Package say is what the reaper, its witness and the tool that runs them have agreed on.
package say

import "bennu/kernel/abi"

// Witness is the label of the witness.
const Witness = "witness"

// Report asks the witness how it goes → Arg[1] rounds, Arg[2] failures, Arg[3] lives of the service that it has replaced.
const Report abi.MsgType = 0x1200

// Rest is the same, and the witness begins no other round: the machine is about to be shut down, which anybody may notice.
const Rest abi.MsgType = 0x1201

// Ways to end a life. The kernel ends it in "end"; in the others its own instructions do, which the reaper has put where it goes on.
var Ways = []string{"end", "exception", "exit", "panic", "bad-call", "hang", "hang-calls", "memory"}

// Flips are a bit that is changed in a life's code, or in its data. It may die of that, or go on, and do something else than it should: some of that can be
// noticed. A life that is there after some use is ended.
var Flips = []string{"text", "data"}
