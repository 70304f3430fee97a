//go:build tamago

package usys

import "bennu/kernel/abi"

// Exit ends the task. It does not return.
func Exit(status uint64, kind abi.ExitKind) {
	raw2(uint64(abi.CallExit), status, uint64(kind))
}

// AccountSet makes an account (id 0), or changes what one may use. Errors: EINVAL, ESRCH, ENOSPC, ENOMEM.
func AccountSet(id abi.AccountID, s *abi.AccountSpec) (abi.AccountID, abi.Errno) {
	copy(area().Buf[:], abi.Bytes(s))
	e, v := raw2(uint64(abi.CallAccount), uint64(abi.AccountSet), uint64(id))
	return abi.AccountID(v), abi.Errno(e)
}

// AccountFree gives an account up. Errors: ESRCH, EPERM, EBUSY (tasks or images are on it).
func AccountFree(id abi.AccountID) abi.Errno {
	e, _ := raw2(uint64(abi.CallAccount), uint64(abi.AccountFree), uint64(id))
	return abi.Errno(e)
}

// AccountPay puts what this task does until it next receives on an account. Errors: EPERM (it is no server), ESRCH.
func AccountPay(id abi.AccountID) abi.Errno {
	e, _ := raw2(uint64(abi.CallAccount), uint64(abi.AccountPay), uint64(id))
	return abi.Errno(e)
}

// PrivSet sets what a new task may do. Errors: EPERM (it runs already), EDEADSRCDST,
// EINVAL, EBUSY (a port is another task's).
func PrivSet(ep abi.Endpoint, p *abi.Privilege) abi.Errno {
	copy(area().Buf[:], abi.Bytes(p))
	e, _ := raw2(uint64(abi.CallPrivCtl), uint64(abi.PrivSet), uint64(ep))
	return abi.Errno(e)
}

// PrivQuery reads a task's privileges. Errors: EDEADSRCDST.
func PrivQuery(ep abi.Endpoint, p *abi.Privilege) abi.Errno {
	e, _ := raw2(uint64(abi.CallPrivCtl), uint64(abi.PrivQuery), uint64(ep))
	copy(abi.Bytes(p), area().Buf[:])
	return abi.Errno(e)
}

// PrivAllow lets a new task run. Errors: EPERM (no PrivSet, or it runs), EDEADSRCDST.
func PrivAllow(ep abi.Endpoint) abi.Errno {
	e, _ := raw2(uint64(abi.CallPrivCtl), uint64(abi.PrivAllow), uint64(ep))
	return abi.Errno(e)
}

// PrivDisallow stops a task where it is. Errors: EPERM (stopped already), EDEADSRCDST.
func PrivDisallow(ep abi.Endpoint) abi.Errno {
	e, _ := raw2(uint64(abi.CallPrivCtl), uint64(abi.PrivDisallow), uint64(ep))
	return abi.Errno(e)
}

// TaskCreate makes a task that may do nothing yet. Errors: ENOSPC (no slot), ENOMEM, ESRCH (no such account),
// EINVAL (no such image, or not sealed), EAGAIN (too many death records wait).
func TaskCreate(s *abi.TaskSpec) (abi.Endpoint, abi.Errno) {
	copy(area().Buf[:], abi.Bytes(s))
	e, v := raw0(uint64(abi.CallTaskCreate))
	return abi.Endpoint(v), abi.Errno(e)
}

// TaskKill ends a task. Errors: EDEADSRCDST, EPERM (the root task).
func TaskKill(ep abi.Endpoint) abi.Errno {
	e, _ := raw1(uint64(abi.CallTaskKill), uint64(ep))
	return abi.Errno(e)
}

// ImageCreate begins an executable copy of size bytes. Errors: ENOSPC, ENOMEM, EINVAL.
func ImageCreate(size uint64) (uint32, abi.Errno) {
	e, v := raw1(uint64(abi.CallImageCreate), size)
	return uint32(v), abi.Errno(e)
}

// ImageWrite fills the copy from offset on. Errors: EINVAL (no such image, sealed, past
// its end).
func ImageWrite(image uint32, offset uint64, b []byte) abi.Errno {
	for len(b) > 0 {
		n := min(len(b), abi.MaxCopy)
		e, _ := raw4(uint64(abi.CallImageWrite), uint64(image), offset, address(b), uint64(n))
		if e != 0 {
			return abi.Errno(e)
		}
		b, offset = b[n:], offset+uint64(n)
	}
	return abi.OK
}

// ImageSeal ends the writing. Errors: EINVAL, ENOEXEC (not a static ELF64 of this ABI).
func ImageSeal(image uint32) abi.Errno {
	e, _ := raw1(uint64(abi.CallImageSeal), uint64(image))
	return abi.Errno(e)
}

// ImageFree gives the copy up; its memory returns when its last task is gone.
// Errors: EINVAL.
func ImageFree(image uint32) abi.Errno {
	e, _ := raw1(uint64(abi.CallImageFree), uint64(image))
	return abi.Errno(e)
}

// IRQSetPolicy asks for an interrupt line: from now on it notifies the caller from
// abi.Hardware with bit set. Errors: EPERM, EBUSY, ENOSPC, EINVAL.
func IRQSetPolicy(line uint32, bit uint) (hook uint32, e abi.Errno) {
	n, v := raw3(uint64(abi.CallIRQCtl), uint64(abi.IRQSetPolicy), uint64(line), uint64(bit))
	return uint32(v), abi.Errno(n)
}

