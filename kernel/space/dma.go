package space

import (
	"bennu/kernel/abi"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
)

// Devices is which devices reach a window.
type Devices struct {
	Own    bool   // it is memory for one device: no call on windows knows of it
	Count  int    // device mappings
	Ending bool   // there will be no more
	Cut    bool   // there was one that ended, which is over at Mark
	Mark   uint32 // of the IOMMU
}

// RunMax is the most pages that a window can have in one piece of physical memory: they are zeroed in one step.
const RunMax = 64

// CreateRun is Create in one step, of pages that are one piece of physical memory below limit. Errors: as Create (ENOSPC: larger than RunMax; ENOMEM: there is no
// such piece).
func (t *Windows) CreateRun(ep abi.Endpoint, s *Space, a abi.AccountID, h *mem.Holder, size uint64, limit mem.Addr) (v abi.WindowView, at mem.Addr, e abi.Errno) {
	if size > RunMax*abi.PageSize {
		return v, 0, abi.ENOSPC
	}
	if w := t.unfinished(ep, a); w != nil {
		t.release(w)
	}
	w, e := t.begin(ep, s, a, h, size, 0)
	if e != abi.OK {
		return v, 0, e
	}
	w.devices.Own = true
	if at = t.fillRun(w, limit); at == 0 {
		t.release(w)
		return v, 0, abi.ENOMEM
	}
	v, e = t.made(w, ep, s)
	return v, at, e
}

// fillRun gives w its pages and the table for them, and tells where they begin; 0 when memory is out.
func (t *Windows) fillRun(w *window, limit mem.Addr) mem.Addr {
	phys := t.pool.Physical()
	if w.tables[0] = t.own(w); w.tables[0] == 0 {
		return 0
	}
	at := t.pool.Run(w.holder, w.pages, limit)
	if at == 0 {
		return 0
	}
	for ; w.filled < w.pages; w.filled++ {
		a := at + mem.Addr(w.filled)*abi.PageSize
		clear(phys.Words(a)[:])
		w.frames.Add(phys, a)
		phys.Words(w.tables[0])[w.filled] = uint64(paging.Entry(a, windowPage))
	}
	return at
}

// ForDevice makes the window, which ep has just made, memory for one device.
func (t *Windows) ForDevice(id abi.WindowID) { t.row(id).devices.Own = true }

// DeviceWindow is the window at va that is ep's memory for a device; 0: there is none.
func (t *Windows) DeviceWindow(ep abi.Endpoint, va uint64) abi.WindowID {
	if x := &t.tasks[ep.Slot()]; x.find(va).Start == va && va != 0 {
		if w := x.places[(va-windowsAt)/placeSize].of; w.owner == ep && w.devices.Own {
			return w.id
		}
	}
	return 0
}

// Devices is which devices reach a window; nil: there is no such window, or it is in making.
func (t *Windows) Devices(id abi.WindowID) *Devices {
	if w := t.row(id); w != nil {
		return &w.devices
	}
	return nil
}

// Owned is the n-th window that is ep's, of account a, or was left by one of it, beginning at row; 0: there are no more.
func (t *Windows) Owned(ep abi.Endpoint, a abi.AccountID, row int) (id abi.WindowID, next int) {
	rows := t.rowsOf(a)
	for ; row < len(rows); row++ {
		if w := &rows[row]; w.id != 0 && !w.making && w.owner == ep && !w.left {
			return w.id, row + 1
		}
	}
	return 0, row
}

// Frees tells whether WindowFree of ep, of account a, would end that window.
func (t *Windows) Frees(ep abi.Endpoint, a abi.AccountID, id abi.WindowID) bool {
	o := t.row(id)
	return t.owned(ep, id) != nil || o != nil && o.left && o.account == a
}

// Mappable tells whether ep may have its device reach a window of owner's with rights. Errors: EINVAL (rights; it is not owner's, or neither ep's nor let to it, or it is ending), EPERM
// (it is let with less).
func (t *Windows) Mappable(ep, owner abi.Endpoint, id abi.WindowID, rights abi.WindowRights) abi.Errno {
	w := t.row(id)
	if w == nil || w.owner != owner || w.left || w.devices.Own || w.devices.Ending || rights != abi.WindowRead && rights != abi.WindowRead|abi.WindowWrite {
		return abi.EINVAL
	}
	if w.owner == ep {
		return abi.OK
	}
	l := w.let(ep)
	switch {
	case l == nil:
		return abi.EINVAL
	case rights&^l.rights != 0:
		return abi.EPERM
	}
	return abi.OK
}

// PartPages is the entries of the i-th last-level table of a window, one a page; nil: there is no such part.
func (t *Windows) PartPages(id abi.WindowID, i uint64) []uint64 {
	w := t.row(id)
	if w == nil || i >= parts(w.pages) {
		return nil
	}
	return t.pool.Physical().Words(w.tables[i])[:min(512, w.pages-512*i)]
}

// Pages is how many pages a window has. Preconditions: it is there.
func (t *Windows) Pages(id abi.WindowID) uint64 { return t.row(id).pages }

// FreeDevice ends a window that is memory for a device. Preconditions: it is there, and no device reaches it.
func (t *Windows) FreeDevice(id abi.WindowID) { t.release(t.row(id)) }

// Waiting is how many frames there are of windows of which over does not say that the end of a device mapping, at a mark, is over.
func (t *Windows) Waiting(over func(mark uint32) bool) (frames uint64) {
	for i := range t.rows {
		if w := &t.rows[i]; w.id != 0 && w.devices.Cut && !over(w.devices.Mark) {
			frames += w.frames.Len()
		}
	}
	return frames
}
