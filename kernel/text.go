package kernel

import (
	"bennu/kernel/abi"
)

// textLine builds a line without allocating. What does not fit is cut.
type textLine struct {
	buf [512]byte
	n   int
}

func (l *textLine) str(s string) *textLine {
	l.n += copy(l.buf[l.n:], s)
	return l
}

func (l *textLine) bytes(b []byte) *textLine {
	l.n += copy(l.buf[l.n:], b)
	return l
}

func (l *textLine) label(a *abi.Label) *textLine {
	for _, c := range a {
		if c == 0 {
			break
		}
		l.n += copy(l.buf[l.n:], []byte{c})
	}
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
	return l.bytes(b[i:])
}

func (l *textLine) dec(v uint64) *textLine { return l.digits(v, 10, 1) }
func (l *textLine) hex(v uint64) *textLine { return l.str("0x").digits(v, 16, 1) }

// stamp begins a line with the time since boot.
func (k *Kernel) stamp() *textLine {
	k.line.n = 0
	t := k.clock() / 1000
	return k.line.str("[").digits(t/1e6, 10, 1).str(".").digits(t%1e6, 10, 6).str("] ")
}

// emit ends the line and writes it: into the log, and to the console while no task has it.
func (k *Kernel) emit() {
	l := &k.line
	l.n = min(l.n, len(l.buf)-1)
	l.buf[l.n] = '\n'
	l.n++
	k.log.Write(l.buf[:l.n])
	k.m.Debug(l.buf[:l.n])
	if !k.consoleTask {
		k.m.Console(l.buf[:l.n])
	}
}

// Print writes a line of the kernel's own.
func (k *Kernel) Print(parts ...string) {
	k.stamp()
	for _, p := range parts {
		k.line.str(p)
	}
	k.emit()
}

// logDeath writes what a person wants to know of a death first.
func (k *Kernel) logDeath(r *abi.DeathRecord) {
	l := k.stamp().str("kernel: death label=").label(&r.Label).str(" ep=").dec(uint64(r.Endpoint)).str(" inc=").dec(uint64(r.Incarnation))
	l.str(" cause=").str(r.Cause.String())
	switch r.Cause {
	case abi.CauseException, abi.CauseMemory:
		l.str(" vector=").dec(uint64(r.Vector)).str(" (").str(abi.VectorName(r.Vector)).str(") err=").hex(r.ErrorCode).str(" cr2=").hex(r.CR2)
	case abi.CauseExit, abi.CausePanic, abi.CauseBadCall:
		l.str(" status=").dec(r.Status)
	}
	l.str(" rip=").hex(r.Regs.RIP).str(" rsp=").hex(r.Regs.GPR[4]).str(" code=")
	for _, b := range r.Code[:r.CodeLen] {
		l.digits(uint64(b), 16, 2)
	}
	k.emit()
}
