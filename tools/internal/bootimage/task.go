package bootimage

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"

	"bennu/kernel/abi"
	"bennu/kernel/room"
	"bennu/rs/conf"
)

// Offsets in an ELF64 header, and the size of a program header. Source: System V ABI, "ELF Header", "Program Header".
const (
	ehPhoff     = 32
	ehPhentsize = 54
	phSize      = 56
)

// maxSegments is how many segments the kernel loads (kernel/image).
const maxSegments = 8

// TaskFault says why the kernel would not take b as the executable of a task; "" if it would. The
// kernel answers ENOEXEC without words (kernel/image): here is where people learn why.
func TaskFault(b []byte) string {
	f, err := elf.NewFile(bytes.NewReader(b))
	switch {
	case err != nil:
		return "not an ELF file: " + err.Error()
	case f.Class != elf.ELFCLASS64 || f.Data != elf.ELFDATA2LSB || f.Machine != elf.EM_X86_64:
		return fmt.Sprintf("built for %v, %v: expected a 64-bit x86-64 program", f.Machine, f.Class)
	case f.Type != elf.ET_EXEC:
		return fmt.Sprintf("%v: expected ET_EXEC (position-independent programs are not loaded)", f.Type)
	}
	le := binary.LittleEndian
	if off, size := le.Uint64(b[ehPhoff:]), le.Uint16(b[ehPhentsize:]); size != phSize || off > abi.PageSize || off+uint64(len(f.Progs))*phSize > abi.PageSize {
		return "its program headers are not 56 bytes each within the file's first page"
	}
	var loads []*elf.Prog
	mapped := uint64(0)
	for _, p := range f.Progs {
		switch p.Type {
		case elf.PT_INTERP, elf.PT_DYNAMIC:
			return fmt.Sprintf("has a %v segment: expected a static program", p.Type)
		case elf.PT_LOAD:
			if p.Memsz == 0 {
				continue
			}
			if len(loads) == maxSegments {
				return fmt.Sprintf("has more than %d segments to load", maxSegments)
			}
			if why := segmentFault(p, uint64(len(b)), loads); why != "" {
				return why
			}
			loads = append(loads, p)
			if mapped += p.Filesz; mapped > uint64(len(b))+maxSegments*abi.PageSize {
				return "its segments map parts of the file more than once"
			}
		}
	}
	for _, p := range loads {
		if p.Flags&elf.PF_X != 0 && f.Entry >= p.Vaddr && f.Entry < p.Vaddr+p.Filesz {
			return ""
		}
	}
	return fmt.Sprintf("entry %#x is not in an executable segment", f.Entry)
}

// lifeTakes is the least memory that a life of a service with this executable takes; 0 when that is none.
func lifeTakes(b []byte, s *conf.Service) uint64 {
	f, err := elf.NewFile(bytes.NewReader(b))
	if err != nil {
		return 0 // checkPrograms says so
	}
	var segments []room.Segment
	for _, p := range f.Progs {
		if end := p.Vaddr + p.Memsz; p.Type == elf.PT_LOAD && p.Vaddr >= abi.ImageBase && p.Vaddr <= end && end <= abi.ImageEnd {
			segments = append(segments, room.Segment{Start: p.Vaddr, End: end, Write: p.Flags&elf.PF_W != 0})
		}
	}
	return room.Life(segments, s.ReachesPorts())
}

func segmentFault(p *elf.Prog, size uint64, others []*elf.Prog) string {
	at := fmt.Sprintf("segment at %#x ", p.Vaddr)
	switch {
	case p.Vaddr < abi.ImageBase || p.Vaddr >= abi.ImageEnd || p.Memsz > abi.ImageEnd-p.Vaddr:
		return at + fmt.Sprintf("lies outside %#x-%#x: link it there (tamago build -ring 3)", uint64(abi.ImageBase), uint64(abi.ImageEnd))
	case p.Filesz > p.Memsz || p.Off > size || p.Filesz > size-p.Off:
		return at + "is cut off: the file is too short"
	case p.Off%abi.PageSize != p.Vaddr%abi.PageSize:
		return at + fmt.Sprintf("is at file offset %#x, which is not the same within a page", p.Off)
	case p.Flags&elf.PF_W != 0 && p.Flags&elf.PF_X != 0:
		return at + "is writable and executable"
	case p.Flags&elf.PF_W == 0 && p.Filesz != p.Memsz:
		return at + "is read-only with zeros at its end"
	}
	page := func(a uint64) uint64 { return a &^ (abi.PageSize - 1) }
	for _, o := range others {
		if page(p.Vaddr) < page(o.Vaddr+o.Memsz+abi.PageSize-1) && page(o.Vaddr) < page(p.Vaddr+p.Memsz+abi.PageSize-1) {
			return at + fmt.Sprintf("shares a page with the one at %#x", o.Vaddr)
		}
	}
	return ""
}
