package keep

import (
	"bennu/kernel/abi"
	"bennu/kernel/invariant"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
)

// Memory is an area in frames of an account, which all lives of the account see. The zero value is none. It takes its frames in steps (Fill),
// and is whole then.
type Memory struct {
	Area
	pool   *mem.Pool
	holder *mem.Holder
	count  uint64   // of pages that it is to have
	have   uint64   // that it has
	table  mem.Addr // last-level table that maps them: the same in all lives
	frames mem.List
	whole  bool
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

// Take is to have kept memory of so many pages, on h's account, which has no frame yet. Preconditions: m is none, and pages is within limits.
func (m *Memory) Take(pool *mem.Pool, h *mem.Holder, pages uint64) {
	m.pool, m.holder, m.count = pool, h, pages
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
	for range min(fillStep, m.count-m.have) {
		a := m.own()
		if a == 0 {
			return false, abi.ENOMEM
		}
		phys.Words(m.table)[m.have] = uint64(paging.Entry(a, page))
		m.have++
	}
	if m.have < m.count {
		return true, abi.OK
	}
	m.Area.Begin(uint32(m.count), m)
	m.whole = true
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

// Whole tells whether there is kept memory.
func (m *Memory) Whole() bool { return m.whole }

// Size is how many bytes it has in all.
func (m *Memory) Size() uint64 { return m.count * abi.PageSize }

// Used is how many frames it has taken.
func (m *Memory) Used() uint64 { return m.frames.Len() }

// Table is the last-level table that maps it at abi.KeptBase. Preconditions: Whole, and there is kept memory.
func (m *Memory) Table() mem.Addr { return m.table }

// Page implements Pages.
func (m *Memory) Page(n int) []byte {
	phys := m.pool.Physical()
	return phys.Bytes(paging.PTE(phys.Words(m.table)[n]).Frame(), abi.PageSize)
}

// Free gives all frames back. Preconditions: no life is left that sees it.
func (m *Memory) Free() {
	if m.pool != nil {
		m.pool.PutList(m.holder, &m.frames)
	}
	*m = Memory{}
}

// MayStage tells whether n bytes may be written into the bank that is not current, from an offset on. Errors: EINVAL (past its end; there is no
// kept memory).
func (m *Memory) MayStage(offset, n uint64) abi.Errno {
	if !m.whole || !m.fits(offset, n) {
		return abi.EINVAL
	}
	return abi.OK
}

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
	if f := m.frames.AddTo(m.pool.Physical(), set, Frames(m.count)); f.Broken() {
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
	if !m.whole {
		return invariant.Fault{}
	}
	h := &m.Header
	if m.have != m.count || string(m.Page(0)[:len(abi.Bytes(h))]) != string(abi.Bytes(h)) {
		return invariant.Of("keep: the header is not what is written (pages, of)", m.have, m.count)
	}
	return m.checkBanks()
}

// checkBanks looks whether the header is what it can be.
func (m *Memory) checkBanks() invariant.Fault {
	h := &m.Header
	if h.Magic != abi.KeptMagic || h.Size != m.Size() || h.BankSize != (m.count-1)/2*abi.PageSize || h.Current > 1 {
		return invariant.Of("keep: the header (size, current)", h.Size, uint64(h.Current))
	}
	for i := range h.Bank {
		k := &h.Bank[i]
		end := (k.Snapshot+7)&^7 + k.Log
		if k.Start != abi.PageSize+uint64(i)*h.BankSize || end > h.BankSize || k.Log%8 != 0 || k.Number == 0 && end != 0 {
			return invariant.Of("keep: a bank (index, end)", uint64(i), end)
		}
	}
	if now, other := h.Bank[h.Current].Number, h.Bank[h.Current^1].Number; other != 0 && other+1 != now {
		return invariant.Of("keep: the current bank is not the newest (number, the other's)", now, other)
	}
	return invariant.Fault{}
}
