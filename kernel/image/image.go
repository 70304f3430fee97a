// Package image keeps executables: written once, or taken where they lie in memory that nobody writes, sealed, then shared by
// every incarnation made from them. Read-only segments are mapped from the image itself; writable ones are
// copied page by page when a task first touches them.
package image

import (
	"bennu/kernel/abi"
	"bennu/kernel/crc32c"
	"bennu/kernel/mem"
)

const (
	// MaxSize is the largest executable, in bytes.
	MaxSize = 16 << 20
	// indices is how many list frames name the pages of the largest.
	indices  = (MaxSize/abi.PageSize + mem.PerList - 1) / mem.PerList
	maxSegs  = 8
	maxParts = MaxSize>>partShift + 2*maxSegs // each segment may begin and end within one

	partShift = 21 // what one last-level table maps
)

// Image is one executable. The frames of a copy come with the writes and stand on one list, so that its end takes the
// same time however large it is. An image in place has the frames of its tables, and of the page that is only in part the file's.
type Image struct {
	Serial  uint64 // no other image ever has it; not 0
	used    bool
	sealed  bool
	given   bool // ImageFree was called: goes with its last task
	Maker   abi.Endpoint
	Account abi.AccountID
	holder  *mem.Holder
	Tasks   int
	Size    uint64
	filled  uint64
	CRC     uint32 // CRC-32C of the first summed bytes
	summed  uint64
	at      mem.Addr // of an image in place: the file's first byte; 0: it is a copy
	tail    mem.Addr // copy of the last page of such a file, followed by zeros; 0: the file ends where a page does
	frames  mem.List
	index   [indices]mem.Addr // frames of the list: they name the pages in order
	Entry   uint64
	segs    [maxSegs]Segment
	nsegs   int

	// Last-level tables in which the read-only pages are mapped, which address spaces share.
	parts  [maxParts]part
	nparts int
	shared uint64 // pages in them
	ready  int    // steps that Seal has made
}

// part is a last-level table and the 2 MiB that it is for.
type part struct {
	va    uint64
	table mem.Addr
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
	free   int
	kept   [abi.MaxTasks]uint8 // by the maker's slot: images that it has not given up
	serial uint64              // of the newest image
	OnFree func(abi.AccountID) // an image of that account is gone
}

// NewTable makes an empty table that takes its memory from pool.
func NewTable(pool *mem.Pool) *Table {
	return &Table{pool: pool, free: abi.MaxImages - 1} // 0 names no image
}

// Free is how many images can still be made.
func (t *Table) Free() uint64 { return uint64(t.free) }

// Create begins a copy of size bytes, to be written by maker and charged to h, which is account's. It takes no
// memory yet. Errors: EINVAL (size is 0 or above MaxSize), ENOSPC.
func (t *Table) Create(size uint64, maker abi.Endpoint, account abi.AccountID, h *mem.Holder) (int, abi.Errno) {
	if size == 0 || size > MaxSize {
		return 0, abi.EINVAL
	}
	for i := 1; i < len(t.images); i++ { // 0 names no image
		if m := &t.images[i]; !m.used {
			t.serial++
			*m = Image{Serial: t.serial, used: true, Size: size, Maker: maker, Account: account, holder: h}
			t.free--
			t.kept[maker.Slot()]++
			return i, abi.OK
		}
	}
	return 0, abi.ENOSPC
}

// InPlace is Create of a file that lies in memory already, from at on: it is not copied, but for what it has of its last page, which
// may be another's, too. It is wholly written; Seal sums it up. Preconditions: at begins a page; nobody ever writes there. Errors: as
// Create; ENOMEM.
func (t *Table) InPlace(at mem.Addr, size uint64, maker abi.Endpoint, account abi.AccountID, h *mem.Holder) (int, abi.Errno) {
	id, e := t.Create(size, maker, account, h)
	if e != abi.OK {
		return 0, e
	}
	m := &t.images[id]
	m.at, m.filled = at, size
	if n := size % abi.PageSize; n != 0 {
		if m.tail = t.own(m, false); m.tail == 0 {
			t.forget(m)
			return 0, abi.ENOMEM
		}
		phys := t.pool.Physical()
		copy(phys.Bytes(m.tail, n), phys.Bytes(at+mem.Addr(size-n), n))
	}
	return id, abi.OK
}

// own takes a frame on the image's list; 0 when memory is out. Zeroed unless dirty.
func (t *Table) own(m *Image, dirty bool) mem.Addr {
	if m.frames.Full() {
		l := t.pool.GetDirty(m.holder)
		if l == 0 {
			return 0
		}
		m.frames.Grow(t.pool.Physical(), l)
	}
	a := t.pool.GetDirty(m.holder)
	if a == 0 {
		return 0
	}
	if !dirty {
		mem.Zero(t.pool.Physical(), a)
	}
	m.frames.Add(t.pool.Physical(), a)
	return a
}

func (t *Table) release(m *Image) {
	account := m.Account
	if t.forget(m); t.OnFree != nil {
		t.OnFree(account)
	}
}

// forget gives the row of m and its memory back.
func (t *Table) forget(m *Image) {
	t.pool.PutList(m.holder, &m.frames)
	*m = Image{}
	t.free++
}

// Sum is the CRC-32C of what was written, or summed up by Seal. Preconditions: there is such an image.
func (t *Table) Sum(id int) uint32 { return t.images[id].CRC }

