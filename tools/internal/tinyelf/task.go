package tinyelf

import (
	"bytes"
	"debug/elf"
	"encoding/binary"

	"bennu/kernel/abi"
)

// Task is an executable that the kernel takes as a task. It ends at its first instruction.
func Task() []byte {
	const code, data = 0x1000, 0x1010
	h := elf.Header64{Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: 1, Entry: abi.ImageBase + code,
		Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 2}
	copy(h.Ident[:], "\x7fELF\x02\x01\x01")
	var w bytes.Buffer
	binary.Write(&w, binary.LittleEndian, h)
	binary.Write(&w, binary.LittleEndian, []elf.Prog64{
		{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X), Vaddr: abi.ImageBase, Filesz: data, Memsz: data},
		{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_W), Off: code, Vaddr: abi.ImageBase + 0x2000, Filesz: 0x10, Memsz: 0x1000},
	})
	b := append(w.Bytes(), make([]byte, data-w.Len())...)
	copy(b[code:], []byte{0x0f, 0x0b}) // UD2
	return b
}
