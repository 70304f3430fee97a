//go:build tamago

// Ctl serves the control port, COM2: requests and events, one JSON object a line, for
// programs outside the machine. Package server has the protocol.
package main

import (
	_ "bennu/board/ring3" // the runtime's hooks
	"bennu/drivers/sdk"
	"bennu/rs/ctl/server"
)

func main() { sdk.Run(new(server.Driver)) }
