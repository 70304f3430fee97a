package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/invariant"
	"bennu/kernel/iommu"
	"bennu/kernel/pci"
	"bennu/kernel/task"
)

// holding is what the functions of one task reach by the IOMMU.
type holding struct {
	domain    *iommu.Domain // nil: none
	functions int           // that the task holds
	closing   bool          // the domain is, and is there until the units have forgotten it
	mark      uint32        // the functions are in the domain
	maps      [maxMaps]deviceMap
	work      dmaWork
}

// deviceMap is a window that a task's devices reach.
type deviceMap struct {
	id          abi.WindowID // 0: none
	addr, pages uint64
}

// maxMaps is how many windows the devices of one task reach: those that it sees, and its own memory for them.
const maxMaps = abi.MaxTaskWindows + abi.MaxWindows

// confine puts fn, which t holds from now on, into t's domain. Errors: again (the one that t had before is not ended), EBUSY (its requests bear a name that is
// another's), ENODEV (its bus was not there at boot), ENOSPC, ENOMEM.
func (k *Kernel) confine(t *task.Task, fn *pci.Function) (e abi.Errno) {
	h := &k.dma[t.Slot]
	if !k.domainEnds(h) {
		return again
	}
	if h.domain == nil {
		if h.domain, e = k.iommu.Open(&k.accounts.Get(t.Account).Frames); e != abi.OK {
			return e
		}
		h.domain.Owner = t.Endpoint
	}
	alias := k.pci.Aliases(fn)
	for _, id := range [...]abi.Function{fn.ID.Function, alias[0], alias[1]} {
		if id == pci.NoAlias || k.iommu.Owner(uint16(id)) == h.domain {
			continue
		}
		if e = k.iommu.Attach(h.domain, uint16(id)); e != abi.OK {
			k.iommu.Detach(h.domain, uint16(fn.ID.Function))
			k.closeIdle(h)
			return e
		}
	}
	h.functions++
	fn.Domain = uint32(h.domain.ID())
	h.mark = k.iommu.Mark()
	return abi.OK
}

// unconfine takes fn, which t has held, out of t's domain; the last one ends the domain. Aliases stay until then: another function of t's may bear them.
// Preconditions: fn is quiet.
func (k *Kernel) unconfine(h *holding, fn *pci.Function) {
	h.functions--
	if h.domain != nil {
		k.iommu.Detach(h.domain, uint16(fn.ID.Function))
		h.mark = k.iommu.Mark()
		k.closeIdle(h)
	}
}

// closeIdle ends the domain if it is for no function.
func (k *Kernel) closeIdle(h *holding) {
	if h.functions == 0 {
		k.closeDomain(h)
	}
}

// closeDomain begins the end of a task's domain: nothing that was mapped is reached when its mark is. Preconditions: its functions are quiet.
func (k *Kernel) closeDomain(h *holding) {
	if h.functions = 0; h.domain == nil || h.closing {
		return
	}
	mark := h.domain.Close()
	h.closing = true
	for i := range h.maps {
		if m := &h.maps[i]; m.id != 0 {
			k.gone(m, mark)
		}
	}
}

// gone notes that a window is mapped no more, and reached no more from the mark on.
func (k *Kernel) gone(m *deviceMap, mark uint32) {
	w := k.windows.Devices(m.id)
	w.Count--
	w.Cut, w.Mark = true, mark
	*m = deviceMap{}
}

// domainEnds finishes the end of a domain that is closing. false: the units have not forgotten it.
func (k *Kernel) domainEnds(h *holding) bool {
	if !h.closing {
		return true
	}
	if !h.domain.Quiet() {
		return false
	}
	h.domain, h.closing = nil, false
	return true
}

// dmaEnds is a step of t's end. It tells whether no device reaches anything that is t's.
func (k *Kernel) dmaEnds(t *task.Task) bool {
	if k.iommu == nil {
		k.dma[t.Slot].functions = 0
		return true
	}
	h := &k.dma[t.Slot]
	if !k.domainEnds(h) {
		return false
	}
	h.work = dmaWork{}
	return k.loosenAll(t)
}

// loosenAll is a step of taking all windows of t from devices, and tells whether none is reached.
func (k *Kernel) loosenAll(t *task.Task) bool {
	if k.iommu == nil {
		return true
	}
	for id, row := k.windows.Owned(t.Endpoint, t.Account, 0); id != 0; id, row = k.windows.Owned(t.Endpoint, t.Account, row) {
		if !k.loosen(id) {
			return false
		}
	}
	return true
}

