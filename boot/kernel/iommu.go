//go:build tamago

package main

import (
	"errors"
	"sort"

	"bennu/board/pc/acpi"
	"bennu/board/pc/apic"
	"bennu/board/pc/memmap"
	"bennu/board/pc/mmio"
	"bennu/board/pc/vtd"
	"bennu/board/x86"
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/iommu"
	"bennu/kernel/layout"
	"bennu/kernel/mem"
)

// isDevice is where interrupt controllers, firmware, and messages of interrupts are, below 4 GiB. Source: Intel SDM Vol. 3A, "Local APIC"; chipsets' manuals.
const isDevice = 0xfc00_0000

// confine turns translation on, with domains that are empty, before any task runs: a device reaches nothing from then on. Until then bus mastering is off, as
// enumeration has left it, and firmware's own protection is as it was.
func (m *machine) confine(pool *mem.Pool, wish string, memory memmap.Map) {
	table, err := m.translate(pool, wish, memory)
	if err != nil {
		m.confined.none = err.Error()
		return
	}
	m.iommu = table
	if err := m.remap(); err != nil {
		m.confined.unmapped = err.Error()
	} else {
		m.confined.remaps = true
	}
	m.units.Report(arch.VectorDMAFault, m.lines.ID())
}

// translate makes the tables and gives them to the units.
func (m *machine) translate(pool *mem.Pool, wish string, memory memmap.Map) (*iommu.Table, error) {
	if wish == "off" {
		return nil, errors.New("iommu=off")
	}
	dmar, err := m.tables.DMAR()
	if err != nil {
		return nil, err
	}
	if m.units, err = probe(dmar); err != nil {
		return nil, err
	}
	if err := m.units.Stop(); err != nil {
		return nil, err
	}
	c := &m.confined
	used := m.inUse(memory)
	if c.width = pickWidth(wish, m.units.Widths(), iommu.PlaceSize*iommu.MaxPlaces, used); c.width == 0 {
		return nil, errors.New("vtd: no width of device addresses fits")
	}
	low, lows := pickLow(used, iommu.PlaceSize, iommu.MaxPlaces)
	c.units, c.coherent = len(m.units.All), m.units.Coherent()
	if !c.coherent {
		m.units.Flush = func(line uint64) { x86.FlushLine(uintptr(layout.Direct + line)) }
	}
	table, ok := iommu.New(pool, m.units, iommu.Config{Width: c.width, Domains: m.units.Domains(), Caching: m.units.Caching(), Snoop: m.units.Snoop(), Low: low, Lows: lows})
	for _, bus := range m.buses() {
		ok = ok && table.AddBus(bus)
	}
	if !ok {
		return nil, errors.New("no memory for its tables")
	}
	m.keepRegions(table, dmar, memory)
	var queues []vtd.Page
	for range m.units.All {
		a := m.frame(pool)
		queues = append(queues, vtd.Page{Addr: uint64(a), Words: pool.Physical().Words(a)})
	}
	status := m.frame(pool)
	return table, m.units.Start(uint64(table.Root()), vtd.Status{Addr: uint64(status), Words: pool.Physical().Halves(status)}, queues)
}

// probe finds the units of segment 0, the only one that functions have names for.
func probe(dmar *acpi.DMAR) (*vtd.Units, error) {
	units := &vtd.Units{}
	for _, d := range dmar.Units {
		if d.Segment != 0 {
			continue
		}
		if d.Addr >= 4<<30 {
			return nil, errors.New("vtd: a unit's registers are above 4 GiB")
		}
		u, err := vtd.Probe(d.Addr, mmio.At(d.Addr))
		if err != nil {
			return nil, err
		}
		units.All = append(units.All, u)
	}
	if len(units.All) == 0 {
		return nil, errors.New("vtd: no unit is for segment 0")
	}
	return units, nil
}

// inUse is the physical addresses that are somebody's, by where they begin: RAM and what else firmware names, configuration space, and what bridges pass on:
// functions behind one bridge may reach each other there without passing a unit.
func (m *machine) inUse(memory memmap.Map) (used [][2]uint64) {
	for _, r := range memory {
		used = append(used, [2]uint64{r.Start, r.End})
	}
	used = append(used, [2]uint64{isDevice, 4 << 30})
	used = append(used, m.windows()...)
	sort.Slice(used, func(i, j int) bool { return used[i][0] < used[j][0] })
	return used
}

