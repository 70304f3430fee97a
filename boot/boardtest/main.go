//go:build tamago

// The board's test on the board: it runs in ring 0 without a kernel, drives the parts of board/pc
// against QEMU's silicon (or a real PC's), prints KTAP on COM1 and the debug console, and ends the
// machine in the way that the command line asks for.
//
// tools/qemutest runs it (TestBoard). By hand, after make image:
//
//	KERNEL=out/boardtest.elf CMDLINE=end=off QEMU_ARGS="-device edu" ./qemu.sh
//
// end= is off (ACPI, status 0), exit (isa-debug-exit, 33: all passed, or 35), reset, cf9, 8042 or
// triple. A test that failed ends with 35 whatever was asked.
package main

import (
	"strconv"

	"bennu/board/pc"
	"bennu/board/pc/acpi"
	"bennu/board/pc/apic"
	"bennu/board/pc/clock"
	"bennu/board/pc/cpu"
	"bennu/board/pc/memmap"
	"bennu/board/pc/mmio"
	"bennu/board/pc/port"
	"bennu/board/pc/power"
	"bennu/board/pc/serial"
	"bennu/board/x86"
	"bennu/boot/ring0"
	"bennu/kernel/arch"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
)

const (
	statusPass = 16 // QEMU ends with 33
	statusFail = 17
)

// board is what the tests share.
type board struct {
	cpu   *arch.CPU
	ports port.Hardware
	com1  *serial.Port
	debug *serial.Debugcon
	told  *ring0.Handover
	fadt  *acpi.FADT
	madt  *acpi.MADT
	power power.Machine
	local *apic.Local
	lines *apic.Lines
	rates clock.Rates
	scale clock.Scale
	refs  []clock.Reference

	number, failed int
	heard          int // by level
}

var tests = []struct {
	name string
	run  func(b *board) string // what is wrong; "" for nothing
}{
	{"features", testFeatures},
	{"memory-map", testMap},
	{"tables", testTables},
	{"calibrate", testCalibrate},
	{"calibrate-again", testCalibrateAgain},
	{"lines", testLines},
	{"timer", testTimer},
	{"timer-disarm", testDisarm},
	{"irq-edge-isa0", testPIT},
	{"irq-edge-rtc", testRTC},
	{"irq-level", testLevel},
	{"hot-path", testHotPath},
}

func main() {
	b := &board{}
	b.com1, _ = serial.Open(b.ports, serial.COM1, 115200)
	b.debug, _ = serial.OpenDebugcon(b.ports)
	pc.Putc = b.put
	b.power = power.Machine{Ports: b.ports, Store8: mmio.Store8, TripleFault: x86.TripleFault, Halt: x86.Halt}
	pc.OnExit = func(int32) { b.power.Fail(statusFail) }
	b.print("KTAP version 1")
	b.print("1..", decimal(uint64(len(tests))))
	for _, t := range tests {
		b.number++
		what := t.run(b)
		result := "ok "
		if what != "" {
			b.failed++
			b.print("# ", t.name, ": ", what)
			result = "not ok "
		}
		b.print(result, decimal(uint64(b.number)), " ", t.name)
		if what != "" && b.lines == nil { // the rest needs what this one makes
			break
		}
	}
	b.end()
}

// end ends the machine as the command line says.
func (b *board) end() {
	if b.failed != 0 {
		b.power.Fail(statusFail)
	}
	how := ""
	if b.told != nil {
		how = b.told.CommandLine
	}
	if i := len("end="); len(how) > i && how[:i] == "end=" {
		how = how[i:]
	}
	b.print("# end ", how)
	// Each way to reset has the others taken away; the last resort says that it was needed.
	b.power.TripleFault = func() {
		b.print("# triple fault")
		x86.TripleFault()
	}
	switch how {
	case "off":
		b.power.Off(0)
	case "reset":
		b.power.Reset()
	case "cf9":
		b.power.FADT = nil
		b.power.Ports = without{b.ports, portKeyboard}
		b.power.Reset()
	case "8042":
		b.power.FADT = nil
		b.power.Ports = without{b.ports, portReset}
		b.power.Reset()
	case "triple":
		x86.TripleFault()
	}
	b.power.Fail(statusPass)
}

const (
	portReset    = 0xcf9
	portKeyboard = 0x64
)

// without is the port space without one port.
type without struct {
	port.Hardware
	port uint16
}

func (w without) Out8(port uint16, v uint8) {
	if port != w.port {
		w.Hardware.Out8(port, v)
	}
}

func (b *board) put(c byte) {
	b.com1.Put(c)
	b.debug.Put(c)
}

func (b *board) print(parts ...string) {
	for _, s := range parts {
		for i := range len(s) {
			b.put(s[i])
		}
	}
	b.put('\n')
}

func testFeatures(b *board) string {
	b.print("# ", cpu.Vendor(cpu.ID), " ", cpu.Brand(cpu.ID), " hypervisor ", cpu.Hypervisor(cpu.ID))
	what := ""
	for _, f := range cpu.Check(cpu.ID, cpu.Required) {
		what += " lacks " + f
	}
	return what
}

// testMap reads the start info and gives the CPU its tables: interrupts need them.
func testMap(b *board) string {
	told, err := ring0.ReadHandover()
	if err != nil {
		return err.Error()
	}
	b.told = told
	for _, r := range told.Map {
		b.print("# ", r.String(), " ", r.Type.String())
	}
	pool := mem.NewPool(mem.Direct())
	for _, r := range told.Map.Usable(memmap.Range{Start: 0, End: 1 << 20}, ring0.Window()) {
		pool.Add(mem.Addr(r.Start), mem.Addr(min(r.End, 4<<30)))
	}
	template, tss, clean := pool.Get(nil), pool.Get(nil), pool.Get(nil)
	if clean == 0 || !ring0.Map(pool, template, told.Map) || !paging.ClosedIO(pool, template, tss) {
		return "no memory for page tables"
	}
	arch.LoadSpace(template)
	b.cpu = ring0.Init(pool.Physical(), tss, clean)
	arch.OnFault = func(_ *arch.CPU, f *arch.Frame, cr2, _ uint64) {
		b.print("# fault: vector ", decimal(f.Vector), " rip ", decimal(f.IP), " cr2 ", decimal(cr2))
		b.power.Fail(statusFail)
	}
	return ""
}

func testTables(b *board) string {
	if err := b.told.NoRoot; err != nil {
		return err.Error()
	}
	tables, faults, err := acpi.Load(mmio.Memory{From: 1, To: 4 << 30}, b.told.Root)
	if err != nil {
		return err.Error()
	}
	for _, f := range faults {
		return f.Error()
	}
	for _, t := range tables.List {
		b.print("# ", t.Signature, " ", decimal(uint64(len(t.Bytes))))
	}
	if b.madt, err = tables.MADT(); err != nil {
		return err.Error()
	}
	if b.fadt, err = tables.FADT(); err != nil {
		return err.Error()
	}
	if addr, err := tables.HPET(); err == nil {
		if h, ok := clock.NewHPET(mmio.At(addr)); ok {
			b.refs = append(b.refs, h)
		}
	}
	s5, err := tables.S5(b.fadt)
	if err != nil {
		return err.Error()
	}
	b.power.FADT, b.power.S5, b.power.HasS5 = b.fadt, s5, true
	return ""
}

func decimal(v uint64) string { return strconv.FormatUint(v, 10) }