// loosen is a step of taking a window from all devices, for good, and tells whether none reaches it.
func (k *Kernel) loosen(id abi.WindowID) bool {
	w := k.windows.Devices(id)
	w.Ending = true
	if w.Count > 0 {
		k.cutOne(id)
		return false
	}
	w.Cut = w.Cut && !k.iommu.Reached(w.Mark)
	return !w.Cut
}

// cutOne ends one of the device mappings of a window.
func (k *Kernel) cutOne(id abi.WindowID) {
	for i := range k.dma {
		if h := &k.dma[i]; h.domain != nil {
			if m := h.find(id); m != nil {
				k.cut(h, m)
				return
			}
		}
	}
}

// cut ends a device mapping: devices may reach the window until its mark.
func (k *Kernel) cut(h *holding, m *deviceMap) {
	for page := uint64(0); page < m.pages; page += 512 {
		h.domain.Unmap(m.addr+page*abi.PageSize, min(512, m.pages-page))
	}
	mark := h.domain.Forget(m.addr, m.pages)
	h.domain.Free(m.addr) // who has it next is not told before the units have done what comes after this
	k.gone(m, mark)
}

// find is where the task's devices reach a window, or with 0 a free row; nil: there is none.
func (h *holding) find(id abi.WindowID) *deviceMap {
	for i := range h.maps {
		if h.maps[i].id == id {
			return &h.maps[i]
		}
	}
	return nil
}

// dmaCounts is how many domains nobody has, and how many frames wait for the units. Domains that are over end by it.
func (k *Kernel) dmaCounts() (domains, waiting uint64) {
	if k.iommu == nil {
		return 0, 0
	}
	for i := range k.dma {
		k.domainEnds(&k.dma[i])
	}
	return uint64(k.iommu.Free()), k.windows.Waiting(k.iommu.Reached)
}

// addDomains counts the frames of tables of domains, which are on the accounts of the tasks whose functions they are for.
func (k *Kernel) addDomains() invariant.Fault {
	w := k.walk
	for i := range k.dma {
		h, t := &k.dma[i], &k.tasks.Tasks[i]
		if h.domain == nil {
			continue
		}
		if !there(t) || h.domain.Owner != t.Endpoint {
			return invariant.Of("a domain of a task that is not there (slot, owner)", uint64(i), uint64(h.domain.Owner))
		}
		before := w.all.Len()
		if f := h.domain.AddFrames(&w.all, k.pool.Size()); f.Broken() {
			return f
		}
		w.frames[t.Account] += w.all.Len() - before
	}
	return invariant.Fault{}
}

// checkDMA: the functions of a domain are its task's, each window is mapped as often as it says, and nothing else is.
func (k *Kernel) checkDMA() invariant.Fault {
	if k.iommu == nil {
		return invariant.Fault{}
	}
	all := k.pci.Functions()
	for i := range k.dma {
		h, n := &k.dma[i], 0
		for j := range all {
			if f := &all[j]; f.Holder == k.tasks.Tasks[i].Endpoint && f.Holder != abi.None {
				n++
				if h.domain == nil || f.Domain != uint32(h.domain.ID()) || k.iommu.Owner(uint16(f.ID.Function)) != h.domain {
					return invariant.Of("a function is not in its holder's domain (slot, function)", uint64(i), uint64(f.ID.Function))
				}
			}
		}
		if n != h.functions || (h.domain != nil && !h.closing) != (n > 0) {
			return invariant.Of("a domain without functions, or functions that are not counted (slot, found)", uint64(i), uint64(n))
		}
		for j := range h.maps {
			m := &h.maps[j]
			if w := k.windows.Devices(m.id); m.id != 0 && (w == nil || h.closing || h.domain == nil || k.windows.Pages(m.id) != m.pages) {
				return invariant.Of("a device reaches a window that is not there (slot, window)", uint64(i), uint64(m.id))
			}
		}
	}
	return k.checkMaps()
}

// checkMaps: each window is mapped as often as it says.
func (k *Kernel) checkMaps() invariant.Fault {
	for row := range uint64(abi.WindowRows) {
		var w abi.WindowInfo
		if k.windows.Info(row, &w) != abi.OK || k.windows.Devices(w.ID) == nil {
			continue
		}
		n := 0
		for i := range k.dma {
			if k.dma[i].find(w.ID) != nil {
				n++
			}
		}
		if n != k.windows.Devices(w.ID).Count {
			return invariant.Of("device mappings of a window (row, found)", row, uint64(n))
		}
	}
	return invariant.Fault{}
}
