package image

import (
	"encoding/binary"

	"bennu/kernel/abi"
)

// Values of the ELF header and program headers that are accepted.
// Source: System V ABI, "Object Files" and "Program Loading"; its AMD64 supplement.
const (
	ehSize    = 64
	phSize    = 56
	elfClass  = 2 // 64 bits
	elfLSB    = 1
	etExec    = 2
	emX8664   = 62
	ptLoad    = 1
	ptDynamic = 2
	ptInterp  = 3
	pfExec    = 1
	pfWrite   = 2
)

// Seal ends the writing and checks the file: a static ELF64 executable for x86-64, headers within
// its first page, segments within [ImageBase, ImageEnd) that share no page, none writable
// and executable, the entry in an executable one.
//
// Errors: EINVAL (no such image, sealed, not wholly written), ENOEXEC.
func (t *Table) Seal(id int) abi.Errno {
	m := t.Get(id)
	if m == nil || m.sealed || m.filled != m.Size {
		return abi.EINVAL
	}
	head := t.pool.Physical().Bytes(t.page(m, 0), min(m.Size, abi.PageSize))
	if !m.parse(head) {
		m.nsegs = 0
		return abi.ENOEXEC
	}
	m.sealed = true
	return abi.OK
}

func (m *Image) parse(h []byte) bool {
	le := binary.LittleEndian
	if len(h) < ehSize || string(h[:4]) != "\x7fELF" || h[4] != elfClass || h[5] != elfLSB ||
		le.Uint16(h[16:]) != etExec || le.Uint16(h[18:]) != emX8664 || le.Uint16(h[54:]) != phSize {
		return false
	}
	m.Entry = le.Uint64(h[24:])
	off, n := le.Uint64(h[32:]), uint64(le.Uint16(h[56:]))
	if off > abi.PageSize || off+n*phSize > uint64(len(h)) {
		return false
	}
	for ; n > 0; n, off = n-1, off+phSize {
		p := h[off : off+phSize]
		switch le.Uint32(p) {
		case ptDynamic, ptInterp:
			return false
		case ptLoad:
			if le.Uint64(p[40:]) == 0 {
				continue
			}
			if m.nsegs == maxSegs || !m.segment(p) {
				return false
			}
		}
	}
	g := m.Segment(m.Entry)
	return g != nil && g.Exec && m.Entry >= g.Start && m.Entry < g.FileEnd
}

// segment takes a PT_LOAD in, if it is acceptable.
func (m *Image) segment(p []byte) bool {
	le := binary.LittleEndian
	flags, off, va := le.Uint32(p[4:]), le.Uint64(p[8:]), le.Uint64(p[16:])
	filesz, memsz := le.Uint64(p[32:]), le.Uint64(p[40:])
	g := Segment{Start: va, FileEnd: va + filesz, End: va + memsz, Offset: off, Write: flags&pfWrite != 0, Exec: flags&pfExec != 0}
	const size = abi.ImageEnd - abi.ImageBase
	switch {
	case va < abi.ImageBase || va >= abi.ImageEnd || memsz > size || g.End > abi.ImageEnd:
		return false
	case filesz > memsz || off > m.Size || filesz > m.Size-off || off%abi.PageSize != va%abi.PageSize:
		return false
	case g.Write && g.Exec:
		return false
	case !g.Write && filesz != memsz: // its zeros would be other bytes of the file
		return false
	}
	const mask = abi.PageSize - 1
	for _, o := range m.segs[:m.nsegs] {
		if g.Start&^mask < (o.End+mask)&^mask && o.Start&^mask < (g.End+mask)&^mask {
			return false
		}
	}
	m.segs[m.nsegs] = g
	m.nsegs++
	return true
}
