package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"bennu/kernel/layout"
)

// kernelOptions are the arguments of mkimage kernel.
type kernelOptions struct {
	symbol string // entered by PVH loaders
	entry  uint64 // used instead of symbol, if not 0
	mb2    string // symbol entered by Multiboot2 loaders; "": no header
	end    uint64 // where the memory that the kernel uses ends, if not 0
	strip  bool
}

func runKernel(args []string, _, stderr io.Writer) error {
	var o kernelOptions
	f := flagSet("kernel", stderr)
	f.StringVar(&o.symbol, "symbol", "cpuinit", "PVH loaders enter at this symbol")
	f.Func("entry", "PVH loaders enter at this `address`, whatever the symbols say", func(s string) (err error) {
		o.entry, err = strconv.ParseUint(s, 0, 32)
		return err
	})
	f.StringVar(&o.mb2, "multiboot2", "", "add a Multiboot2 header that enters at this `symbol`")
	f.Uint64Var(&o.end, "end", layout.KernelEnd, "the last segment's memory goes up to this `address`; 0: as linked")
	f.BoolVar(&o.strip, "strip", false, "leave symbols and debug information out")
	if err := f.Parse(args); err != nil {
		return &usageError{err.Error()}
	}
	if f.NArg() != 2 {
		return &usageError{"expected the ELF to read and the one to write"}
	}
	in, err := os.ReadFile(f.Arg(0))
	if err != nil {
		return err
	}
	out, err := bootable(in, &o)
	if err != nil {
		return fmt.Errorf("%s: %w", f.Arg(0), err)
	}
	return writeFile(f.Arg(1), out, 0o755)
}

// bootable is a copy of the kernel ELF in that boot loaders find what they look for:
//
//   - A Xen note with the 32-bit entry, in a PT_NOTE segment: PVH loaders (QEMU's -kernel,
//     Firecracker, Cloud Hypervisor). Go's linker cannot make one. The segment takes the place of
//     PT_GNU_STACK, which means nothing to a kernel, else that of Go's own PT_NOTE. It stays
//     the last one: some loaders believe the last note.
//   - A Multiboot2 header, if asked for: GRUB. It must be 8-byte aligned and lie within the first 32 KiB
//     of the file, where the linker puts no data of ours.
//
// Both go into the zeros between the ELF's headers and its first section, which the first
// segment loads too. Nothing moves.
//
// Source: Xen, docs/misc/pvh.pandoc; Xen, public/elfnote.h; QEMU, hw/i386/x86-common.c,
// read_pvh_start_addr; Multiboot2 Specification, "Header layout".
func bootable(in []byte, o *kernelOptions) ([]byte, error) {
	f, err := elf.NewFile(bytes.NewReader(in))
	if err != nil {
		return nil, fmt.Errorf("not an ELF file: %w", err)
	}
	if err := checkKernel(f, uint64(len(in))); err != nil {
		return nil, err
	}
	entry := o.entry
	if entry == 0 {
		if entry, err = symbolValue(f, o.symbol); err != nil {
			return nil, err
		}
	}
	if err := checkEntry(f, entry); err != nil {
		return nil, err
	}
	var mb2 []byte
	if o.mb2 != "" {
		v, err := symbolValue(f, o.mb2)
		if err == nil {
			err = checkEntry(f, v)
		}
		if err != nil {
			return nil, err
		}
		mb2 = multiboot2Header(uint32(v))
	}
	out := bytes.Clone(in)
	if err := claim(out, f, o.end); err != nil {
		return nil, err
	}
	if err := addHeaders(out, f, pvhNote(entry), mb2); err != nil {
		return nil, err
	}
	if o.strip {
		return strip(out, f), nil
	}
	return out, nil
}

// claim lets the last segment's memory go up to end: the kernel uses what follows its image, and a loader puts nothing
// where a segment is.
func claim(out []byte, f *elf.File, end uint64) error {
	last := -1
	for i, p := range f.Progs {
		if p.Type == elf.PT_LOAD && (last < 0 || p.Vaddr > f.Progs[last].Vaddr) {
			last = i
		}
	}
	if end == 0 {
		return nil
	}
	p := f.Progs[last]
	if p.Vaddr+p.Memsz > end {
		return fmt.Errorf("ends at %#x: expected at most %#x", p.Vaddr+p.Memsz, end)
	}
	if p.Flags&elf.PF_W == 0 {
		return fmt.Errorf("program header %d: the last segment, at %#x, is not writable", last, p.Vaddr)
	}
	binary.LittleEndian.PutUint64(out[binary.LittleEndian.Uint64(out[ehPhoff:])+uint64(last)*phSize+phMemsz:], end-p.Vaddr)
	return nil
}

