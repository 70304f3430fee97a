// Package multiboot reads what a Multiboot2 boot loader (GRUB) tells a kernel at its start.
package multiboot

import (
	"strconv"

	"bennu/board/pc/loader"
	"bennu/board/pc/memmap"
)

// Tags of the information that count here; others are passed over.
//
// Source: Multiboot2 Specification, "Boot information format"; multiboot2.h.
const (
	tagEnd         = 0
	tagCommandLine = 1
	tagModule      = 3
	tagMap         = 6
	tagOldRSDP     = 14
	tagNewRSDP     = 15
)

// Layout of the information and of its tags.
const (
	sizeHead    = 8 // of both: the information's size and a reserved word, a tag's type and size
	offFirst    = 8 // of what is a tag's own
	offEnd      = 12
	offText     = 16 // a module's
	offEntries  = 16 // of the memory map
	sizeEntry   = 24
	alignedInfo = 8
)

// Bounds of what is believed.
const (
	maxInfo = 1 << 20 // bytes
	maxTags = 256
)

// Sizes of ACPI's root pointer, of revision 0 and later.
const sizeOldRSDP, sizeNewRSDP = 20, 36

func fault(part string, addr uint64, what string) *loader.Error {
	return &loader.Error{Protocol: "multiboot2", Part: part, Addr: addr, What: what}
}

// Parse reads the information at a physical address (EBX at the kernel's entry).
//
// It copies what it returns, the root pointer of ACPI too: the loader gives a copy, and that lies in the information. The
// newer one counts.
//
// Errors: *loader.Error for everything that is not as the protocol says: tags that are cut off, or twice there, no end, no
// memory map, a region or a module that wraps, RAM that overlaps something else, a module outside of RAM, modules
// that overlap, a text without an end.
func Parse(mem loader.Memory, addr uint64) (*loader.Info, error) {
	head, ok := mem.Window(addr, sizeHead)
	if !ok || addr%alignedInfo != 0 {
		return nil, fault("information", addr, "no memory there")
	}
	size := uint64(le32(head))
	if size < 2*sizeHead || size > maxInfo {
		return nil, fault("information", addr, "impossible length "+strconv.FormatUint(size, 10))
	}
	b, ok := mem.Window(addr, size)
	if !ok {
		return nil, fault("information", addr, "cut off")
	}
	p := parser{info: new(loader.Info), addr: addr}
	for at := uint64(sizeHead); ; {
		if size-at < sizeHead {
			return nil, fault("information", addr, "no end tag within "+strconv.FormatUint(size, 10)+" bytes")
		}
		kind, n := le32(b[at:]), uint64(le32(b[at+4:]))
		if n < sizeHead || n > size-at {
			return nil, fault("tag "+strconv.FormatUint(uint64(kind), 10), addr+at, "impossible length "+strconv.FormatUint(n, 10))
		}
		if kind == tagEnd {
			break
		}
		if err := p.tag(kind, b[at:at+n], addr+at); err != nil {
			return nil, err
		}
		if at += (n + alignedInfo - 1) &^ (alignedInfo - 1); at > size {
			at = size
		}
	}
	return p.end()
}

// parser is what was read so far.
type parser struct {
	info                *loader.Info
	addr                uint64
	tags                int
	mapped, told, newer bool
}

// tag reads one tag.
func (p *parser) tag(kind uint32, b []byte, at uint64) error {
	if p.tags++; p.tags > maxTags {
		return fault("information", p.addr, "more than "+strconv.Itoa(maxTags)+" tags")
	}
	switch kind {
	case tagCommandLine:
		s, wrong := text(b, offFirst)
		if p.told {
			wrong = "there are two"
		}
		if wrong != "" {
			return fault("command line", at, wrong)
		}
		p.info.CommandLine, p.told = s, true
	case tagModule:
		return p.module(b, at)
	case tagMap:
		wrong := "there are two"
		if !p.mapped {
			p.info.Map, wrong = regions(b)
		}
		if wrong != "" {
			return fault("memory map", at, wrong)
		}
		p.mapped = true
	case tagOldRSDP, tagNewRSDP:
		least := sizeOldRSDP
		if kind == tagNewRSDP {
			least = sizeNewRSDP
		}
		if len(b)-offFirst < least {
			return fault("RSDP", at, "impossible length "+strconv.Itoa(len(b)-offFirst))
		}
		if kind == tagNewRSDP || !p.newer {
			p.info.RootPointer = append([]byte(nil), b[offFirst:]...)
			p.newer = kind == tagNewRSDP
		}
	}
	return nil
}

func (p *parser) module(b []byte, at uint64) error {
	const part = "module"
	s, wrong := text(b, offText)
	if wrong != "" {
		return fault(part, at, wrong)
	}
	start, end := uint64(le32(b[offFirst:])), uint64(le32(b[offEnd:]))
	if start >= end {
		return fault(part, at, "bad module: "+hex(start)+" up to "+hex(end))
	}
	if len(p.info.Modules) == loader.MaxModules {
		return fault(part, at, "more than "+strconv.Itoa(loader.MaxModules))
	}
	p.info.Modules = append(p.info.Modules, loader.Module{Range: memmap.Range{Start: start, End: end}, CommandLine: s})
	return nil
}

// end is what was read, if that is all there must be.
func (p *parser) end() (*loader.Info, error) {
	if !p.mapped {
		return nil, fault("information", p.addr, "no memory map")
	}
	if wrong := p.info.Misplaced(); wrong != "" {
		return nil, fault("information", p.addr, wrong)
	}
	return p.info, nil
}

// regions reads a memory map's tag.
func regions(b []byte) (m memmap.Map, wrong string) {
	if len(b) < offEntries {
		return nil, "cut off"
	}
	size := uint64(le32(b[offFirst:]))
	b = b[offEntries:]
	if size < sizeEntry || size%8 != 0 || uint64(len(b))%size != 0 {
		return nil, "entries of " + strconv.FormatUint(size, 10) + " bytes in " + strconv.Itoa(len(b))
	}
	n := uint64(len(b)) / size
	if n > loader.MaxRegions {
		return nil, hex(n) + " entries, more than " + hex(loader.MaxRegions)
	}
	list := make([]memmap.Region, n)
	for i := range list {
		e := b[uint64(i)*size:]
		start, length := le64(e), le64(e[8:])
		if start+length < start {
			return nil, "region wraps: " + hex(start) + " + " + hex(length)
		}
		list[i] = memmap.Region{Range: memmap.Range{Start: start, End: start + length}, Type: memmap.Type(le32(e[16:]))}
	}
	return loader.Map(list)
}

// text is the zero-terminated string that a tag ends with.
func text(b []byte, at int) (s, wrong string) {
	for i := at; i < len(b) && i-at < loader.MaxCommandLine; i++ {
		if b[i] == 0 {
			return string(b[at:i]), ""
		}
	}
	return "", "its text has no end"
}

func le32(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

func le64(b []byte) uint64 { return uint64(le32(b)) | uint64(le32(b[4:]))<<32 }

func hex(v uint64) string { return "0x" + strconv.FormatUint(v, 16) }
