package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/log"
	"bennu/kernel/task"
)

// callDiag: (length, account) → bytes of Buf that are in the log. Buf is a line of text; bytes in it that a terminal would
// obey become visible, so that a line is one line, of the task that the kernel names. It takes the room of the caller's own
// account, or, when the root task names one, that for lines about the account's tasks.
//
// Errors: EPERM (an account, and the caller is not the root task), EINVAL (no such account).
func (k *Kernel) callDiag(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	s, name := log.Own(int(t.Account)), &t.Label
	if about := f.SI; about != 0 {
		if !t.Root {
			return abi.EPERM, 0
		}
		a := k.accounts.Get(abi.AccountID(min(about, abi.MaxAccounts)))
		if a == nil {
			return abi.EINVAL, 0
		}
		s, name = log.About(int(a.ID)), &a.Spec.Label
	}
	l := k.stamp().label(&t.Label).str(": ")
	taken := l.bytes(t.Call.Buf[:min(f.DI, uint64(len(t.Call.Buf)))])
	k.emit(s, name)
	return abi.OK, uint64(taken)
}
