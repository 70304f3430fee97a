//go:build tamago

package main

import (
	"strconv"

	"bennu/board/pc/memmap"
	"bennu/board/pc/mmio"
	hardware "bennu/board/pc/pci"
	"bennu/board/pc/port"
	"bennu/boot/ring0"
	"bennu/kernel/abi"
	"bennu/kernel/mem"
	"bennu/kernel/pci"
)

// findPCI finds the PCI functions, and makes all of them quiet.
func (m *machine) findPCI(memory memmap.Map, pool *mem.Pool, template mem.Addr) {
	space, root := m.configSpace(memory, pool, template)
	m.pci = pci.New(space, root, ring0.Reach(), m.taken(memory))
	for m.pci.Scan(); m.pci.Step(); {
	}
	for i := range m.pci.Functions() {
		f := &m.pci.Functions()[i]
		if f.MSIX == 0 || f.Unfit != abi.Fit {
			continue
		}
		at := f.BARs[f.Table.BAR].Base + uint64(f.Table.Offset)
		m.mapDevice(memmap.Range{Start: at, End: at + uint64(f.Table.Size)}, pool, template)
	}
}

// configSpace is how configuration space is reached: nil if not at all.
func (m *machine) configSpace(memory memmap.Map, pool *mem.Pool, template mem.Addr) (pci.ConfigSpace, pci.Root) {
	list, _ := m.tables.MCFG()
	for _, e := range list {
		first := e.Base + uint64(e.First)*hardware.BusSize
		r := memmap.Range{Start: first, End: e.Base + (uint64(e.Last)+1)*hardware.BusSize}
		if e.Segment != 0 || r.End < r.Start || r.End > ring0.Reach() || len(m.overlapping(memory, r)) > 0 {
			m.note("pci: configuration space at " + r.String() + " of segment " + decimal(uint64(e.Segment)) + " is not used")
			continue
		}
		m.mapDevice(r, pool, template)
		m.own, m.pciBy = append(m.own, r), "memory at 0x"+strconv.FormatUint(first, 16)
		return hardware.ECAM{Regs: mmio.At(first), First: uint32(e.First), Last: uint32(e.Last)}, pci.Root{Bus: uint32(e.First), Last: uint32(e.Last)}
	}
	if p := (hardware.Ports{Space: port.Hardware{}}); p.There() {
		m.pciBy = "ports"
		return p, pci.Root{Last: 255}
	}
	return nil, pci.Root{}
}

// overlapping is the RAM in r.
func (m *machine) overlapping(memory memmap.Map, r memmap.Range) (out memmap.Map) {
	for _, o := range memory.Clip(r.Start, r.End) {
		if o.Type == memmap.RAM {
			out = append(out, o)
		}
	}
	return out
}

// mapDevice maps a device's memory in the direct map. What is below 4 GiB is there.
func (m *machine) mapDevice(r memmap.Range, pool *mem.Pool, template mem.Addr) {
	if r.Start < 4<<30 {
		return
	}
	if !ring0.MapDevice(pool, template, r) {
		m.refuse("no memory for page tables of devices")
	}
}

// taken is the memory that no device's may lie on: what has content, and the machine's own registers.
func (m *machine) taken(memory memmap.Map) (out []pci.Range) {
	for _, r := range memory {
		if r.Type == memmap.RAM || r.Type == memmap.Reclaimable || r.Type == memmap.NVS {
			out = append(out, pci.Range(r.Range))
		}
	}
	for _, r := range m.own {
		out = append(out, pci.Range(r))
	}
	return append(out, pci.Range{End: firstMiB},
		pci.Range{Start: 0xfec0_0000, End: 0xfef0_0000}, // interrupt controllers and messages, timers, IOMMUs
		pci.Range{Start: 0xff00_0000, End: 4 << 30})     // firmware
}

// tellPCI says what there is, and what cannot be used.
func (m *machine) tellPCI() {
	if m.pciBy == "" {
		m.k.Print("pci: none")
		return
	}
	m.k.Print("pci: ", decimal(uint64(len(m.pci.Functions()))), " functions, ", decimal(uint64(len(m.pci.Bridges()))), " bridges, by ", m.pciBy)
	if m.pci.Dropped > 0 {
		m.k.Print("pci: ", decimal(m.pci.Dropped), " functions more are one too many: quiet, and nobody's")
	}
	for i := range m.pci.Functions() {
		f := &m.pci.Functions()[i]
		if f.Unfit != abi.Fit && f.Unfit != abi.UnfitBridge {
			m.k.Print("pci: ", f.ID.Function.String(), " cannot be used: ", f.Unfit.Why(f.UnfitBAR))
		}
	}
}
