package server

import "bennu/kernel/abi"

// Kernel is the calls that the server needs: package usys in a task, a fake in tests.
type Kernel interface {
	Now() uint64        // ns since boot
	Root() abi.Endpoint // the server's own endpoint
	SetAlarm(ns uint64) // a notification from abi.Clock after ns; 0: none
	// Diag writes a line of log. It is charged to the share for lines about the tasks of an account; 0: to the server's own.
	Diag(account uint64, line []byte)

	// ResetLatency reads the record of the worst delays, which begins anew.
	ResetLatency(l *abi.Latency) abi.Errno

	// Shutdown ends the machine. It returns when it is not allowed.
	Shutdown(how abi.ShutdownHow, status uint64)

	// Receive takes a message from anybody; EAGAIN after timeout ns.
	Receive(timeout uint64, m *abi.Msg) (abi.ReceiveKind, abi.Errno)
	SendNB(to abi.Endpoint, m *abi.Msg) abi.Errno
	Notify(to abi.Endpoint) abi.Errno
	CopyFrom(from abi.Endpoint, id abi.GrantID, offset uint64, b []byte) abi.Errno
	CopyTo(to abi.Endpoint, id abi.GrantID, offset uint64, b []byte) abi.Errno

	Unpromised() uint64 // bytes of memory that are free and promised to nobody
	AccountSet(id abi.AccountID, s *abi.AccountSpec) (abi.AccountID, abi.Errno)
	AccountPay(id abi.AccountID)
	TaskCreate(s *abi.TaskSpec) (abi.Endpoint, abi.Errno)
	PrivSet(ep abi.Endpoint, p *abi.Privilege) abi.Errno
	PrivAllow(ep abi.Endpoint) abi.Errno
	TaskKill(ep abi.Endpoint) abi.Errno
	Death(r *abi.DeathRecord) abi.Errno // takes the oldest; EAGAIN: none
	Regs(ep abi.Endpoint, r *abi.Registers) abi.Errno
	Poke(ep abi.Endpoint, addr uint64, b byte) abi.Errno

	ImageCreate(size uint64) (uint32, abi.Errno)
	ImageWrite(image uint32, offset uint64, b []byte) abi.Errno
	ImageSeal(image uint32) abi.Errno
	ImageFree(image uint32) abi.Errno
}

// Archive is the boot archive: kernel/archive's.
type Archive interface {
	File(name string) (b []byte, ok bool)
	Check(name string) error
}
