//go:build tamago

// The kernel's main package: the only place that knows the board, the kernel and the boot archive. It
// finds out what machine this is, joins the parts, starts the root task and runs.
package main

import (
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
	"bennu/kernel"
	"bennu/kernel/abi"
	"bennu/kernel/archive"
	"bennu/kernel/entropy"
	"bennu/kernel/layout"
	"bennu/kernel/mem"
)

// Version is what the kernel calls itself.
const Version = "bennu 0.1"

func main() {
	m := new(machine)
	m.mainTSC = x86.TSC()
	noCollector()
	m.openConsole()
	if missing := cpu.Check(cpu.ID, cpu.Required); len(missing) > 0 {
		text := "cpu lacks:"
		for _, f := range missing {
			text += " " + f
		}
		m.refuse(text)
	}
	told, err := ring0.ReadHandover()
	m.must(err)
	opts, fault := parseCommandLine(told.CommandLine)
	if fault != "" {
		m.refuse(fault)
	}
	m.power.ResetOnFailure = opts.reset
	m.limits, m.twice = opts.limits, opts.twice
	m.mitigate(opts.mitigate)
	m.hasSeed, m.hasRandom = cpu.Has(cpu.ID, cpu.RDSEED), cpu.Has(cpu.ID, cpu.RDRAND)
	if m.seed, m.seeded = opts.seed, opts.seeded; !m.seeded {
		m.seed = pc.Random() >> 32 // short enough to type again
	}
	if n := len(told.Modules); n != 1 {
		m.refuse(decimal(uint64(n)) + " modules: expected one, the boot archive (QEMU: -initrd out/boot.tar; GRUB: module2 /boot.tar)")
	}
	module := told.Modules[0].Range
	if module.Start%abi.PageSize != 0 {
		m.refuse("the boot archive is " + module.String() + ": expected a page's first address")
	}
	tss, pool, template := m.memory(told.Map, module)
	m.processor(pool, tss, template)
	m.hardware(told)
	m.findPCI(told.Map, pool, template)
	m.confine(pool, opts.iommu, told.Map)

	k := kernel.New(m.config(pool, template, told, module))
	m.k = k
	m.banner(told, pool)
	m.startRoot(module)
	m.HeapAllocs() // the first time takes long: the runtime gives what it has set aside for allocations back
	ring0.SettleStack()
	k.Run()
}

// startRoot makes the root task of its executable in the boot archive.
func (m *machine) startRoot(module memmap.Range) {
	a, err := archive.Open(moduleBytes(module))
	m.must(err)
	f, ok := a.Lookup(rootName)
	if !ok {
		m.must(a.Check(rootName)) // says so
	}
	e := m.k.StartRoot(label("rs"), kernel.Module{Start: mem.Addr(module.Start), Size: module.Size()},
		kernel.Root{Offset: uint64(f.Offset), Size: uint64(f.Size), CRC32C: f.CRC32C})
	if e == abi.EIO {
		m.must(a.Check(rootName)) // likewise
	}
	if e != abi.OK {
		m.refuse(rootName + " cannot be started: " + e.Name() + ": " + e.Text())
	}
}

const rootName = "bin/rs"

func label(s string) abi.Label {
	l, _ := abi.MakeLabel(s)
	return l
}

// hardware finds the interrupt controllers, the clocks and the way to power off.
func (m *machine) hardware(told *ring0.Handover) {
	m.must(told.NoRoot)
	entry := told.EntryTSC
	tables, faults, err := acpi.Load(mmio.Memory{From: 1, To: 4 << 30}, told.Root)
	m.must(err)
	m.tables = tables
	for _, f := range faults {
		m.note("acpi: " + f.Error())
	}
	fadt, err := tables.FADT()
	m.must(err)
	madt, err := tables.MADT()
	m.must(err)
	m.power.FADT, m.power.Store8 = fadt, mmio.Store8
	m.keepPorts(tables, fadt)
	if s5, err := tables.S5(fadt); err == nil {
		m.power.S5, m.power.HasS5 = s5, true
	} else {
		m.note("acpi: no soft-off: " + err.Error())
	}

	apic.DisablePIC(port.Hardware{})
	base, err := apic.CheckBase(x86.ReadMSR(x86.MSRAPICBase), madt.LocalAPIC)
	m.must(err)
	x86.WriteMSR(x86.MSRAPICBase, base)
	local := apic.NewLocal(mmio.At(madt.LocalAPIC))
	m.must(local.Enable())
	began := x86.TSC()
	m.rates, err = clock.Calibrate(clock.Source{TSC: x86.OrderedTSC, Told: cpu.ToldRates(cpu.ID), References: references(tables, fadt), Timer: local})
	m.must(err)
	m.clockTSC = x86.TSC() - began
	m.scale = clock.NewScale(m.rates.TSCHz, entry)
	pc.SetClock(entry, m.scale.Mult)
	local.SetTimer(m.rates.TimerHz)
	m.nonmaskable(local, madt)
	for _, a := range madt.IOAPICs {
		m.own = append(m.own, memmap.Range{Start: a.Addr, End: a.Addr + abi.PageSize})
	}
	m.lines, err = apic.Setup(madt, local, mmio.At)
	m.must(err)
	m.hardwareTSC = x86.TSC()
}

