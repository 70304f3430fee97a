package kernel

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
	"bennu/kernel/abi/printable"
	"bennu/kernel/task"
)

// diag lets x write a line.
func (r *rig) diag(x *task.Task, text string, about uint64) (abi.Errno, uint64) {
	r.t.Helper()
	n := copy(x.Call.Buf[:], text)
	return r.call(x, abi.CallDiag, uint64(n), about)
}

// last is the newest line on the console, without its time.
func (r *rig) last() string {
	r.t.Helper()
	r.logDeaths()
	r.flush()
	b := r.m.console
	if len(b) == 0 || b[len(b)-1] != '\n' {
		r.t.Fatalf("the console ends within a line: %q", b[max(0, len(b)-80):])
	}
	line := string(b[bytes.LastIndexByte(b[:len(b)-1], '\n')+1 : len(b)-1])
	_, text, ok := strings.Cut(line, "] ")
	if !ok {
		r.t.Fatalf("a line without a time: %q", line)
	}
	return text
}

// lines reads what is left of a source, as any task may.
func (r *rig) lines(source int) (h abi.LogHeader, lines []string) {
	r.t.Helper()
	for at := uint64(0); ; {
		e, n := r.call(r.root, abi.CallGetInfo, uint64(abi.InfoLog), abi.LogIndex(source, at))
		r.want("InfoLog", e, abi.OK)
		var now abi.LogHeader
		rest := r.root.Call.Buf[copy(abi.Bytes(&now), r.root.Call.Buf[:]):n]
		if at == 0 {
			h = now
		}
		for range now.Lines {
			var l abi.LogLine
			text := rest[copy(abi.Bytes(&l), rest):][:l.Size]
			lines = append(lines, string(text))
			rest = rest[16+(l.Size+7)&^7:]
		}
		if at = now.Next; now.Lines == 0 {
			return h, lines
		}
	}
}

// A line of a task is one line under its label: it cannot make another's, and no terminal obeys it.
func TestDiag(t *testing.T) {
	r := newRig(t)
	x := r.make(rights())
	for _, c := range []struct{ text, want string }{
		{"a\tb\n[9.9] rs: ok 1\x7f\x1b[2J", `a	b\x0a[9.9] rs: ok 1\x7f\x1b[2J`},
		{"one\r\n[0.1] kernel: panic\u2028[0.1] rs: x\x9b2J\xc2\x9b2J", `one\x0d\x0a[0.1] kernel: panic\xe2\x80\xa8[0.1] rs: x\x9b2J\xc2\x9b2J`},
		{"nul\x00 \xff", `nul\x00 \xff`},
		{"", ""},
	} {
		e, n := r.diag(x, c.text, 0)
		if e != abi.OK || n != uint64(len(c.text)) || r.last() != "peer: "+c.want {
			t.Errorf("%q: %s, %d: %q", c.text, e.Name(), n, r.last())
		}
		if _, lines := r.lines(int(x.Account)); !strings.HasSuffix(lines[len(lines)-1], "] peer: "+c.want) {
			t.Errorf("%q: in the log %q", c.text, lines[len(lines)-1])
		}
	}
}

// A line that is too long is cut, says so, and takes nobody else's place. The caller is told how much of it is there.
func TestLongLines(t *testing.T) {
	r := newRig(t)
	x := r.make(rights())
	for _, piece := range []string{"x", "\x1b", "x\x1b", "é", "日"} {
		for room := range 12 { // each way in which the last piece can meet the end
			text := strings.Repeat("x", room) + strings.Repeat(piece, 600)
			text = text[:min(len(text), len(abi.CallArea{}.Buf))]
			e, n := r.diag(x, text, 0)
			_, lines := r.lines(int(x.Account))
			line := lines[len(lines)-1]
			body, cut := strings.CutSuffix(strings.SplitN(line, "] peer: ", 2)[1], abi.LogMark)
			if e != abi.OK || len(line) > abi.LogLineMax || len(line) < abi.LogLineMax-3 || !cut || n >= uint64(len(text)) {
				t.Fatalf("%q: %s, %d, a line of %d bytes: ...%q", piece, e.Name(), n, len(line), line[max(0, len(line)-20):])
			}
			if want := string(printable.Append(nil, []byte(text[:n]))); body != want {
				t.Errorf("%q: told %d bytes, of which the log has %q", piece, n, body)
			}
		}
	}
	line := strings.Repeat("y", abi.LogLineMax-len("[0.000000] peer: "))
	if e, n := r.diag(x, line, 0); e != abi.OK || n != uint64(len(line)) || r.last() != "peer: "+line {
		t.Errorf("a line that just fits: %s, %d of %d", e.Name(), n, len(line))
	}
	if e, n := r.call(x, abi.CallDiag, 1<<64-1, 0); e != abi.OK || n > abi.LogLineMax {
		t.Errorf("a length that no buffer has: %s, %d", e.Name(), n)
	}
	r.Print("kernel: ", strings.Repeat("z", 600))
	if l := r.last(); !strings.HasSuffix(l, "z"+abi.LogMark) || len("[0.000000] "+l) != abi.LogLineMax {
		t.Errorf("a long line of the kernel: %d bytes, ...%q", len(l), l[len(l)-20:])
	}
	r.Print("kernel: a CPU called \x1b[2J\n")
	if l := r.last(); l != "kernel: a CPU called ?[2J?" {
		t.Errorf("a name of the machine's: %q", l)
	}
}

