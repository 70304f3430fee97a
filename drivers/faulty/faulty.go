// faulty misbehaves on command, in each way of faulty.Way: by request (faulty.Do) or as the reincarnation
// server's self-inflicted fault (abi.DriverFault). It holds nothing, so anything else that breaks with it is
// a defect of the system.
package main

import (
	"bennu/drivers/protocol/faulty"
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

type driver struct{}

// Init is sdk.Driver.
func (driver) Init(*sdk.Context) error { return nil }

// Message is sdk.Driver.
func (f driver) Message(c *sdk.Context, m *abi.Msg, _ abi.ReceiveKind) {
	switch m.Type {
	case faulty.Do:
		c.Answer(m, f.do(c, m.Arg[0], m.Arg[1]))
	case faulty.Echo:
		c.Answer(m, abi.OK, m.Arg[1:6]...) // Arg[6] is the tag
	default:
		c.Answer(m, abi.ENOSYS)
	}
}

// CanFault is sdk.Faulter.
func (driver) CanFault(way uint64) abi.Errno {
	if way == 0 || way >= uint64(faulty.Ways) {
		return abi.ENOSYS
	}
	return abi.OK
}

// Fault is sdk.Faulter.
func (f driver) Fault(c *sdk.Context, way uint64) { f.do(c, way, 0) }

// do misbehaves. It returns from the ways that live on; a return from any other way means that the kernel let
// something pass.
//
// Errors: EINVAL (no such way), EIO (it should have died).
func (f driver) do(c *sdk.Context, way, param uint64) abi.Errno {
	if way == 0 || way >= uint64(faulty.Ways) {
		return abi.EINVAL
	}
	name := faulty.Way(way).String()
	c.Log("event", "fault", "way", name)
	ways[way](c, param)
	if faulty.Way(way) == faulty.NoHeartbeat {
		return abi.OK
	}
	c.Log("error", "lived on", "way", name)
	return abi.EIO
}
