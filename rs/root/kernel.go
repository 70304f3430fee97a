//go:build tamago

package main

import (
	"bennu/kernel/abi"
	"bennu/kernel/usys"
)

// sys is the kernel.
var sys usys.Gate

// kernel is server.Kernel made of kernel calls.
type kernel struct{}

func (kernel) Now() uint64                                 { return sys.Now() }
func (kernel) Root() abi.Endpoint                          { return sys.Start().Endpoint }
func (kernel) SetAlarm(ns uint64)                          { sys.SetAlarm(ns) }
func (kernel) Shutdown(how abi.ShutdownHow, status uint64) { sys.Shutdown(how, status) }
func (kernel) Diag(account uint64, line []byte)            { sys.DiagAbout(account, line) }

func (kernel) Receive(timeout uint64, m *abi.Msg) (abi.ReceiveKind, abi.Errno) {
	return sys.Receive(abi.Any, timeout, m)
}
func (kernel) SendNB(to abi.Endpoint, m *abi.Msg) abi.Errno { return sys.SendNB(to, m) }
func (kernel) Notify(to abi.Endpoint) abi.Errno             { return sys.Notify(to) }
func (kernel) CopyFrom(from abi.Endpoint, id abi.GrantID, offset uint64, b []byte) abi.Errno {
	return sys.CopyFrom(from, id, offset, b)
}
func (kernel) CopyTo(to abi.Endpoint, id abi.GrantID, offset uint64, b []byte) abi.Errno {
	return sys.CopyTo(to, id, offset, b)
}

func (kernel) Unpromised() uint64 {
	var c abi.Counts
	sys.GetInfo(abi.InfoCounts, 0, abi.Bytes(&c))
	return (c.Frames - c.Reserved) * abi.PageSize
}

func (kernel) AccountSet(id abi.AccountID, s *abi.AccountSpec) (abi.AccountID, abi.Errno) {
	return sys.AccountSet(id, s)
}
func (kernel) AccountPay(id abi.AccountID)                          { sys.AccountPay(id) }
func (kernel) TaskCreate(s *abi.TaskSpec) (abi.Endpoint, abi.Errno) { return sys.TaskCreate(s) }
func (kernel) PrivSet(ep abi.Endpoint, p *abi.Privilege) abi.Errno  { return sys.PrivSet(ep, p) }
func (kernel) PrivAllow(ep abi.Endpoint) abi.Errno                  { return sys.PrivAllow(ep) }
func (kernel) TaskKill(ep abi.Endpoint) abi.Errno                   { return sys.TaskKill(ep) }
func (kernel) Regs(ep abi.Endpoint, r *abi.Registers) abi.Errno     { return sys.TraceRegs(ep, r) }
func (kernel) Poke(ep abi.Endpoint, addr uint64, b byte) abi.Errno {
	_, e := sys.Trace(abi.TracePoke1, ep, addr, uint64(b))
	return e
}

func (kernel) Death(r *abi.DeathRecord) abi.Errno {
	_, e := sys.GetInfo(abi.InfoDeath, 0, abi.Bytes(r))
	return e
}

func (kernel) ResetLatency(l *abi.Latency) abi.Errno {
	_, e := sys.GetInfo(abi.InfoLatency, 1, abi.Bytes(l))
	return e
}

func (kernel) ImageCreate(size uint64) (uint32, abi.Errno) { return sys.ImageCreate(size) }
func (kernel) ImageWrite(image uint32, offset uint64, b []byte) abi.Errno {
	return sys.ImageWrite(image, offset, b)
}
func (kernel) ImageSeal(image uint32) abi.Errno { return sys.ImageSeal(image) }
func (kernel) ImageFree(image uint32) abi.Errno { return sys.ImageFree(image) }
