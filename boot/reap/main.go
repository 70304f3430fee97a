//go:build tamago

// reap is two services of a test: the reaper ends lives of the reincarnation server, or of others, after numbers of their instructions that
// it draws, and the witness uses the machine all the time, by numbered requests, and looks whether it can notice.
package main

import (
	_ "bennu/board/ring3"
	"bennu/boot/reap/say"
	"bennu/drivers/sdk"
	"bennu/kernel/usys"
)

func main() {
	if label := (usys.Gate{}).Start().Label; label.String() == say.Witness {
		sdk.Run(new(witness))
	}
	sdk.Run(new(reaper))
}
