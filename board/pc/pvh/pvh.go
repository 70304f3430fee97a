// Package pvh reads what a PVH boot loader (QEMU, Xen, Firecracker, Cloud Hypervisor)
// tells a kernel at its start.
package pvh

import (
	"strconv"

	"bennu/board/pc/loader"
	"bennu/board/pc/memmap"
)

// Magic is the first word of hvm_start_info ("xEn3", bit 7 of the E set).
const Magic = 0x336ec578

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

func fault(part string, addr uint64, what string) *loader.Error {
	return &loader.Error{Protocol: "pvh", Part: part, Addr: addr, What: what}
}

// Parse reads the start info at a physical address (EBX at the kernel's entry).
//
// It copies what it returns. Errors: *loader.Error for everything that is not as the
// protocol says: no magic, an older version (which has no memory map), memory that is not there,
// a region or a module that wraps, RAM that overlaps something else, a module outside of
// RAM, modules that overlap, a command line without an end.
//
// Source: Xen, docs/misc/pvh.pandoc, "x86/HVM direct boot ABI".
func Parse(mem loader.Memory, addr uint64) (*loader.Info, error) {
	b, ok := mem.Window(addr, sizeInfo0)
	if !ok || addr%alignedInfo != 0 {
		return nil, fault("start info", addr, "no memory there")
	}
	if le32(b) != Magic {
		return nil, fault("start info", addr, "magic is "+hex(uint64(le32(b)))+", want "+hex(Magic))
	}
	info := &loader.Info{RSDP: le64(b[offRSDP:])}
	if le32(b[offVersion:]) < versionMap {
		return nil, fault("start info", addr, "version 0 has no memory map; want 1 or later")
	}
	if b, ok = mem.Window(addr, sizeInfo1); !ok {
		return nil, fault("start info", addr, "cut off")
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
	if wrong := info.Misplaced(); wrong != "" {
		return nil, fault("module list", le64(b[offModList:]), wrong)
	}
	return info, nil
}

// regions reads the memory map.
func regions(mem loader.Memory, addr uint64, n uint32) (memmap.Map, error) {
	const part = "memory map"
	if n == 0 {
		return nil, fault(part, addr, "empty")
	}
	if n > loader.MaxRegions {
		return nil, fault(part, addr, hex(uint64(n))+" entries, more than "+hex(loader.MaxRegions))
	}
	b, ok := mem.Window(addr, uint64(n)*sizeRegion)
	if !ok {
		return nil, fault(part, addr, "no memory there")
	}
	list := make([]memmap.Region, n)
	for i := range list {
		e := b[i*sizeRegion:]
		start, size := le64(e), le64(e[8:])
		if start+size < start {
			return nil, fault(part, addr+uint64(i)*sizeRegion, "region wraps: "+hex(start)+" + "+hex(size))
		}
		list[i] = memmap.Region{Range: memmap.Range{Start: start, End: start + size}, Type: memmap.Type(le32(e[16:]))}
	}
	m, wrong := loader.Map(list)
	if wrong != "" {
		return nil, fault(part, addr, wrong)
	}
	return m, nil
}

// modules reads the module list.
func modules(mem loader.Memory, addr uint64, n uint32) ([]loader.Module, error) {
	const part = "module list"
	if n == 0 {
		return nil, nil
	}
	if n > loader.MaxModules {
		return nil, fault(part, addr, hex(uint64(n))+" entries, more than "+hex(loader.MaxModules))
	}
	b, ok := mem.Window(addr, uint64(n)*sizeModule)
	if !ok {
		return nil, fault(part, addr, "no memory there")
	}
	list := make([]loader.Module, n)
	for i := range list {
		e, at := b[i*sizeModule:], addr+uint64(i)*sizeModule
		start, size := le64(e), le64(e[8:])
		if size == 0 || start+size < start {
			return nil, fault(part, at, "bad module: "+hex(start)+" + "+hex(size))
		}
		line, err := text(mem, "module command line", le64(e[16:]))
		if err != nil {
			return nil, err
		}
		list[i] = loader.Module{Range: memmap.Range{Start: start, End: start + size}, CommandLine: line}
	}
	return list, nil
}

// text reads a zero-terminated string; address 0 is none.
func text(mem loader.Memory, part string, addr uint64) (string, error) {
	s, wrong := loader.Text(mem, addr)
	if wrong != "" {
		return "", fault(part, addr, wrong)
	}
	return s, nil
}

func le32(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

func le64(b []byte) uint64 { return uint64(le32(b)) | uint64(le32(b[4:]))<<32 }

func hex(v uint64) string { return "0x" + strconv.FormatUint(v, 16) }
