//go:build tamago

package main

import (
	"bennu/kernel/abi"
	"bennu/kernel/usys"
)

// kernel is server.Kernel made of kernel calls.
type kernel struct{}

func (kernel) Now() uint64                                 { return usys.Now() }
func (kernel) Root() abi.Endpoint                          { return usys.Start().Endpoint }
func (kernel) SetAlarm(ns uint64)                          { usys.SetAlarm(ns) }
func (kernel) Shutdown(how abi.ShutdownHow, status uint64) { usys.Shutdown(how, status) }
func (kernel) Diag(account uint64, line []byte)            { usys.DiagAbout(account, line) }

func (kernel) Receive(timeout uint64, m *abi.Msg) (abi.ReceiveKind, abi.Errno) {
	return usys.Receive(abi.Any, timeout, m)
}
func (kernel) SendNB(to abi.Endpoint, m *abi.Msg) abi.Errno { return usys.SendNB(to, m) }
func (kernel) Notify(to abi.Endpoint) abi.Errno             { return usys.Notify(to) }
func (kernel) CopyFrom(from abi.Endpoint, id abi.GrantID, offset uint64, b []byte) abi.Errno {
	return usys.CopyFrom(from, id, offset, b)
}
func (kernel) CopyTo(to abi.Endpoint, id abi.GrantID, offset uint64, b []byte) abi.Errno {
	return usys.CopyTo(to, id, offset, b)
}

func (kernel) Unpromised() uint64 {
	var c abi.Counts
	usys.GetInfo(abi.InfoCounts, 0, abi.Bytes(&c))
	return (c.Frames - c.Reserved) * abi.PageSize
}

func (kernel) AccountSet(id abi.AccountID, s *abi.AccountSpec) (abi.AccountID, abi.Errno) {
	return usys.AccountSet(id, s)
}
func (kernel) AccountPay(id abi.AccountID)                          { usys.AccountPay(id) }
func (kernel) TaskCreate(s *abi.TaskSpec) (abi.Endpoint, abi.Errno) { return usys.TaskCreate(s) }
func (kernel) PrivSet(ep abi.Endpoint, p *abi.Privilege) abi.Errno  { return usys.PrivSet(ep, p) }
func (kernel) PrivAllow(ep abi.Endpoint) abi.Errno                  { return usys.PrivAllow(ep) }
func (kernel) TaskKill(ep abi.Endpoint) abi.Errno                   { return usys.TaskKill(ep) }
func (kernel) Regs(ep abi.Endpoint, r *abi.Registers) abi.Errno     { return usys.TraceRegs(ep, r) }
func (kernel) Poke(ep abi.Endpoint, addr uint64, b byte) abi.Errno {
	_, e := usys.Trace(abi.TracePoke1, ep, addr, uint64(b))
	return e
}

func (kernel) Death(r *abi.DeathRecord) abi.Errno {
	_, e := usys.GetInfo(abi.InfoDeath, 0, abi.Bytes(r))
	return e
}

func (kernel) ResetLatency(l *abi.Latency) abi.Errno {
	_, e := usys.GetInfo(abi.InfoLatency, 1, abi.Bytes(l))
	return e
}

func (kernel) ImageCreate(size uint64) (uint32, abi.Errno) { return usys.ImageCreate(size) }
func (kernel) ImageWrite(image uint32, offset uint64, b []byte) abi.Errno {
	return usys.ImageWrite(image, offset, b)
}
func (kernel) ImageSeal(image uint32) abi.Errno { return usys.ImageSeal(image) }
func (kernel) ImageFree(image uint32) abi.Errno { return usys.ImageFree(image) }
