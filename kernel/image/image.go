// Package image keeps executable copies: written once, sealed, then shared by every incarnation
// made from them. Read-only segments are mapped from the copy itself; writable ones are
// copied page by page when a task first touches them.
package image

import (
	"hash/crc32"

	"bennu/kernel/abi"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
)

const (
	perIndex = abi.PageSize / 8 // frames that one index frame lists
	indices  = 8
	// MaxSize is the largest executable, in bytes.
	MaxSize = indices * perIndex * abi.PageSize // 16 MiB
	maxSegs = 8
)

// Image is one executable copy.
type Image struct {
	used   bool
	sealed bool
	given  bool // ImageFree was called: goes with its last task
	Tasks  int
	Size   uint64
	filled uint64
	CRC    uint32 // CRC-32C of the bytes
	Frames uint64
	index  [indices]mem.Addr // frames that list the frames
	Entry  uint64
	segs   [maxSegs]Segment
	nsegs  int
}

// Segment is a PT_LOAD of the file.
type Segment struct {
	Start   uint64 // first byte's address
	FileEnd uint64 // after the last byte that the file has
	End     uint64 // after the last byte
	Offset  uint64 // of Start in the file
	Write   bool
	Exec    bool
}

// Table holds all images.
type Table struct {
	pool   *mem.Pool
	images [abi.MaxImages]Image
	crc    *crc32.Table
}

// NewTable makes an empty table that takes its memory from pool.
func NewTable(pool *mem.Pool) *Table {
	return &Table{pool: pool, crc: crc32.MakeTable(crc32.Castagnoli)}
}

// Free is how many images can still be made.
func (t *Table) Free() (n uint64) {
	for i := range t.images[1:] { // 0 names no image
		if !t.images[1+i].used {
			n++
		}
	}
	return n
}

// Create begins a copy of size bytes. Errors: EINVAL (size is 0 or above MaxSize), ENOSPC,
// ENOMEM.
func (t *Table) Create(size uint64) (int, abi.Errno) {
	if size == 0 || size > MaxSize {
		return 0, abi.EINVAL
	}
	for i := 1; i < len(t.images); i++ { // 0 names no image
		m := &t.images[i]
		if m.used {
			continue
		}
		*m = Image{used: true, Size: size}
		if !t.fill(m) {
			t.release(m)
			return 0, abi.ENOMEM
		}
		return i, abi.OK
	}
	return 0, abi.ENOSPC
}

func (t *Table) fill(m *Image) bool {
	pages := (m.Size + abi.PageSize - 1) / abi.PageSize
	if pages+pages/perIndex+1 > t.pool.Free() {
		return false
	}
	for p := uint64(0); p < pages; p++ {
		if p%perIndex == 0 {
			if m.index[p/perIndex] = t.pool.Get(); m.index[p/perIndex] == 0 {
				return false
			}
			m.Frames++
		}
		a := mem.Addr(0)
		if p == pages-1 {
			a = t.pool.Get() // what follows the file's end is zero
		} else {
			a = t.pool.GetDirty() // nobody sees it before Write has filled it: Seal asks for all of it
		}
		if a == 0 {
			return false
		}
		t.pool.Physical().Words(m.index[p/perIndex])[p%perIndex] = uint64(a)
		m.Frames++
	}
	return true
}

func (t *Table) release(m *Image) {
	for _, ix := range m.index {
		if ix == 0 {
			continue
		}
		for _, a := range t.pool.Physical().Words(ix) {
			if a != 0 {
				t.pool.Put(mem.Addr(a))
			}
		}
		t.pool.Put(ix)
	}
	*m = Image{}
}

// Get finds an image that exists; nil otherwise.
func (t *Table) Get(id int) *Image {
	if id <= 0 || id >= len(t.images) || !t.images[id].used {
		return nil
	}
	return &t.images[id]
}

// Sealed finds an image that tasks may be made from; nil otherwise.
func (t *Table) Sealed(id int) *Image {
	if m := t.Get(id); m != nil && m.sealed && !m.given {
		return m
	}
	return nil
}

// IsSealed tells whether Seal succeeded.
func (m *Image) IsSealed() bool { return m.sealed }

