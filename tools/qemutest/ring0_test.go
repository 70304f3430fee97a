//go:build qemu

package qemutest

import (
	"fmt"
	"regexp"
	"testing"

	"bennu/board/pc"
	"bennu/tools/internal/qemu"
	"bennu/tools/internal/suite"
)

// statusRing0 is how boot/ring0test ends when all is well: 16 to isa-debug-exit.
const statusRing0 = 33

// ring0 boots the test of ring 0.
func ring0(t *testing.T, c qemu.Config) *machine {
	c.Kernel, c.Archive = suite.Built(t, "ring0test.elf"), suite.Built(t, "ktest.tar")
	return boot(t, c)
}

// Ring 0 by itself: how it is entered and left, what tasks leave in the processor.
func TestRing0(t *testing.T) {
	for _, cpu := range []string{"max", "max,-umip"} {
		t.Run(cpu, func(t *testing.T) {
			m := ring0(t, qemu.Config{CPU: cpu})
			if m.results() {
				m.ends(statusRing0)
			}
		})
	}
}

// What ends ring 0 is said in words, and ends the machine: it never resets, hangs, or goes on.
func TestRing0Fails(t *testing.T) {
	for _, c := range []struct{ name, words string }{
		{"fault-stack", "stack overflow: the fault stack"},
		{"idle-stack", "stack overflow: the idle stack"},
		{"debug-stack", "stack overflow: the debug stack"},
		{"nmi-stack", "stack overflow: the NMI stack"},
		{"double-fault-stack", "stack overflow: the double fault stack"},
		{"machine-stack", "stack overflow: the machine check stack"},
		{"boot-stack", "stack overflow: the boot stack"},
		{"recursion", "stack overflow: the kernel's own"},
		{"panic", "the Go runtime gave up .*: panic: on purpose"},
		{"smap-read", "exception in ring 0: #PF; in ring 0: vector=14 err=0x1 .* cr2=0x[48]0"},
		{"smap-write", "exception in ring 0: #PF; in ring 0: vector=14 err=0x3 "},
		{"smap-after-call", "exception in ring 0: #PF; in ring 0: vector=14 err=0x1 "},
		{"smap-after-trap", "exception in ring 0: #PF; in ring 0: vector=14 err=0x1 "},
		{"smep", "exception in ring 0: #PF; in ring 0: vector=14 err=0x11 "},
		{"write-text", "exception in ring 0: #PF; in ring 0: vector=14 err=0x3 .* cr2=0x1001000 "},
		{"run-data", "exception in ring 0: #PF; in ring 0: vector=14 err=0x11 "},
		{"null", "exception in ring 0: #PF; in ring 0: vector=14 err=0x0 .* cr2=0x0 "},
		{"single-step", "exception in ring 0: #DB; in ring 0: vector=1 "},
		{"swapped", "exception in ring 0: #PF; in ring 0: vector=14 err=0x0 .* cr2=0x8 "},
		{"iretq", "exception in ring 0: #GP; in ring 0: vector=13 err=0x18 "},
		{"sysretq", "exception in ring 0: #DB; in ring 0: vector=1 .* rsp=0x18 "},
		{"twice", "a fault while another was reported: exception in ring 0: #PF; in ring 0: vector=14 .* cr2=0x8 "},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := ring0(t, qemu.Config{CmdLine: "test=" + c.name})
			m.line(regexp.MustCompile("^# " + c.name + " now"))
			m.line(regexp.MustCompile("^kernel: panic: " + c.words))
			m.ends(qemu.StatusPanic)
		})
	}
}

// nmi is QEMU's button; mce reports an uncorrected error of memory in bank 1.
const (
	nmi = "nmi"
	mce = "mce 0 1 0xbd00000000000134 0x5 0x12345000 0x8c"
)

// A machine check is told wherever it strikes, and an NMI that the board knows nothing of is survived there, and counted: in ring 3, in ring 0, while nothing runs,
// where ring 0 has no stack yet, and where the GS base is a task's.
func TestMachineErrors(t *testing.T) {
	const what = `machine check: the CPU found an error of the hardware, mcg_status=0x5, bank 1 status=0xbd00000000000134 addr=0x12345000`
	strike := func(m *machine, command, state string) (before string) {
		if m.strike(command, state); command == mce {
			return ""
		}
		m.interrupted()
		m.strike(mce, state) // the NMI was survived: something else is the end
		return "; NMIs before, of which the board knows nothing: 1"
	}
	for _, c := range []struct{ name, test, state, where string }{
		{"ring3", "nmi-ring3", "CPL=3", "; in ring 3, task ring0test"},
		{"ring0", "nmi-ring0", "CPL=0 .* HLT=0", "; in ring 0"},
		{"idle", "nmi-idle", "HLT=1", "; idle"},
		{"astray", "nmi-astray", "RSP=0000000000000018", "; in ring 0"},
		{"swapped", "nmi-swapped", "RSP=0000000000000018(?s:.*)GS =0000 ffff9000beef0000", "; in ring 0"},
	} {
		for _, command := range []string{nmi, mce} {
			t.Run(c.name+"/"+command[:3], func(t *testing.T) {
				m := ring0(t, qemu.Config{CmdLine: "test=" + c.test, QMP: true})
				m.line(regexp.MustCompile("^# listening"))
				before := strike(m, command, c.state)
				m.line(regexp.MustCompile("^kernel: panic: " + what + c.where + before + ": "))
				m.ends(qemu.StatusPanic)
			})
		}
	}
	for _, command := range []string{nmi, mce} { // the kernel, with its shell waiting
		t.Run("kernel/"+command[:3], func(t *testing.T) {
			m := boot(t, qemu.Config{QMP: true})
			m.shell()
			m.ready()
			before := strike(m, command, "HLT=1")
			m.line(regexp.MustCompile("kernel: panic: " + what + "; idle" + before + ": "))
			m.ends(qemu.StatusPanic)
		})
	}
}

// interrupted waits until the first NMI has come: its stack has the flags of whom it interrupted.
func (m *machine) interrupted() {
	m.t.Helper()
	q, err := m.Monitor(m.ctx)
	if err != nil {
		m.t.Fatal(err)
	}
	defer q.Close()
	for none := regexp.MustCompile(`: 0x0000000000000000\s*$`); ; {
		s := m.hmp(q, fmt.Sprintf("x /1gx %#x", pc.Stacks[pc.NMIStack].Top-24))
		if !none.MatchString(s) {
			return
		}
	}
}

// strike types a command at QEMU's monitor while the CPU stands still in a state that "info registers" shows so.
func (m *machine) strike(command, state string) {
	m.t.Helper()
	q, err := m.Monitor(m.ctx)
	if err != nil {
		m.t.Fatal(err)
	}
	defer q.Close()
	do := func(line string) string {
		m.t.Helper()
		b, err := q.Execute(m.ctx, "human-monitor-command", map[string]any{"command-line": line})
		if err != nil {
			m.t.Fatal(err)
		}
		return string(b)
	}
	for at := regexp.MustCompile(state); ; do("cont") {
		do("stop")
		if at.MatchString(do("info registers")) {
			break
		}
	}
	do(command)
	q.Execute(m.ctx, "cont", nil) // QEMU may end before it answers
}