// references are the clocks of known rate that the machine has, the best first.
func references(tables *acpi.Tables, fadt *acpi.FADT) (refs []clock.Reference) {
	if r := fadt.PMTimer; r.Addr != 0 {
		refs = append(refs, clock.PMTimer{Ports: port.Hardware{}, Port: uint16(r.Addr), Wide: r.Bits == 32})
	}
	if addr, err := tables.HPET(); err == nil && addr < 4<<30 {
		if h, ok := clock.NewHPET(mmio.At(addr)); ok {
			refs = append(refs, h)
		}
	}
	return append(refs, clock.PIT{Ports: port.Hardware{}})
}

// config is what the kernel is told.
func (m *machine) config(pool *mem.Pool, template mem.Addr, told *ring0.Handover, module memmap.Range) kernel.Config {
	end := ring0.ImageEnd()
	f := abi.Machine{TSCHz: m.rates.TSCHz, RAMBytes: told.Map.Total(memmap.RAM), PoolFrames: pool.Free(), KernelBytes: end - layout.KernelBase,
		HeapBytes: layout.KernelEnd - end, ModuleBytes: module.Size(), EntryTSC: told.EntryTSC, RuntimeTSC: m.mainTSC, HardwareTSC: m.hardwareTSC, ClockTSC: m.clockTSC}
	f.CMOSCentury = uint64(m.century)
	copy(f.CPU[:], cpu.Brand(cpu.ID))
	copy(f.Version[:], Version)
	return kernel.Config{Machine: m, CPU: m.cpu, Pool: pool, Template: template, TSCHz: m.rates.TSCHz, TSCMult: m.scale.Mult, Facts: f,
		Seed: spread(m.seed), Replay: m.seeded, Ports: port.Hardware{}, NeverPorts: m.never, Century: m.century, Limits: m.limits, IOMMU: m.iommu, PCI: m.pci, Devices: devices{}, Twice: m.twice}
}

func (m *machine) banner(told *ring0.Handover, pool *mem.Pool) {
	m.k.Print(Version, ": ", cpu.Brand(cpu.ID))
	m.k.Print("memory: ", mib(told.Map.Total(memmap.RAM)), " MiB, ", mib(pool.Free()*abi.PageSize), " MiB for tasks, kernel ", mib(layout.KernelEnd-layout.KernelBase), " MiB", elsewhere())
	if told.Beyond > 0 {
		m.k.Print("memory: ", mib(told.Beyond), " MiB more are beyond the processor's addresses")
	}
	m.k.Print("clock: tsc ", decimal(m.rates.TSCHz/1000), " kHz by ", m.rates.Source, ", apic timer ", decimal(m.rates.TimerHz/1000), " kHz", warning(m.rates.Warning))
	m.k.Print(m.leaks)
	if m.before != "" {
		m.k.Print("the boot before ended itself: ", m.before)
	}
	m.k.Print("ports: kept from tasks:", m.keptPorts(), " and the PC's own")
	m.k.Print("interrupts: ", decimal(uint64(m.lines.Count())), " lines; seed=", decimal(m.seed))
	m.tellPCI()
	m.k.Print(m.confined.line())
	for _, f := range m.confined.faults {
		m.k.Print(f)
	}
	m.k.Print("secrets: ", m.secrets())
}

// secrets tells what crypto/rand is worth in this boot.
func (m *machine) secrets() string {
	from := "RDSEED and RDRAND"
	switch {
	case m.seeded:
		return "none: seed= is given, and all that is random follows from it"
	case !m.hasSeed && !m.hasRandom:
		return "by SHA-256 from the times of interrupts only, once " + decimal(entropy.Enough) + " have come: the processor has no RDRAND"
	case !m.hasSeed:
		from = "RDRAND"
	case !m.hasRandom:
		from = "RDSEED"
	}
	return "by SHA-256 from " + from + " and the times of interrupts"
}

// elsewhere says where the kernel lies, if that is not where it is linked.
func elsewhere() string {
	if at := ring0.Window(); at.Start != layout.KernelBase {
		return " at " + at.String()
	}
	return ""
}

// warning follows a line that is true but not all.
func warning(s string) string {
	if s == "" {
		return ""
	}
	return "; " + s
}

// openConsole makes COM1 the way to speak until a driver has it.
func (m *machine) openConsole() {
	m.com1, _ = serial.Open(port.Hardware{}, serial.COM1, 115200)
	if d, ok := serial.OpenDebugcon(port.Hardware{}); ok {
		m.debug = d
	}
	m.power = power.Machine{Ports: port.Hardware{}, TripleFault: x86.TripleFault, Halt: x86.Halt, Say: m.note}
	m.speaks()
}

func (m *machine) putc(c byte) {
	m.com1.Put(c)
	if m.debug != nil {
		m.debug.Put(c)
	}
}

func (m *machine) note(s string) {
	for i := 0; i < len(s); i++ {
		m.putc(s[i])
	}
	m.putc('\n')
}

// refuse ends a boot that must not go on.
func (m *machine) refuse(why string) {
	m.note("bennu: refused: " + why)
	m.power.Fail(kernel.StatusRefused)
}

func (m *machine) must(err error) {
	if err != nil {
		m.refuse(err.Error())
	}
}