// IRQEnable says that the interrupt was handled. Errors: EINVAL, EPERM.
func IRQEnable(hook uint32) abi.Errno { return irq(abi.IRQEnable, hook) }

// IRQDisable masks the hook. Errors: EINVAL, EPERM.
func IRQDisable(hook uint32) abi.Errno { return irq(abi.IRQDisable, hook) }

// IRQRmPolicy gives the line back. Errors: EINVAL, EPERM.
func IRQRmPolicy(hook uint32) abi.Errno { return irq(abi.IRQRmPolicy, hook) }

func irq(op abi.IRQOp, hook uint32) abi.Errno {
	e, _ := raw2(uint64(abi.CallIRQCtl), uint64(op), uint64(hook))
	return abi.Errno(e)
}

// SetAlarm asks for a notification from abi.Clock after ns nanoseconds; 0 cancels. One
// alarm a task. The result is what the previous one had left.
func SetAlarm(ns uint64) (left uint64, e abi.Errno) {
	n, v := raw1(uint64(abi.CallSetAlarm), ns)
	return v, abi.Errno(n)
}

// Times is the CPU time that a task has used, in ns. Errors: EDEADSRCDST.
func Times(ep abi.Endpoint) (uint64, abi.Errno) {
	e, v := raw1(uint64(abi.CallTimes), uint64(ep))
	return v, abi.Errno(e)
}

// GetInfo fills out with what the kernel knows (abi.InfoKind says the type) and tells how
// many bytes that were. Errors: EINVAL, ESRCH, EDOM, EAGAIN, EPERM.
func GetInfo(kind abi.InfoKind, index uint64, out []byte) (int, abi.Errno) {
	e, v := raw2(uint64(abi.CallGetInfo), uint64(kind), index)
	var n int
	if abi.Errno(e) == abi.OK {
		n = copy(out, area().Buf[:min(v, uint64(len(area().Buf)))])
	}
	return n, abi.Errno(e)
}

const own = 0 // the account of a line about nobody in particular: its writer's

// Diag puts a line into the kernel's log. The rest of a line that is longer than abi.LogLineMax is cut.
func Diag(line string) abi.Errno {
	return diag(copy(area().Buf[:], line), own)
}

// DiagBytes is Diag of bytes.
func DiagBytes(line []byte) abi.Errno {
	return diag(copy(area().Buf[:], line), own)
}

// DiagAbout is a line of the root task that takes the room for lines about an account's tasks; account 0: its own.
func DiagAbout(account uint64, line []byte) abi.Errno {
	return diag(copy(area().Buf[:], line), account)
}

func diag(n int, account uint64) abi.Errno {
	e, _ := raw2(uint64(abi.CallDiag), uint64(n), account)
	return abi.Errno(e)
}

// Trace reads or changes another task. Errors: EDEADSRCDST, EFAULT, EINVAL.
func Trace(op abi.TraceOp, ep abi.Endpoint, addr, value uint64) (uint64, abi.Errno) {
	e, v := raw4(uint64(abi.CallTrace), uint64(op), uint64(ep), addr, value)
	return v, abi.Errno(e)
}

// TraceRegs reads another task's registers. Errors: EDEADSRCDST.
func TraceRegs(ep abi.Endpoint, r *abi.Registers) abi.Errno {
	e, _ := raw2(uint64(abi.CallTrace), uint64(abi.TraceRegs), uint64(ep))
	copy(abi.Bytes(r), area().Buf[:])
	return abi.Errno(e)
}

// Shutdown ends the machine. It returns only when it is not allowed.
func Shutdown(how abi.ShutdownHow, status uint64) abi.Errno {
	e, _ := raw2(uint64(abi.CallShutdown), uint64(how), status)
	return abi.Errno(e)
}

// CopyFrom copies from another task's grant into b. Errors: EPERM (no such grant, or not for
// the caller, or out of its bounds), EDEADSRCDST, E2BIG (over abi.MaxCopy), EFAULT (the granter's memory).
func CopyFrom(granter abi.Endpoint, id abi.GrantID, offset uint64, b []byte) abi.Errno {
	e, _ := raw5(uint64(abi.CallCopyFrom), uint64(granter), uint64(id), offset, address(b), uint64(len(b)))
	return abi.Errno(e)
}

// CopyTo copies b into another task's grant. Errors: as CopyFrom.
func CopyTo(granter abi.Endpoint, id abi.GrantID, offset uint64, b []byte) abi.Errno {
	e, _ := raw5(uint64(abi.CallCopyTo), uint64(granter), uint64(id), offset, address(b), uint64(len(b)))
	return abi.Errno(e)
}

// PortIn reads a guarded port of the caller's. Errors: EPERM, EINVAL.
func PortIn(port uint16) (uint8, abi.Errno) {
	e, v := raw2(uint64(abi.CallPortIO), uint64(abi.PortIn), uint64(port))
	return uint8(v), abi.Errno(e)
}

// PortOut writes one. Errors: EPERM (the byte would reach past the device too), EAGAIN (the device has not
// taken the byte before), EINVAL.
func PortOut(port uint16, v uint8) abi.Errno {
	e, _ := raw3(uint64(abi.CallPortIO), uint64(abi.PortOut), uint64(port), uint64(v))
	return abi.Errno(e)
}

// Null is a kernel call that does nothing, to measure the gate: Times of the caller.
func Null() { raw1(uint64(abi.CallTimes), uint64(abi.Self)) }
