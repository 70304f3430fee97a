package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/iommu"
	"bennu/kernel/mem"
	"bennu/kernel/task"
)

// dmaWork is a call of CallDMA that is made in steps.
type dmaWork struct {
	view   abi.WindowView
	m      *deviceMap // nil: nothing is mapped yet
	rights uint64
	part   uint64    // of the window's last-level tables, that is mapped next
	e      abi.Errno // what it comes to
	told   bool      // the units are, and have done so at mark
	mark   uint32
}

// callDMA: (DMAOp, Function, …): in steps.
//
// Errors: ESRCH (as callPCI), EPERM (the caller has not reserved it; map: no IOMMU, or rights that the window is not let with), EINVAL (size, flags, rights;
// no such memory, or window of that owner; it has ended meanwhile), EEXIST (map: it is mapped), ENOSPC (places or rows; without an IOMMU: more than space.RunMax pages), ENOMEM.
func (k *Kernel) callDMA(t *task.Task, f *arch.Frame) (e abi.Errno, v uint64) {
	fn, _ := k.pci.Shown(f.SI, &t.Priv)
	switch {
	case fn == nil:
		return abi.ESRCH, 0
	case fn.Holder != t.Endpoint:
		return abi.EPERM, 0
	}
	h := &k.dma[t.Slot]
	if t.Done == 0 {
		h.work = dmaWork{}
	}
	switch abi.DMAOp(f.DI) {
	case abi.DMAAlloc:
		e, v = k.allocDMA(t, h, f.DX, f.R10)
	case abi.DMAFree:
		e = k.freeDMA(t, h, f.DX)
	case abi.DMAMap:
		e, v = k.mapDMA(t, h, abi.WindowID(f.DX), f.R10, f.R8)
	case abi.DMAUnmap:
		e = k.unmapDMA(t, h, abi.WindowID(f.DX))
	default:
		e = abi.EINVAL
	}
	if e == again {
		t.Done++
	}
	t.FramesPeak = max(t.FramesPeak, t.Space.Used())
	return e, v
}

// allocDMA is a step of making memory for t's devices: a window that no call on windows knows of.
func (k *Kernel) allocDMA(t *task.Task, h *holding, size, flags uint64) (abi.Errno, uint64) {
	a, w := k.accounts.Get(t.Account), &h.work
	low := flags&abi.DMA32 != 0
	switch {
	case flags&^abi.DMA32 != 0:
		return abi.EINVAL, 0
	case h.domain == nil:
		limit := ^mem.Addr(0)
		if low {
			limit = 4 << 30
		}
		view, at, e := k.windows.CreateRun(t.Endpoint, &t.Space, a.ID, &a.Frames, size, limit)
		return tellDMA(t, e, &view, uint64(at))
	case w.m == nil:
		view, more, e := k.windows.Create(t.Endpoint, &t.Space, a.ID, &a.Frames, size, 0, t.Done == 0)
		switch {
		case more:
			return again, 0
		case e != abi.OK:
			return e, 0
		}
		w.view = view
		k.windows.ForDevice(view.ID)
		if e := k.beginMap(h, view.ID, low, iommu.Read|iommu.Write); e != abi.OK {
			k.windows.FreeDevice(view.ID)
			return e, 0
		}
	}
	e := k.goOnMapping(h)
	if e != abi.OK && e != again {
		k.windows.FreeDevice(w.view.ID)
	}
	if e != abi.OK {
		return e, 0
	}
	return tellDMA(t, e, &w.view, w.m.addr)
}

func tellDMA(t *task.Task, e abi.Errno, w *abi.WindowView, device uint64) (abi.Errno, uint64) {
	if e != abi.OK {
		return e, 0
	}
	put(t, e, &abi.DMAView{Address: w.Address, Device: device, Size: w.Size})
	return e, w.Address
}

// freeDMA is a step of giving memory back: devices do not reach it, then it is not there.
func (k *Kernel) freeDMA(t *task.Task, h *holding, va uint64) abi.Errno {
	w := &h.work
	if t.Done == 0 {
		w.view.ID = k.windows.DeviceWindow(t.Endpoint, va)
	}
	switch {
	case w.view.ID == 0:
		return abi.EINVAL
	case !k.loosen(w.view.ID):
		return again
	}
	k.windows.FreeDevice(w.view.ID)
	return abi.OK
}

// mapDMA is a step of having t's devices reach a window of owner's.
func (k *Kernel) mapDMA(t *task.Task, h *holding, id abi.WindowID, rights, owner uint64) (abi.Errno, uint64) {
	if h.domain == nil {
		return abi.EPERM, 0
	}
	if t.Done == 0 {
		e := k.windows.Mappable(t.Endpoint, abi.Endpoint(min(owner, 1<<32-1)), id, abi.WindowRights(min(rights, 1<<31)))
		if e == abi.OK && h.find(id) != nil {
			e = abi.EEXIST
		}
		if e == abi.OK {
			h.work.view.ID = id
			e = k.beginMap(h, id, false, rights) // the bits are those of an entry
		}
		if e != abi.OK {
			return e, 0
		}
	}
	if e := k.goOnMapping(h); e != abi.OK {
		return e, 0
	}
	m := h.work.m
	put(t, abi.OK, &abi.DMAView{Device: m.addr, Size: m.pages * abi.PageSize})
	return abi.OK, m.addr
}

// unmapDMA is a step of ending that.
func (k *Kernel) unmapDMA(t *task.Task, h *holding, id abi.WindowID) abi.Errno {
	if w := &h.work; t.Done == 0 {
		m := h.find(id)
		if id == 0 || m == nil || k.windows.Devices(id).Own {
			return abi.EINVAL
		}
		k.cut(h, m)
		w.mark = k.windows.Devices(id).Mark
	}
	if !k.iommu.Reached(h.work.mark) {
		return again
	}
	return abi.OK
}

// beginMap takes device addresses for a window. Errors: ENOSPC.
func (k *Kernel) beginMap(h *holding, id abi.WindowID, low bool, rights uint64) abi.Errno {
	m := h.find(0)
	if m == nil {
		return abi.ENOSPC
	}
	addr, ok := h.domain.Place(low)
	if !ok {
		return abi.ENOSPC
	}
	*m = deviceMap{id, addr, k.windows.Pages(id)}
	k.windows.Devices(id).Count++
	h.work.m, h.work.rights = m, rights
	return abi.OK
}

// goOnMapping is a step of what beginMap began: a last-level table, then the units are told, then they know. Errors: again, EINVAL (the window has ended, or is let no more),
// ENOMEM (nothing is mapped).
func (k *Kernel) goOnMapping(h *holding) abi.Errno {
	w := &h.work
	switch m := w.m; {
	case w.told:
	case m.id != w.view.ID:
		return abi.EINVAL
	case w.part*512 < m.pages:
		if h.domain.Map(m.addr+w.part*512*abi.PageSize, k.windows.PartPages(m.id, w.part), w.rights) {
			w.part++
			return again
		}
		k.cut(h, m)
		w.e, w.told, w.mark = abi.ENOMEM, true, k.windows.Devices(w.view.ID).Mark
	default:
		h.domain.Tell(m.addr, m.pages)
		w.told, w.mark = true, k.iommu.Mark()
	}
	switch {
	case !k.iommu.Reached(w.mark):
		return again
	case w.e == abi.OK && w.m.id != w.view.ID:
		return abi.EINVAL
	}
	return w.e
}
