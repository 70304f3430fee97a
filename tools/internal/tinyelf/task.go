package tinyelf

import (
	"bytes"
	"debug/elf"
	"encoding/binary"

	"bennu/kernel/abi"
)

const (
	taskCode = 0x1000 // in the file, and above abi.ImageBase
	taskSize = 0x1010 // of the file
)

// Task is an executable that the kernel takes as a task. It ends at its first instruction.
func Task() []byte {
	b := ChangedTask(func(_ *elf.Header64, p []elf.Prog64) { p[1].Memsz = 0x1000 })
	copy(b[taskCode:], []byte{0x0f, 0x0b}) // UD2
	return b
}

// ChangedTask is an executable of the same form, which change may spoil; nil changes nothing. Its code is zeros.
func ChangedTask(change func(h *elf.Header64, p []elf.Prog64)) []byte {
	h := elf.Header64{Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: 1, Entry: abi.ImageBase + taskCode,
		Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 2}
	copy(h.Ident[:], "\x7fELF\x02\x01\x01")
	p := []elf.Prog64{
		{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X), Vaddr: abi.ImageBase, Filesz: taskSize, Memsz: taskSize},
		{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_W), Off: taskCode, Vaddr: abi.ImageBase + 0x2000, Filesz: 0x10, Memsz: 0x9000},
	}
	if change != nil {
		change(&h, p)
	}
	var w bytes.Buffer
	binary.Write(&w, binary.LittleEndian, h)
	binary.Write(&w, binary.LittleEndian, p)
	return append(w.Bytes(), make([]byte, taskSize-w.Len())...)
}
