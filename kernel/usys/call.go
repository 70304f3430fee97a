package usys

import "bennu/kernel/abi"

// Exit ends the task. It does not return.
func (g Gate) Exit(status uint64, kind abi.ExitKind) {
	g.call2(abi.CallExit, status, uint64(kind))
}

// AccountSet makes an account (id 0), or changes what one may use. Errors: EINVAL, ESRCH, ENOSPC, ENOMEM.
func (g Gate) AccountSet(id abi.AccountID, s *abi.AccountSpec) (abi.AccountID, abi.Errno) {
	copy(g.area().Buf[:], abi.Bytes(s))
	e, v := g.call2(abi.CallAccount, uint64(abi.AccountSet), uint64(id))
	return abi.AccountID(v), e
}

// AccountFree gives an account up. Errors: ESRCH, EPERM, EBUSY (tasks or images are on it).
func (g Gate) AccountFree(id abi.AccountID) abi.Errno {
	e, _ := g.call2(abi.CallAccount, uint64(abi.AccountFree), uint64(id))
	return e
}

// AccountPay puts what this task does until it next receives on an account. Errors: EPERM (it is no server), ESRCH.
func (g Gate) AccountPay(id abi.AccountID) abi.Errno {
	e, _ := g.call2(abi.CallAccount, uint64(abi.AccountPay), uint64(id))
	return e
}

// AccountDropSnapshot lets no life begin with an account's snapshot any more. Errors: ESRCH (no such account).
func (g Gate) AccountDropSnapshot(id abi.AccountID) abi.Errno {
	e, _ := g.call2(abi.CallAccount, uint64(abi.AccountDropSnapshot), uint64(id))
	return e
}

// AccountCheckSnapshot looks whether an account's snapshot holds what it held at the first such call. Errors: ESRCH (there is none), EIO (it
// does not, and is dropped).
func (g Gate) AccountCheckSnapshot(id abi.AccountID) abi.Errno {
	e, _ := g.call2(abi.CallAccount, uint64(abi.AccountCheckSnapshot), uint64(id))
	return e
}

// PrivSet sets what a new task may do. Errors: EPERM (it runs already), EDEADSRCDST,
// EINVAL, EBUSY (a port is another task's).
func (g Gate) PrivSet(ep abi.Endpoint, p *abi.Privilege) abi.Errno {
	copy(g.area().Buf[:], p.Used())
	e, _ := g.call2(abi.CallPrivCtl, uint64(abi.PrivSet), uint64(ep))
	return e
}

// PrivQuery reads a task's privileges. Errors: EDEADSRCDST.
func (g Gate) PrivQuery(ep abi.Endpoint, p *abi.Privilege) abi.Errno {
	e, _ := g.call2(abi.CallPrivCtl, uint64(abi.PrivQuery), uint64(ep))
	copy(abi.Bytes(p), g.area().Buf[:])
	return e
}

// PrivAllow lets a new task run. Errors: EPERM (no PrivSet, or it runs), EDEADSRCDST.
func (g Gate) PrivAllow(ep abi.Endpoint) abi.Errno {
	e, _ := g.call2(abi.CallPrivCtl, uint64(abi.PrivAllow), uint64(ep))
	return e
}

// PrivDisallow stops a task where it is. Errors: EPERM (stopped already), EDEADSRCDST.
func (g Gate) PrivDisallow(ep abi.Endpoint) abi.Errno {
	e, _ := g.call2(abi.CallPrivCtl, uint64(abi.PrivDisallow), uint64(ep))
	return e
}

// TaskCreate makes a task that may do nothing yet. Errors: ENOSPC (no slot), ENOMEM, ESRCH (no such account),
// EINVAL (no such image, or not sealed), EAGAIN (too many death records wait).
func (g Gate) TaskCreate(s *abi.TaskSpec) (abi.Endpoint, abi.Errno) {
	ep, _, e := g.TaskBegin(s)
	return ep, e
}

// TaskBegin is TaskCreate that tells whether the task begins with the snapshot of its service.
func (g Gate) TaskBegin(s *abi.TaskSpec) (ep abi.Endpoint, warm bool, e abi.Errno) {
	copy(g.area().Buf[:], s.Used())
	e, v := g.call0(abi.CallTaskCreate)
	return abi.Endpoint(v), v&abi.TaskIsWarm != 0, e
}

