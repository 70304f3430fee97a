package image

import (
	"encoding/binary"

	"bennu/kernel/abi"
	"bennu/kernel/crc32c"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
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
// It works in steps: the checksum of so many bytes, which of a file in place nobody has made yet, then a part of a last-level table
// each; more asks for another call.
//
// Errors: EINVAL (no such image, sealed, not wholly written), ENOEXEC, ENOMEM (what was done stays: it may be
// called again).
func (t *Table) Seal(id int) (more bool, e abi.Errno) {
	m := t.Get(id)
	if m == nil || m.sealed || m.filled != m.Size {
		return false, abi.EINVAL
	}
	if m.summed < m.Size {
		n := min(m.Size-m.summed, sumStep)
		m.CRC = crc32c.Update(m.CRC, t.pool.Physical().Bytes(m.at+mem.Addr(m.summed), n))
		m.summed += n
		return true, abi.OK
	}
	if m.nsegs == 0 {
		head := t.pool.Physical().Bytes(t.page(m, 0), min(m.Size, abi.PageSize))
		if !m.parse(head) {
			m.nsegs, m.nparts = 0, 0
			return false, abi.ENOEXEC
		}
	}
	if m.ready < m.nparts*stepsPerPart {
		if !t.fill(m, &m.parts[m.ready/stepsPerPart], uint64(m.ready%stepsPerPart)) {
			return false, abi.ENOMEM
		}
		m.ready++
	}
	m.sealed = m.ready == m.nparts*stepsPerPart
	return !m.sealed, abi.OK
}

// sumStep is of how many bytes a step makes the checksum.
const sumStep = 64 << 10

// part notes that the 2 MiB of va hold read-only pages.
func (m *Image) part(va uint64) {
	va &^= 1<<partShift - 1
	for i := range m.parts[:m.nparts] {
		if m.parts[i].va == va {
			return
		}
	}
	m.parts[m.nparts].va = va
	m.nparts++
}

// stepsPerPart is in how many steps a last-level table is filled.
const stepsPerPart = 4

// fill makes a step of the table of p: the read-only pages that lie in that part of its 2 MiB. false when memory is out.
func (t *Table) fill(m *Image, p *part, step uint64) bool {
	if step == 0 {
		if p.table = t.own(m, false); p.table == 0 {
			return false
		}
	}
	table := t.pool.Physical().Words(p.table)
	const size = 1 << partShift / stepsPerPart
	from := p.va + step*size
	for i := range m.segs[:m.nsegs] {
		g := &m.segs[i]
		if g.Write {
			continue
		}
		bits := paging.User | paging.Present | paging.Shared
		if !g.Exec {
			bits |= paging.NX
		}
		start := g.Start &^ (abi.PageSize - 1)
		first := g.Offset / abi.PageSize
		for va, end := max(start, from), min(g.End, from+size); va < end; {
			a, n := t.run(m, first+(va-start)/abi.PageSize)
			n = min(n, (end-va+abi.PageSize-1)/abi.PageSize)
			e := uint64(paging.Entry(a, bits))
			for i, entries := uint64(0), table[va/abi.PageSize%512:]; i < n; i++ {
				entries[i] = e
				e += abi.PageSize
			}
			m.shared += n
			va += n * abi.PageSize
		}
	}
	return true
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
	// Each byte of the file is mapped about once: a life's page tables are bounded by the file's size.
	mapped := filesz
	for _, o := range m.segs[:m.nsegs] {
		mapped += o.FileEnd - o.Start
	}
	if mapped > m.Size+maxSegs*abi.PageSize {
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
	for va := g.Start &^ (1<<partShift - 1); !g.Write && va < g.End; va += 1 << partShift {
		m.part(va)
	}
	return true
}
