package code

import "encoding/binary"

// header is what the ELF header tells, where it is in memory: a linker puts it at the begin of the lowest segment.
type header struct {
	at    Segment // the segment that begins with it; without bytes: there is none
	phoff uint64
	phnum int
}

// Sizes and places in a 64-bit ELF file. Source: System V ABI, "ELF Header", "Program Header".
const (
	ehSize, phSize             = 64, 56
	ehPhoff, ehPhnum           = 32, 56
	phFlags, phVaddr, phFilesz = 4, 16, 32
	ptLoad, ptNote, pfExec     = 1, 4, 1
)

func findHeader(text Segment, others []Segment) (h header) {
	le := binary.LittleEndian
	for i := -1; i < len(others); i++ {
		s := text
		if i >= 0 {
			s = others[i]
		}
		if len(s.Bytes) < ehSize || string(s.Bytes[:6]) != "\x7fELF\x02\x01" || h.at.Bytes != nil && h.at.Addr < s.Addr {
			continue
		}
		h = header{s, le.Uint64(s.Bytes[ehPhoff:]), int(le.Uint16(s.Bytes[ehPhnum:]))}
		if size := uint64(len(s.Bytes)); h.phoff > size || uint64(h.phnum)*phSize > size-h.phoff {
			h.phnum = 0
		}
	}
	return h
}

// bound takes the file's header, notes and what shares the segment's pages with it off the code.
func (h *header) bound(t *Text) {
	le := binary.LittleEndian
	if h.phnum > 0 && h.at.Addr == t.Base {
		t.start = min(int(h.phoff)+h.phnum*phSize, t.end)
	}
	for i := range h.phnum {
		p := h.at.Bytes[h.phoff+uint64(i)*phSize:]
		addr, size := le.Uint64(p[phVaddr:]), le.Uint64(p[phFilesz:])
		from := addr - t.Base
		if addr < t.Base || from > uint64(len(t.Bytes)) || size > uint64(len(t.Bytes))-from {
			continue // of another segment
		}
		switch kind := le.Uint32(p); {
		case kind == ptLoad && le.Uint32(p[phFlags:])&pfExec != 0:
			t.start, t.end = max(t.start, int(from)), min(t.end, int(from+size))
		case kind == ptNote:
			t.start = max(t.start, int(from+size))
		}
	}
	t.start = min(t.start, t.end)
}

// trim takes zeros off both ends of a text without names: they fill the last page, where the header did not tell, and the room
// between header and code.
func (t *Text) trim() {
	for t.start > 0 && t.start < t.end && t.Bytes[t.start] == 0 {
		t.start++
	}
	n := t.end
	for n > t.start && t.Bytes[n-1] == 0 {
		n--
	}
	// The last instruction may end with zeros, so the sweep may read past the end; it begins none there.
	t.end = n
}
