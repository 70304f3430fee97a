//go:build tamago

package sdk

import (
	"bennu/kernel/abi"
	"bennu/kernel/usys"
)

// Run is the life of a driver. It does not return.
func Run(d Driver) {
	c := Start(task{}, d)
	if !c.over {
		c.loop()
	}
	usys.Exit(c.status, c.kind)
}

// task is the Kernel of a real task.
type task struct{}

func (task) StartInfo() *abi.StartInfo   { return usys.Start() }
func (task) Pending() *uint32            { return usys.Pending() }
func (task) Clock() *abi.ClockInfo       { return usys.Clock() }
func (task) SetClock(u uint64) abi.Errno { return usys.SetClock(u) }
func (task) Now() uint64                 { return usys.Now() }

func (task) Send(to abi.Endpoint, m *abi.Msg) abi.Errno   { return usys.Send(to, m) }
func (task) SendNB(to abi.Endpoint, m *abi.Msg) abi.Errno { return usys.SendNB(to, m) }
func (task) SendA(to abi.Endpoint, tag uint64, m *abi.Msg) abi.Errno {
	return usys.SendA(to, tag, m)
}
func (task) Receive(from abi.Endpoint, timeout uint64, m *abi.Msg) (abi.ReceiveKind, abi.Errno) {
	return usys.Receive(from, timeout, m)
}
func (task) SendRec(to abi.Endpoint, timeout uint64, m *abi.Msg) (bool, abi.Errno) {
	return usys.SendRecTimeout(to, timeout, m)
}
func (task) Notify(to abi.Endpoint) abi.Errno { return usys.Notify(to) }

func (task) PortIn(port uint16) (uint8, abi.Errno)  { return usys.PortIn(port) }
func (task) PortOut(port uint16, v uint8) abi.Errno { return usys.PortOut(port, v) }

func (task) IRQSetPolicy(line uint32, bit uint) (uint32, abi.Errno) {
	return usys.IRQSetPolicy(line, bit)
}
func (task) IRQEnable(hook uint32) abi.Errno        { return usys.IRQEnable(hook) }
func (task) IRQDisable(hook uint32) abi.Errno       { return usys.IRQDisable(hook) }
func (task) SetAlarm(ns uint64) (uint64, abi.Errno) { return usys.SetAlarm(ns) }
func (task) Diag(line []byte) abi.Errno             { return usys.DiagBytes(line) }
func (task) Revoke(id abi.GrantID)                  { usys.Revoke(id) }
func (task) Exit(status uint64, kind abi.ExitKind)  { usys.Exit(status, kind) }
func (task) GetInfo(kind abi.InfoKind, index uint64, out []byte) (int, abi.Errno) {
	return usys.GetInfo(kind, index, out)
}
func (task) CopyFrom(granter abi.Endpoint, id abi.GrantID, offset uint64, b []byte) abi.Errno {
	return usys.CopyFrom(granter, id, offset, b)
}
func (task) CopyTo(granter abi.Endpoint, id abi.GrantID, offset uint64, b []byte) abi.Errno {
	return usys.CopyTo(granter, id, offset, b)
}
func (task) Grant(to abi.Endpoint, b []byte, flags uint32) (abi.GrantID, bool) {
	return usys.Grant(to, b, flags)
}

func (task) In8(port uint16) uint8       { return in8(port) }
func (task) In16(port uint16) uint16     { return in16(port) }
func (task) In32(port uint16) uint32     { return in32(port) }
func (task) Out8(port uint16, v uint8)   { out8(port, v) }
func (task) Out16(port uint16, v uint16) { out16(port, v) }
func (task) Out32(port uint16, v uint32) { out32(port, v) }
