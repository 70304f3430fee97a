//go:build tamago

// Command root is the root task: the reincarnation server, bin/rs of the boot archive. The
// kernel starts it, and it starts everything else. Up to the snapshot it asks the kernel nothing: later lives begin there, with all tables made.
package main

import (
	_ "bennu/board/ring3"
	"bennu/kernel/abi"
	"bennu/kernel/archive"
	"bennu/kernel/usys"
	"bennu/rs/server"
)

// sys is the kernel.
var sys usys.Gate

// failed is the machine's exit status when nothing can be started.
const failed = 1

func main() {
	a, err := archive.Open(sys.Module())
	if err != nil {
		end(err)
	}
	s, err := server.New(sys, a)
	if err != nil {
		end(err)
	}
	sys.Snapshot() // any error: the next life begins as this one did
	s.Run()
	sys.Exit(failed, abi.ExitNormal) // the kernel did not end the machine
}

// end says why there is no system, and ends the machine.
func end(err error) {
	sys.Diag("event=fatal " + err.Error())
	sys.Shutdown(abi.PowerOff, failed)
	sys.Exit(failed, abi.ExitPanic)
}
