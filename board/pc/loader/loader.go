// Package loader is what a boot loader tells a kernel, by any protocol: each protocol (pvh, multiboot) reads its own structures and
// gives the same Info.
package loader

import (
	"strconv"

	"bennu/board/pc/memmap"
)

// Memory is physical memory to read from. Window gives the n bytes at an address, or not ok when
// there is no memory, or none that may be read.
type Memory interface {
	Window(addr, n uint64) (b []byte, ok bool)
}

// Info is everything that the loader told.
type Info struct {
	CommandLine string
	RSDP        uint64 // physical address of ACPI's root pointer; 0: not told
	RootPointer []byte // a copy of it, from a loader that gives one; RSDP is 0 then
	Modules     []Module
	Map         memmap.Map // normalised
}

// Module is a file that the loader put into memory. Map calls its memory RAM: users of the map keep off it.
type Module struct {
	memmap.Range
	CommandLine string
}

// Bounds of what is believed. What a loader tells beyond them is garbage.
const (
	MaxModules     = 16
	MaxRegions     = 256
	MaxCommandLine = 4096 // bytes, with the zero
)

// Error is why a loader was not believed: its protocol, the part of its tables, the address of that, the fault.
type Error struct {
	Protocol string
	Part     string
	Addr     uint64
	What     string
}

func (e *Error) Error() string {
	return e.Protocol + ": " + e.Part + " at " + hex(e.Addr) + ": " + e.What
}

// Map normalises a loader's memory map. It refuses one in which RAM overlaps something else, and one without RAM: wrong says why.
func Map(regions []memmap.Region) (m memmap.Map, wrong string) {
	if a, b, bad := memmap.Conflict(regions); bad {
		return nil, a.String() + " " + a.Type.String() + " overlaps " + b.String() + " " + b.Type.String()
	}
	m = memmap.Normalise(regions)
	if m.Total(memmap.RAM) == 0 {
		return nil, "no RAM"
	}
	return m, ""
}

// Misplaced says what is wrong with the modules' places; "" if they lie in RAM and apart from each other.
func (i *Info) Misplaced() string {
	for n, m := range i.Modules {
		if !i.Map.Covers(m.Range, memmap.RAM) {
			return "module " + m.String() + " is not in RAM"
		}
		for _, o := range i.Modules[n+1:] {
			if m.Overlaps(o.Range) {
				return "module " + m.String() + " overlaps " + o.String()
			}
		}
	}
	return ""
}

// Text reads a zero-terminated string of at most MaxCommandLine bytes; address 0 is none. wrong says why there is none to be had.
func Text(mem Memory, addr uint64) (text, wrong string) {
	if addr == 0 {
		return "", ""
	}
	for n := uint64(0); n < MaxCommandLine; n++ {
		b, ok := mem.Window(addr+n, 1)
		if !ok {
			return "", "no memory there"
		}
		if b[0] == 0 {
			if n == 0 {
				return "", ""
			}
			b, ok = mem.Window(addr, n)
			if !ok {
				return "", "no memory there"
			}
			return string(b), ""
		}
	}
	return "", "no end within " + hex(MaxCommandLine) + " bytes"
}

func hex(v uint64) string { return "0x" + strconv.FormatUint(v, 16) }