// SumFrom adds up to most pages of m from one on to sum, and tells whether there are more. The sum of all is m.CRC, as long as nothing is
// damaged. Preconditions: m is sealed.
func (t *Table) SumFrom(m *Image, page, most uint64, sum uint32) (uint32, bool) {
	for ; most > 0 && page*abi.PageSize < m.Size; most-- {
		sum = crc32c.Update(sum, t.pool.Physical().Bytes(t.page(m, page), min(m.Size-page*abi.PageSize, abi.PageSize)))
		page++
	}
	return sum, page*abi.PageSize < m.Size
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

// MayWrite tells whether n bytes may be written at offset. Errors: EINVAL (no such image, sealed, not
// the next offset, past the end).
func (t *Table) MayWrite(id int, offset, n uint64) abi.Errno {
	m := t.Get(id)
	if m == nil || m.sealed || offset != m.filled || n > m.Size-m.filled {
		return abi.EINVAL
	}
	return abi.OK
}

// Write appends b at offset; writes come in order. What was written when memory ran out stays. Errors: as MayWrite;
// ENOMEM.
func (t *Table) Write(id int, offset uint64, b []byte) abi.Errno {
	if e := t.MayWrite(id, offset, uint64(len(b))); e != abi.OK {
		return e
	}
	m := t.Get(id)
	for len(b) > 0 {
		at := m.filled % abi.PageSize
		if at == 0 && !t.grow(m) {
			return abi.ENOMEM
		}
		n := mem.CopyBytes(t.pool.Physical().Bytes(t.page(m, m.filled/abi.PageSize), abi.PageSize)[at:], b)
		m.CRC = crc32c.Update(m.CRC, b[:n])
		b = b[n:]
		m.filled += uint64(n)
		m.summed = m.filled
	}
	return abi.OK
}

// grow gives m its next page. What follows the file's end is zero; nobody sees the other pages before they are
// written, since Seal asks for all.
func (t *Table) grow(m *Image) bool {
	page := m.filled / abi.PageSize
	if t.own(m, m.filled+abi.PageSize <= m.Size) == 0 {
		return false
	}
	m.index[page/mem.PerList] = m.frames.Newest()
	return true
}

// page is the frame of the file's page n. Preconditions: it was written.
func (t *Table) page(m *Image, n uint64) mem.Addr {
	switch {
	case m.tail != 0 && n == m.Size/abi.PageSize:
		return m.tail
	case m.at != 0:
		return m.at + mem.Addr(n*abi.PageSize)
	}
	return mem.Addr(t.pool.Physical().Words(m.index[n/mem.PerList])[1+n%mem.PerList])
}

// run is the frame of the file's page n, and how many of its pages lie there in a row, at least. Preconditions: as page.
func (t *Table) run(m *Image, n uint64) (mem.Addr, uint64) {
	if whole := m.Size / abi.PageSize; m.at != 0 && n < whole {
		return t.page(m, n), whole - n
	}
	return t.page(m, n), 1
}

// Unref gives the caller's interest up; the memory returns when no task is left. Errors: EINVAL.
func (t *Table) Unref(id int) abi.Errno {
	m := t.Get(id)
	if m == nil || m.given {
		return abi.EINVAL
	}
	t.kept[m.Maker.Slot()]--
	if m.given = true; m.Tasks == 0 {
		t.release(m)
	}
	return abi.OK
}

// Hold counts a task made from m.
func (t *Table) Hold(m *Image) { m.Tasks++ }

// Drop counts one less; the last one takes an image along whose maker has given it up.
func (t *Table) Drop(m *Image) {
	if m.Tasks--; m.Tasks == 0 && m.given {
		t.release(m)
	}
}

// ReleaseAll gives up what maker, who is dying, has made.
func (t *Table) ReleaseAll(maker abi.Endpoint) {
	if t.kept[maker.Slot()] == 0 { // as with all but the root task
		return
	}
	for i := range t.images {
		if m := &t.images[i]; m.used && m.Maker == maker && !m.given {
			t.Unref(i)
		}
	}
}

// Place is the frames of an image in place that are wholly its own, and nobody's else to give; none of a copy.
func (m *Image) Place() (from, to mem.Addr) {
	if m.at == 0 {
		return 0, 0
	}
	return m.at, m.at + mem.Addr(m.Size&^(abi.PageSize-1))
}

// Parts is how many last-level tables there are in which m's read-only segments are mapped. They are m's: spaces share them.
func (m *Image) Parts() int { return m.nparts }

// Part is the i'th of them, and the first address of the 2 MiB that it is for.
func (m *Image) Part(i int) (va uint64, table mem.Addr) { return m.parts[i].va, m.parts[i].table }

// SharedPages is how many pages are mapped in these tables.
func (m *Image) SharedPages() uint64 { return m.shared }

// Segments is the segments of the file, as it lists them.
func (m *Image) Segments() []Segment { return m.segs[:m.nsegs] }

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
	if id >= len(t.images) {
		return abi.EDOM
	}
	m := t.Get(id)
	if m == nil {
		return abi.ESRCH
	}
	*out = abi.ImageInfo{Image: uint32(id), Tasks: uint32(m.Tasks), Size: m.Size, Frames: m.frames.Len(), Account: m.Account, Maker: m.Maker, Entry: m.Entry, CRC32C: uint64(m.CRC)}
	if m.sealed {
		out.Sealed = 1
	}
	return abi.OK
}
