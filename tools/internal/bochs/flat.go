package bochs

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
)

// flat is the kernel's memory as the shim wants it: entry, load address, bytes in the file, bytes in memory, and the
// bytes. The entry is that of the PVH note.
func flat(kernel []byte) ([]byte, error) {
	f, err := elf.NewFile(bytes.NewReader(kernel))
	if err != nil {
		return nil, fmt.Errorf("kernel: %w", err)
	}
	low, file, end := ^uint64(0), uint64(0), uint64(0)
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD {
			low, file, end = min(low, p.Paddr), max(file, p.Paddr+p.Filesz), max(end, p.Paddr+p.Memsz)
		}
	}
	entry, err := pvhEntry(f)
	if err != nil {
		return nil, err
	}
	if end == 0 || end > 64<<20 {
		return nil, fmt.Errorf("kernel: loaded up to %#x: expected less than 64 MiB, where the shim is", end)
	}
	out := make([]byte, 16+file-low)
	for i, v := range []uint64{entry, low, file - low, end - low} {
		binary.LittleEndian.PutUint32(out[4*i:], uint32(v))
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD {
			if _, err := p.ReadAt(out[16+p.Paddr-low:][:p.Filesz], 0); err != nil {
				return nil, fmt.Errorf("kernel: %w", err)
			}
		}
	}
	return out, nil
}

// pvhEntry is the address in the note of type 18 by Xen.
func pvhEntry(f *elf.File) (uint64, error) {
	for _, p := range f.Progs {
		if p.Type != elf.PT_NOTE {
			continue
		}
		b := make([]byte, p.Filesz)
		if _, err := p.ReadAt(b, 0); err != nil {
			return 0, fmt.Errorf("kernel: note: %w", err)
		}
		for len(b) >= 12 {
			name, desc, typ := uint64(f.ByteOrder.Uint32(b)), uint64(f.ByteOrder.Uint32(b[4:])), f.ByteOrder.Uint32(b[8:])
			at := 12 + (name+3)&^3
			next := at + (desc+3)&^3
			if next > uint64(len(b)) {
				break
			}
			if typ == 18 && string(b[12:12+name]) == "Xen\x00" && desc >= 4 {
				return uint64(f.ByteOrder.Uint32(b[at:])), nil
			}
			b = b[next:]
		}
	}
	return 0, errors.New("kernel: no PVH note (mkimage kernel makes one)")
}