// Snapshot hands the task's memory over as what later lives of its service begin with, after this call; resumed tells those lives that they
// are one. Errors: EPERM, EBUSY, E2BIG, ENOMEM: there is no snapshot, and the task goes on as it was.
func (g Gate) Snapshot() (resumed bool, e abi.Errno) {
	e, v := g.call0(abi.CallSnapshot)
	resumed = v == 1
	if e == abi.OK && Kept != nil {
		Kept(resumed)
	}
	return resumed, e
}

// Kept is called when Snapshot has made one, and in each life that begins there: by it the board sets again what the language's run-time has
// of the life that it was. Set once at start-up; nil: nobody has anything.
var Kept func(resumed bool)

// TaskKill ends a task. Errors: EDEADSRCDST, EPERM (the root task).
func (g Gate) TaskKill(ep abi.Endpoint) abi.Errno {
	e, _ := g.call1(abi.CallTaskKill, uint64(ep))
	return e
}

// TaskKillHung is TaskKill of a life that hangs: what it has kept may be why. Errors: as TaskKill.
func (g Gate) TaskKillHung(ep abi.Endpoint) abi.Errno {
	e, _ := g.call2(abi.CallTaskKill, uint64(ep), abi.KillHung)
	return e
}

// ImageCreate begins an executable copy of size bytes. Errors: ENOSPC, ENOMEM, EINVAL.
func (g Gate) ImageCreate(size uint64) (uint32, abi.Errno) {
	e, v := g.call1(abi.CallImageCreate, size)
	return uint32(v), e
}

// ImageWrite fills the copy from offset on. Errors: EINVAL (no such image, sealed, past
// its end).
func (g Gate) ImageWrite(image uint32, offset uint64, b []byte) abi.Errno {
	for len(b) > 0 {
		n := min(len(b), abi.MaxCopy)
		e, _ := g.call4(abi.CallImageWrite, uint64(image), offset, g.address(b), uint64(n))
		if e != 0 {
			return e
		}
		b, offset = b[n:], offset+uint64(n)
	}
	return abi.OK
}

// ImageModule makes an executable of size bytes of the boot archive from offset on, where they lie: nothing is to be written. Errors:
// EPERM (not the root task), EINVAL (not on a page, not in the archive), ENOSPC, ENOMEM.
func (g Gate) ImageModule(offset, size uint64) (uint32, abi.Errno) {
	e, v := g.call2(abi.CallImageModule, offset, size)
	return uint32(v), e
}

// ImageSeal ends the writing. Errors: EINVAL, ENOEXEC (not a static ELF64 of this ABI), ENOMEM.
func (g Gate) ImageSeal(image uint32) abi.Errno {
	_, e := g.ImageSealSum(image)
	return e
}

// ImageSealSum is ImageSeal, and gives the CRC-32C of the bytes.
func (g Gate) ImageSealSum(image uint32) (sum uint32, e abi.Errno) {
	e, v := g.call1(abi.CallImageSeal, uint64(image))
	return uint32(v), e
}

// ImageFree gives the copy up; its memory returns when its last task is gone.
// Errors: EINVAL.
func (g Gate) ImageFree(image uint32) abi.Errno {
	e, _ := g.call1(abi.CallImageFree, uint64(image))
	return e
}

// IRQSetPolicy asks for an interrupt line: from now on it notifies the caller from
// abi.Hardware with bit set. Errors: EPERM, EBUSY, ENOSPC, EINVAL.
func (g Gate) IRQSetPolicy(line uint32, bit uint) (hook uint32, e abi.Errno) {
	n, v := g.call3(abi.CallIRQCtl, uint64(abi.IRQSetPolicy), uint64(line), uint64(bit))
	return uint32(v), n
}

// IRQEnable says that the interrupt was handled. Errors: EINVAL, EPERM.
func (g Gate) IRQEnable(hook uint32) abi.Errno { return g.irq(abi.IRQEnable, hook) }

// IRQDisable masks the hook. Errors: EINVAL, EPERM.
func (g Gate) IRQDisable(hook uint32) abi.Errno { return g.irq(abi.IRQDisable, hook) }

