package server

import (
	"bennu/kernel/abi"
	"bennu/kernel/usys"
)

// Only an operator's request ends the machine, and the first life that can start nothing at all. Whatever else goes wrong ends a life: the next one
// may do better, and the kernel starts the machine again when lives end too often.

// failed is the exit status of a life that cannot serve, and of the machine when no life ever could.
const failed = 1

// Fail ends a life in which there is no Server, since New has failed.
func Fail(k usys.Gate, why string) {
	if k.Start().Incarnation == 0 { // later lives have the same archive, and a life before them could read it
		k.Diag("event=fatal " + why + ": the machine ends")
		k.Shutdown(abi.PowerOff, failed)
	}
	End(k, why)
}

// End ends a life.
func End(k usys.Gate, why string) {
	k.Diag("event=fatal " + why)
	k.Exit(failed, abi.ExitPanic)
}
