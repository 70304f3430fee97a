package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/abi/printable"
	"bennu/kernel/log"
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

// hexBytes appends bytes, two digits each.
func (l *textLine) hexBytes(b []byte) *textLine {
	const digits = "0123456789abcdef"
	for _, c := range b[:min(len(b), (abi.LogLineMax-l.n)/2)] {
		l.buf[l.n], l.buf[l.n+1] = digits[c>>4], digits[c&15]
		l.n += 2
	}
	return l
}

func (l *textLine) dec(v uint64) *textLine { return l.digits(v, 10, 1) }
func (l *textLine) hex(v uint64) *textLine { return l.str("0x").digits(v, 16, 1) }

// stamp begins a line with the time since boot, behind the lines that were put off.
func (k *Kernel) stamp() *textLine {
	k.logDeaths()
	return k.stampAt(k.clock())
}

// stampAt begins a line about something that was ns after boot.
func (k *Kernel) stampAt(ns uint64) *textLine {
	k.line.n = 0
	t := ns / 1000
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
