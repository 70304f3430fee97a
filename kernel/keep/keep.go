// Package keep is kept memory (abi.CallKeep): pages of an account that all its lives see, read-only, and only the kernel writes. What an
// operation does is said in abi/keep.go. Nothing here knows of tasks: it works on frames.
package keep

import (
	"bennu/kernel/abi"
	"bennu/kernel/invariant"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
)

// Memory is the kept memory of one account. The zero value is none. It takes its frames in steps (Fill) and is whole then.
type Memory struct {
	pool   *mem.Pool
	holder *mem.Holder
	pages  uint64   // that it is to have
	have   uint64   // that it has
	table  mem.Addr // last-level table that maps them: the same in all lives
	frames mem.List
	head   *abi.KeptHeader
}

// All of it is mapped by one last-level table.
const _ = uint(512 - abi.MaxKept/abi.PageSize)

// Frames is how many frames pages of kept memory take.
func Frames(pages uint64) uint64 {
	if pages == 0 {
		return 0
	}
	return pages + 2 // the table, and the list that all go back by
}

const page = paging.Present | paging.User | paging.NX | paging.Shared

// Begin makes kept memory of so many pages, on h's account, which has no frame yet. Preconditions: m is none, and pages is within limits.
func (m *Memory) Begin(pool *mem.Pool, h *mem.Holder, pages uint64) {
	m.pool, m.holder, m.pages = pool, h, pages
}

// fillStep is how many pages one step of Fill takes and clears.
const fillStep = 16

// Fill takes the next frames; more asks for another step. Errors: ENOMEM; what it has taken stays.
func (m *Memory) Fill() (more bool, e abi.Errno) {
	phys := m.pool.Physical()
	if m.table == 0 {
		if m.table = m.own(); m.table == 0 {
			return false, abi.ENOMEM
		}
	}
	for range min(fillStep, m.pages-m.have) {
		a := m.own()
		if a == 0 {
			return false, abi.ENOMEM
		}
		phys.Words(m.table)[m.have] = uint64(paging.Entry(a, page))
		m.have++
	}
	if m.have < m.pages {
		return true, abi.OK
	}
	h := headerAt(phys, m.frame(0))
	h.Magic, h.Size, h.BankSize = abi.KeptMagic, m.Size(), (m.Size()-abi.PageSize)/2
	h.Bank[0].Start, h.Bank[1].Start = abi.PageSize, abi.PageSize+h.BankSize
	m.head = h
	return false, abi.OK
}

// own takes a frame of zeros; 0 when memory is out.
func (m *Memory) own() mem.Addr {
	phys := m.pool.Physical()
	if m.frames.Full() { // once: a list frame names more than there can be
		l := m.pool.GetDirty(m.holder)
		if l == 0 {
			return 0
		}
		m.frames.Grow(phys, l)
	}
	a := m.pool.Get(m.holder)
	if a != 0 {
		m.frames.Add(phys, a)
	}
	return a
}

// Whole tells whether there is kept memory, or none is to be.
func (m *Memory) Whole() bool { return m.head != nil || m.pages == 0 }

// Header is what the kernel says of it in its first page; nil: there is no kept memory.
func (m *Memory) Header() *abi.KeptHeader { return m.head }

// Size is how many bytes it has in all.
func (m *Memory) Size() uint64 { return m.pages * abi.PageSize }

// Used is how many frames it has taken.
func (m *Memory) Used() uint64 { return m.frames.Len() }

// Table is the last-level table that maps it at abi.KeptBase. Preconditions: Whole, and there is kept memory.
func (m *Memory) Table() mem.Addr { return m.table }

// frame is its n-th.
func (m *Memory) frame(n uint64) mem.Addr {
	return paging.PTE(m.pool.Physical().Words(m.table)[n]).Frame()
}

// Free gives all frames back. Preconditions: no life is left that sees it.
func (m *Memory) Free() {
	if m.pool != nil {
		m.pool.PutList(m.holder, &m.frames)
	}
	*m = Memory{}
}

// write puts b at an offset. Preconditions: it has all of that.
func (m *Memory) write(at uint64, b []byte) {
	phys := m.pool.Physical()
	for len(b) > 0 {
		off := at % abi.PageSize
		n := copy(phys.Bytes(m.frame(at/abi.PageSize)+mem.Addr(off), abi.PageSize-off), b)
		at, b = at+uint64(n), b[n:]
	}
}

