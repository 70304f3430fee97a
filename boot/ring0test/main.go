//go:build tamago

// The test of ring 0 in ring 0: how it is entered and left, what a task's flags, debug traps and vector state do to
// it, what it does when it fails itself. It has no kernel, and puts its own hands on every register; so it can see and
// break what no task can. It prints KTAP on COM1 and the debug console.
//
// Without a command line it runs the cases that it survives. test=NAME runs one that ends the machine, in the
// kernel's words (fatal.go); tools/qemutest knows which.
package main

import (
	"strconv"
	"strings"

	"bennu/board/pc"
	"bennu/board/pc/apic"
	"bennu/board/pc/memmap"
	"bennu/board/pc/port"
	"bennu/board/pc/power"
	"bennu/board/pc/serial"
	"bennu/board/x86"
	"bennu/boot/ring0"
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
)

const (
	statusPass  = 16 // QEMU ends with 33
	statusFail  = 17
	statusFatal = 2 // as the kernel's: 5
)

// rig is what the cases share.
type rig struct {
	ports  port.Hardware
	com1   *serial.Port
	debug  *serial.Debugcon
	power  power.Machine
	report ring0.Reporter
	words  string // the command line

	cpu      *arch.CPU
	pool     *mem.Pool
	phys     mem.Physical
	template mem.Addr
	label    abi.Label

	failed bool // the case
}

var cases = []struct {
	name string
	run  func(r *rig)
}{
	{"TestState", testState},
	{"TestStateIsRead", testStateIsRead},
	{"TestGuardPageIsRead", testGuardIsRead},
	{"TestFlagsStayOutside", testFlags},
	{"TestFlagsAtAnInterrupt", testInterruptFlags},
	{"TestVectorsAfterCall", testVectorsAfterCall},
	{"TestVectorsAfterTrap", testVectorsAfterTrap},
	{"TestBases", testBases},
	{"TestNobody", testNobody},
	{"TestDebugOfRing3", testDebugOfRing3},
	{"TestDebugAtSyscallEntry", testDebugAtEntry},
	{"TestDebugAtStub", testDebugAtStub},
	{"TestWatchOverMOVSS", testMOVSS},
}

func main() {
	r := &rig{}
	r.com1, _ = serial.Open(r.ports, serial.COM1, 115200)
	if d, ok := serial.OpenDebugcon(r.ports); ok {
		r.debug = d
	}
	apic.DisablePIC(r.ports)
	r.power = power.Machine{Ports: r.ports, TripleFault: x86.TripleFault, Halt: x86.Halt}
	r.report = ring0.Reporter{Put: r.put, Task: func() *abi.Label { return &r.label }, End: func() { r.power.Off(statusFatal) }}
	r.label, _ = abi.MakeLabel("ring0test")
	pc.Putc, pc.OnExit = r.report.Runtime, r.report.Exit
	if what := r.setUp(); what != "" {
		r.say("Bail out! ", what)
		r.power.Off(statusFail)
	}
	ring0.SettleStack()
	if name, ok := strings.CutPrefix(r.words, "test="); ok && name != "" {
		r.fatal(name)
	}
	r.say("KTAP version 1")
	r.say("1..", decimal(uint64(len(cases))))
	status := uint8(statusPass)
	for i, c := range cases {
		r.failed = false
		c.run(r)
		result := "ok "
		if r.failed {
			result, status = "not ok ", statusFail
		}
		r.say(result, decimal(uint64(i+1)), " ", c.name)
	}
	r.say("# the end, status ", decimal(uint64(status)))
	r.power.Off(status)
	x86.Halt()
}

// setUp does what the kernel's boot does with memory and the CPU.
func (r *rig) setUp() (what string) {
	told, err := ring0.ReadHandover()
	if err != nil {
		return err.Error()
	}
	r.words = told.CommandLine
	r.pool = mem.NewPool(mem.Direct())
	r.phys = r.pool.Physical()
	modules := []memmap.Range{{Start: 0, End: 1 << 20}, ring0.Window()}
	for _, m := range told.Modules {
		modules = append(modules, m.Range)
	}
	for _, u := range told.Map.Usable(modules...) {
		r.pool.Add(mem.Addr(u.Start), mem.Addr(min(u.End, 4<<30)))
	}
	r.template = r.pool.Get(nil)
	tss, clean := r.pool.Get(nil), r.pool.Get(nil)
	if clean == 0 || !ring0.Map(r.pool, r.template, told.Map) || !paging.ClosedIO(r.pool, r.template, tss) {
		return "no memory for page tables"
	}
	arch.LoadSpace(r.template)
	r.cpu = ring0.Init(r.phys, tss, clean)
	arch.OnFault = r.report.Fault
	return ""
}

func (r *rig) put(c byte) {
	r.com1.Put(c)
	if r.debug != nil {
		r.debug.Put(c)
	}
}

func (r *rig) say(parts ...string) {
	for _, s := range parts {
		for i := range len(s) {
			r.put(s[i])
		}
	}
	r.put('\n')
}

// wrong makes the case fail.
func (r *rig) wrong(parts ...string) {
	r.failed = true
	r.say(append([]string{"# "}, parts...)...)
}

// equal compares two values.
func (r *rig) equal(what string, found, want uint64) {
	if found != want {
		r.wrong(what, ": ", hex(found), ", want ", hex(want))
	}
}

func decimal(v uint64) string { return strconv.FormatUint(v, 10) }

func hex(v uint64) string { return "0x" + strconv.FormatUint(v, 16) }
