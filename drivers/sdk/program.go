package sdk

import "bennu/kernel/abi"

// program is the Driver of Program: it is not asked.
type program struct{}

func (program) Init(*Context) error { return nil }

func (program) Message(c *Context, m *abi.Msg, _ abi.ReceiveKind) { c.Reply(m, abi.ENOSYS) }

// run is the body of Program.
func (c *Context) run(f func(*Context)) {
	defer c.guard()
	f(c)
	c.end(0, abi.ExitNormal)
}
