//go:build tamago

// Load is the workload of fault-injection campaigns. Package work has its logic, package kind what an operation on each service is.
package main

import (
	_ "bennu/board/ring3" // the runtime's hooks
	"bennu/drivers/sdk"
	"bennu/rs/load/kind"
	"bennu/rs/load/work"
)

func main() { sdk.Run(&work.Service{Kinds: kind.Of}) }
