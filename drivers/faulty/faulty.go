// faulty misbehaves on command, in each way of abi.FaultyWay: by request (abi.FaultyDo) or as
// the reincarnation server's self-inflicted fault (abi.DriverFault). It holds nothing, so that
// whatever else breaks when it does is a defect of the system.
package main

import (
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

type faulty struct{}

// Init is sdk.Driver.
func (faulty) Init(*sdk.Context) error { return nil }

// Message is sdk.Driver.
func (f faulty) Message(c *sdk.Context, m *abi.Msg, _ abi.ReceiveKind) {
	switch m.Type {
	case abi.FaultyDo:
		c.Reply(m, f.do(c, m.Arg[0], m.Arg[1]))
	case abi.FaultyEcho:
		c.Reply(m, abi.OK, m.Arg[1:6]...) // Arg[6] is the tag
	default:
		c.Reply(m, abi.ENOSYS)
	}
}

// CanFault is sdk.Faulter.
func (faulty) CanFault(way uint64) abi.Errno {
	if way == 0 || way >= uint64(abi.FaultyWays) {
		return abi.ENOSYS
	}
	return abi.OK
}

// Fault is sdk.Faulter.
func (f faulty) Fault(c *sdk.Context, way uint64) { f.do(c, way, 0) }

// do misbehaves. It returns from the ways that live on; from any other that means that the
// kernel has let something pass.
//
// Errors: EINVAL (no such way), EIO (it should have died).
func (f faulty) do(c *sdk.Context, way, param uint64) abi.Errno {
	if way == 0 || way >= uint64(abi.FaultyWays) {
		return abi.EINVAL
	}
	name := abi.FaultyWay(way).String()
	c.Log("event", "fault", "way", name)
	ways[way](c, param)
	if abi.FaultyWay(way) == abi.FaultyNoHeartbeat {
		return abi.OK
	}
	c.Log("error", "lived on", "way", name)
	return abi.EIO
}