// checkKernel asks for a kernel that is whole and loaded where it is linked, below 4 GiB. size is
// the file's.
func checkKernel(f *elf.File, size uint64) error {
	if f.Class != elf.ELFCLASS64 || f.Data != elf.ELFDATA2LSB || f.Machine != elf.EM_X86_64 || f.Type != elf.ET_EXEC {
		return fmt.Errorf("%v %v %v: expected a 64-bit x86-64 executable", f.Class, f.Machine, f.Type)
	}
	loads := 0
	for i, p := range f.Progs {
		if p.Type != elf.PT_LOAD {
			continue
		}
		loads++
		if p.Off > size || p.Filesz > size-p.Off || p.Filesz > p.Memsz {
			return fmt.Errorf("program header %d: the file ends before its segment", i)
		}
		if p.Paddr != p.Vaddr {
			return fmt.Errorf("program header %d: loaded at %#x, linked at %#x: the kernel runs where it is loaded", i, p.Paddr, p.Vaddr)
		}
		if p.Vaddr+p.Memsz > 1<<32 || p.Vaddr+p.Memsz < p.Vaddr {
			return fmt.Errorf("program header %d: ends at %#x, above 4 GiB", i, p.Vaddr+p.Memsz)
		}
	}
	if loads == 0 {
		return errors.New("has no segment to load")
	}
	return nil
}

// symbolValue is a symbol's address.
func symbolValue(f *elf.File, name string) (uint64, error) {
	symbols, err := f.Symbols()
	if err != nil {
		return 0, fmt.Errorf("looking for symbol %s: %w (build it with symbols, or give -entry)", name, err)
	}
	for _, s := range symbols {
		if s.Name == name && s.Section != elf.SHN_UNDEF {
			return s.Value, nil
		}
	}
	return 0, fmt.Errorf("no symbol %s", name)
}

func checkEntry(f *elf.File, entry uint64) error {
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD && p.Flags&elf.PF_X != 0 && entry >= p.Vaddr && entry < p.Vaddr+p.Filesz {
			return nil
		}
	}
	return fmt.Errorf("entry %#x is not in an executable segment", entry)
}

// Where an ELF64 header keeps what is changed here, and the sizes of its tables' rows.
const (
	ehPhoff, ehShoff, ehPhentsize, ehShnum, ehShstrndx = 32, 40, 54, 60, 62
	phMemsz, phSize, shSize                            = 40, 56, 64
)

// addHeaders puts the note and the Multiboot2 header, if any, into the gap after the ELF's own headers.
func addHeaders(out []byte, f *elf.File, note, mb2 []byte) error {
	first, err := headSegment(f)
	if err != nil {
		return err
	}
	at, end := gap(out, f, first)
	size := uint64(len(mb2) + len(note)) // multiples of 8 and 4
	if end < at || end-at < size {
		return fmt.Errorf("no room for %d bytes of boot headers between the ELF's headers and its first section", size)
	}
	for i, c := range out[at : at+size] {
		if c != 0 {
			return fmt.Errorf("offset %#x, where the boot headers go, is in use", at+uint64(i))
		}
	}
	copy(out[at:], mb2)
	copy(out[at+uint64(len(mb2)):], note)
	at += uint64(len(mb2))

	i, err := spareHeader(f)
	if err != nil {
		return err
	}
	var w bytes.Buffer
	binary.Write(&w, binary.LittleEndian, elf.Prog64{Type: uint32(elf.PT_NOTE), Flags: uint32(elf.PF_R), Off: at,
		Vaddr: first.Vaddr + at, Paddr: first.Paddr + at, Filesz: uint64(len(note)), Memsz: uint64(len(note)), Align: 4})
	copy(out[binary.LittleEndian.Uint64(out[ehPhoff:])+uint64(i)*phSize:], w.Bytes())
	return nil
}

// headSegment is the segment that loads the ELF's headers.
func headSegment(f *elf.File) (*elf.Prog, error) {
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD && p.Off == 0 {
			return p, nil
		}
	}
	return nil, errors.New("no segment loads the ELF's headers")
}

