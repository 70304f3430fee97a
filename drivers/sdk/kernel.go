package sdk

import "bennu/kernel/abi"

// Kernel is what the SDK asks of the kernel. In a task it is kernel/usys, whose
// documentation tells what each does; on the host it is drivers/sdk/fake. Pointers and
// slices given to it are not kept, but for Grant's.
type Kernel interface {
	Ports

	StartInfo() *abi.StartInfo
	Now() uint64      // ns since boot
	Pending() *uint32 // abi.CallArea.Pending
	Clock() *abi.ClockInfo
	SetClock(unix uint64) abi.Errno

	Send(to abi.Endpoint, m *abi.Msg) abi.Errno
	SendNB(to abi.Endpoint, m *abi.Msg) abi.Errno
	SendA(to abi.Endpoint, tag uint64, m *abi.Msg) abi.Errno
	Receive(from abi.Endpoint, timeout uint64, m *abi.Msg) (abi.ReceiveKind, abi.Errno)
	SendRec(to abi.Endpoint, timeout uint64, m *abi.Msg) (sent bool, e abi.Errno)
	Notify(to abi.Endpoint) abi.Errno

	PortIn(port uint16) (uint8, abi.Errno) // of a guarded port
	PortOut(port uint16, v uint8) abi.Errno
	IRQSetPolicy(line uint32, bit uint) (hook uint32, e abi.Errno)
	IRQEnable(hook uint32) abi.Errno
	IRQDisable(hook uint32) abi.Errno
	SetAlarm(ns uint64) (left uint64, e abi.Errno)
	GetInfo(kind abi.InfoKind, index uint64, out []byte) (int, abi.Errno)
	Diag(line []byte) abi.Errno
	CopyFrom(granter abi.Endpoint, id abi.GrantID, offset uint64, b []byte) abi.Errno
	CopyTo(granter abi.Endpoint, id abi.GrantID, offset uint64, b []byte) abi.Errno
	Grant(to abi.Endpoint, b []byte, flags uint32) (abi.GrantID, bool)
	Revoke(id abi.GrantID)
	Exit(status uint64, kind abi.ExitKind)
}

// Ports is the I/O address space. In a task, IN and OUT run in ring 3: a port that the
// privilege does not list is a general-protection exception, and the end of the driver. Ports that
// the kernel guards (the keyboard controller's, the CMOS clock's) are reached by a kernel call each, and only by In8
// and Out8; a byte that it does not let through is a panic, which names it.
type Ports interface {
	In8(port uint16) uint8
	In16(port uint16) uint16
	In32(port uint16) uint32
	Out8(port uint16, v uint8)
	Out16(port uint16, v uint16)
	Out32(port uint16, v uint32)
}