// IRQRmPolicy gives the line back. Errors: EINVAL, EPERM.
func (g Gate) IRQRmPolicy(hook uint32) abi.Errno { return g.irq(abi.IRQRmPolicy, hook) }

func (g Gate) irq(op abi.IRQOp, hook uint32) abi.Errno {
	e, _ := g.call2(abi.CallIRQCtl, uint64(op), uint64(hook))
	return e
}

// SetAlarm asks for a notification from abi.Clock after ns nanoseconds; 0 cancels. One
// alarm a task. The result is what the previous one had left.
func (g Gate) SetAlarm(ns uint64) (left uint64, e abi.Errno) {
	n, v := g.call1(abi.CallSetAlarm, ns)
	return v, n
}

// Times is the CPU time that a task has used, in ns. Errors: EDEADSRCDST.
func (g Gate) Times(ep abi.Endpoint) (uint64, abi.Errno) {
	e, v := g.call1(abi.CallTimes, uint64(ep))
	return v, e
}

// GetInfo fills out with what the kernel knows (abi.InfoKind says the type) and tells how
// many bytes that were. Errors: EINVAL, ESRCH, EDOM, EAGAIN, EPERM.
func (g Gate) GetInfo(kind abi.InfoKind, index uint64, out []byte) (int, abi.Errno) {
	e, v := g.call2(abi.CallGetInfo, uint64(kind), index)
	var n int
	if e == abi.OK {
		n = copy(out, g.area().Buf[:min(v, uint64(len(g.area().Buf)))])
	}
	return n, e
}

const own = 0 // the account of a line about nobody in particular: its writer's

// Diag puts a line into the kernel's log. The rest of a line that is longer than abi.LogLineMax is cut.
func (g Gate) Diag(line string) abi.Errno {
	return g.diag(copy(g.area().Buf[:], line), own)
}

// DiagBytes is Diag of bytes.
func (g Gate) DiagBytes(line []byte) abi.Errno {
	return g.diag(copy(g.area().Buf[:], line), own)
}

// DiagAbout is a line of the root task that takes the room for lines about an account's tasks; account 0: its own.
func (g Gate) DiagAbout(account uint64, line []byte) abi.Errno {
	return g.diag(copy(g.area().Buf[:], line), account)
}

func (g Gate) diag(n int, account uint64) abi.Errno {
	e, _ := g.call2(abi.CallDiag, uint64(n), account)
	return e
}

// Shutdown ends the machine. It returns only when it is not allowed.
func (g Gate) Shutdown(how abi.ShutdownHow, status uint64) abi.Errno {
	e, _ := g.call2(abi.CallShutdown, uint64(how), status)
	return e
}

// CopyFrom copies from another task's grant into b. Errors: EPERM (no such grant, or not for
// the caller, or out of its bounds), EDEADSRCDST, E2BIG (over abi.MaxCopy), EFAULT (the granter's memory).
func (g Gate) CopyFrom(granter abi.Endpoint, id abi.GrantID, offset uint64, b []byte) abi.Errno {
	e, _ := g.call5(abi.CallCopyFrom, uint64(granter), uint64(id), offset, g.address(b), uint64(len(b)))
	return e
}

// CopyTo copies b into another task's grant. Errors: as CopyFrom.
func (g Gate) CopyTo(granter abi.Endpoint, id abi.GrantID, offset uint64, b []byte) abi.Errno {
	e, _ := g.call5(abi.CallCopyTo, uint64(granter), uint64(id), offset, g.address(b), uint64(len(b)))
	return e
}

// PortIn reads a guarded port of the caller's. Errors: EPERM, EINVAL.
func (g Gate) PortIn(port uint16) (uint8, abi.Errno) {
	e, v := g.call2(abi.CallPortIO, uint64(abi.PortIn), uint64(port))
	return uint8(v), e
}

// PortOut writes one. Errors: EPERM (the byte would reach past the device too), EAGAIN (the device has not
// taken the byte before), EINVAL.
func (g Gate) PortOut(port uint16, v uint8) abi.Errno {
	e, _ := g.call3(abi.CallPortIO, uint64(abi.PortOut), uint64(port), uint64(v))
	return e
}

// Null is a kernel call that does nothing, to measure the gate: Times of the caller.
func (g Gate) Null() { g.call1(abi.CallTimes, uint64(abi.Self)) }
