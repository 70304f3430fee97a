//go:build tamago

package main

import (
	_ "bennu/board/ring3"
	"bennu/drivers/sdk"
)

func main() { sdk.Run(new(driver)) }
