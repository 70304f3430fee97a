//go:build tamago

// Load is the workload of fault-injection campaigns. Package work has its logic, package kind what an operation on each service is.
package main

import (
	_ "bennu/board/ring3" // the runtime's hooks
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
	"bennu/rs/load/kind"
	"bennu/rs/load/work"
)

func main() {
	sdk.Run(&work.Service{Kinds: kind.Of, Trace: func(c *sdk.Context) work.Tracer { return ports{c} }})
}

// ports are the victim's, by the right that `trace` gives.
type ports struct{ c *sdk.Context }

func (p ports) PortIn(of abi.Endpoint, port uint16, width int) (uint32, abi.Errno) {
	return p.c.TracePortIn(of, port, width)
}

func (p ports) PortOut(of abi.Endpoint, port uint16, width int, v uint32) abi.Errno {
	return p.c.TracePortOut(of, port, width, v)
}
