// Package pvh reads what a PVH boot loader (QEMU, Xen, Firecracker, Cloud Hypervisor)
// tells a kernel at its start, and keeps memory maps.
package pvh

// Memory is physical memory to read from. Window gives the n bytes at an address, or not ok when
// there is no memory, or none that may be read.
type Memory interface {
	Window(addr, n uint64) (b []byte, ok bool)
}

// Info is what the loader told.
type Info struct {
	Version     uint32
	CommandLine string
	RSDP        uint64 // physical address of ACPI's root pointer; 0: not told
	Modules     []Module
	Map         Map // normalised
}

// Module is a file that the loader put into memory. Map calls its memory RAM: who uses the
// map keeps off it.
type Module struct {
	Range
	CommandLine string
}

// Magic is the first word of hvm_start_info ("xEn3", bit 7 of the E set).
const Magic = 0x336ec578

// Bounds of what is believed. A start info that goes past them is garbage.
const (
	MaxModules     = 16
	MaxRegions     = 256
	MaxCommandLine = 4096 // bytes, with the zero
)

// Layout of hvm_start_info, hvm_modlist_entry and hvm_memmap_table_entry.
//
// Source: Xen, public/arch-x86/hvm/start_info.h, "Start of day structure passed to
// PVH guests and to HVM guests in %ebx".
const (
	offVersion  = 4
	offModules  = 12 // nr_modules
	offModList  = 16
	offCommand  = 24
	offRSDP     = 32
	offMap      = 40 // version 1 on
	offRegions  = 48
	sizeInfo0   = 40
	sizeInfo1   = 56
	sizeModule  = 32
	sizeRegion  = 24
	versionMap  = 1
	alignedInfo = 4
)

// Error is why a start info was not believed: which part of it, its address, what is wrong.
type Error struct {
	Part string
	Addr uint64
	What string
}

func (e *Error) Error() string { return "pvh: " + e.Part + " at " + hex(e.Addr) + ": " + e.What }

// Parse reads the start info at a physical address (EBX at the kernel's entry).
//
// It copies what it returns. Errors: *Error for everything that is not as the
// protocol says: no magic, an older version (which has no memory map), memory that is not there,
// a region or a module that wraps, RAM that overlaps something else, a module outside of
// RAM, modules that overlap, a command line without an end.
//
// Source: Xen, docs/misc/pvh.pandoc, "x86/HVM direct boot ABI".
func Parse(mem Memory, addr uint64) (*Info, error) {
	b, ok := mem.Window(addr, sizeInfo0)
	if !ok || addr%alignedInfo != 0 {
		return nil, &Error{"start info", addr, "no memory there"}
	}
	if le32(b) != Magic {
		return nil, &Error{"start info", addr, "magic is " + hex(uint64(le32(b))) + ", want " + hex(Magic)}
	}
	info := &Info{Version: le32(b[offVersion:]), RSDP: le64(b[offRSDP:])}
	if info.Version < versionMap {
		return nil, &Error{"start info", addr, "version 0 has no memory map; want 1 or later"}
	}
	if b, ok = mem.Window(addr, sizeInfo1); !ok {
		return nil, &Error{"start info", addr, "cut off"}
	}
	var err error
	if info.CommandLine, err = text(mem, "command line", le64(b[offCommand:])); err != nil {
		return nil, err
	}
	if info.Map, err = regions(mem, le64(b[offMap:]), le32(b[offRegions:])); err != nil {
		return nil, err
	}
	if info.Modules, err = modules(mem, le64(b[offModList:]), le32(b[offModules:])); err != nil {
		return nil, err
	}
	return info, checkModules(info, le64(b[offModList:]))
}

// regions reads the memory map.
func regions(mem Memory, addr uint64, n uint32) (Map, error) {
	const part = "memory map"
	if n == 0 {
		return nil, &Error{part, addr, "empty"}
	}
	if n > MaxRegions {
		return nil, &Error{part, addr, hex(uint64(n)) + " entries, more than " + hex(MaxRegions)}
	}
	b, ok := mem.Window(addr, uint64(n)*sizeRegion)
	if !ok {
		return nil, &Error{part, addr, "no memory there"}
	}
	list := make([]Region, n)
	for i := range list {
		e := b[i*sizeRegion:]
		start, size := le64(e), le64(e[8:])
		if start+size < start {
			return nil, &Error{part, addr + uint64(i)*sizeRegion, "region wraps: " + hex(start) + " + " + hex(size)}
		}
		list[i] = Region{Range{start, start + size}, Type(le32(e[16:]))}
	}
	if a, b, bad := conflict(list); bad {
		return nil, &Error{part, addr, a.String() + " " + a.Type.String() + " overlaps " + b.String() + " " + b.Type.String()}
	}
	m := Normalise(list)
	if m.Total(RAM) == 0 {
		return nil, &Error{part, addr, "no RAM"}
	}
	return m, nil
}

// conflict finds RAM that overlaps memory of another type.
func conflict(list []Region) (a, b Region, bad bool) {
	for i, a := range list {
		for _, b := range list[i+1:] {
			if a.Start < a.End && b.Start < b.End && a.Overlaps(b.Range) && a.Type != b.Type && (a.Type == RAM || b.Type == RAM) {
				return a, b, true
			}
		}
	}
	return a, b, false
}

// modules reads the module list.
func modules(mem Memory, addr uint64, n uint32) ([]Module, error) {
	const part = "module list"
	if n == 0 {
		return nil, nil
	}
	if n > MaxModules {
		return nil, &Error{part, addr, hex(uint64(n)) + " entries, more than " + hex(MaxModules)}
	}
	b, ok := mem.Window(addr, uint64(n)*sizeModule)
	if !ok {
		return nil, &Error{part, addr, "no memory there"}
	}
	list := make([]Module, n)
	for i := range list {
		e, at := b[i*sizeModule:], addr+uint64(i)*sizeModule
		start, size := le64(e), le64(e[8:])
		if size == 0 || start+size < start {
			return nil, &Error{part, at, "bad module: " + hex(start) + " + " + hex(size)}
		}
		line, err := text(mem, "module command line", le64(e[16:]))
		if err != nil {
			return nil, err
		}
		list[i] = Module{Range{start, start + size}, line}
	}
	return list, nil
}

// checkModules asks that modules lie in RAM and apart from each other.
func checkModules(info *Info, addr uint64) error {
	for i, m := range info.Modules {
		if !info.Map.Covers(m.Range, RAM) {
			return &Error{"module list", addr, "module " + m.String() + " is not in RAM"}
		}
		for _, o := range info.Modules[i+1:] {
			if m.Overlaps(o.Range) {
				return &Error{"module list", addr, "module " + m.String() + " overlaps " + o.String()}
			}
		}
	}
	return nil
}

// text reads a zero-terminated string; address 0 is none.
func text(mem Memory, part string, addr uint64) (string, error) {
	if addr == 0 {
		return "", nil
	}
	for n := uint64(0); n < MaxCommandLine; n++ {
		b, ok := mem.Window(addr+n, 1)
		if !ok {
			return "", &Error{part, addr, "no memory there"}
		}
		if b[0] == 0 {
			if n == 0 {
				return "", nil
			}
			b, ok = mem.Window(addr, n)
			if !ok {
				return "", &Error{part, addr, "no memory there"}
			}
			return string(b), nil
		}
	}
	return "", &Error{part, addr, "no end within " + hex(MaxCommandLine) + " bytes"}
}

func le32(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

func le64(b []byte) uint64 { return uint64(le32(b)) | uint64(le32(b[4:]))<<32 }
