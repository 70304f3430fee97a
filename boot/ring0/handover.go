//go:build tamago

package ring0

import (
	"bennu/board/pc"
	"bennu/board/pc/acpi"
	"bennu/board/pc/cpu"
	"bennu/board/pc/loader"
	"bennu/board/pc/mmio"
	"bennu/board/pc/multiboot"
	"bennu/board/pc/pvh"
)

// Handover is what the boot loader handed over. All of it is copied: where it lay is free memory for whoever makes a frame
// pool of the map.
type Handover struct {
	*loader.Info           // Map ends where the processor's addresses and the direct map end
	Root         acpi.Root // of ACPI's tables
	NoRoot       error     // why there is none
	EntryTSC     uint64    // at the first instructions
	Beyond       uint64    // bytes of RAM above the end of Map
}

// ReadHandover reads it, by the protocol that the kernel was entered by.
func ReadHandover() (*Handover, error) {
	all := mmio.Memory{From: 1, To: 4 << 30} // what the first page tables map
	by, addr, entry := pc.Entry()
	parse := pvh.Parse
	if by == pc.Multiboot2 {
		parse = multiboot.Parse
	}
	info, err := parse(all, addr)
	if err != nil {
		return nil, err
	}
	h := &Handover{Info: info, EntryTSC: entry}
	if h.Beyond, err = clip(info, reach(cpu.PhysicalBits(cpu.ID))); err != nil {
		return nil, err
	}
	switch {
	case info.RootPointer != nil:
		h.Root, h.NoRoot = acpi.CopiedRoot(info.RootPointer)
	case info.RSDP != 0:
		h.Root, h.NoRoot = acpi.ReadRoot(all, info.RSDP)
	default:
		var at uint64
		if at, h.NoRoot = acpi.Find(all); h.NoRoot == nil {
			h.Root, h.NoRoot = acpi.ReadRoot(all, at)
		}
	}
	return h, nil
}
