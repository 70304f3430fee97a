// Package tinyelf makes the smallest kernels that QEMU boots: a few instructions of 32-bit
// code in an ELF64. They test the tools without a kernel of ours.
package tinyelf

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
)

// Base is where the only segment is loaded: the ELF header's page. The entry symbol
// "pvhstart" is at Base+EntryOffset.
const (
	Base        = 0x100000
	EntryOffset = 0x1000
)

const noteAt = 0xf00 // file offset of the note

// Note says what the PT_NOTE segment holds.
type Note int

const (
	NoteGo  Note = iota // a Go build id, as the Go linker leaves it
	NotePVH             // the PVH entry, ready to boot
)

// ELF is an executable whose PVH entry runs code (32-bit protected mode, flat segments,
// paging off; no stack).
func ELF(code []byte, note Note) []byte {
	out := make([]byte, EntryOffset+len(code))
	copy(out[EntryOffset:], code)
	n := goNote()
	if note == NotePVH {
		n = pvhNote(Base + EntryOffset)
	}
	copy(out[noteAt:], n)

	loadSize := uint64(len(out))
	symtab, strtab := symbols()
	shstr := "\x00.text\x00.symtab\x00.strtab\x00.shstrtab\x00"
	symAt := align8(len(out))
	out = append(append(out, make([]byte, symAt-len(out))...), symtab...)
	strAt := len(out)
	out = append(out, strtab...)
	shstrAt := len(out)
	out = append(out, shstr...)
	shAt := align8(len(out))
	out = append(out, make([]byte, shAt-len(out))...)

	var w bytes.Buffer
	put := func(v any) { binary.Write(&w, binary.LittleEndian, v) } // a bytes.Buffer takes everything
	for _, s := range []elf.Section64{
		{},
		{Name: 1, Type: uint32(elf.SHT_PROGBITS), Flags: uint64(elf.SHF_ALLOC | elf.SHF_EXECINSTR), Addr: Base + EntryOffset, Off: EntryOffset, Size: uint64(len(code)), Addralign: 16},
		{Name: 7, Type: uint32(elf.SHT_SYMTAB), Off: uint64(symAt), Size: uint64(len(symtab)), Link: 3, Info: 1, Addralign: 8, Entsize: 24},
		{Name: 15, Type: uint32(elf.SHT_STRTAB), Off: uint64(strAt), Size: uint64(len(strtab)), Addralign: 1},
		{Name: 23, Type: uint32(elf.SHT_STRTAB), Off: uint64(shstrAt), Size: uint64(len(shstr)), Addralign: 1},
	} {
		put(s)
	}
	out = append(out, w.Bytes()...)

	w.Reset()
	h := elf.Header64{Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: 1, Entry: Base + EntryOffset, Phoff: 64, Shoff: uint64(shAt),
		Ehsize: 64, Phentsize: 56, Phnum: 3, Shentsize: 64, Shnum: 5, Shstrndx: 4}
	copy(h.Ident[:], "\x7fELF\x02\x01\x01")
	put(h)
	put(elf.Prog64{Type: uint32(elf.PT_NOTE), Flags: uint32(elf.PF_R), Off: noteAt, Vaddr: Base + noteAt, Paddr: Base + noteAt,
		Filesz: uint64(len(n)), Memsz: uint64(len(n)), Align: 4})
	put(elf.Prog64{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X), Off: 0, Vaddr: Base, Paddr: Base, Filesz: loadSize, Memsz: loadSize, Align: 0x1000})
	put(elf.Prog64{Type: uint32(elf.PT_GNU_STACK), Flags: uint32(elf.PF_R | elf.PF_W), Align: 8})
	copy(out, w.Bytes())
	return out
}

func align8(n int) int { return (n + 7) &^ 7 }

func symbols() (symtab, strtab []byte) {
	var w bytes.Buffer
	binary.Write(&w, binary.LittleEndian, elf.Sym64{})
	binary.Write(&w, binary.LittleEndian, elf.Sym64{Name: 1, Info: elf.ST_INFO(elf.STB_GLOBAL, elf.STT_FUNC), Shndx: 1, Value: Base + EntryOffset})
	return w.Bytes(), []byte("\x00pvhstart\x00")
}

func goNote() []byte {
	b := []byte{4, 0, 0, 0, 20, 0, 0, 0, 4, 0, 0, 0, 'G', 'o', 0, 0}
	return append(b, "a build id of 20 byt"...)
}

func pvhNote(entry uint64) []byte {
	b := []byte{4, 0, 0, 0, 8, 0, 0, 0, 18, 0, 0, 0, 'X', 'e', 'n', 0}
	return binary.LittleEndian.AppendUint64(b, entry)
}