// Only the root task says about whom a line is. No task has a label under which the kernel or the root task writes.
func TestLinesAreNotForged(t *testing.T) {
	r := newRig(t)
	x := r.make(rights())
	e, _ := r.diag(x, "about the root task", 1)
	r.want("a task about another", e, abi.EPERM)
	e, _ = r.diag(x, "about itself", uint64(int(x.Account)))
	r.want("a task about itself", e, abi.EPERM)
	e, _ = r.diag(r.root, "label=peer event=ready", uint64(int(x.Account)))
	r.want("the root task about a task", e, abi.OK)
	e, _ = r.diag(r.root, "x", abi.LogAccounts)
	r.want("about no account", e, abi.EINVAL)
	if _, lines := r.lines(abi.LogAccounts + int(x.Account)); len(lines) != 1 || !strings.HasSuffix(lines[0], "] rs: label=peer event=ready") {
		t.Errorf("about the task: %q", lines)
	}
	id := r.load(code.New().Stop().ELF())
	for _, l := range []string{"kernel", "rs"} {
		s := abi.TaskSpec{Image: id, Account: abi.AccountRoot}
		s.Label, _ = abi.MakeLabel(l)
		copy(r.root.Call.Buf[:], abi.Bytes(&s))
		e, _ := r.call(r.root, abi.CallTaskCreate)
		r.want("a task that is called "+l, e, abi.EINVAL)
	}
}

// One task writes far more than the log holds. Nobody else's lines are gone, deaths least of all, its own included;
// what is gone is counted.
func TestOneTasksLinesCostNobodyElse(t *testing.T) {
	r := newRig(t)
	x, y := r.make(rights()), r.make(rights())
	r.diag(r.root, "of the root task", 0)
	r.diag(y, "of another", 0)
	r.Print("of the kernel")
	r.exception(y, 6, 0, 0)
	r.death(abi.CauseException)
	for i := range 5000 {
		if e, _ := r.diag(x, fmt.Sprintf("line %d", i), 0); e != abi.OK {
			t.Fatal(e.Name())
		}
	}
	number, about := int(x.Account), int(y.Account)
	r.exception(x, 13, 0, 0)
	r.death(abi.CauseException)
	for _, c := range []struct {
		source int
		want   string
	}{{0, "of the kernel"}, {1, "rs: of the root task"}, {about, "peer: of another"}, {abi.LogAccounts + about, "vector=6"}, {abi.LogAccounts + number, "vector=13"}} {
		if h, lines := r.lines(c.source); h.Lost != 0 || len(lines) != 1 || !strings.Contains(lines[0], c.want) {
			t.Errorf("source %d: %d lost, %q, want %q", c.source, h.Lost, lines, c.want)
		}
	}
	if h, lines := r.lines(number); h.Lost+uint64(len(lines)) != 5000 || !strings.HasSuffix(lines[len(lines)-1], "peer: line 4999") || h.Name.String() != "peer" {
		t.Errorf("of 5000 lines of %s %d are lost and %d are left", h.Name, h.Lost, len(lines))
	}
	e, _ := r.call(r.root, abi.CallGetInfo, uint64(abi.InfoLog), abi.LogIndex(abi.LogSources, 0))
	r.want("a source that there is not", e, abi.EDOM)
}
