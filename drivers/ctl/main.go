//go:build tamago

// Ctl is the driver of the control port, COM2: requests and events, one JSON object a line, for
// programs outside the machine. Package server has the protocol.
package main

import (
	_ "bennu/board/ring3" // the runtime's hooks
	"bennu/drivers/ctl/server"
	"bennu/drivers/sdk"
)

func main() { sdk.Run(new(server.Driver)) }