// gap is the unused part of the file after the ELF's headers, within the first segment, that part of its first
// page that the kernel does not write to, and so the first 32 KiB. It begins at a multiple of 8.
func gap(out []byte, f *elf.File, first *elf.Prog) (at, end uint64) {
	le := binary.LittleEndian
	at = le.Uint64(out[ehPhoff:]) + uint64(len(f.Progs))*phSize
	end = min(first.Filesz, layout.HeadersEnd-layout.KernelBase, uint64(len(out)))
	if sh := le.Uint64(out[ehShoff:]); sh < end && le.Uint16(out[ehShnum:]) > 0 {
		at = max(at, sh+uint64(le.Uint16(out[ehShnum:]))*shSize)
	}
	for _, s := range f.Sections {
		if s.Type != elf.SHT_NULL && s.Type != elf.SHT_NOBITS && s.FileSize > 0 {
			end = min(end, s.Offset)
		}
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_NOTE && p.Filesz > 0 {
			end = min(end, p.Off)
		}
	}
	return (at + 7) &^ 7, end
}

// spareHeader is the index of the program header that the note takes.
func spareHeader(f *elf.File) (int, error) {
	for _, t := range []elf.ProgType{elf.PT_GNU_STACK, elf.PT_NOTE} {
		for i := len(f.Progs) - 1; i >= 0; i-- {
			if f.Progs[i].Type == t {
				return i, nil
			}
		}
	}
	return 0, errors.New("no PT_GNU_STACK and no PT_NOTE program header to use for the PVH note")
}

// pvhNote is XEN_ELFNOTE_PHYS32_ENTRY. QEMU reads 8 bytes of an ELF64's, and finds
// them by aligning to the segment's p_align, 4.
func pvhNote(entry uint64) []byte {
	const physical32Entry = 18
	le := binary.LittleEndian
	b := le.AppendUint32(nil, 4) // of the name
	b = le.AppendUint32(b, 8)    // of the entry
	b = le.AppendUint32(b, physical32Entry)
	b = append(b, "Xen\x00"...)
	return le.AppendUint64(b, entry)
}

// multiboot2Header asks for what the kernel reads, for modules at page boundaries, for entry at an address of our own (the
// ELF's is the Go runtime's), and for a place like that where the kernel is linked, as low as there is one; the loader moves
// the entry with it.
//
// Source: Multiboot2 Specification, "The layout of Multiboot2 header"; multiboot2.h.
func multiboot2Header(entry uint32) []byte {
	const (
		magic       = 0xe85250d6
		i386        = 0 // entered in 32-bit protected mode
		optional    = 1
		tagEnd      = 0
		tagRequest  = 1
		tagEntry    = 3
		tagAlign    = 6
		tagRelocate = 10
		lowest      = 1
		last4GiB    = 1<<32 - 1
		commandLine = 1
		modules     = 3
		memoryMap   = 6
		oldRSDP     = 14
		newRSDP     = 15
	)
	le := binary.LittleEndian
	var tags []byte
	tag := func(kind, flags uint16, words ...uint32) {
		tags = le.AppendUint16(tags, kind)
		tags = le.AppendUint16(tags, flags)
		tags = le.AppendUint32(tags, uint32(8+4*len(words)))
		for _, w := range words {
			tags = le.AppendUint32(tags, w)
		}
		for len(tags)%8 != 0 {
			tags = append(tags, 0)
		}
	}
	tag(tagRequest, 0, commandLine, modules, memoryMap)
	tag(tagRequest, optional, oldRSDP, newRSDP)
	tag(tagAlign, 0)
	tag(tagEntry, 0, entry)
	tag(tagRelocate, 0, layout.KernelBase, last4GiB, layout.LoadAlign, lowest)
	tag(tagEnd, 0)

	size := uint32(16 + len(tags))
	b := le.AppendUint32(nil, magic)
	b = le.AppendUint32(b, i386)
	b = le.AppendUint32(b, size)
	b = le.AppendUint32(b, -(magic + i386 + size)) // all four are 0 together
	return append(b, tags...)
}

// strip cuts off everything after the last loaded byte: symbols, debug information and,
// if they are there, the section headers.
func strip(out []byte, f *elf.File) []byte {
	end := uint64(0)
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD {
			end = max(end, p.Off+p.Filesz)
		}
	}
	binary.LittleEndian.PutUint64(out[ehShoff:], 0)
	binary.LittleEndian.PutUint16(out[ehShnum:], 0)
	binary.LittleEndian.PutUint16(out[ehShstrndx:], 0)
	return out[:end]
}
