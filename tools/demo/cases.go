package main

import (
	"slices"

	"bennu/drivers/protocol/faulty"
)

// death is a way for a service to die, and how RS should see it.
type death struct {
	label, way string
	reason     string
	exception  string // "": the reason is none, or which does not matter
	alias      bool   // its endpoint lives on, and nobody can notice that it died
}

// expected is how RS sees each way in which faulty dies.
var expected = map[faulty.Way]death{
	faulty.Exit:        {reason: "exit"},
	faulty.Panic:       {reason: "panic"},
	faulty.Nil:         {reason: "exception", exception: "#PF"},
	faulty.Divide:      {reason: "exception", exception: "#DE"},
	faulty.Illegal:     {reason: "exception", exception: "#UD"},
	faulty.Privileged:  {reason: "exception", exception: "#GP"},
	faulty.Port:        {reason: "exception", exception: "#GP"},
	faulty.TextWrite:   {reason: "exception", exception: "#PF"},
	faulty.JumpData:    {reason: "exception", exception: "#PF"},
	faulty.Stack:       {reason: "memory"},
	faulty.Loop:        {reason: "no-heartbeat"},
	faulty.LoopCalls:   {reason: "no-heartbeat"},
	faulty.Alloc:       {reason: "memory"},
	faulty.NoHeartbeat: {reason: "no-heartbeat"},
	faulty.BadCall:     {reason: "bad-call"},
	faulty.KernelRead:  {reason: "exception", exception: "#PF"},
}

// kinds are the ways to break any service from outside.
var kinds = []death{
	{way: "exception", reason: "exception", exception: "#UD"},
	{way: "hang", reason: "no-heartbeat"},
}

// killed is what the data store dies of beside those.
var killed = death{way: "kill", reason: "injected"}

// rootLabel is the label of the reincarnation server.
const rootLabel = "rs"

// own are the ways in which the reincarnation server dies when it is told to: by a page fault, by hanging, by ending.
var own = []death{
	{label: rootLabel, way: "exception", reason: "exception", exception: "#PF", alias: true},
	{label: rootLabel, way: "hang", reason: "hang", alias: true},
	{label: rootLabel, way: "kill", reason: "exit", alias: true},
}

// plan is every death of the demo: faulty in each of its ways, then by the kernel's hand, then
// each real driver and the shell from outside, the data store also by the kernel's hand, and the reincarnation server in its own ways.
func plan(services []string) (all []death) {
	for w := faulty.Way(1); w < faulty.Ways; w++ {
		d := expected[w]
		d.label, d.way = "faulty", w.String()
		all = append(all, d)
	}
	all = append(all, death{label: "faulty", way: "kill", reason: "injected"})
	for _, s := range services {
		ways := kinds
		switch s {
		case rootLabel:
			ways = own
		case "ds":
			ways = append(slices.Clone(kinds), killed)
		}
		for _, k := range ways {
			k.label = s
			all = append(all, k)
		}
	}
	return all
}
