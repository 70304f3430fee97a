//go:build tamago

// Shell is the operator's shell on the console. Package session has its logic, package service
// its commands.
package main

import (
	_ "bennu/board/ring3" // the runtime's hooks
	"bennu/drivers/sdk"
	"bennu/rs/shell/session"
)

func main() { sdk.Run(new(session.Driver)) }
