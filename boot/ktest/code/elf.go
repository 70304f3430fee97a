package code

import (
	"encoding/binary"

	"bennu/kernel/abi"
)

// Where a task's parts are.
const (
	Text = abi.ImageBase + headerSize // the entry point: the first byte of the code
	Data = abi.ImageBase + 0x10_0000  // zero, or what ELF was given; writable
	// DataSize is the bytes that are writable from Data on.
	DataSize = 0x1_0000
	// StackTop is a stack pointer within Data: nothing else of the package uses the pages below it.
	StackTop = Data + DataSize

	headerSize = 0x400
	phSize     = 56
)

// Segment is a PT_LOAD as a program header has it.
type Segment struct {
	Flags          uint32 // 1 execute, 2 write, 4 read
	Offset, Addr   uint64
	FileSize, Size uint64
}

// ELF is an executable of text, which begins at Text, and a writable segment that begins with data.
func ELF(text, data []byte) []byte {
	size := uint64(headerSize + len(text))
	at := (size + abi.PageSize - 1) &^ (abi.PageSize - 1)
	if len(data) == 0 {
		at = 0
	}
	out := Raw(Text,
		Segment{Flags: 5, Addr: abi.ImageBase, FileSize: size, Size: size},
		Segment{Flags: 6, Offset: at, Addr: Data, FileSize: uint64(len(data)), Size: DataSize})
	out = append(out, text...)
	if len(data) > 0 {
		out = append(out, make([]byte, int(at)-len(out))...)
		out = append(out, data...)
	}
	return out
}

// Raw is an ELF header and program headers, headerSize bytes in all, of whatever it is told: also of what no
// kernel should take.
func Raw(entry uint64, segments ...Segment) []byte {
	out := make([]byte, headerSize)
	le := binary.LittleEndian
	copy(out, "\x7fELF\x02\x01\x01")
	le.PutUint16(out[16:], 2)  // ET_EXEC
	le.PutUint16(out[18:], 62) // EM_X86_64
	le.PutUint32(out[20:], 1)
	le.PutUint64(out[24:], entry)
	le.PutUint64(out[32:], 64)
	le.PutUint16(out[52:], 64)
	le.PutUint16(out[54:], phSize)
	le.PutUint16(out[56:], uint16(len(segments)))
	for i, s := range segments {
		p := out[64+phSize*i:]
		le.PutUint32(p, 1)
		le.PutUint32(p[4:], s.Flags)
		le.PutUint64(p[8:], s.Offset)
		le.PutUint64(p[16:], s.Addr)
		le.PutUint64(p[24:], s.Addr)
		le.PutUint64(p[32:], s.FileSize)
		le.PutUint64(p[40:], s.Size)
		le.PutUint64(p[48:], abi.PageSize)
	}
	return out
}