// keepRegions gives devices the memory that firmware wants them to reach, where that is no task's.
func (m *machine) keepRegions(table *iommu.Table, dmar *acpi.DMAR, memory memmap.Map) {
	for _, r := range dmar.Memory {
		where := memmap.Range{Start: r.Start, End: r.End}
		for _, o := range memory {
			if o.Type == memmap.RAM && where.Overlaps(o.Range) {
				m.confined.faults = append(m.confined.faults, "iommu: not kept for firmware: "+where.String()+" is RAM")
				where = memmap.Range{}
			}
		}
		for i := range r.Scopes {
			source, ok := r.Scopes[i].Function(m.behind)
			if where.Size() == 0 || r.Segment != 0 {
				continue
			}
			if r.Scopes[i].Kind != acpi.ScopeEndpoint || !ok || !table.Keep(source, r.Start, r.End) {
				m.confined.faults = append(m.confined.faults, "iommu: not kept for firmware: "+where.String()+": no device, or not found")
				continue
			}
			m.confined.kept++
		}
	}
}

// remap has all interrupts go by the table. Messages in the old format are blocked then, where the hardware does so.
func (m *machine) remap() error {
	dmar, err := m.tables.DMAR()
	if err != nil {
		return err
	}
	madt, err := m.tables.MADT()
	switch {
	case err != nil:
		return err
	case !dmar.Remap:
		return errors.New("the firmware says that the platform cannot")
	case !m.units.Remaps():
		return errors.New("not all units can")
	}
	source := func(gsi uint32) (id uint16, ok bool) {
		at := -1
		for i, a := range madt.IOAPICs {
			if a.GSIBase <= gsi && (at < 0 || a.GSIBase > madt.IOAPICs[at].GSIBase) {
				at = i
			}
		}
		return dmar.IOAPIC(madt.IOAPICs[max(at, 0)].ID, m.behind)
	}
	for _, a := range madt.IOAPICs {
		if _, ok := source(a.GSIBase); !ok {
			return errors.New("an I/O APIC is in no unit's scope")
		}
	}
	if err := m.units.Remap(uint64(m.iommu.Remap()) | iommu.RemapSize); err != nil {
		return err
	}
	m.lines.Remap(func(line apic.Line, vector uint8, level bool) uint16 {
		id, _ := source(uint32(line))
		index, _ := m.iommu.AllowInterrupt(id, vector, m.lines.ID(), level)
		return index
	})
	return nil
}

// buses are those that functions may be on.
func (m *machine) buses() []uint8 {
	all := []uint8{uint8(m.pci.Root().Bus)}
	for i := range m.pci.Bridges() {
		all = append(all, uint8(m.pci.Bridges()[i].Bus))
	}
	return all
}

// behind is the bus behind a bridge.
func (m *machine) behind(bridge uint16) (bus uint8, ok bool) {
	for i := range m.pci.Bridges() {
		if b := &m.pci.Bridges()[i]; b.Function == abi.Function(bridge) {
			return uint8(b.Bus), true
		}
	}
	return 0, false
}

// windows is what bridges pass on, where functions have memory, and configuration space. Where the first bridge's windows are, nothing tells; so the gap between the
// lowest and the highest of all these is one.
func (m *machine) windows() (out [][2]uint64) {
	low, high := uint64(isDevice), uint64(isDevice)
	add := func(start, end uint64) {
		if start >= end {
			return
		}
		if out = append(out, [2]uint64{start, end}); start < isDevice {
			low = min(low, start)
		}
	}
	for _, r := range m.own {
		add(r.Start, r.End)
	}
	for i := range m.pci.Bridges() {
		b := &m.pci.Bridges()[i]
		add(b.Memory.Start, b.Memory.End)
		add(b.Prefetch.Start, b.Prefetch.End)
	}
	for i := range m.pci.Functions() {
		for _, b := range m.pci.Functions()[i].BARs {
			if b.Kind == abi.BARMemory && b.Base != 0 {
				add(b.Base, b.Base+b.Size)
			}
		}
	}
	return append(out, [2]uint64{low, high})
}
