package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/task"
)

// callDiag: (length): Buf is a line of text for the log. Bytes that are not printable are shown as '?',
// so that a line is a line.
func (k *Kernel) callDiag(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	n := min(f.DI, uint64(len(t.Call.Buf)))
	l := k.stamp().label(&t.Label).str(": ")
	start := l.n
	l.bytes(t.Call.Buf[:n])
	for i := start; i < l.n; i++ {
		if c := l.buf[i]; c < ' ' && c != '\t' || c == 0x7f {
			l.buf[i] = '?'
		}
	}
	k.emit()
	return abi.OK, n
}