// MayStage tells whether n bytes may be written into the bank that is not current, from an offset on. Errors: EINVAL (past its end; there is no
// kept memory).
func (m *Memory) MayStage(offset, n uint64) abi.Errno {
	if m.head == nil || offset > m.head.BankSize || n > m.head.BankSize-offset {
		return abi.EINVAL
	}
	return abi.OK
}

// Stage writes b there: the bank holds nothing from now on. Preconditions: MayStage.
func (m *Memory) Stage(offset uint64, b []byte) {
	k := &m.head.Bank[^m.head.Current&1]
	k.Number, k.Snapshot, k.Log = 0, 0, 0
	m.write(k.Start+offset, b)
}

// Flip makes that bank current, with length bytes of snapshot. Errors: EINVAL (past its end; there is no kept memory).
func (m *Memory) Flip(length uint64) abi.Errno {
	h := m.head
	if h == nil || length > h.BankSize {
		return abi.EINVAL
	}
	before := h.Current & 1
	k := &h.Bank[before^1]
	k.Number, k.Snapshot, k.Log = h.Bank[before].Number+1, length, 0
	h.Current = before ^ 1
	return abi.OK
}

// Append puts b, at most abi.MaxKeptLine bytes, at the end of the current log. Errors: EINVAL (there is no kept memory), ENOSPC (the bank is
// full, or none is current yet): nothing is changed.
func (m *Memory) Append(b []byte) abi.Errno {
	h := m.head
	if h == nil {
		return abi.EINVAL
	}
	k := &h.Bank[h.Current&1]
	at, grow := whole(k.Snapshot)+k.Log, whole(uint64(len(b)))
	if k.Number == 0 || at+grow > h.BankSize {
		return abi.ENOSPC
	}
	at += k.Start
	if grow > uint64(len(b)) { // what lies behind b is of an earlier log
		end := at + grow - 8
		m.pool.Physical().Words(m.frame(end / abi.PageSize))[end/8%512] = 0
	}
	m.write(at, b)
	k.Log += grow
	h.Appended++
	return abi.OK
}

// whole is n rounded up to words.
func whole(n uint64) uint64 { return (n + 7) &^ 7 }

// AddFrames puts its frames into set, at most limit.
func (m *Memory) AddFrames(phys mem.Physical, set *mem.Set, limit uint64) invariant.Fault {
	return m.frames.AddTo(phys, set, limit)
}

// Check looks whether the table maps its frames for reading and nothing else, and the header is what it can be. set is room for it.
func (m *Memory) Check(set *mem.Set) invariant.Fault {
	if m.table == 0 {
		return invariant.Fault{}
	}
	set.Clear()
	if f := m.frames.AddTo(m.pool.Physical(), set, Frames(m.pages)); f.Broken() {
		return f
	}
	if n := set.Len(); n != Frames(m.have) || !set.Take(m.table) {
		return invariant.Of("keep: its frames are not as many as it says, or the table is none of them (found, pages)", n, m.have)
	}
	for i, w := range m.pool.Physical().Words(m.table) {
		e := paging.PTE(w) &^ paging.Accessed
		if there := uint64(i) < m.have; there && (e != paging.Entry(e.Frame(), page) || !set.Take(e.Frame())) || !there && e != 0 {
			return invariant.Of("keep: an entry of the table (index, entry)", uint64(i), w)
		}
	}
	h := m.head
	if h == nil {
		if m.have == m.pages {
			return invariant.Of("keep: it is whole and has no header (pages)", m.pages, 0)
		}
		return invariant.Fault{}
	}
	if h.Magic != abi.KeptMagic || h.Size != m.Size() || h.BankSize != (h.Size-abi.PageSize)/2 || h.Current > 1 || m.have != m.pages {
		return invariant.Of("keep: the header (size, current)", h.Size, uint64(h.Current))
	}
	for i := range h.Bank {
		k := &h.Bank[i]
		end := whole(k.Snapshot) + k.Log
		if k.Start != abi.PageSize+uint64(i)*h.BankSize || end > h.BankSize || k.Log%8 != 0 || k.Number == 0 && end != 0 {
			return invariant.Of("keep: a bank (index, end)", uint64(i), end)
		}
	}
	if now, other := h.Bank[h.Current].Number, h.Bank[h.Current^1].Number; other != 0 && other+1 != now {
		return invariant.Of("keep: the current bank is not the newest (number, the other's)", now, other)
	}
	return invariant.Fault{}
}
