//go:build tamago

// Command root is the root task: the reincarnation server, bin/rs of the boot archive. The
// kernel starts it, and it starts everything else. Up to the snapshot it asks the kernel nothing: later lives begin there, with all tables made.
package main

import (
	_ "bennu/board/ring3"
	"bennu/kernel/archive"
	"bennu/kernel/usys"
	"bennu/rs/server"
)

// sys is the kernel.
var sys usys.Gate

func main() {
	a, err := archive.Open(sys.Module())
	if err != nil {
		server.Fail(sys, err.Error())
	}
	s, err := server.New(sys, a)
	if err != nil {
		server.Fail(sys, err.Error())
	}
	sys.Snapshot() // any error: the next life begins as this one did
	s.Run()
	server.End(sys, "the server has come to an end") // it never does
}
