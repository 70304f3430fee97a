package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/abi/printable"
	"bennu/kernel/log"
	"bennu/kernel/task"
)

// textLine builds a line without allocating. Text that does not fit is cut, and ends in abi.LogMark.
type textLine struct {
	buf [abi.LogLineMax + 1]byte // and a newline
	n   int
}

// str appends text of the kernel's own.
func (l *textLine) str(s string) *textLine {
	n := copy(l.buf[l.n:abi.LogLineMax], s)
	if l.n += n; n < len(s) {
		l.cut(abi.LogLineMax - len(abi.LogMark))
	}
	return l
}

// cut makes the mark the end of the line, at most at place n.
func (l *textLine) cut(n int) {
	l.n = n + copy(l.buf[n:], abi.LogMark)
}

// bytes appends text that nobody vouches for, and tells how much of it is there. Nothing may follow.
func (l *textLine) bytes(b []byte) (taken int) {
	most := max(l.n, abi.LogLineMax-len(abi.LogMark))
	line, taken := printable.Fit(l.buf[:l.n:most], b)
	all, rest := printable.Fit(l.buf[:len(line):abi.LogLineMax], b[taken:])
	l.n = len(all)
	if taken+rest < len(b) {
		l.cut(len(line))
		return taken
	}
	return len(b)
}

func (l *textLine) label(a *abi.Label) *textLine {
	start := l.n
	for _, c := range a {
		if c == 0 {
			break
		}
		l.n += copy(l.buf[l.n:abi.LogLineMax], []byte{c})
	}
	printable.Mask(l.buf[start:l.n])
	return l
}

func (l *textLine) digits(v, base uint64, width int) *textLine {
	var b [20]byte
	i := len(b)
	for v != 0 || i == len(b) || len(b)-i < width {
		i--
		b[i] = "0123456789abcdef"[v%base]
		v /= base
	}
	l.n += copy(l.buf[l.n:abi.LogLineMax], b[i:])
	return l
}

func (l *textLine) dec(v uint64) *textLine { return l.digits(v, 10, 1) }
func (l *textLine) hex(v uint64) *textLine { return l.str("0x").digits(v, 16, 1) }

// stamp begins a line with the time since boot.
func (k *Kernel) stamp() *textLine {
	k.line.n = 0
	t := k.clock() / 1000
	return k.line.str("[").digits(t/1e6, 10, 1).str(".").digits(t%1e6, 10, 6).str("] ")
}

// emit ends the line and writes it: into the log, in the room of source s with label name, and to the console while no
// task has that.
func (k *Kernel) emit(s log.Source, name *abi.Label) {
	l := &k.line
	k.log.Write(s, name, l.buf[:l.n])
	l.buf[l.n] = '\n'
	k.console.put(l.buf[:l.n+1])
	k.debug.put(l.buf[:l.n+1])
	k.chore()
	if !k.running { // boot has nothing else to do
		k.flush()
	}
}

// kernelLabel is the label of the kernel's own lines. No task has it.
var kernelLabel, _ = abi.MakeLabel("kernel")

// Print writes a line of the kernel's own.
func (k *Kernel) Print(parts ...string) {
	k.stamp()
	for _, p := range parts {
		k.line.str(p)
	}
	printable.Mask(k.line.buf[:k.line.n]) // boot prints the machine's own name for itself
	k.emit(log.Own(0), &kernelLabel)
}

// logDeath writes the facts of t's death that a person wants to know first.
func (k *Kernel) logDeath(t *task.Task, r *abi.DeathRecord) {
	l := k.stamp().str("kernel: death label=").label(&r.Label).str(" ep=").dec(uint64(r.Endpoint)).str(" inc=").dec(uint64(r.Incarnation))
	l.str(" cause=").str(r.Cause.String())
	switch r.Cause {
	case abi.CauseException, abi.CauseMemory:
		l.str(" vector=").dec(uint64(r.Vector)).str(" (").str(abi.VectorName(r.Vector)).str(") err=").hex(r.ErrorCode).str(" cr2=").hex(r.CR2)
	case abi.CauseExit, abi.CausePanic, abi.CauseBadCall:
		l.str(" status=").dec(r.Status)
	}
	if r.Cause == abi.CauseMemory { // when it had less than its ceiling, the machine had no more for it
		ceiling := k.accounts.Get(t.Account).Frames.Ceiling()
		l.str(" memory=").dec(r.Status * abi.PageSize >> 10).str("KiB ceiling=").dec(ceiling * abi.PageSize >> 10).str("KiB")
	}
	l.str(" rip=").hex(r.Regs.RIP).str(" rsp=").hex(r.Regs.GPR[4]).str(" code=")
	for _, b := range r.Code[:r.CodeLen] {
		l.digits(uint64(b), 16, 2)
	}
	k.emit(log.About(int(t.Account)), &r.Label)
}
