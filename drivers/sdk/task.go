//go:build tamago

package sdk

import (
	"bennu/kernel/abi"
	"bennu/kernel/usys"
)

// Run is the life of a driver. It does not return.
func Run(d Driver) {
	k := task{}
	c := Start(k, d)
	if !c.over {
		c.loop()
	}
	k.Exit(c.status, c.kind)
}

// task is the Kernel of a real task.
type task struct{ usys.Gate }

func (t task) StartInfo() *abi.StartInfo { return t.Start() }
func (t task) SendRec(to abi.Endpoint, timeout uint64, m *abi.Msg) (bool, abi.Errno) {
	return t.SendRecTimeout(to, timeout, m)
}
func (t task) Diag(line []byte) abi.Errno { return t.DiagBytes(line) }
