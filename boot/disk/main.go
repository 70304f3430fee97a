//go:build tamago

// disk is a service that uses a block device and ends its driver's lives meanwhile: in tests, and in the experiment (tools/disk).
package main

import (
	_ "bennu/board/ring3"
	"bennu/drivers/sdk"
)

func main() { sdk.Run(new(service)) }
