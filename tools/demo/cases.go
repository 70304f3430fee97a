package main

import "bennu/kernel/abi"

// death is a way for a service to die, and how RS should see it.
type death struct {
	label, way string
	reason     string
	exception  string // "": the reason is none, or which does not matter
}

// expected is how RS sees each way in which faulty dies.
var expected = map[abi.FaultyWay]death{
	abi.FaultyExit:        {reason: "exit"},
	abi.FaultyPanic:       {reason: "panic"},
	abi.FaultyNil:         {reason: "exception", exception: "#PF"},
	abi.FaultyDivide:      {reason: "exception", exception: "#DE"},
	abi.FaultyIllegal:     {reason: "exception", exception: "#UD"},
	abi.FaultyPrivileged:  {reason: "exception", exception: "#GP"},
	abi.FaultyPort:        {reason: "exception", exception: "#GP"},
	abi.FaultyTextWrite:   {reason: "exception", exception: "#PF"},
	abi.FaultyJumpData:    {reason: "exception", exception: "#PF"},
	abi.FaultyStack:       {reason: "memory"},
	abi.FaultyLoop:        {reason: "no-heartbeat"},
	abi.FaultyLoopCalls:   {reason: "no-heartbeat"},
	abi.FaultyAlloc:       {reason: "memory"},
	abi.FaultyNoHeartbeat: {reason: "no-heartbeat"},
	abi.FaultyBadCall:     {reason: "bad-call"},
	abi.FaultyKernelRead:  {reason: "exception", exception: "#PF"},
}

// kinds are the ways to break any service from outside.
var kinds = []death{
	{way: "exception", reason: "exception", exception: "#UD"},
	{way: "hang", reason: "no-heartbeat"},
}

// plan is every death of the demo: faulty in each of its ways, then by the kernel's hand, then
// each real driver and the shell from outside.
func plan(services []string) (all []death) {
	for w := abi.FaultyWay(1); w < abi.FaultyWays; w++ {
		d := expected[w]
		d.label, d.way = "faulty", w.String()
		all = append(all, d)
	}
	all = append(all, death{label: "faulty", way: "kill", reason: "injected"})
	for _, s := range services {
		for _, k := range kinds {
			k.label = s
			all = append(all, k)
		}
	}
	return all
}