// MayWrite tells whether n bytes may be written at offset. Errors: EINVAL (no such image, sealed, not
// the next offset, past the end).
func (t *Table) MayWrite(id int, offset, n uint64) abi.Errno {
	m := t.Get(id)
	if m == nil || m.sealed || offset != m.filled || n > m.Size-m.filled {
		return abi.EINVAL
	}
	return abi.OK
}

// Write appends b at offset; writes come in order. Errors: as MayWrite.
func (t *Table) Write(id int, offset uint64, b []byte) abi.Errno {
	if e := t.MayWrite(id, offset, uint64(len(b))); e != abi.OK {
		return e
	}
	m := t.Get(id)
	m.CRC = crc32.Update(m.CRC, t.crc, b)
	for len(b) > 0 {
		page := t.page(m, m.filled/abi.PageSize)
		n := copy(t.pool.Physical().Bytes(page, abi.PageSize)[m.filled%abi.PageSize:], b)
		b = b[n:]
		m.filled += uint64(n)
	}
	return abi.OK
}

// page is the frame of the file's page n. Preconditions: n is within the file.
func (t *Table) page(m *Image, n uint64) mem.Addr {
	return mem.Addr(t.pool.Physical().Words(m.index[n/perIndex])[n%perIndex])
}

// Unref gives the caller's interest up; the memory returns when no task is left. Errors: EINVAL.
func (t *Table) Unref(id int) abi.Errno {
	m := t.Get(id)
	if m == nil || m.given {
		return abi.EINVAL
	}
	if m.given = true; m.Tasks == 0 {
		t.release(m)
	}
	return abi.OK
}

// Hold counts a task made from m; Drop takes it back.
func (t *Table) Hold(m *Image) { m.Tasks++ }

// Drop is called when a task made from m is gone.
func (t *Table) Drop(m *Image) {
	if m.Tasks--; m.Tasks == 0 && m.given {
		t.release(m)
	}
}

// MapShared maps the read-only segments into s. false when memory is out.
func (t *Table) MapShared(m *Image, s *paging.Space) (pages uint64, ok bool) {
	for i := range m.segs[:m.nsegs] {
		g := &m.segs[i]
		if g.Write {
			continue
		}
		bits := paging.User
		if !g.Exec {
			bits |= paging.NX
		}
		va := g.Start &^ (abi.PageSize - 1)
		first := (g.Offset &^ (abi.PageSize - 1)) / abi.PageSize
		last := (g.Offset + g.FileEnd - g.Start + abi.PageSize - 1) / abi.PageSize
		for first < last {
			n := min(last-first, perIndex-first%perIndex)
			list := t.pool.Physical().Addrs(m.index[first/perIndex])[first%perIndex:][:n]
			if !s.MapShared(va, list, bits) {
				return pages, false
			}
			first += n
			va += n * abi.PageSize
			pages += n
		}
	}
	return pages, true
}

// Segment finds the segment that the page of va belongs to; nil when there is none.
func (m *Image) Segment(va uint64) *Segment {
	for i := range m.segs[:m.nsegs] {
		g := &m.segs[i]
		if va >= g.Start&^(abi.PageSize-1) && va < (g.End+abi.PageSize-1)&^(abi.PageSize-1) {
			return g
		}
	}
	return nil
}

// Fill writes what the page of va holds at a task's start into frame. Preconditions: va lies in
// g, frame is zero.
func (t *Table) Fill(m *Image, g *Segment, va uint64, frame mem.Addr) {
	va &^= abi.PageSize - 1
	start, end := max(va, g.Start), min(va+abi.PageSize, g.FileEnd)
	if start >= end {
		return
	}
	offset := g.Offset + start - g.Start
	from := t.pool.Physical().Bytes(t.page(m, offset/abi.PageSize), abi.PageSize)
	to := t.pool.Physical().Bytes(frame, abi.PageSize)
	copy(to[start-va:end-va], from[offset%abi.PageSize:])
}

// Info fills a row for CallGetInfo.
func (t *Table) Info(id int, out *abi.ImageInfo) abi.Errno {
	if id < 0 || id >= len(t.images) {
		return abi.EDOM
	}
	m := t.Get(id)
	if m == nil {
		return abi.ESRCH
	}
	*out = abi.ImageInfo{Image: uint32(id), Tasks: uint32(m.Tasks), Size: m.Size, Frames: m.Frames, Entry: m.Entry, CRC32C: uint64(m.CRC)}
	if m.sealed {
		out.Sealed = 1
	}
	return abi.OK
}
