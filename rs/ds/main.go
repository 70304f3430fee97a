//go:build tamago

// Ds is the data store. Package store has what it knows, package server what it does.
package main

import (
	_ "bennu/board/ring3" // the runtime's hooks
	"bennu/drivers/sdk"
	"bennu/rs/ds/server"
)

func main() { sdk.Run(new(server.Driver)) }
